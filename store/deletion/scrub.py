"""After a deletion: no old copy of a page is left where the database keeps its history.

SQLite overwrites what it deletes (`secure_delete`, connections.py); what is left is the WAL, which
still holds pages as they were, so it is written back and cut to nothing. PostgreSQL keeps dead rows
until VACUUM; then their place is used again. Source: own decision 0055.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from store.database import failures
from store.database.engine import Database

TABLES = (
    *("original", "message", "verdict", "outgoing", "item", "aside", "mark_seen", "mail_thread"),
    "idempotency",
)
"""Tables whose rows held content."""

TRIES = 3
"""A reader may hold the WAL back for the moment of one page. Source: own decision 0055."""


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """Whether it is finished, and how it was done; `busy`: somebody reads old pages just now."""

    engine: str
    is_clean: bool
    code: str = ""


def scrub(database: Database) -> Scrubbed:
    """Take what was deleted out of the database's own history. Outside any transaction.

    Repeating it does no harm. Raises: TryLater: `store.away`.
    """
    if database.dialect == "sqlite":
        return _sqlite(database)
    return _postgresql(database)


def _sqlite(database: Database) -> Scrubbed:
    for _ in range(TRIES):
        with failures.translated(), database.bare() as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        if not busy:
            return Scrubbed("sqlite", is_clean=True)
    return Scrubbed("sqlite", is_clean=False, code="busy")


def _postgresql(database: Database) -> Scrubbed:
    with failures.translated(), database.bare() as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        try:
            for table in TABLES:
                connection.execute(sa.text(f"VACUUM {table}"))
        finally:
            connection.exec_driver_sql("RESET statement_timeout")
    return Scrubbed("postgresql", is_clean=True)
