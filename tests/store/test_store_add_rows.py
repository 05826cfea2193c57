"""Many rows at once: as SQLAlchemy would write them, in their order, by one statement."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from rules.errors import Conflict, Refused
from store.database.engine import Database, Tx
from store.database.statements import add_rows
from store.tables.ledger import audit as table
from store.tables.ledger import idempotency
from store.trail import audit
from store.trail.audit import Note
from tests.store.samples import NOW

ROWS = 250

ODD = {
    "quoted": 'a "b" \\ \u00e4 \u20ac \U0001f600 \u2028',
    "nul": "a\0b",
    "numbers": [0.1, -1e300, 2**60, True, None],
    "empty": {},
}
"""What JSON within JSON could be changed by."""


def test_rows_are_written_in_their_order_by_one_statement(db: Database) -> None:
    with db.write() as tx:
        heard = _statements(tx)
        for many in (ROWS, 1, 2):
            audit.add_many(
                tx, "test", (Note("a.b", f"m:{n}", {"n": n}) for n in range(many)), at=NOW
            )
        found = tx.run(sa.select(table.c.subject).order_by(table.c.id)).scalars().all()
    assert found == [f"m:{n}" for many in (ROWS, 1, 2) for n in range(many)]
    inserts = [words for words in heard if words.startswith("INSERT")]
    assert len(inserts) == 3
    assert len(set(inserts)) == 1, "the words change with the number of rows"


def test_the_rows_are_those_that_sqlalchemy_would_have_written(db: Database) -> None:
    rows = [_row(n) for n in range(5)]
    with db.write() as tx:
        add_rows(tx, table, rows)
        tx.run(sa.insert(table), rows)
        add_rows(tx, table, [])
        words = "SELECT at, actor, action, subject, CAST(details AS TEXT) FROM audit ORDER BY id"
        found = [tuple(row) for row in tx.connection.exec_driver_sql(words)]
    assert len(found) == 10
    assert found[:5] == found[5:]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"caller": "a\udc80"}, "store.statement"),
        ({"caller": "a\0b"}, "store.statement"),
        ({"request_hash": "x" * 65}, "store.statement"),
        ({"status": 2**63}, "store.number"),
    ],
)
def test_what_the_database_does_not_take_is_refused_as_by_sqlalchemy(
    db: Database, changed: dict[str, object], code: str
) -> None:
    said = []
    for key, write in enumerate((_one_by_one, add_rows)):
        try:
            with db.write() as tx:
                write(tx, idempotency, [_answer(str(key)) | changed])
            said.append("written")
        except Refused as exc:
            said.append(exc.code)
    assert said[0] == said[1]
    assert said[0] in {code, "written"}, "SQLite takes any length, and NUL"
    assert said[0] == code or db.dialect == "sqlite"


def test_a_row_that_is_there_breaks_the_batch(db: Database) -> None:
    with pytest.raises(Conflict) as caught, db.write() as tx:
        add_rows(tx, idempotency, [_answer("a"), _answer("a")])
    assert caught.value.code == "store.conflict"
    with db.read() as tx:
        assert tx.run(sa.select(sa.func.count()).select_from(idempotency)).scalar_one() == 0


def test_a_naive_time_is_a_bug_that_is_heard(db: Database) -> None:
    row = _answer("a") | {"created_at": NOW.replace(tzinfo=None)}
    with pytest.raises(ValueError, match="naive"), db.write() as tx:
        add_rows(tx, idempotency, [row])


def _one_by_one(tx: Tx, where: sa.Table, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        tx.run(sa.insert(where), row)


def _statements(tx: Tx) -> list[str]:
    """The words of all that is sent from now on."""
    heard: list[str] = []

    def hear(*told: Any) -> None:
        heard.append(told[2])

    event.listen(tx.connection, "before_cursor_execute", hear)
    return heard


def _row(number: int) -> dict[str, Any]:
    return {
        "at": NOW if number % 2 else NOW + timedelta(seconds=number, microseconds=7),
        "actor": 'Zoë "\\" \n\t',
        "action": "a.b",
        "subject": f"message:{number}",
        "details": ODD | {"n": number},
    }


def _answer(key: str) -> dict[str, Any]:
    return {
        "caller": "machine",
        "key": key,
        "request_hash": "f" * 64,
        "status": 200,
        "body": {"text": "x"},
        "created_at": NOW,
    }
