"""Migrations make exactly the tables of store/, on both engines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from rules.errors import Refused, TryLater
from store.database import columns, connections, schema
from store.database.engine import Database
from store.upkeep import migrate
from tests.servers.postgres import PostgresServer


def _words(options: dict[str, Any]) -> list[tuple[str, str]]:
    """The condition of a partial index is a clause object; its text is what counts."""
    return sorted((key, str(value)) for key, value in options.items())


def _described(url: str) -> dict[str, Any]:
    """What the engine itself says of tables, columns, constraints and indexes."""
    engine = connections.open_engines(connections.parse_url(url))[1]
    try:
        with engine.connect() as connection:
            look = sa.inspect(connection)
            names = set(look.get_table_names()) - {"alembic_version"}
            return {
                name: {
                    "columns": [
                        (c["name"], str(c["type"]), c["nullable"], c["default"])
                        for c in look.get_columns(name)
                    ],
                    "primary": look.get_pk_constraint(name),
                    "foreign": sorted(look.get_foreign_keys(name), key=str),
                    "unique": sorted(look.get_unique_constraints(name), key=str),
                    "indexes": sorted(
                        (i["name"], i["column_names"], i["unique"], _words(i["dialect_options"]))
                        for i in look.get_indexes(name)
                    ),
                }
                for name in names
            }
    finally:
        engine.dispose()


@pytest.fixture
def by_tables(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> Iterator[str]:
    """An empty database beside `url`, filled from the metadata instead of migrations."""
    if url.startswith("sqlite"):
        other = f"sqlite:///{tmp_path / 'by_tables.sqlite'}"
        _create_all(other)
        yield other
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    other = server.create("by_tables")
    _create_all(other)
    yield other
    server.drop("by_tables")


def _create_all(url: str) -> None:
    engine = connections.open_engines(connections.parse_url(url))[1]
    columns.metadata.create_all(engine)
    engine.dispose()


def test_migrations_and_tables_say_the_same(url: str, by_tables: str) -> None:
    assert _described(url) == _described(by_tables)


def test_alembic_finds_no_difference_between_migrations_and_tables(db: Database) -> None:
    with db.read() as tx:
        context = MigrationContext.configure(tx.connection, opts={"compare_type": True})
        assert compare_metadata(context, columns.metadata) == []


def test_the_program_asks_for_the_newest_migration() -> None:
    scripts = ScriptDirectory.from_config(migrate.config())
    assert scripts.get_heads() == [schema.HEAD]


def test_migrations_are_numbered_and_never_go_back() -> None:
    scripts = list(ScriptDirectory.from_config(migrate.config()).walk_revisions())
    for script in scripts:
        assert Path(script.path).name.startswith(f"{script.revision}_")
        assert script.revision.isdigit()
        assert not hasattr(script.module, "downgrade")


def test_upgrading_twice_is_upgrading_once(url: str) -> None:
    assert migrate.upgrade(url) == migrate.upgrade(url) == schema.HEAD


def test_a_new_sqlite_file_is_made_with_its_folder_and_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "folder" / "p.sqlite"
    migrate.upgrade(f"sqlite:///{file}")
    assert file.stat().st_mode & 0o077 == 0
    Database.open(f"sqlite:///{file}").close()


def test_a_folder_that_can_not_be_made_means_try_later(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TryLater) as caught:
        migrate.upgrade(f"sqlite:///{tmp_path / 'file' / 'p.sqlite'}")
    assert caught.value.code == "store.away"


def _set_version(url: str, version: str | None) -> None:
    engine = connections.open_engines(connections.parse_url(url))[1]
    with engine.begin() as connection:
        if version is None:
            connection.exec_driver_sql("DROP TABLE alembic_version")
        else:
            connection.execute(
                sa.text("UPDATE alembic_version SET version_num = :version"), {"version": version}
            )
            # What another version takes away, these programs must not run on.
            connection.execute(
                sa.text("UPDATE schema_floor SET oldest = :version"), {"version": version}
            )
    engine.dispose()


@pytest.mark.parametrize("version", ["0000", "0001", "9999", None])
def test_a_database_of_another_version_is_refused_with_the_remedy(
    own_url: str, version: str | None
) -> None:
    _set_version(own_url, version)
    with pytest.raises(Refused) as caught:
        Database.open(own_url)
    assert caught.value.code == "store.schema"
    assert "postlotse migrate" in caught.value.message


def test_a_file_that_is_not_there_is_named_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "nicht" / "da.sqlite"
    with pytest.raises(Refused) as caught:
        Database.open(f"sqlite:///{file}")
    assert (caught.value.code, str(file) in caught.value.message) == ("store.schema", True)
    assert not file.parent.exists()


def test_an_older_database_is_brought_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    engine = connections.open_engines(connections.parse_url(url))[1]
    with engine.begin() as connection:
        command.upgrade(migrate.config(connection), "0001")
    engine.dispose()
    with pytest.raises(Refused):
        Database.open(url)
    assert migrate.upgrade(url) == schema.HEAD
    Database.open(url).close()


def test_a_newer_database_is_not_touched_by_migrations(own_url: str) -> None:
    _set_version(own_url, "9999")
    with pytest.raises(Refused) as caught:
        migrate.upgrade(own_url)
    assert caught.value.code == "store.schema"


def test_a_schema_that_changes_under_a_running_program_is_noticed(own_url: str) -> None:
    db = Database.open(own_url)
    db.ping()
    _set_version(own_url, "9999")
    with pytest.raises(Refused) as caught:
        db.ping()
    db.close()
    assert caught.value.code == "store.schema"
