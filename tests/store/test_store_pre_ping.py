"""A connection to PostgreSQL that just answered is not asked for a sign of life again."""

from typing import Any

import pytest
import sqlalchemy as sa

from rules.errors import TryLater
from store.database import pre_ping
from store.database.engine import Database
from store.tables.ledger import audit as table
from tests.servers.postgres import PostgresServer


def test_only_a_connection_that_rested_is_asked(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = Database.open(postgresql_url)
    asked = _counted(db, monkeypatch)
    for _ in range(5):
        db.now()
    assert asked == []
    monkeypatch.setattr(pre_ping, "RESTED_SECONDS", 0.0)
    db.now()
    assert len(asked) == 1
    db.close()


def test_what_the_server_has_closed_is_asked_at_once_and_made_anew(
    postgres: PostgresServer, postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All connections of the pool, not only the one that was asked."""
    db = Database.open(postgresql_url)
    asked = _counted(db, monkeypatch)
    with db.read() as one, db.read() as other:
        first = {_number(one.connection), _number(other.connection)}
    postgres.cut_connections("shared")
    with db.read() as one, db.read() as other:
        assert one.run(sa.select(table.c.id)).all() == other.run(sa.select(table.c.id)).all()
        second = {_number(one.connection), _number(other.connection)}
    assert len(first) == len(second) == 2
    assert not first & second
    assert len(asked) == 1
    db.close()


def test_a_connection_whose_answer_never_came_is_thrown_away_without_a_word(
    postgresql_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As where the server crashes in the middle and the driver doesn't call its line broken."""
    db = Database.open(postgresql_url)
    lines: list[Any] = []

    def ask_amid_an_answer() -> None:
        with db.read() as tx:
            lines.append(tx.connection.connection.driver_connection)
            lines[0].pgconn.send_query(b"SELECT pg_sleep(60)")
            tx.run(sa.select(table.c.id))

    with pytest.raises(TryLater) as told:
        ask_amid_an_answer()
    assert told.value.code == "store.away"
    assert lines[0].closed
    with db.read() as tx:
        assert tx.connection.connection.driver_connection is not lines[0]
    assert caplog.messages == []
    db.close()


def _counted(db: Database, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Each question for a sign of life from now on, which is asked all the same."""
    asked: list[object] = []
    dialect = db._writer.dialect
    ping = dialect.do_ping

    def counted(connection: object) -> bool:
        asked.append(connection)
        return ping(connection)  # type: ignore[arg-type]

    monkeypatch.setattr(dialect, "do_ping", counted)
    return asked


def _number(connection: sa.Connection) -> int:
    found: int = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    return found
