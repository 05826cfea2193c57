"""Following mail whose places changed without us: a folder with new UIDs, or a person's hand.

Matching is by bytes, as a multiset: two byte-identical mails stay two.
Source: own decisions 0004, 0105; RFC 3501 section 2.3.1.1 (UIDVALIDITY); imap guide 4.2.
"""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa

from rules.ledger import OpState
from rules.postbox import Place
from store import moves, rows, sightings
from store.engine import Tx
from store.sightings import Sighting
from store.statements import parts, spelled
from store.tables import SightingState, message, op, sighting


def adopt_epoch(
    tx: Tx, postbox: str, *, folder: str, epoch: str, found: Mapping[str, str], now: datetime
) -> dict[str, int]:
    """Follow a folder whose UIDs all changed; the messages by the new UIDs at which they lie now.

    `found` maps new UIDs, all or some, to their SHA-256. n rows of equal bytes adopt at most n of
    them. A row with an op in state `sent` adopts none: where that mail lies is for filing to find.
    Idempotent: UIDs that a message lies at already are left alone.
    Source: imap measurement 2026-11-23 (6 mails with a byte-identical pair, 3 positions).
    """
    waiting = of_older_epoch(tx, postbox, folder=folder, epoch=epoch, hashes=set(found.values()))
    followed: list[moves.Move] = []
    for uid in sightings.unclaimed_in(tx, postbox, folder=folder, epoch=epoch, uids=found):
        if line := waiting.get(found[uid]):
            seen = line.popleft()
            to = Place(folder, epoch, uid)
            followed.append(moves.Move(seen.message_id, postbox, to, seen.place))
    moves.move_many(tx, followed, now=now)
    return {one.to.uid: one.message_id for one in followed}


def of_older_epoch(
    tx: Tx, postbox: str, *, folder: str, epoch: str, hashes: Collection[str]
) -> dict[str, deque[Sighting]]:
    """Places of the folder under other numbers, by the fingerprint of their message, as `by_bytes`.

    As many of the copies found there are theirs. Those with an op in state `sent` don't count.
    """
    moving = sa.exists().where(op.c.message_id == message.c.id, spelled(op.c.state, OpState.SENT))
    found: list[Sighting] = []
    for part in parts(sorted(hashes)):
        statement = (
            sa.select(*rows.columns(Sighting, sighting))
            .join(message, message.c.id == sighting.c.message_id)
            .where(
                message.c.sha256.in_(part),
                sighting.c.postbox == postbox,
                sighting.c.folder == folder,
                sighting.c.epoch != epoch,
                spelled(sighting.c.state, SightingState.LIVE),
                ~moving,
            )
        )
        found += rows.all_as(tx, Sighting, statement)
    return by_bytes(tx, found)


def by_bytes(tx: Tx, places: Iterable[Sighting]) -> dict[str, deque[Sighting]]:
    """The places by the fingerprint of their message, each line from the oldest on."""
    in_order = sorted(places, key=lambda seen: seen.id)
    hashes = _hashes(tx, [seen.message_id for seen in in_order])
    lines: dict[str, deque[Sighting]] = {}
    for seen in in_order:
        lines.setdefault(hashes[seen.message_id], deque()).append(seen)
    return lines


def _hashes(tx: Tx, message_ids: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in parts(message_ids):
        statement = sa.select(message.c.id, message.c.sha256).where(message.c.id.in_(part))
        found |= {row.id: row.sha256 for row in tx.run(statement)}
    return found
