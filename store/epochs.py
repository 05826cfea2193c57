"""Following mail whose places changed without us: a folder with new UIDs, or a person's hand.

Matching is by bytes, as a multiset: two byte-identical mails stay two.
Source: own decision 0004; RFC 3501 section 2.3.1.1 (UIDVALIDITY); imap guide 4.2.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.ledger import OpState
from rules.postbox import Place
from store import moves, sightings
from store.engine import Tx
from store.sightings import Sighting
from store.statements import parts, spelled
from store.tables import SightingState, message, op, sighting


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a new epoch means. `messages` by new UID; `unknown_uids` are no mail that was known.

    `missing` are places of the old epoch whose message was not found, or whose move is in doubt.
    """

    messages: dict[str, int]
    unknown_uids: tuple[str, ...]
    missing: tuple[Sighting, ...]


def adopt_epoch(
    tx: Tx, postbox: str, *, folder: str, epoch: str, found: Mapping[str, str], now: datetime
) -> Adopted:
    """Follow a folder whose UIDs all changed. `found` maps new UIDs, all or some, to their SHA-256.

    n rows of equal bytes adopt at most n of the new UIDs. A row with an op in state `sent` adopts
    none: where that mail lies is for filing to find (own decision 0105). Idempotent: UIDs that a
    message lies at already are left alone.
    Source: imap measurement 2026-11-23 (6 mails with a byte-identical pair, 3 positions).
    """
    old = [s for s in sightings.live(tx, postbox, folder=folder) if s.epoch != epoch]
    in_doubt = _under_way(tx, [row.message_id for row in old])
    waiting = by_bytes(tx, (row for row in old if row.message_id not in in_doubt))
    messages: dict[str, int] = {}
    unknown: list[str] = []
    followed: list[moves.Move] = []
    for uid in sightings.unclaimed_in(tx, postbox, folder=folder, epoch=epoch, uids=found):
        line = waiting.get(found[uid])
        if not line:
            unknown.append(uid)
            continue
        row = line.popleft()
        to = Place(folder, epoch, uid)
        followed.append(moves.Move(row.message_id, postbox, to, row.place))
        messages[uid] = row.message_id
    moves.move_many(tx, followed, now=now)
    found_now = set(messages.values())
    missing = tuple(row for row in old if row.message_id not in found_now)
    return Adopted(messages, tuple(unknown), missing)


def left_over(tx: Tx, postbox: str, *, folder: str, epoch: str, sha256: str) -> int:
    """How many messages of these bytes lie in the folder under the numbers of another epoch.

    So many of the copies found there are theirs. Those with an op in state `sent` don't count.
    """
    moving = sa.exists().where(op.c.message_id == message.c.id, spelled(op.c.state, OpState.SENT))
    statement = (
        sa.select(sa.func.count())
        .select_from(message)
        .join(sighting, sighting.c.message_id == message.c.id)
        .where(
            message.c.sha256 == sha256,
            sighting.c.postbox == postbox,
            sighting.c.folder == folder,
            sighting.c.epoch != epoch,
            spelled(sighting.c.state, SightingState.LIVE),
            ~moving,
        )
    )
    number: int = tx.run(statement).scalar_one()
    return number


def by_bytes(tx: Tx, places: Iterable[Sighting]) -> dict[str, deque[Sighting]]:
    """The places by the fingerprint of their message, each line from the oldest on."""
    rows = sorted(places, key=lambda row: row.id)
    hashes = _hashes(tx, [row.message_id for row in rows])
    lines: dict[str, deque[Sighting]] = {}
    for row in rows:
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
