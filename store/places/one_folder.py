"""Whether another postbox of the ledger lies at the very places of this one: one folder, two names.

Source: own decision 0132.
"""

from collections.abc import Collection

import sqlalchemy as sa

from rules.postbox import Place
from store.database.engine import Tx
from store.database.statements import parts, spelled
from store.tables.ledger import SightingState, sighting


def postboxes(tx: Tx) -> tuple[str, ...]:
    """Postboxes in which messages lie according to the ledger, sorted.

    From name to name along the index, as `sightings.folders`.
    """
    is_live = spelled(sighting.c.state, SightingState.LIVE)
    first = sa.select(sa.func.min(sighting.c.postbox).label("postbox")).where(is_live)
    found = first.cte("found", recursive=True)
    after = sa.select(sa.func.min(sighting.c.postbox)).where(
        is_live, sighting.c.postbox > found.c.postbox
    )
    following = sa.select(after.scalar_subquery()).where(found.c.postbox.is_not(None))
    walk = found.union_all(following)
    statement = sa.select(walk.c.postbox).where(walk.c.postbox.is_not(None))
    return tuple(sorted(tx.run(statement).scalars()))


def known_before(tx: Tx, other: str, *, than: str, places: Collection[Place]) -> frozenset[Place]:
    """Those of the places that the other postbox had first, by when they were noted."""
    mine, theirs = _noted(tx, than, places), _noted(tx, other, places)
    return frozenset(
        place for place, number in theirs.items() if number < mine.get(place, number + 1)
    )


def _noted(tx: Tx, postbox: str, places: Collection[Place]) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for folder, epoch in sorted({(place.folder, place.epoch) for place in places}):
        uids = [place.uid for place in places if (place.folder, place.epoch) == (folder, epoch)]
        for part in parts(uids):
            statement = sa.select(sighting.c.uid, sighting.c.id).where(
                sighting.c.postbox == postbox,
                sighting.c.folder == folder,
                sighting.c.epoch == epoch,
                sighting.c.uid.in_(part),
            )
            found |= {Place(folder, epoch, row.uid): row.id for row in tx.run(statement)}
    return found
