"""The original bytes, one copy for all twins, compressed. Who may have them decides the ledger."""

import hashlib
import zlib
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from rules.errors import Unreadable
from store import tables
from store.engine import Tx
from store.statements import insert, parts

CODEC = "zlib"
LEVEL = 1
"""Speed before size: mail is mostly base64, where more gains little. Source: own decision 0004."""


def fingerprint(data: bytes) -> str:
    """The SHA-256 of the bytes, in hexadecimal; the house's name for an original."""
    return hashlib.sha256(data).hexdigest()


def write(tx: Tx, originals: dict[str, bytes]) -> None:
    """Keep originals by fingerprint; those kept already stay as they are.

    Bytes that come again after their deletion are kept anew: it is new mail.
    """
    values = [
        {
            "sha256": sha256,
            "size_bytes": len(data),
            "codec": CODEC,
            "data": zlib.compress(data, LEVEL),
        }
        for sha256, data in originals.items()
    ]
    if not values:
        return
    table = tables.original
    statement = insert(tx, table)
    again = statement.on_conflict_do_update(
        index_elements=[table.c.sha256],
        set_={"data": statement.excluded.data, "deleted_at": None},
        where=table.c.deleted_at.is_not(None),
    )
    tx.run(again, values)


def read(tx: Tx, sha256: str) -> bytes | None:
    """The bytes, or None after their deletion.

    Raises: Unreadable: `mail.damaged`: they are not those of the fingerprint.
    """
    packed = packed_many(tx, [sha256])[sha256]
    return None if packed is None else unpacked(packed, sha256)


def packed_many(tx: Tx, hashes: Iterable[str]) -> dict[str, bytes | None]:
    """The bytes as they are stored, for `unpacked`; None after their deletion."""
    table = tables.original
    found: dict[str, bytes | None] = {}
    for part in parts(sorted(set(hashes))):
        statement = sa.select(table.c.sha256, table.c.data).where(table.c.sha256.in_(part))
        found |= {row.sha256: row.data for row in tx.run(statement)}
    return found


def unpacked(packed: bytes, sha256: str) -> bytes:
    """The original that was stored as `packed`.

    Raises: Unreadable: `mail.damaged`: the bytes are not those of the fingerprint.
    """
    try:
        data = zlib.decompress(packed)
    except zlib.error as exc:
        raise _damaged(sha256) from exc
    if fingerprint(data) != sha256:
        raise _damaged(sha256)
    return data


def erase(tx: Tx, sha256: str, *, now: datetime) -> None:
    """Delete the bytes; size and fingerprint stay."""
    table = tables.original
    tx.run(
        sa.update(table)
        .where(table.c.sha256 == sha256, table.c.deleted_at.is_(None))
        .values(data=None, deleted_at=now)
    )


def _damaged(sha256: str) -> Unreadable:
    return Unreadable(
        "mail.damaged",
        f"The stored original {sha256} is damaged. Fetch it again from the postbox or a backup.",
        sha256=sha256,
    )
