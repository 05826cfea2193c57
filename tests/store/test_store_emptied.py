"""The database that tests share is as new for each of them: no row of one explains another."""

import psycopg
import pytest
from psycopg import sql

from store.database.columns import metadata
from store.database.engine import Database
from tests import conftest
from tests.store import samples


@pytest.mark.parametrize("most_bytes", [0, conftest.GROWN_BYTES])
def test_no_row_is_left_and_numbers_begin_again(own_postgresql_url, most_bytes, monkeypatch):
    monkeypatch.setattr(conftest, "GROWN_BYTES", most_bytes)
    db = Database.open(own_postgresql_url)
    first = samples.keep(db, "1")
    conftest.empty(own_postgresql_url)
    with psycopg.connect(own_postgresql_url) as connection:
        for table in metadata.sorted_tables:
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table.name))
            assert connection.execute(count).fetchone() == (0,)
    assert samples.keep(db, "1") == first
    db.close()


def test_who_forgot_an_open_transaction_is_told(own_postgresql_url):
    with psycopg.connect(own_postgresql_url) as connection:
        connection.execute("SELECT count(*) FROM message")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            conftest.empty(own_postgresql_url, wait_seconds=0.1)
