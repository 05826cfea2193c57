"""Rows that are bound column by column are the rows that SQLAlchemy would have written."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from rules.errors import Refused
from store.database import by_columns
from store.database.engine import Database, Tx
from store.tables.ledger import SightingState, audit, beat
from tests.store.samples import NOW

INSERT = sa.insert(audit)
UPDATE = (
    sa.update(audit)
    .where(audit.c.subject == sa.bindparam("of_subject"))
    .values(actor="somebody", details=sa.bindparam("said"), at=sa.bindparam("then"))
)


def test_each_kind_of_value_is_written_as_by_sqlalchemy(db: Database) -> None:
    rows = [_row(n) for n in range(5)]
    with db.write() as tx:
        by_columns.run(tx, INSERT, rows)
        tx.run(sa.insert(audit), rows)
        found = _raw(tx)
    assert len(found) == 10
    assert found[:5] == found[5:]


def test_what_a_statement_says_itself_is_said_in_each_row(db: Database) -> None:
    with db.write() as tx:
        by_columns.run(tx, INSERT, [_row(n) for n in range(4)])
        changed = [
            {"of_subject": f"message:{n}", "said": {"n": [n]}, "then": NOW + timedelta(n)}
            for n in range(3)
        ]
        by_columns.run(tx, UPDATE, changed)
        by_columns.run(tx, UPDATE, [])
        found = tx.run(sa.select(audit.c.actor, audit.c.details).order_by(audit.c.id)).all()
    assert found == [*(("somebody", {"n": [n]}) for n in range(3)), ("test", {"n": 3})]


def test_many_rows_are_one_prepared_statement(db: Database) -> None:
    told: list[tuple[str, bool]] = []

    def hear(*heard: Any) -> None:
        told.append((heard[2], heard[5]))

    with db.write() as tx:
        event.listen(tx.connection, "before_cursor_execute", hear)
        by_columns.run(tx, INSERT, [_row(n) for n in range(300)])
        event.remove(tx.connection, "before_cursor_execute", hear)
    assert len(told) == 1
    assert told[0][1], "the driver runs it row by row"


def test_what_the_database_does_not_take_is_refused_as_always(db: Database) -> None:
    values = {"name": "loop", "at": NOW, "code": "x", "message": "\udc80"}
    with pytest.raises(Refused, match=r"database"), db.write() as tx:
        by_columns.run(tx, sa.insert(beat), [values])


def _row(number: int) -> dict[str, object]:
    return {
        "at": NOW if number % 2 else NOW + timedelta(seconds=number),
        "actor": "test",
        "action": SightingState.LIVE,
        "subject": f"message:{number}",
        "details": {"n": number},
    }


def _raw(tx: Tx) -> list[tuple[Any, ...]]:
    """As the database has it, without what SQLAlchemy makes of it."""
    words = "SELECT at, actor, action, subject, CAST(details AS TEXT) FROM audit ORDER BY id"
    return [tuple(row) for row in tx.connection.exec_driver_sql(words)]
