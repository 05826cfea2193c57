"""Leases for postboxes and jobs: one owner at a time, over all machines.

A lease that ran out may still have a command under way. The fence number grows with every
taking, and every write made under a lease asks for it, so that a paused owner writes nothing.
Source: own decision 0004; imap measurement 2026-11-23 (MOVE is not a lock: 187 of 200 doubled).
"""

from dataclasses import dataclass
from datetime import datetime

from store.engine import Tx


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on `name` until `until` (aware UTC).

    `taken_over_from_until` is the end of the lease of an owner who did not release it, else
    None. The new owner waits from there the grace time before he repeats an unproven command.
    """

    name: str
    owner: str
    until: datetime
    fence: int
    taken_over_from_until: datetime | None = None


def take(tx: Tx, name: str, *, owner: str, now: datetime, seconds: int) -> Lease | None:
    """Take a lease that is free or has run out; None while somebody else, or this owner, has it.

    `owner` is unique for a process run, not a host name. Its own short write transaction.
    """
    raise NotImplementedError


def renew(tx: Tx, lease: Lease, *, now: datetime, seconds: int) -> Lease:
    """Prolong it, also when it ran out but nobody took it. Its own short write transaction.

    Raises: Conflict: `lease.lost`.
    """
    raise NotImplementedError


def release(tx: Tx, lease: Lease, *, now: datetime) -> None:
    """Give it back, so that the next owner need not wait. Nothing happens if it was lost."""
    raise NotImplementedError


def hold(tx: Tx, lease: Lease, *, now: datetime) -> None:
    """Make sure that the lease holds until this transaction ends; nobody can take it meanwhile.

    Raises: Conflict: `lease.lost`: it ran out, or has another fence.
    """
    raise NotImplementedError
