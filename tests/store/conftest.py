"""Every store test runs on both engines: ask for `db`, or for `url` to open it yourself."""

import itertools
from collections.abc import Iterator

import pytest

from store.database.engine import Database
from tests.conftest import TEMPLATE
from tests.servers.postgres import PostgresServer

_numbers = itertools.count(1)


@pytest.fixture
def own_postgresql_url(postgres: PostgresServer) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    yield postgres.create(name, template=TEMPLATE)
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "own_postgresql"])
def own_url(request: pytest.FixtureRequest) -> str:
    """A database that the test may spoil."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    database = Database.open(url)
    yield database
    database.close()
