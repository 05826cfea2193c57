"""Waiting items by the hundred thousand, made by the database itself in one statement a table.

All belong to one agency and were received at one moment, so their ids are the order of hand-out:
the worst case for an index, and the same for both lengths of a line that are compared.
"""

from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from rules.codes import Channel, Concern, PaymentRelevant, Team
from rules.item import EakteState, ItemState
from rules.ledger import LedgerState
from store.database import connections
from store.tables.ledger import SightingState, item, message, original, sighting
from tests.bench import bench_archive

RECEIVED = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
SHA256 = "0" * 64
AGENCY = "435"


def fill(url: str, rows: int) -> None:
    """`rows` messages, all of one original, each with an item that waits; analysed in the end.

    One in twenty more waits for the Service Center in the same agency: where all items were of one
    team, an index without the team would look as good to PostgreSQL as the one of the line.
    For an empty database with its tables.
    """
    engine = connections.open_engines(connections.parse_url(url))[1]
    with engine.begin() as connection:
        connection.execute(sa.insert(original), _original())
        dialect, last = connection.dialect.name, rows + rows // 20
        mine, others = _numbers(dialect, rows), _numbers(dialect, last, first=rows + 1)
        with _quickly(connection):
            connection.execute(_insert(message, _message(), _numbers(dialect, last)))
            connection.execute(_insert(item, _item(), mine))
            connection.execute(_insert(item, _item() | {"team": Team.SC}, others))
    with engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        if connection.dialect.name == "postgresql":
            alone.exec_driver_sql("SET statement_timeout = 0")
        alone.exec_driver_sql("ANALYZE")
    engine.dispose()


def _quickly(connection: sa.Connection) -> AbstractContextManager[None]:
    if connection.dialect.name == "sqlite":
        return nullcontext()
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return bench_archive.quickly(driver)


def fill_ledger(url: str, rows: int) -> None:
    """`rows` mails that are sorted and filed: original, row, and both places of each.

    For an empty database with its tables.
    """
    engine = connections.open_engines(connections.parse_url(url))[1]
    with engine.begin() as connection:
        dialect = connection.dialect.name
        numbers = _numbers(dialect, rows)
        digits = sa.cast(numbers.c.n, sa.Text)
        sha256 = (
            sa.func.lpad(digits, 64, "0")
            if dialect == "postgresql"
            else sa.func.printf("%064d", numbers.c.n)
        )
        inbox = _sighting("INBOX", SightingState.GONE)
        folder = _sighting(f"{AGENCY} Kassel", SightingState.LIVE)
        connection.execute(_insert(original, _original() | {"sha256": sha256}, numbers))
        connection.execute(_insert(message, _message() | {"sha256": sha256}, numbers))
        connection.execute(_insert(sighting, inbox | {"uid": digits}, numbers))
        connection.execute(_insert(sighting, folder | {"uid": digits}, numbers))
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    engine.dispose()


def wait_again(url: str) -> None:
    """All items wait again, and no dead row of the last round is left. Only PostgreSQL."""
    engine = connections.open_engines(connections.parse_url(url))[1]
    with engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(
            sa.update(item).values(
                state=ItemState.WAITING, holder=None, lease_token=None, lease_until=None
            )
        )
        alone.exec_driver_sql("SET statement_timeout = 0")
        alone.exec_driver_sql("VACUUM (FULL, ANALYZE) item")
    engine.dispose()


def _numbers(dialect: str, last: int, *, first: int = 1) -> sa.FromClause:
    """A table of one column `n`: `first` to `last`."""
    if dialect == "postgresql":
        series = sa.func.generate_series(first, last)
        return series.table_valued("n", name="number").render_derived()
    number = sa.select(sa.literal(first).label("n")).cte("number", recursive=True)
    return number.union_all(sa.select(number.c.n + 1).where(number.c.n < last))


def _insert(table: sa.Table, values: dict[str, Any], numbers: sa.FromClause) -> sa.Insert:
    """One row a number; a column whose value is None gets the number itself."""
    columns = [
        numbers.c.n
        if value is None
        else value
        if isinstance(value, sa.ColumnElement)
        else sa.literal(value, table.c[name].type)
        for name, value in values.items()
    ]
    return sa.insert(table).from_select(list(values), sa.select(*columns).select_from(numbers))


def _original() -> dict[str, Any]:
    return {"sha256": SHA256, "size_bytes": 0, "codec": "none", "data": b""}


def _message() -> dict[str, Any]:
    return {
        "id": None,
        "sha256": SHA256,
        "source": "maildir",
        "postbox": "SC-Ost",
        "received_at": RECEIVED,
        "kept_at": RECEIVED,
        "state": LedgerState.SORTED,
        "state_at": RECEIVED,
        "defects": [],
        "size_bytes": 5_000,
    }


def _sighting(folder: str, state: SightingState) -> dict[str, Any]:
    return {
        "message_id": None,
        "postbox": "SC-Ost",
        "folder": folder,
        "epoch": "maildir",
        "state": state,
        "first_seen_at": RECEIVED,
        "last_seen_at": RECEIVED,
    }


def _item() -> dict[str, Any]:
    return {
        "id": None,
        "message_id": None,
        "agency_code": AGENCY,
        "region": "Hessen",
        "team": Team.EZ,
        "folder": f"{AGENCY} Kassel",
        "channel": Channel.FREIE_EMAIL.value,
        "first_concern": Concern.AU.value,
        "payment": PaymentRelevant.NO,
        "eakte": EakteState.NONE,
        "state": ItemState.WAITING,
        "review": False,
        "queue_day": date(2026, 12, 21),
        "received_at": RECEIVED,
        "created_at": RECEIVED,
        "close_when_received": False,
        "proof_duty": False,
    }
