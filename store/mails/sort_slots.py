"""Who sorts what, where several workers share one database: a slot of kept mail has one sorter.

The slots are cut by the id, and each has a lease, as a postbox has (leases.py): `sort:00` to
`sort:15`. A sorter takes the slots of the oldest mails that nobody sorts, and gives them back in
the commit that writes what he found. Source: own decision 0077.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from rules.errors import Conflict
from store.database import statements
from store.database.engine import Tx
from store.mails import ledger
from store.mails.ledger import Message
from store.processes import leases
from store.tables.ledger import lease as table
from store.tables.ledger import message

SLOTS: Final = 16
"""More than workers that one database bears. Source: own decision 0077."""

BLOCK_MAILS: Final = 200
"""That many ids in a row are of one slot: a batch of sorting. Source: own decisions 0036, 0077."""

_NAMES: Final = tuple(f"sort:{number:02}" for number in range(SLOTS))


@dataclass(frozen=True, slots=True)
class Turn:
    """The right to sort the mails of some slots until `until` (aware UTC): name and fence of each.

    `taken_over` is how many of them a dead owner had not given back.
    """

    owner: str
    fences: tuple[tuple[str, int], ...]
    until: datetime
    taken_over: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The leases it holds."""
        return tuple(name for name, _ in self.fences)


def take(
    tx: Tx,
    owner: str,
    *,
    now: datetime,
    times: tuple[timedelta, timedelta],
    limit: int,
    limit_bytes: int,
) -> tuple[Turn, tuple[Message, ...]]:
    """The oldest unsorted mails that nobody sorts, and the turn to sort them; its own transaction.

    `times` are how long the turn lasts, and the grace after a turn that was not given back. What
    this very owner holds is free for him: his round before ended in an error. Without mails the
    turn has no slots.
    """
    lasts, grace = times
    rows = _locked(tx, _NAMES) if _are_made(tx) else _made(tx, now)
    # An end later than any by this clock is that of a dead owner before the clock was set back.
    latest = now + lasts + leases.CLOCKS_APART
    taken = [row for row in rows if row.owner not in {None, owner} and row.until <= latest]
    busy = {row.name for row in taken if now < row.until + grace}
    mails = _cut(ledger.unsorted(tx, limit=limit, limit_bytes=limit_bytes, where=_not_in(busy)))
    wanted = {name_of(mail.id) for mail in mails}
    mine = [row for row in rows if row.name in wanted]
    dead = sum(1 for row in mine if row.owner not in {None, owner})
    until = now + lasts
    if mine:
        tx.run(
            sa.update(table)
            .where(table.c.name.in_(sorted(wanted)))
            .values(owner=owner, until=until, fence=table.c.fence + 1)
        )
    return Turn(owner, tuple((row.name, row.fence + 1) for row in mine), until, dead), mails


def prolong(tx: Tx, turn: Turn, *, until: datetime) -> Turn:
    """Go on until then, also after its end if nobody took it over; its own short transaction.

    Raises: Conflict: `lease.lost`.
    """
    _hold(tx, turn)
    tx.run(sa.update(table).where(table.c.name.in_(turn.names)).values(until=until))
    return replace(turn, until=until)


def give_back(tx: Tx, turn: Turn, *, now: datetime) -> None:
    """End the turn. Last in the transaction that writes what was found: its locks hold up others.

    Raises: Conflict: `lease.lost`: somebody took it over, and nothing may be written.
    """
    _hold(tx, turn)
    tx.run(sa.update(table).where(table.c.name.in_(turn.names)).values(owner=None, until=now))


def name_of(message_id: int) -> str:
    """The lease of the slot that a message is of."""
    return _NAMES[message_id // BLOCK_MAILS % SLOTS]


def _cut(mails: tuple[Message, ...]) -> tuple[Message, ...]:
    """A batch ends with its block where it is half full by then, so that it needs no slot more."""
    for end in range(BLOCK_MAILS // 2, len(mails)):
        if name_of(mails[end].id) != name_of(mails[end - 1].id):
            return mails[:end]
    return mails


def _not_in(names: Iterable[str]) -> sa.ColumnElement[bool]:
    busy = [_NAMES.index(name) for name in sorted(names)]
    return (message.c.id // BLOCK_MAILS % SLOTS).not_in(busy) if busy else sa.true()


def _locked(tx: Tx, names: Iterable[str]) -> list[sa.Row[*tuple[Any, ...]]]:
    """In the order of their names, so that two who lock several don't wait for each other."""
    statement = sa.select(table).where(table.c.name.in_(names)).order_by(table.c.name)
    return list(tx.run(statement.with_for_update()).all())


def _are_made(tx: Tx) -> bool:
    number = sa.select(sa.func.count()).select_from(table).where(table.c.name.in_(_NAMES))
    return bool(tx.run(number).scalar_one() == SLOTS)


def _made(tx: Tx, now: datetime) -> list[sa.Row[*tuple[Any, ...]]]:
    """In a house that never sorted; another worker may do the same just now."""
    free = statements.insert(tx, table).on_conflict_do_nothing()
    tx.run(free, [{"name": name, "owner": None, "until": now, "fence": 0} for name in _NAMES])
    return _locked(tx, _NAMES)


def _hold(tx: Tx, turn: Turn) -> None:
    held = {(row.name, row.fence) for row in _locked(tx, turn.names) if row.owner == turn.owner}
    if held != set(turn.fences):
        raise Conflict(
            "lease.lost",
            f"The turn of {turn.owner!r} to sort {', '.join(turn.names)} is over; somebody else"
            " sorts these mails. Stop, and take another turn.",
            lease=turn.names[0] if turn.names else "",
        )
