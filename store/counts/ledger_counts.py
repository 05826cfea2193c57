"""How many mails the ledger has, by state, postbox and day, and since when the oldest waits.

The rows themselves are in ledger.py.
"""

from datetime import date, datetime

import sqlalchemy as sa

from rules.ledger import LedgerState
from rules.local_day import day_bounds
from store.database.engine import Tx
from store.mails.ledger import is_unsorted
from store.tables import ledger as tables


def unsorted_count(tx: Tx) -> int:
    """How many messages are in state `kept`, of all days."""
    number: int = tx.run(
        sa.select(sa.func.count()).select_from(tables.message).where(is_unsorted())
    ).scalar_one()
    return number


_ALL = 1_000_000_000
"""More than any ledger has."""


def sorted_count(tx: Tx, *, day: date) -> int:
    """How many messages of a local day (Europe/Berlin) are no longer in state `kept`.

    Counted by two indexes alone: each page of the desk asks, also on a Monday of 200,000 mails.
    """
    since, until = day_bounds(day)
    of_day = (tables.message.c.kept_at >= since, tables.message.c.kept_at < until)
    number = sa.select(sa.func.count()).select_from(tables.message)
    seen: int = tx.run(number.where(*of_day)).scalar_one()
    # The limit is a wall: without it SQLite would rather look up the state of all mails of the day.
    unsorted = (
        sa.select(tables.message.c.kept_at)
        .where(is_unsorted())
        .order_by(tables.message.c.id)
        .limit(_ALL)
        .subquery("unsorted")
    )
    days = unsorted.c.kept_at
    kept: int = tx.run(sa.select(sa.func.count()).where(days >= since, days < until)).scalar_one()
    return seen - kept


def counts(tx: Tx) -> dict[LedgerState, int]:
    """How many messages in each state; all states are keys, and nothing else is counted.

    The whole archive is counted, which is slow: for reports only.
    """
    table = tables.message
    # As text: a row whose state is damaged must not hide all others.
    state_word = sa.type_coerce(table.c.state, sa.String)
    statement = sa.select(state_word, sa.func.count()).group_by(table.c.state)
    found: dict[str, int] = dict(tx.run(statement).all())
    return {state: found.get(state.value, 0) for state in LedgerState}


def counts_by_postbox(tx: Tx, *, day: date) -> dict[str | None, dict[LedgerState, int]]:
    """As `counts`, of those kept on one local day (Europe/Berlin), for each postbox that has some.

    None for what came in another way.
    """
    table = tables.message
    since, until = day_bounds(day)
    state_word = sa.type_coerce(table.c.state, sa.String)
    statement = (
        sa.select(table.c.postbox, state_word, sa.func.count())
        .where(table.c.kept_at >= since, table.c.kept_at < until)
        .group_by(table.c.postbox, table.c.state)
    )
    found: dict[str | None, dict[str, int]] = {}
    for postbox, word, number in tx.run(statement):
        found.setdefault(postbox, {})[word] = number
    return {
        postbox: {state: words.get(state.value, 0) for state in LedgerState}
        for postbox, words in found.items()
    }


def waiting_since(tx: Tx) -> dict[tuple[str, str | None], datetime]:
    """Since when the oldest unsorted message waits, by source and postbox; only where some wait.

    Since it was received; one that was sorted before and is to be sorted again, since then. An
    archive that was filled in is old by nature and says nothing about how fresh the house is.
    """
    table = tables.message
    is_first = table.c.state_at == table.c.kept_at
    since = sa.case((is_first, table.c.received_at), else_=table.c.state_at)
    statement = (
        sa.select(table.c.source, table.c.postbox, sa.func.min(since))
        .where(is_unsorted(), table.c.source != "backfill")
        .group_by(table.c.source, table.c.postbox)
    )
    return {(source, postbox): since for source, postbox, since in tx.run(statement)}
