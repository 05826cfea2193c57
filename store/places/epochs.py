"""Following mail whose places changed without us: a folder with new UIDs, or a person's hand.

Matching is by bytes, as a multiset: two byte-identical mails stay two.
Source: own decisions 0004, 0105; RFC 3501 section 2.3.1.1 (UIDVALIDITY); docs/reliability.md.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from rules.ledger import OpState
from rules.postbox import Place
from store.database import rows
from store.database.engine import Tx
from store.database.statements import parts, spelled
from store.places import moves, ownership, sightings
from store.places.sightings import Sighting
from store.tables.ledger import SightingState, message, op, sighting


def adopt_epoch(
    tx: Tx, postbox: str, *, folder: str, epoch: str, found: Mapping[str, str], now: datetime
) -> dict[str, int]:
    """Follow a folder whose UIDs all changed; the messages by the new UIDs at which they lie now.

    `found` maps new UIDs, all or some, to their SHA-256. n rows of equal bytes adopt at most n of
    them. A row with an op in state `sent` adopts none: where that mail lies is for filing to find.
    Idempotent: UIDs that a message lies at already are left alone. So are those of another message,
    where a folder has numbers again that it had before.
    Source: imap measurement 2026-11-23 (6 mails with a byte-identical pair, 3 positions).
    """
    waiting = of_older_epoch(tx, postbox, folder=folder, epoch=epoch, hashes=set(found.values()))
    free = sightings.unclaimed_in(tx, postbox, folder=folder, epoch=epoch, uids=found)
    here = [(Place(folder, epoch, uid), found[uid]) for uid in free]
    owners = ownership.owners(tx, postbox, found=dict(here))
    known = matched(waiting, here, owners=owners, by_hand=False)
    _lock(tx, sorted(seen.message_id for seen in known.values()))
    followed = [moves.Move(seen.message_id, postbox, to, seen.place) for to, seen in known.items()]
    moves.move_many(tx, followed, now=now)
    return {one.to.uid: one.message_id for one in followed}


def _lock(tx: Tx, message_ids: Sequence[int]) -> None:
    """As store/mails/ledger.py: who wishes reads places and acts under the lock of the message."""
    for part in parts(message_ids):
        row_id = message.c.id
        tx.run(
            sa.select(row_id)
            .where(row_id.in_(part))
            .order_by(row_id)
            .with_for_update(key_share=True)
        )


def matched(
    lines: dict[str, deque[Sighting]],
    here: Sequence[tuple[Place, str]],
    *,
    owners: Mapping[Place, int],
    by_hand: bool,
) -> dict[Place, Sighting]:
    """Which of the missing (`by_bytes`) lies at which of the places here, each with its SHA-256.

    The surest first: a place of `owners` is that message's for good and no twin's; then one lies
    in its folder, under a new number; then, if it may have been moved `by_hand`, the oldest
    anywhere. A message that was found is taken out of `lines`, with all its places.
    """
    found: dict[Place, Sighting] = {}

    def match(fits: Callable[[Sighting, Place], bool]) -> None:
        for place, digest in here:
            line = lines.get(digest, ())
            seen = next((one for one in line if place not in found and fits(one, place)), None)
            if seen is not None:
                found[place] = seen
                # With all places that it had: it lies in one.
                lines[digest] = deque(o for o in line if o.message_id != seen.message_id)

    match(lambda seen, place: owners.get(place) == seen.message_id)
    match(lambda seen, place: place not in owners and place.folder == seen.folder)
    if by_hand:
        match(lambda _, place: place not in owners)
    return found


def of_older_epoch(
    tx: Tx, postbox: str, *, folder: str, epoch: str, hashes: Collection[str]
) -> dict[str, deque[Sighting]]:
    """Places of the folder under other numbers, by the fingerprint of their message, as `by_bytes`.

    Of as many copies found in the folder these are the owners. Places of a mail that an act in
    state `sent` may have moved are left out.
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
    """The places by the fingerprint of their message, the oldest first."""
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
