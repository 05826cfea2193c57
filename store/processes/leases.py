"""Leases for postboxes and jobs: one owner at a time, over all machines.

A lease that ran out may still have a command under way. The fence number grows with every
taking, and every write made under a lease asks for it, so that a paused owner writes nothing.
Source: own decision 0004; imap measurement 2026-11-23 (MOVE is not a lock: 187 of 200 doubled).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from rules.errors import Conflict
from store.database import compiled, statements
from store.database.engine import Tx
from store.tables.ledger import lease as table

CLOCKS_APART = timedelta(hours=1)
"""Clocks of machines that share a database never differ so much; one that was set back may. Source:
own decision 0024."""


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
    A lease that ends later than this clock could have given it was taken before the clock was set
    back, and its owner may be dead: it is cut to `seconds` from now. A live owner renews it.
    """
    until = now + timedelta(seconds=seconds)
    first = statements.insert(tx, table).values(name=name, owner=owner, until=until, fence=1)
    if tx.run(first.on_conflict_do_nothing().returning(table.c.fence)).one_or_none() is not None:
        return Lease(name, owner, until, fence=1)
    before = tx.run(sa.select(table).where(table.c.name == name).with_for_update()).one()
    if before.owner is not None and before.until > now:
        if before.until > until + CLOCKS_APART:
            tx.run(sa.update(table).where(table.c.name == name).values(until=until))
        return None
    tx.run(
        sa.update(table)
        .where(table.c.name == name)
        .values(owner=owner, until=until, fence=before.fence + 1)
    )
    dead_until = before.until if before.owner is not None else None
    return Lease(name, owner, until, before.fence + 1, taken_over_from_until=dead_until)


def end_of(tx: Tx, name: str) -> datetime:
    """When a lease that was ever taken runs out, or has (aware UTC)."""
    until: datetime = tx.run(sa.select(table.c.until).where(table.c.name == name)).scalar_one()
    return until


def pass_through(tx: Tx, names: Collection[str], *, now: datetime, seconds: int) -> frozenset[str]:
    """Take and give back these leases in this very transaction; those that could be taken.

    Until it ends nobody else gets one of them: who asks waits, and then finds what was done. The
    others are held by somebody, for no longer than `seconds` (as in `take`, for a clock that was
    set back). Locked in the order of the names.
    """
    if not names:
        return frozenset()
    given = {"given": compiled.listed(sorted(names)), "now": now}
    free = frozenset(name for (name,) in compiled.run_first(tx, _PASS[tx.dialect], given))
    held = frozenset(names) - free
    if held:
        until = now + timedelta(seconds=seconds)
        far = table.c.until > until + CLOCKS_APART
        tx.run(sa.update(table).where(table.c.name.in_(sorted(held)), far).values(until=until))
    return free


def renew(tx: Tx, lease: Lease, *, now: datetime, seconds: int) -> Lease:
    """Prolong it, also when it ran out but nobody took it. Its own short write transaction.

    Raises: Conflict: `lease.lost`.
    """
    until = now + timedelta(seconds=seconds)
    if not tx.run(sa.update(table).where(_same(lease)).values(until=until)).rowcount:
        raise _lost(lease)
    return replace(lease, until=until)


def release(tx: Tx, lease: Lease, *, now: datetime) -> None:
    """Give it back, so that the next owner need not wait. Nothing happens if it was lost."""
    tx.run(sa.update(table).where(_same(lease)).values(owner=None, until=now))


def lay_down(tx: Tx, lease: Lease, *, now: datetime) -> None:
    """Let it run out now: who takes it waits the grace time from here, as after a dead owner.

    While nobody has taken it, `renew` gives it back under the same fence. Nothing happens if it
    was lost, or had run out.
    """
    tx.run(sa.update(table).where(_same(lease), table.c.until > now).values(until=now))


def hold(tx: Tx, lease: Lease, *, now: datetime) -> None:
    """Make sure that the lease holds until this transaction ends; nobody can take it meanwhile.

    Raises: Conflict: `lease.lost`: it ran out, or has another fence.
    """
    # The shared row lock is what makes the check hold until the commit on PostgreSQL.
    holds = (
        sa.select(table.c.fence).where(_same(lease), table.c.until > now).with_for_update(read=True)
    )
    if tx.run(holds).one_or_none() is None:
        raise _lost(lease)


def abandoned(tx: Tx, names: Collection[str], *, before: datetime) -> int:
    """How many of these leases ran out before that moment and were neither given back nor taken."""
    gone = sa.and_(table.c.name.in_(sorted(names)), table.c.owner.is_not(None))
    statement = sa.select(sa.func.count()).select_from(table).where(gone, table.c.until < before)
    number: int = tx.run(statement).scalar_one()
    return number


def wait_for(tx: Tx, name: str) -> None:
    """Lock the lease until this transaction ends; who is writing under it now commits first."""
    tx.run(sa.select(table.c.fence).where(table.c.name == name).with_for_update())


def require_time(lease: Lease, *, now: datetime) -> None:
    """Before a command to a server that knows no fences: the lease has not run out by our clock.

    Raises: Conflict: `lease.lost`.
    """
    if lease.until <= now:
        raise _lost(lease)


def _same(lease: Lease) -> sa.ColumnElement[bool]:
    return sa.and_(
        table.c.name == lease.name, table.c.owner == lease.owner, table.c.fence == lease.fence
    )


def _lost(lease: Lease) -> Conflict:
    return Conflict(
        "lease.lost",
        f"The lease {lease.name!r} with fence {lease.fence} is over; somebody else may work there."
        " Stop, take it again, and look before repeating anything.",
        lease=lease.name,
        fence=lease.fence,
    )


def _pass_in(engine: str) -> sa.TextClause:
    words = sa.text(
        "INSERT INTO lease (name, until, fence) SELECT given.value, :now, 1"  # noqa: S608 - our own
        f" FROM {compiled.GIVEN[engine]} WHERE true ORDER BY given.key"
        " ON CONFLICT (name) DO UPDATE SET owner = NULL, until = :now, fence = lease.fence + 1"
        " WHERE lease.owner IS NULL OR lease.until <= :now RETURNING name"
    )
    return words.bindparams(sa.bindparam("now", type_=table.c.until.type))


_PASS = {engine: _pass_in(engine) for engine in compiled.ENGINES}
