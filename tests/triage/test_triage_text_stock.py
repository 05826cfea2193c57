"""Processes that start at the same moment on an empty database take the stock in once."""

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from store.tables.text import text_version
from tests.house_fixture import open_house
from triage.house import House
from triage.texts import stock as text_stock


@pytest.fixture
def pair(postgresql_url: str) -> Iterator[tuple[House, House]]:
    houses = open_house(postgresql_url), open_house(postgresql_url)
    yield houses
    for house in houses:
        house.db.close()


def test_who_waits_too_long_for_the_first_looks_again(pair: tuple[House, House]) -> None:
    first, second = pair
    stock = len(first.texts.stock())
    found: list[int] = []
    waits = threading.Thread(target=lambda: found.append(text_stock.take_in(second)))
    with first.db.write() as tx:
        text_stock.write(first, tx, first.texts.stock())
        waits.start()
        waits.join(
            timeout=6
        )  # longer than PostgreSQL waits for a lock (store/database/connections.py)
        assert waits.is_alive()
    waits.join()
    assert found == [0]
    with first.db.read() as tx:
        assert tx.run(sa.select(sa.func.count()).select_from(text_version)).scalar_one() == stock
