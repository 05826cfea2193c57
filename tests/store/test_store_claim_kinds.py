"""What is due of one kind costs the same to claim, however much of another kind waits before it."""

from typing import Any

import pytest
import sqlalchemy as sa

from store.database.engine import Database, Tx
from store.sending import outgoing_claims
from store.sending.outgoing import Outgoing
from store.tables.ledger import OutgoingState
from store.tables.ledger import outgoing as table
from tests.store.samples import NOW, later, sqlite_steps

SHORT, LONG, HANDOVERS = 200, 4_000, 20


def _fill(db: Database, waiting: int) -> None:
    """Answers that wait, and behind them a few hand-overs."""

    def row(kind: str, number: int, at: float) -> dict[str, Any]:
        return {
            "kind": kind,
            "idempotency_key": f"{kind}-{number}",
            "payload": {},
            "state": OutgoingState.NEW,
            "next_try_at": later(at),
            "created_at": NOW,
        }

    with db.write() as tx:
        rows = [row("reply", number, -9_000 + number) for number in range(waiting)]
        tx.run(sa.insert(table), [*rows, *(row("eakte", n, n - 100) for n in range(HANDOVERS))])
    with db.bare() as connection:
        connection.exec_driver_sql("ANALYZE outgoing")


def _claim(tx: Tx, *kinds: str, limit: int = 1) -> tuple[Outgoing, ...]:
    return outgoing_claims.claim(
        tx, kinds=kinds, worker="w", now=NOW, limit=limit, lease_seconds=60
    )


@pytest.mark.parametrize("kinds", [("eakte",), ("eakte", "task"), ("eakte", "reply")])
def test_on_sqlite_a_long_line_of_another_kind_costs_nothing(
    sqlite_url: str, kinds: tuple[str, ...]
) -> None:
    db, counted = Database.open(sqlite_url), []
    for waiting in (SHORT, LONG - SHORT):
        _fill_more(db, waiting, len(counted))
        with db.write() as tx:
            counted.append(sqlite_steps(tx, lambda: _claim(tx, *kinds)))
            tx.connection.rollback()
    db.close()
    assert counted[1] <= counted[0] * 1.2, counted


def _fill_more(db: Database, waiting: int, turn: int) -> None:
    if turn:
        with db.write() as tx:
            tx.run(sa.delete(table))
    _fill(db, waiting)


def test_on_postgresql_a_claim_of_one_kind_reads_what_it_takes(own_postgresql_url: str) -> None:
    db = Database.open(own_postgresql_url)
    _fill(db, LONG)
    with db.write() as tx:
        for _ in range(HANDOVERS):
            assert [row.kind for row in _claim(tx, "eakte", "task")] == ["eakte"]
        read = tx.run(
            sa.text(
                "SELECT idx_tup_fetch + seq_tup_read FROM pg_stat_xact_user_tables"
                " WHERE relname = 'outgoing'"
            )
        ).scalar_one()
    db.close()
    # Those before it that are claimed now, itself, and itself once more to be written.
    assert read <= HANDOVERS * (HANDOVERS + 4)


def test_of_several_kinds_the_longest_due_goes_first_and_nothing_twice(db: Database) -> None:
    _fill(db, 3)
    with db.write() as tx:
        taken = [_claim(tx, "reply", "eakte", "eakte", limit=2) for _ in range(13)]
    assert [len(rows) for rows in taken] == [2] * 11 + [1, 0]
    keys = [row.idempotency_key for rows in taken for row in rows]
    assert keys[:4] == ["reply-0", "reply-1", "reply-2", "eakte-0"]
    assert len(set(keys)) == HANDOVERS + 3


def test_of_no_kind_there_is_nothing_to_take(db: Database) -> None:
    _fill(db, 3)
    with db.write() as tx:
        assert _claim(tx) == ()
