"""The original bytes, one copy for all twins. The ledger decides who may have them."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from isal import isal_zlib
from sqlalchemy.dialects import postgresql, sqlite

from rules.errors import Unreadable
from store.database import by_columns
from store.database.engine import Tx
from store.database.seals import SealRing
from store.database.statements import parts
from store.mails import chunks
from store.tables import ledger as tables

ZLIB, PLAIN = "zlib", "plain"
"""How bytes are stored: compressed, or as they are."""

LEVEL = 1
"""Speed before size: more gains little. Source: own decisions 0004, 0106."""

COMPRESSED_BYTES = 32_768
"""Mail above it is stored as it is: it is mostly base64, which shrinks by a quarter and takes 30
times as long as writing it. Source: measurement 2026-11-26; own decision 0036."""


_PACKED = sa.select(
    tables.original.c.sha256,
    tables.original.c.codec,
    chunks.AT_ONCE.label("data"),
    tables.original.c.size_bytes,
)
Packing = tuple[str, bytes]
"""How bytes are stored, and the bytes so stored, without a seal."""


@dataclass(frozen=True, slots=True)
class Packed:
    """Bytes as they are stored; `data` is None after their deletion."""

    codec: str
    data: bytes | None
    ring: SealRing = field(default_factory=SealRing, repr=False)


def fingerprint(data: bytes) -> str:
    """The SHA-256 of the bytes, in hexadecimal; the house's name for an original."""
    return hashlib.sha256(data).hexdigest()


def write(tx: Tx, originals: Mapping[str, tuple[bytes, Packing | None]]) -> None:
    """Keep originals by fingerprint; those kept already stay as they are.

    Beside each how it is packed, where somebody has done it already. Bytes that come again after
    their deletion are kept anew: it is new mail.
    """
    apart = {sha256 for sha256, one in originals.items() if chunks.is_apart(len(one[0]), tx)}
    values = [
        _row(tx.ring, sha256, data, packed or pack(data))
        for sha256, (data, packed) in originals.items()
        if sha256 not in apart
    ]
    by_columns.run(tx, _upsert(tx.dialect), values)
    for sha256 in apart:
        data, packed = originals[sha256]
        _write_in_pieces(tx, _row(tx.ring, sha256, data, packed or pack(data)))


@cache
def _upsert(dialect: str) -> sqlite.Insert | postgresql.Insert:
    """An original kept anew after its deletion; one that is there stays as it is."""
    table = tables.original
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return statement.on_conflict_do_update(
        index_elements=[table.c.sha256],
        set_={
            "codec": statement.excluded.codec,
            "data": statement.excluded.data,
            "deleted_at": None,
        },
        where=table.c.deleted_at.is_not(None),
    )


def _write_in_pieces(tx: Tx, row: dict[str, Any]) -> None:
    """A row of its own for SQLite, made with zeros and filled then; nothing where it is there."""
    stored: bytes = row["data"]
    zeros = sa.func.zeroblob(len(stored))
    made = tx.run(_upsert(tx.dialect).values(row | {"data": zeros}).returning(sa.text("rowid")))
    rowid = made.scalar_one_or_none()
    if rowid is None:
        return
    chunks.fill(tx, rowid, stored)


def compressed(data: bytes) -> bytes:
    """A zlib stream (RFC 1950), which every zlib reads; its bytes may differ between machines."""
    return isal_zlib.compress(data, LEVEL)


def pack(data: bytes) -> Packing:
    """How these bytes are stored, but for the seal. Any thread may do it, before its turn."""
    return (ZLIB, compressed(data)) if len(data) <= COMPRESSED_BYTES else (PLAIN, data)


def _row(ring: SealRing, sha256: str, data: bytes, packed: Packing) -> dict[str, object]:
    packing, bare = packed
    codec, stored = sealed(ring, packing, bare, sha256=sha256)
    return {"sha256": sha256, "size_bytes": len(data), "codec": codec, "data": stored}


def sealed(ring: SealRing, packing: str, packed: bytes, *, sha256: str) -> tuple[str, bytes]:
    """Codec and bytes as they are stored: under the active key, or as they are.

    The key stands in the codec (`zlib+k2026`), so that old and new rows are told apart.
    Raises: TryLater: `keys.file`.
    """
    key_id, box = ring.seal(packed, row=_name(sha256, packing))
    return (f"{packing}+{key_id}" if key_id else packing), box


def opened(packed: Packed, sha256: str) -> tuple[str, bytes]:
    """How the bytes are packed, and the packed bytes without their seal; they are not deleted.

    Raises: TryLater: `keys.missing`, `keys.file`. Unreadable: `keys.tampered`.
    """
    packing, _, key_id = packed.codec.partition("+")
    data = packed.data or b""
    return packing, packed.ring.open(key_id, data, row=_name(sha256, packing)) if key_id else data


def _name(sha256: str, packing: str) -> str:
    return f"original/{sha256}/{packing}"


def read(tx: Tx, sha256: str) -> bytes | None:
    """The bytes, or None after their deletion.

    Raises: Unreadable: `mail.damaged`: they are not those of the fingerprint.
    """
    return unpacked(packed_many(tx, [sha256])[sha256], sha256)


def packed_many(tx: Tx, hashes: Iterable[str]) -> dict[str, Packed]:
    """The bytes as they are stored, for `unpacked`."""
    found: dict[str, Packed] = {}
    for part in parts(sorted(set(hashes))):
        for row in tx.run(_PACKED.where(tables.original.c.sha256.in_(part))).all():
            is_apart = row.data is None and row.size_bytes > chunks.FROM_BYTES
            codec, data = chunks.read(tx, row.sha256) if is_apart else (row.codec, row.data)
            found[row.sha256] = Packed(codec, data, tx.ring)
    return found


def unpacked(packed: Packed, sha256: str) -> bytes | None:
    """The original that is stored like this, or None after its deletion.

    Raises: Unreadable: `mail.damaged`: the bytes are not those of the fingerprint;
    `keys.tampered`. TryLater: `keys.missing`, `keys.file`.
    """
    if packed.data is None:
        return None
    packing, stored = opened(packed, sha256)
    try:
        data = zlib.decompress(stored) if packing == ZLIB else stored
    except zlib.error as exc:
        raise _damaged(sha256) from exc
    if fingerprint(data) != sha256:
        raise _damaged(sha256)
    return data


def lock(tx: Tx, sha256: str) -> None:
    """Lock these bytes until this transaction ends; who is keeping a mail of them commits first."""
    table = tables.original
    tx.run(sa.select(table.c.sha256).where(table.c.sha256 == sha256).with_for_update())


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
