"""Large originals go into the database and come out of it a piece at a time.

In one, SQLite holds a copy of what it is given and makes the row of another; PostgreSQL's driver
holds what it reads in two letters a byte, more than once. For a mail of 60 MB a worker on SQLite
held 422 MB while keeping it, and holds 309; on PostgreSQL reading it took 350 MB, and takes 100.
Source: measurement 2026-11-27 (bench_memory).
"""

import io
import sqlite3
from typing import Any, Final

import sqlalchemy as sa

from store.database import failures
from store.database.engine import Tx
from store.tables.ledger import original

FROM_BYTES: Final = 8 * 1024 * 1024
"""Mail above it has a commit to itself anyway (triage/batches.py); smaller goes as it ever did."""

PIECE_BYTES: Final = 4 * 1024 * 1024

AT_ONCE: Final = sa.case(
    (
        original.c.size_bytes
        <= sa.bindparam("from_bytes", type_=sa.BigInteger, callable_=lambda: FROM_BYTES),
        original.c.data,
    )
)
"""The stored bytes of an original, or nothing where it is large: `read` gives those."""

_OF_SQLITE: Final = sa.text(
    "SELECT rowid, codec FROM original WHERE sha256 = :sha256 AND data IS NOT NULL"
)

_OF_POSTGRESQL: Final = sa.text(
    "SELECT o.codec, start, substring(o.data FROM start FOR :size) AS piece"
    " FROM original o, generate_series(1, octet_length(o.data), :size) AS start"
    " WHERE o.sha256 = :sha256"
).execution_options(stream_results=True, yield_per=1)
"""One statement, so that all pieces are of one state of the row."""


def is_apart(size_bytes: int, tx: Tx) -> bool:
    """Whether a mail of that size is to be written by `fill`; libpq takes any as it is."""
    return tx.dialect == "sqlite" and size_bytes > FROM_BYTES


def fill(tx: Tx, rowid: int, stored: bytes) -> None:
    """Write into a row that was made with as many zeros, which SQLite only counts.

    Source: sqlite.org, "zeroblob" and "Incremental I/O".
    """
    with failures.translated(), _blob(tx, rowid, readonly=False) as blob:
        for start in range(0, len(stored), PIECE_BYTES):
            blob.write(memoryview(stored)[start : start + PIECE_BYTES])


def read(tx: Tx, sha256: str) -> tuple[str, bytes | None]:
    """Codec and stored bytes of a large original; no bytes where they are deleted."""
    found = io.BytesIO()
    codec = _sqlite(tx, sha256, found) if tx.dialect == "sqlite" else _postgresql(tx, sha256, found)
    return codec, found.getvalue() or None


def _sqlite(tx: Tx, sha256: str, found: io.BytesIO) -> str:
    row = tx.run(_OF_SQLITE, {"sha256": sha256}).one_or_none()
    if row is None:
        return ""
    with failures.translated(), _blob(tx, row.rowid, readonly=True) as blob:
        while piece := blob.read(PIECE_BYTES):
            found.write(piece)
    codec: str = row.codec
    return codec


def _postgresql(tx: Tx, sha256: str, found: io.BytesIO) -> str:
    codec = ""
    with failures.translated():
        for row in tx.run(_OF_POSTGRESQL, {"sha256": sha256, "size": PIECE_BYTES}):
            codec = row.codec
            found.seek(row.start - 1)
            found.write(row.piece)
    return codec


def _blob(tx: Tx, rowid: int, *, readonly: bool) -> sqlite3.Blob:
    driver: Any = tx.connection.connection.driver_connection
    blob: sqlite3.Blob = driver.blobopen("original", "data", rowid, readonly=readonly)
    return blob
