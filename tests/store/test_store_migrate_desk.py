"""Migration 0007 on rows from before: what had no place in the line gets one (decision 0049)."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from store.database import connections
from store.upkeep import migrate
from tests.servers.postgres import PostgresServer

ORIGINAL = "INSERT INTO original (sha256, size_bytes, codec) VALUES ('ab', 1, 'none')"
MESSAGE = (
    "INSERT INTO message (id, sha256, source, received_at, kept_at, state, state_at, defects,"
    " size_bytes) VALUES (:id, 'ab', 'api', :at, :at, 'sorted', :at, '[]', 1)"
)
ITEM = (
    "INSERT INTO item (message_id, agency_code, team, folder, channel, first_concern, payment,"
    " eakte, state, review, queue_day, received_at, created_at, close_when_received, proof_duty)"
    " VALUES (:id, '435', 'EZ', 'f', 'freie_email', 'au', 'no', 'none', :state, :no, :day, :at,"
    " :at, :no, :no)"
)
ROWS = [(1, "waiting", "9999-12-31"), (2, "waiting", "2026-11-25"), (3, "closed", "9999-12-31")]


@pytest.fixture(params=["sqlite", "postgresql"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.create("before_desk")
    server.drop("before_desk")


def test_open_items_without_a_due_day_get_a_place_and_others_keep_theirs(old_url: str) -> None:
    engine = connections.open_engines(connections.parse_url(old_url))[1]
    with engine.begin() as connection:
        command.upgrade(migrate.config(connection), "0005")
        connection.execute(sa.text(ORIGINAL))
        for number, state, day in ROWS:
            at = "2026-11-23 23:30:00.000000" + ("+00" if "postgresql" in old_url else "")
            values = {"id": number, "at": at, "state": state, "day": day, "no": False}
            connection.execute(sa.text(MESSAGE), values)
            connection.execute(sa.text(ITEM), values)
    migrate.upgrade(old_url)
    with engine.begin() as connection:
        found = connection.execute(
            sa.text("SELECT message_id, queue_day, language, alert FROM item ORDER BY message_id")
        ).all()
    engine.dispose()
    days = [date.fromisoformat(str(row.queue_day)) for row in found]
    assert days == [date(2026, 12, 21), date(2026, 11, 25), date.max]
    assert {(row.language, row.alert) for row in found} == {("de", "")}
