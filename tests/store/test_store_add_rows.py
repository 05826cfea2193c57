"""Many rows at once: in their order, on PostgreSQL without a statement for each."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from store.database.engine import Database
from store.database.statements import add_rows
from store.tables.ledger import audit as table
from store.trail import audit
from store.trail.audit import Note
from tests.store.samples import NOW

ROWS = 250


def test_rows_are_written_in_their_order_and_on_postgresql_together(db: Database) -> None:
    rows_a_statement: list[int] = []

    def hear(*told: Any) -> None:
        statement: str = told[2]
        if statement.startswith("INSERT"):
            rows_a_statement.append(statement.count("), (") + 1)

    with db.write() as tx:
        event.listen(tx.connection, "before_cursor_execute", hear)
        audit.add_many(tx, "test", (Note("a.b", f"m:{n}", {"n": n}) for n in range(ROWS)), at=NOW)
        event.remove(tx.connection, "before_cursor_execute", hear)
        found = tx.run(sa.select(table.c.subject).order_by(table.c.id)).scalars().all()
        add_rows(tx, table, [])
        assert tx.run(sa.select(sa.func.count()).select_from(table)).scalar_one() == ROWS
        together = 1 if tx.dialect == "sqlite" else ROWS
    assert found == [f"m:{n}" for n in range(ROWS)]
    assert rows_a_statement == [together]
