"""After a change of the key ring: what is not under the active key is sealed anew, bit by bit.

Each call is one short transaction that the caller opens; killed anywhere, the next run begins at
the front and passes over what is done. Old and new rows are readable all the time. Answers kept
for repeated requests are left out: they live a day. Source: own decision 0070.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from store.database import sealed
from store.database.engine import Tx
from store.mails.originals import PLAIN, ZLIB, Packed, opened
from store.mails.originals import sealed as sealed_original
from store.tables.ledger import idempotency, original, outgoing, verdict

BATCH_ROWS: Final = 200
BATCH_BYTES: Final = 8_000_000
"""Rows and bytes of one transaction at most, or one row; as with sorting (decision 0036)."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one call did. `after` is where the next begins; None at the end of the table."""

    looked: int
    changed: int
    after: str | None


def originals_step(tx: Tx, after: str) -> Step:
    """The next originals behind the fingerprint `after` (empty: from the front)."""
    due = (
        sa.select(original.c.sha256, original.c.size_bytes)
        .where(original.c.sha256 > after, original.c.codec.not_in(_wanted(tx)), _is_there())
        .order_by(original.c.sha256)
        .limit(BATCH_ROWS)
    )
    names: list[str] = []
    size_bytes = 0
    for sha256, size in tx.run(due):
        size_bytes += size
        if names and size_bytes > BATCH_BYTES:
            break
        names.append(sha256)
    # Locked, so that bytes which a deletion takes meanwhile are not written back.
    chosen = (
        sa.select(original.c.sha256, original.c.codec, original.c.data)
        .where(original.c.sha256.in_(names), _is_there())
        .order_by(original.c.sha256)
        .with_for_update()
    )
    found = tx.run(chosen).all()
    for sha256, codec, data in found:
        packing, packed = opened(Packed(codec, data, tx.ring), sha256)
        codec_now, box = sealed_original(tx.ring, packing, packed, sha256=sha256)
        statement = sa.update(original).where(original.c.sha256 == sha256)
        tx.run(statement.values(codec=codec_now, data=box))
    return Step(len(names), len(found), names[-1] if names else None)


def verdicts_step(tx: Tx, after: str) -> Step:
    """The next verdicts behind the id `after` (empty: from the front)."""
    return _json_step(tx, after, table=verdict, columns=("body", "message_id"))


def outgoing_step(tx: Tx, after: str) -> Step:
    """The next outgoing rows behind the id `after` (empty: from the front)."""
    return _json_step(tx, after, table=outgoing, columns=("payload", "idempotency_key"))


STEPS: Final[dict[str, Callable[[Tx, str], Step]]] = {
    "original": originals_step,
    "verdict": verdicts_step,
    "outgoing": outgoing_step,
}
"""All tables with sealed columns, in the order in which they are gone through."""


def by_key(tx: Tx) -> dict[str, int]:
    """How many originals lie under each key; the empty key: as they are. Slow, for reports."""
    statement = (
        sa.select(original.c.codec, sa.func.count()).where(_is_there()).group_by(original.c.codec)
    )
    found: dict[str, int] = {}
    for codec, number in tx.run(statement):
        key_id = codec.partition("+")[2]
        found[key_id] = found.get(key_id, 0) + number
    return found


def needing(tx: Tx, key_id: str) -> int:
    """How many rows of all tables can be read with this key only. Slow: reads all of them."""
    codecs = [f"{packing}+{key_id}" for packing in (ZLIB, PLAIN)]
    statement = sa.select(sa.func.count()).select_from(original)
    found: int = tx.run(statement.where(original.c.codec.in_(codecs), _is_there())).scalar_one()
    for column in (verdict.c.body, outgoing.c.payload, idempotency.c.body):
        begins = f'{{"{sealed.MARK}": ["{key_id}",'
        like = sa.cast(column, sa.Text).startswith(begins, autoescape=True)
        found += tx.run(sa.select(sa.func.count()).where(like)).scalar_one()
    return found


def _wanted(tx: Tx) -> list[str]:
    active = tx.ring.keys().active
    return [f"{packing}+{active}" if active else packing for packing in (ZLIB, PLAIN)]


def _is_there() -> sa.ColumnElement[bool]:
    return original.c.deleted_at.is_(None)


def _json_step(tx: Tx, after: str, *, table: sa.Table, columns: tuple[str, str]) -> Step:
    column, key = columns
    statement: sa.Select[Any] = (
        sa.select(table.c.id, table.c[column], table.c[key])
        .where(table.c.id > int(after or 0))
        .order_by(table.c.id)
        .limit(BATCH_ROWS)
        .with_for_update()
    )
    found = tx.run(statement).all()
    active, changed = tx.ring.keys().active, 0
    for row_id, value, named in found:
        # What was erased is empty and stays so.
        if not value or sealed.key_of(value) == active:
            continue
        name = sealed.name_of(table.name, named)
        again = sealed.seal(tx, sealed.opened(tx, value, row=name), row=name)
        tx.run(sa.update(table).where(table.c.id == row_id).values({column: again}))
        changed += 1
    return Step(len(found), changed, str(found[-1].id) if found else None)
