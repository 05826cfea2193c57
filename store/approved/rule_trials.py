"""Dry runs that were ordered: one a version and scope, replaced by the next.

`scope` is what the asker may see: names of regions, sorted, between commas, or "" for all.
Source: F16, N7; own decision 0064.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.trial import ruleset_trial as table


@dataclass(frozen=True, slots=True)
class OrderedTrial:
    """A dry run. `tried` mails are done so far; `result` is there once `done_at` is, or a code."""

    id: int
    set_id: str
    version: int
    scope: str
    text_sha256: str
    days: int | None
    mails: int
    actor: str
    at: datetime
    run: int
    tried: int
    done_at: datetime | None
    error_code: str
    result: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be tried, on how many of the newest mails of how many days, and for whom."""

    set_id: str
    version: int
    scope: str
    text_sha256: str
    days: int | None
    mails: int
    actor: str


_COLUMNS = rows.columns(OrderedTrial, table)


def order(tx: Tx, wanted: Wanted, *, now: datetime) -> int:
    """Order a dry run; its id. It replaces the one before, whose outcome is dropped."""
    values = {name: getattr(wanted, name) for name in wanted.__slots__} | {"at": now}
    anew = {"run": table.c.run + 1, "tried": 0, "done_at": None, "result": None, "error_code": ""}
    statement = insert(tx, table).values(**values)
    statement = statement.on_conflict_do_update(
        index_elements=["set_id", "version", "scope"], set_=values | anew
    )
    row_id: int = tx.run(statement.returning(table.c.id)).scalar_one()
    return row_id


def newest(tx: Tx, set_id: str, version: int, *, scope: str) -> OrderedTrial | None:
    """The dry run of that version and scope, done or not."""
    statement = sa.select(*_COLUMNS).where(
        table.c.set_id == set_id, table.c.version == version, table.c.scope == scope
    )
    return rows.one_as(tx, OrderedTrial, statement)


def oldest_open(tx: Tx) -> OrderedTrial | None:
    """What a worker does next."""
    statement = sa.select(*_COLUMNS).where(table.c.done_at.is_(None)).order_by(table.c.id).limit(1)
    return rows.one_as(tx, OrderedTrial, statement)


def advance(tx: Tx, found: OrderedTrial, *, tried: int) -> bool:
    """Note how far it is; False if it was ordered anew meanwhile."""
    return tx.run(sa.update(table).where(*_same(found)).values(tried=tried)).rowcount == 1


def end(
    tx: Tx, found: OrderedTrial, *, result: dict[str, Any] | None, error_code: str, now: datetime
) -> None:
    """Keep what came out, or why nothing did; nothing happens if it was ordered anew."""
    values = {"done_at": now, "result": result, "error_code": error_code}
    tx.run(sa.update(table).where(*_same(found)).values(values))


def _same(found: OrderedTrial) -> tuple[sa.ColumnElement[bool], ...]:
    return table.c.id == found.id, table.c.run == found.run
