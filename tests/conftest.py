"""What all tests share: patience, and a fresh database of either engine.

Ask for `url` to run on SQLite and on PostgreSQL, or for `sqlite_url` or `postgresql_url`.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from store.database.columns import metadata
from store.upkeep import migrate
from tests import directory_world
from tests.servers.hook_receiver import Receiver, receiving
from tests.servers.postgres import PostgresServer
from tests.servers.slapd import SlapdServer
from triage import log

# CI machines share their cores: a deadline would measure the neighbours.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

TEMPLATE = "postlotse_template"

GROWN_BYTES = 64 * 1024 * 1024
"""Deleted originals stay in their file, for nobody vacuums here; above this it is made anew."""


@pytest.fixture(scope="session", autouse=True)
def _log_on_standard_error() -> None:
    """As every command does: results and log lines never share a stream."""
    log.configure(json_lines=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        migrate.upgrade(server.create(TEMPLATE))
        yield server


@pytest.fixture(scope="session")
def slapd() -> Iterator[SlapdServer]:
    """A directory that no test changes."""
    with SlapdServer(directory_world.LDIF) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("store") / "template.sqlite"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def fresh_sqlite(sqlite_template: Path, tmp_path: Path) -> Callable[[int], str]:
    """An empty database for each point of a walk."""

    def on_sqlite(point: int) -> str:
        file = tmp_path / f"{point}.sqlite"
        shutil.copyfile(sqlite_template, file)
        return f"sqlite:///{file}"

    return on_sqlite


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Of webhooks."""
    with receiving() as found:
        yield found


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "postlotse.sqlite"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def shared_url(postgres: PostgresServer) -> str:
    return postgres.create("shared", template=TEMPLATE)


@pytest.fixture
def postgresql_url(shared_url: str) -> Iterator[str]:
    """One database for all tests, emptied after each: much faster than a new one."""
    yield shared_url
    empty(shared_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


def empty(url: str, *, wait_seconds: float = 5.0) -> None:
    """No row is left in this PostgreSQL database; numbers begin at 1 again.

    Row by row, and only where there are any: TRUNCATE makes new files for each of the tables and
    their indexes, which took five times as long. Whoever forgot an open transaction is told as
    with TRUNCATE: all tables are locked first. Triggers and references rest meanwhile.
    """
    names = [table.name for table in metadata.sorted_tables]
    tables = sql.SQL(", ").join(map(sql.Identifier, names))
    options = f"-c lock_timeout={wait_seconds}s -c session_replication_role=replica"
    with psycopg.connect(url, options=options) as connection:
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(tables))
        if _has_grown(connection):
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
            return
        for (name,) in connection.execute(_written(names)).fetchall():
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        connection.execute(_NUMBERS_ANEW)


_NUMBERS_ANEW = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


def _has_grown(connection: psycopg.Connection) -> bool:
    size = connection.execute("SELECT pg_total_relation_size('original')").fetchone()
    return size is not None and size[0] > GROWN_BYTES


def _written(names: Iterable[str]) -> sql.Composed:
    """Asks which of the tables hold anything."""
    each = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    asked = (each.format(sql.Literal(name), sql.Identifier(name)) for name in names)
    return sql.SQL(" UNION ALL ").join(asked)
