"""Mends times of waiting that were written before a machine's clock was set back.

A new row is due at the moment it was made; by the clock as it is now that may be hours ahead. A
time further ahead than the longest pause that the house gives was written by such a clock, too.
Source: own decisions 0024, 0131.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from rules.item import ItemState
from rules.ledger import OpState
from store.database.columns import UtcTime
from store.database.engine import Tx
from store.database.statements import spelled
from store.processes.leases import CLOCKS_APART
from store.tables.access import session
from store.tables.desk import item_undo
from store.tables.ledger import OutgoingState, item, op, outgoing
from store.tables.mark import mark_wish
from store.tables.sweep import sweep_removal
from store.tables.text import sent_copy


@dataclass(frozen=True, slots=True)
class Longest:
    """The longest pauses that the house gives, from now on.

    `after_tries` after the first, second, … failed try, the last for all later. `told` is what
    another side may ask for instead, `begun` the pause of a copy that was begun and not proven.
    """

    after_tries: tuple[timedelta, ...]
    told: timedelta
    claim: timedelta
    begun: timedelta
    removal: timedelta
    held: timedelta
    undo: timedelta


def bring_forward(tx: Tx, *, now: datetime, claim: timedelta) -> int:
    """Make new filings and outgoing rows due now, and begin the grace of moves in doubt now.

    A claim ends after `claim` from now, the length of any claim: its worker may live. How many
    rows. For a clock that is known to have been set back.
    """
    due, over = {"next_try_at": now}, now + claim
    statements = (
        sa.update(op)
        .where(spelled(op.c.state, OpState.NEW), op.c.tries == 0, op.c.next_try_at > now)
        .values(due),
        sa.update(op)
        .where(spelled(op.c.state, OpState.SENT), op.c.sent_at > now)
        .values(sent_at=now, next_try_at=now),
        sa.update(outgoing)
        .where(
            outgoing.c.state == OutgoingState.NEW,
            outgoing.c.tries == 0,
            outgoing.c.next_try_at > now,
        )
        .values(due),
        sa.update(outgoing)
        .where(outgoing.c.state == OutgoingState.CLAIMED, outgoing.c.claimed_until > over)
        .values(claimed_until=over, next_try_at=over),
    )
    return sum(tx.run(statement).rowcount for statement in statements)


def is_too_far(tx: Tx, *, now: datetime, longest: Longest) -> bool:
    """Whether `shorten` would find anything: one statement that writes nothing."""
    found = [sa.exists().where(far.condition) for far in _all_far(now, longest)]
    return bool(tx.run(sa.select(sa.or_(*found))).scalar_one())


def shorten(tx: Tx, *, now: datetime, longest: Longest) -> int:
    """Make due what lies further ahead than its longest pause; how many rows.

    What somebody holds (a claim, an item, an undo) ends after its longest time from now.
    """
    return sum(
        tx.run(sa.update(far.column.table).where(far.condition).values(far.values)).rowcount
        for far in _all_far(now, longest)
    )


@dataclass(frozen=True, slots=True)
class _Far:
    """Rows whose `column` is too far ahead, and what they get instead."""

    column: sa.Column[Any]
    condition: sa.ColumnElement[bool]
    values: dict[str, datetime]


def _all_far(now: datetime, longest: Longest) -> Iterator[_Far]:
    """One for each column that says "not before" or "until"; leases of loops mend themselves."""
    yield from _tried(now, longest)
    yield from _sent(now)
    edge = now + CLOCKS_APART
    end = now + longest.claim
    far = (outgoing.c.state == OutgoingState.CLAIMED) & (
        outgoing.c.next_try_at > edge + longest.claim
    )
    yield _Far(outgoing.c.claimed_until, far, {"claimed_until": end, "next_try_at": end})
    end = now + longest.held
    far = spelled(item.c.state, ItemState.HELD) & (item.c.lease_until > edge + longest.held)
    yield _Far(item.c.lease_until, far, {"lease_until": end})
    end = now + longest.undo
    yield _Far(item_undo.c.until, item_undo.c.until > edge + longest.undo, {"until": end})
    # The end of a sign-in counts from its start, too (triage/sessions.py).
    for column in (session.c.started_at, session.c.seen_at):
        yield _Far(column, column > edge, {column.name: now})


def _tried(now: datetime, longest: Longest) -> Iterator[_Far]:
    """What is tried again: the longest pause is that after as many tries as the row has had."""
    waits, none = longest.after_tries, timedelta(0)
    told = [none, *(max(wait, longest.told) for wait in waits)]
    begun = [longest.begun, *(max(wait, longest.begun) for wait in waits)]
    is_waiting = sweep_removal.c.state == sa.literal_column("'new'")
    for column, is_open, steps in (
        (op.c.next_try_at, spelled(op.c.state, OpState.NEW), [none, *waits]),
        (op.c.next_try_at, spelled(op.c.state, OpState.SENT), [none, *waits]),
        (outgoing.c.next_try_at, outgoing.c.state == OutgoingState.NEW, told),
        (mark_wish.c.next_try_at, sa.true(), [none, *waits]),
        (sent_copy.c.next_try_at, sa.true(), begun),
        (sweep_removal.c.next_try_at, is_waiting, [none, longest.removal]),
    ):
        edge = now + CLOCKS_APART
        *ends, last = (sa.literal(edge + step, UtcTime) for step in steps)
        by_tries = sa.case(dict(enumerate(ends)), value=column.table.c.tries, else_=last)
        # The first of the two is what an index answers.
        far = is_open & (column > edge + min(steps)) & (column > by_tries)
        yield _Far(column, far, {"next_try_at": now})


def _sent(now: datetime) -> Iterator[_Far]:
    """Of what is in doubt the grace begins now."""
    edge = now + CLOCKS_APART
    is_sent = spelled(op.c.state, OpState.SENT)
    yield _Far(op.c.sent_at, is_sent & (op.c.sent_at > edge), {"sent_at": now})
    is_open = mark_wish.c.next_try_at.is_not(None)
    yield _Far(mark_wish.c.sent_at, is_open & (mark_wish.c.sent_at > edge), {"sent_at": now})
