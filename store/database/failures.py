"""What a failing driver means to the house: try later, a conflict, or a refusal.

Texts of drivers are never passed on: PostgreSQL repeats the values of a failing row.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
import sqlalchemy as sa

from rules.errors import Conflict, HouseError, Refused, TryLater

_SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""Primary result codes that another moment may cure. Source: sqlite.org/rescode.html."""

_SCHEMA_MISSING = ("no such table", "no such column", "has no column named")
"""How SQLite names a missing table or column; it has no result code of its own for that."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn whatever SQLAlchemy and the drivers raise inside into errors of the house.

    Raises: TryLater: `store.away` (locked, full, connection gone, time limit). Conflict:
    `store.conflict` with the constraint. Refused: `store.schema` where the tables are not those
    of this program, `store.number` where a number has no place in a row, `store.statement` for
    everything else the database does not take.
    """
    try:
        yield
    except sa.exc.DBAPIError as exc:
        raise _meaning(exc) from _harmless(exc)
    except psycopg.Error as exc:
        # Where a statement goes to the driver itself; its text may repeat a row's values.
        raise _meaning_driver(exc) from None
    except sqlite3.Error as exc:
        # Where pieces are written past SQLAlchemy.
        raise _meaning_sqlite(exc) from None
    except sa.exc.StatementError as exc:
        # A moment that has no place in UTC: the very first or last day of the calendar.
        if not isinstance(exc.orig, OverflowError):
            raise
        raise _refused(type(exc.orig).__name__) from None
    except (sa.exc.TimeoutError, sa.exc.ResourceClosedError, sa.exc.PendingRollbackError) as exc:
        raise away(type(exc).__name__) from exc
    except OverflowError as exc:
        # The driver's module itself says no; a day beyond the calendar does in other words.
        raise _number() if "int too large" in str(exc) else _refused("OverflowError") from None
    except UnicodeEncodeError as exc:
        raise _refused(type(exc).__name__) from None


def away(reason: str) -> TryLater:
    """The database can't answer now; `reason` is a driver's code or class name."""
    return TryLater(
        "store.away",
        f"The database does not answer ({reason}); the same call may succeed later."
        " If it stays so, look at its disk space, its locks and its log.",
        reason=reason,
    )


_OF_THE_NEWEST: Final = "`postlotse migrate` of the newest version that is in use."
_TOO_OLD: Final = (
    "this program is too old for the database; replace it by the version that ran `postlotse"
    " migrate`, or a newer one."
)


def wrong_schema(found: str, expected: str) -> Refused:
    """The tables are of another version than this program; "none": there are none at all.

    Migrations only add, so programs of the last version may go on meanwhile. Source: own decision
    0003.
    """
    if found == "none":
        what = "The database has no tables yet. Remedy: correct `store.url`, or run"
        remedy = _OF_THE_NEWEST
    else:
        what = f"The database has schema {found}, this program needs {expected}. Remedy:"
        is_newer = found.isdecimal() and found > expected
        remedy = _TOO_OLD if is_newer else f"run {_OF_THE_NEWEST}"
    return Refused("store.schema", f"{what} {remedy}", found=found, expected=expected)


def no_file(file: Path, expected: str) -> Refused:
    """No database of SQLite lies there; nothing is made by looking."""
    return Refused(
        "store.schema",
        f"There is no database at {file}. Remedy: correct `store.url` (a relative path starts at"
        " the configuration's folder), or run `postlotse migrate` to make it.",
        found="none",
        expected=expected,
    )


def _meaning(exc: sa.exc.DBAPIError) -> HouseError:
    if isinstance(exc, sa.exc.IntegrityError):
        return _conflict(exc.orig)
    if isinstance(exc.orig, psycopg.Error):
        return _meaning_postgresql(exc.orig)
    return _meaning_sqlite(exc.orig)


def _meaning_driver(error: psycopg.Error) -> HouseError:
    is_rule = isinstance(error, psycopg.IntegrityError)
    return _conflict(error) if is_rule else _meaning_postgresql(error)


def _meaning_sqlite(error: BaseException | None) -> HouseError:
    # The low byte is the primary code. Errors of the Python module itself carry none.
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _SQLITE_AWAY:
        return away(name)
    if any(words in str(error) for words in _SCHEMA_MISSING):
        return wrong_schema("other", "its own")
    return _refused(name)


def _meaning_postgresql(error: psycopg.Error) -> HouseError:
    name = type(error).__name__
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return wrong_schema("other", "its own")
    if isinstance(error, psycopg.errors.NumericValueOutOfRange):
        return _number()
    # A standby after a fail-over says "read only"; a lost connection has no SQLSTATE at all; a
    # process that was paused in a transaction finds its session ended by the server.
    later = (
        psycopg.errors.IdleInTransactionSessionTimeout,
        psycopg.OperationalError,
        psycopg.InterfaceError,
        psycopg.errors.ReadOnlySqlTransaction,
    )
    return away(name) if isinstance(error, later) else _refused(name)


def _conflict(error: BaseException | None) -> Conflict:
    diagnosis = getattr(error, "diag", None)
    constraint = diagnosis.constraint_name if diagnosis else getattr(error, "sqlite_errorname", "")
    return Conflict(
        "store.conflict",
        f"This write would break a rule of the database ({constraint}). Reload, then decide.",
        constraint=constraint,
    )


def _refused(name: str) -> Refused:
    return Refused(
        "store.statement",
        f"The database refuses this statement or value for good ({name}).",
        reason=name,
    )


def _number() -> Refused:
    return Refused(
        "store.number",
        "A number in this call is larger than any the database can hold. Send one that an answer"
        " of the house has named.",
    )


def _harmless(exc: sa.exc.DBAPIError) -> BaseException | None:
    """The cause to keep for the log; none where its text may repeat a row's values."""
    return exc if isinstance(exc, sa.exc.OperationalError | sa.exc.InterfaceError) else None
