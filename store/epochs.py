"""Following mail whose places changed without us: a folder with new UIDs, or a person's hand.

Matching is by bytes, as a multiset: two byte-identical mails stay two.
Source: own decision 0004; RFC 3501 section 2.3.1.1 (UIDVALIDITY); imap guide 4.2.
"""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.ledger import OpState
from rules.postbox import Place
from store import moves, sightings
from store.engine import Tx
from store.sightings import Sighting
from store.statements import parts
from store.tables import message, op


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a new epoch means. `messages` by new UID; `unknown_uids` are to be kept as new mail.

    `missing` are places of the old epoch whose message was not found: with an op in state
    `sent` the caller looks in its target, else marks them gone.
    """

    messages: dict[str, int]
    unknown_uids: tuple[str, ...]
    missing: tuple[Sighting, ...]


def adopt_epoch(
    tx: Tx, postbox: str, *, folder: str, epoch: str, found: Mapping[str, str], now: datetime
) -> Adopted:
    """Follow a folder whose UIDs all changed. `found` maps each new UID to its SHA-256.

    n rows of equal bytes adopt at most n of the new UIDs, rows without an op in state `sent`
    first. Idempotent: UIDs that a message lies at already are left alone.
    Source: imap measurement 2026-11-23 (6 mails with a byte-identical pair, 3 positions).
    """
    old = [s for s in sightings.live(tx, postbox, folder=folder) if s.epoch != epoch]
    waiting = _by_bytes(tx, old)
    messages: dict[str, int] = {}
    unknown: list[str] = []
    for uid in sightings.unclaimed_in(tx, postbox, folder=folder, epoch=epoch, uids=found):
        line = waiting.get(found[uid])
        if not line:
            unknown.append(uid)
            continue
        row = line.popleft()
        moves.move(tx, row.message_id, to=Place(folder, epoch, uid), src=row.place, now=now)
        messages[uid] = row.message_id
    missing = sorted((row for line in waiting.values() for row in line), key=lambda row: row.id)
    return Adopted(messages, tuple(unknown), tuple(missing))


def adopt_moved(
    tx: Tx, postbox: str, *, place: Place, sha256: str, candidates: Collection[int], now: datetime
) -> int | None:
    """The oldest of the messages `candidates` with these bytes now lies at `place`; its id.

    For mail that a person moved: absent there, present here. None if none has these bytes.
    Raises: Conflict: `place.taken`.
    """
    statement = sa.select(sa.func.min(message.c.id)).where(
        message.c.id.in_(sorted(candidates)),
        message.c.sha256 == sha256,
        message.c.postbox == postbox,
    )
    message_id: int | None = tx.run(statement).scalar_one()
    if message_id is not None:
        moves.move(tx, message_id, to=place, now=now)
    return message_id


def _by_bytes(tx: Tx, rows: Collection[Sighting]) -> dict[str, deque[Sighting]]:
    """Old places by fingerprint; those whose message may be under way to another folder last."""
    ids = [row.message_id for row in rows]
    hashes = _hashes(tx, ids)
    under_way = _under_way(tx, ids)
    lines: dict[str, deque[Sighting]] = {}
    for row in sorted(rows, key=lambda row: (row.message_id in under_way, row.id)):
        lines.setdefault(hashes[row.message_id], deque()).append(row)
    return lines


def _hashes(tx: Tx, message_ids: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in parts(message_ids):
        statement = sa.select(message.c.id, message.c.sha256).where(message.c.id.in_(part))
        found |= {row.id: row.sha256 for row in tx.run(statement)}
    return found


def _under_way(tx: Tx, message_ids: Collection[int]) -> frozenset[int]:
    found: set[int] = set()
    for part in parts(message_ids):
        statement = sa.select(op.c.message_id).where(
            op.c.message_id.in_(part), op.c.state == OpState.SENT
        )
        found.update(tx.run(statement).scalars())
    return frozenset(found)
