"""How the two engines are opened so that they keep the same promises.

SQLite: one file, WAL, `BEGIN IMMEDIATE` for writers, every commit on the disk. PostgreSQL:
every commit on the disk, and no statement, lock or forgotten transaction without a time limit.
"""

import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext

from rules.errors import Refused
from store.database import pre_ping

# psycopg logs what the server said when a connection broke, as text of its own (promise 8).
logging.getLogger("psycopg").setLevel(logging.CRITICAL + 1)

BUSY_TIMEOUT_MS = 5_000
"""How long SQLite waits for a writer of another process. Threads of this one queue before.

Source: claim measurement 2026-11-23: busy polling starves callers (p99 430 ms at 32).
"""

POSTGRESQL_LIMITS = {
    "lock_timeout": "5s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "application_name": "postlotse",
}
"""Set on every connection. An old open transaction costs the queue a factor of 8 to 10.

Source: claim measurement 2026-11-23; own decision 0003.
"""

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")
"""`secure_delete`: what is deleted is overwritten with zeros, not only forgotten, whatever the
SQLite library was built with. Source: SQLite documentation, PRAGMA secure_delete; decision 0055."""

CHECKPOINT_PAGES = 8_000
"""The WAL is written back when it is 32 MB long, not after each batch of mails with files.

Source: measurement 2026-11-26; own decision 0036.
"""

WRITER_CACHE_KB: Final = 16_384
"""A commit takes up to 8 MB of mail; what has no room is written before its commit, and slower.

Source: measurement 2026-11-26 (writing originals: 0.13 to 0.06 ms CPU a mail of 77 kB); own
decision 0098.
"""

_OF_THE_FILE: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR})
"""A file that was opened on a read-only disk stays so for all connections of the process while one
of them is open, also when the disk can be written to again. Source: measurement 2026-11-27
(started beside a WAL on such a disk, which was mounted for writing afterwards)."""

BARE: Final[Mapping[str, bool]] = MappingProxyType({"postlotse_bare": True})
"""Option of a connection on which no transaction is begun: for maintenance, see `Database.bare`."""

CONNECT_TIMEOUT_SECONDS = 5
POOL_TIMEOUT_SECONDS = 10
POOL_SIZE = 8
POOL_OVERFLOW = 24
"""Connections of one process to PostgreSQL: API threads and worker. Source: own decision 0003."""


def parse_url(url: str) -> sa.URL:
    """The address of the memory: `sqlite:///file` or `postgresql://user@host/database`.

    Raises: Refused: `store.url`, also for SQLite in memory, which is not durable.
    """
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as exc:
        raise _wrong_url("it can't be read") from exc
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise _wrong_url(f"{kind} is not supported")
    if not parsed.database or parsed.database == ":memory:":
        raise _wrong_url("SQLite needs a file")
    return parsed.set(drivername="sqlite+pysqlite")


def _wrong_url(why: str) -> Refused:
    return Refused(
        "store.url",
        f"The address of the database is wrong: {why}."
        " Give sqlite:///path/to/file or postgresql://user@host/database.",
    )


def file_of(url: sa.URL) -> Path | None:
    """The file of an SQLite database; None for PostgreSQL."""
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def servers_of(url: str) -> tuple[tuple[str, int], ...]:
    """Name and port of each server that the address names; port 0 where it names none.

    None of SQLite, and none that is a socket on this machine. Raises: Refused: `store.url`.
    """
    parsed = parse_url(url)
    if file_of(parsed) is not None:
        return ()
    asked = parsed.query.get("host", ())
    named = [asked] if isinstance(asked, str) else list(asked)
    pairs = [_server(one) for one in named] or [(parsed.host or "", parsed.port or 0)]
    return tuple((host.lower(), port) for host, port in pairs if host and not host.startswith("/"))


def _server(named: str) -> tuple[str, int]:
    """`db1:5432`, as SQLAlchemy lets several be named."""
    host, _, port = named.rpartition(":")
    return (host, int(port)) if host and port.isdecimal() else (named, 0)


def open_engines(url: sa.URL) -> tuple[sa.Engine, sa.Engine]:
    """An engine for readers and one for writers; nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        reader, writer = _opened_anew(
            _sqlite(url, begin="BEGIN"), _sqlite(url, begin="BEGIN IMMEDIATE")
        )
        return reader, writer
    writer = _postgresql(url)
    return writer.execution_options(postgresql_readonly=True), writer


def _sqlite(url: sa.URL, *, begin: str) -> sa.Engine:
    engine = sa.create_engine(
        url,
        hide_parameters=True,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # The module's own transaction control would begin late and deferred; we begin ourselves.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, f"wal_autocheckpoint={CHECKPOINT_PAGES}"):
            cursor.execute(f"PRAGMA {pragma}")
        only_reads = begin == "BEGIN"
        cursor.execute(
            "PRAGMA query_only=ON" if only_reads else f"PRAGMA cache_size=-{WRITER_CACHE_KB}"
        )
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get("postlotse_bare"):
            connection.exec_driver_sql(begin)

    return engine


def _opened_anew(*engines: sa.Engine) -> tuple[sa.Engine, ...]:
    """Where the file itself fails, all connections go: they share what is known of it."""

    def on_error(context: ExceptionContext) -> None:
        code = getattr(context.original_exception, "sqlite_errorcode", 0)
        if code & 0xFF in _OF_THE_FILE:
            context.is_disconnect = True
            if context.execution_context is not None:
                # Of a connection that is gone nobody closes it, and it would hold the file.
                context.execution_context.cursor.close()
            for engine in engines:
                engine.dispose()

    for engine in engines:
        event.listen(engine, "handle_error", on_error)
    return engines


def _postgresql(url: sa.URL) -> sa.Engine:
    options = " ".join(f"-c {name}={value}" for name, value in POSTGRESQL_LIMITS.items())
    own = url.query.get("options", "")
    engine = sa.create_engine(
        url.difference_update_query(["options"]),
        hide_parameters=True,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        connect_args={
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            # What the administrator wrote into the URL comes last, so it wins.
            "options": f"{options} {own if isinstance(own, str) else ' '.join(own)}".strip(),
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    )
    pre_ping.watch(engine)
    event.listen(engine, "handle_error", _lost)
    return engine


def _lost(context: ExceptionContext) -> None:
    """What the driver says itself, without a SQLSTATE of the server's, is a line that is gone.

    SQLAlchemy asks the driver whether it calls the connection broken, and it doesn't where the
    server crashes just while its answer is awaited. Such a connection would be rolled back, in
    vain and with a traceback on standard error. Source: stress run 2026-11-28.
    """
    error = context.original_exception
    if isinstance(error, psycopg.OperationalError) and not error.sqlstate and context.connection:
        context.is_disconnect = True
