"""What all tests share: patience, and a fresh database of either engine.

Ask for `url` to run on SQLite and on PostgreSQL, or for `sqlite_url` or `postgresql_url`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from store.database.columns import metadata
from store.upkeep import migrate
from tests import directory_world
from tests.servers.postgres import PostgresServer
from tests.servers.slapd import SlapdServer
from triage import log

# CI machines share their cores: a deadline would measure the neighbours.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

TEMPLATE = "postlotse_template"


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
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "postlotse.sqlite"
    shutil.copyfile(sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="session")
def shared_url(postgres: PostgresServer) -> str:
    return postgres.create("shared", template=TEMPLATE)


@pytest.fixture
def postgresql_url(shared_url: str) -> Iterator[str]:
    """One database for all tests, emptied after each: twenty times faster than a new one."""
    yield shared_url
    empty(shared_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


def empty(url: str) -> None:
    """Nothing but tables is left in this PostgreSQL database; numbers begin at 1 again."""
    names = sql.SQL(", ").join(sql.Identifier(table.name) for table in metadata.sorted_tables)
    with psycopg.connect(url, options="-c lock_timeout=5s") as connection:
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(names))
