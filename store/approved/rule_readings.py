"""Readings of the rules of a postbox that were ordered: one a postbox, replaced by the next.

Source: F19, N16; own decision 0085.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert
from store.tables.reading import ruleset_reading as table


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading. `text` and `remarks` are there once `done_at` is and `error_code` is empty.

    `script` names one of several scripts of a server; empty is the active one.
    """

    id: int
    postbox: str
    region: str
    script: str
    actor: str
    at: datetime
    run: int
    done_at: datetime | None
    error_code: str
    rules: int
    text: str
    remarks: list[dict[str, Any]] | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose rules are to be read, and for whom."""

    postbox: str
    region: str
    script: str
    actor: str


@dataclass(frozen=True, slots=True)
class Came:
    """What came out: a text with so many rules and what is to be known, or a code."""

    rules: int = 0
    text: str = ""
    remarks: tuple[dict[str, Any], ...] = ()
    error_code: str = ""


_COLUMNS = rows.columns(Reading, table)


def order(tx: Tx, wanted: Wanted, *, now: datetime) -> int:
    """Order a reading; its id. It replaces the one before, whose outcome is dropped."""
    values = {name: getattr(wanted, name) for name in wanted.__slots__} | {"at": now}
    anew = {
        "run": table.c.run + 1,
        "done_at": None,
        "error_code": "",
        "rules": 0,
        "text": "",
        "remarks": None,
    }
    statement = insert(tx, table).values(**values)
    statement = statement.on_conflict_do_update(index_elements=["postbox"], set_=values | anew)
    row_id: int = tx.run(statement.returning(table.c.id)).scalar_one()
    return row_id


def of_postboxes(tx: Tx, postboxes: Collection[str]) -> dict[str, Reading]:
    """The newest reading of each that has one."""
    statement = sa.select(*_COLUMNS).where(table.c.postbox.in_(sorted(postboxes)))
    return {found.postbox: found for found in rows.all_as(tx, Reading, statement)}


def oldest_open(tx: Tx, postboxes: Collection[str]) -> Reading | None:
    """What a worker that serves these postboxes reads next."""
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.done_at.is_(None), table.c.postbox.in_(sorted(postboxes)))
        .order_by(table.c.at, table.c.id)
        .limit(1)
    )
    return rows.one_as(tx, Reading, statement)


def end(tx: Tx, found: Reading, came: Came, *, now: datetime) -> bool:
    """Keep what came out; False, and nothing is kept, if it was ordered anew meanwhile."""
    statement = (
        sa.update(table)
        .where(table.c.id == found.id, table.c.run == found.run, table.c.done_at.is_(None))
        .values(
            done_at=now,
            error_code=came.error_code,
            rules=came.rules,
            text=came.text,
            remarks=list(came.remarks),
        )
    )
    return tx.run(statement).rowcount == 1
