"""A new version is rolled out without a pause: the last one's programs go on on the new tables."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from rules.errors import Refused
from store.database import connections, schema
from store.database.engine import Database
from store.processes import halts
from store.processes.halts import Halt
from store.upkeep import migrate
from tests.house_fixture import NOW
from tests.servers.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'rolling.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.create("rolling")
    server.drop("rolling")


def run(url: str, *statements: str) -> None:
    engine = connections.open_engines(connections.parse_url(url))[1]
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def columns(url: str) -> dict[tuple[str, str], tuple[str, bool, bool]]:
    """Of each column its type, whether it may be empty, and whether the database fills it."""
    engine = connections.open_engines(connections.parse_url(url))[1]
    with engine.connect() as connection:
        look = sa.inspect(connection)
        found = {
            (table, one["name"]): (
                str(one["type"]),
                bool(one["nullable"]),
                one["default"] is not None or bool(one.get("autoincrement") is True),
            )
            for table in look.get_table_names()
            for one in look.get_columns(table)
        }
    engine.dispose()
    return found


def previous() -> str:
    script = ScriptDirectory.from_config(migrate.config()).get_revision(schema.HEAD)
    assert script is not None
    assert isinstance(script.down_revision, str)
    return script.down_revision


def test_every_statement_of_the_last_version_fits_the_new_tables(empty_url: str) -> None:
    engine = connections.open_engines(connections.parse_url(empty_url))[1]
    with engine.begin() as connection:
        command.upgrade(migrate.config(connection), previous())
    engine.dispose()
    before = columns(empty_url)
    migrate.upgrade(empty_url)
    after = columns(empty_url)
    gone = before.keys() - after.keys()
    assert gone == set(), "a column or table that is read may only go a version later"
    assert {key: after[key][0] for key in before} == {
        key: kind for key, (kind, _, _) in before.items()
    }
    stricter = [key for key, (_, may_be_empty, _) in before.items() if may_be_empty > after[key][1]]
    assert stricter == [], "what was left empty is still written so"
    tables = {table for table, _ in before}
    needed = [
        key
        for key, (_, may_be_empty, is_filled) in after.items()
        if key not in before and key[0] in tables and not (may_be_empty or is_filled)
    ]
    assert needed == [], "the last version's INSERT doesn't know that column"


def test_a_program_runs_on_newer_tables_that_bear_it(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    running = Database.open(empty_url)
    run(
        empty_url,
        "UPDATE alembic_version SET version_num = '9998'",
        "ALTER TABLE halt ADD COLUMN added TEXT",
    )
    running.ping()
    with running.write() as tx:
        assert halts.place(tx, Halt(halts.WRITING, NOW, "a", "Umbau der Ordner"))
    with running.read() as tx:
        assert halts.standing(tx) is not None
    running.close()
    Database.open(empty_url).close()
    run(empty_url, "UPDATE schema_floor SET oldest = '9998'")
    with pytest.raises(Refused) as refused:
        Database.open(empty_url)
    assert refused.value.code == "store.schema"
    run(empty_url, "DELETE FROM schema_floor")
    with pytest.raises(Refused):
        Database.open(empty_url)
