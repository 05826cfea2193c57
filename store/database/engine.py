"""Opening the memory, reading and writing in it.

One transaction is one deed: everything in a `with db.write()` becomes durable together or not
at all. No driver exception leaves this room. Safe for a worker thread and many API threads.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal, Self

import sqlalchemy as sa

from store.database import connections, failures, schema
from store.database.seals import SealRing

WRITE_QUEUE_SECONDS = 30.0
"""How long a thread queues for the one writer of SQLite before it is told to try later.

Source: own decision 0003.
"""

_SQLITE_NOW = "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"


@dataclass(frozen=True, slots=True)
class Tx:
    """One open transaction. Given by `Database.read` and `write`, passed first to every function.

    Not to be kept after the `with` block, nor shared between threads.
    """

    connection: sa.Connection
    dialect: Literal["sqlite", "postgresql"]
    ring: SealRing = field(default_factory=SealRing, repr=False)
    """What seals and opens content."""

    def run(
        self,
        statement: sa.Executable,
        values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> sa.CursorResult[*tuple[Any, ...]]:
        """Execute one statement, once for each of several `values`. Only for this room.

        Raises: TryLater, Conflict, Refused: see `store.database.failures`.
        """
        with failures.translated():
            return self.connection.execute(statement, values)

    @contextmanager
    def one_way(self) -> Iterator[None]:
        """What runs inside goes to PostgreSQL in one go, behind the BEGIN where it is the first.

        Whether it went well is known at the end; until then there is nothing to be read, neither
        rows nor how many. Own decision 0156. Raises: as `run`.
        """
        driver: Any = self.connection.connection.driver_connection
        with failures.translated():
            if self.dialect == "sqlite":
                yield
            else:
                with driver.pipeline():
                    yield


@dataclass(frozen=True, slots=True)
class Database:
    """The memory of the house, open. Made once by wiring, shared by all threads of a process."""

    url: str
    dialect: Literal["sqlite", "postgresql"]
    _reader: sa.Engine
    _writer: sa.Engine
    _queue: threading.Lock
    ring: SealRing
    """The keys of the content at rest; without a file nothing is sealed."""
    _last_word: Callable[[Tx], None] | None = None

    @classmethod
    def open(cls, url: str, *, ring: SealRing | None = None) -> Self:
        """Open a database whose tables fit this program.

        `url` as in `store.database.connections.parse_url`.

        Raises: Refused: `store.url`; `store.schema` with the remedy `postlotse migrate`.
        TryLater: `store.away`.
        """
        parsed = connections.parse_url(url)
        file = connections.file_of(parsed)
        if file is not None and not file.exists():
            raise failures.no_file(file, schema.HEAD)
        reader, writer = connections.open_engines(parsed)
        database = cls(
            url=parsed.render_as_string(hide_password=True),
            dialect="sqlite" if file is not None else "postgresql",
            _reader=reader,
            _writer=writer,
            _queue=threading.Lock(),
            ring=ring or SealRing(),
        )
        try:
            with database.read() as tx, failures.translated():
                schema.check(tx.connection)
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A transaction that sees and doesn't write; keep it short, the queue pays for long ones.

        Raises: TryLater: `store.away`.
        """
        with self._transaction(self._reader) as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """A transaction that is durable when the block ends, and undone if it raises.

        On SQLite threads queue for the one writer; other processes are waited for by SQLite
        itself. Not reentrant: a second `write` inside one would wait for itself.
        Raises: TryLater: `store.away`. Conflict: `store.conflict`.
        """
        with self._turn(), self._transaction(self._writer) as tx:
            yield tx
            if self._last_word is not None:
                self._last_word(tx)

    def with_last_word(self, say: Callable[[Tx], None]) -> Self:
        """The same memory; `say` is called in each writing transaction, just before its commit."""
        return replace(self, _last_word=say)

    @contextmanager
    def bare(self) -> Iterator[sa.Connection]:
        """A writing connection without any transaction, for maintenance; only for this room.

        On SQLite it takes its turn like every writer.
        Raises: TryLater: `store.away`.
        """
        with self._turn(), self._writer.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT", **connections.BARE)

    def ping(self) -> None:
        """Ask the database for a sign of life and for its schema.

        Raises: TryLater: `store.away`. Refused: `store.schema`.
        """
        with self.read() as tx, failures.translated():
            schema.check(tx.connection)

    def now(self) -> datetime:
        """The time by the database's own clock (aware UTC); on SQLite that of this machine.

        Raises: TryLater: `store.away`.
        """
        statement = "SELECT clock_timestamp()" if self.dialect == "postgresql" else _SQLITE_NOW
        with self.read() as tx, failures.translated():
            told = tx.connection.exec_driver_sql(statement).scalar_one()
        moment = datetime.fromisoformat(told) if isinstance(told, str) else told
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def close(self) -> None:
        """Close all connections that are not in use. The database can't be used afterwards."""
        self._reader.dispose()
        self._writer.dispose()

    @contextmanager
    def _transaction(self, engine: sa.Engine) -> Iterator[Tx]:
        with failures.translated(), engine.begin() as connection:
            yield Tx(connection, self.dialect, self.ring)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for this thread's turn to write; on PostgreSQL all may write at once."""
        if self.dialect == "postgresql":
            yield
            return
        if not self._queue.acquire(timeout=WRITE_QUEUE_SECONDS):
            raise failures.away("write queue")
        try:
            yield
        finally:
            self._queue.release()
