"""Every store test runs on both engines: ask for `db`, or for `url` to open it yourself."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from store import migrate
from store.engine import Database
from store.tables import metadata
from tests.servers.postgres import PostgresServer

TEMPLATE = "postlotse_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        migrate.upgrade(server.create(TEMPLATE))
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
    with psycopg.connect(shared_url, options="-c lock_timeout=5s") as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))


@pytest.fixture
def own_postgresql_url(postgres: PostgresServer) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    yield postgres.create(name, template=TEMPLATE)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=["sqlite", "own_postgresql"])
def own_url(request: pytest.FixtureRequest) -> str:
    """A database that the test may spoil."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = Database.open(url)
    yield database
    database.close()
