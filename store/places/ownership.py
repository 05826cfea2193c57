"""Whose a place is: of the one message whose bytes lay there first, for good.

But a number that a server gave twice is, of each message, its own as long as its bytes lie there;
and a name that several mails share (a search key) is that of a mail that lies elsewhere no more.
Source: own decisions 0004, 0107, 0133.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from rules.postbox import Place, is_numbered
from store.database.engine import Tx
from store.database.statements import parts, spelled
from store.places import given_twice, sightings
from store.tables.ledger import SightingState, message, original, sighting


@dataclass(frozen=True, slots=True)
class Seen:
    """Which message a place belongs to."""

    message_id: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Lying:
    """What the ledger says lies at a place: SHA-256 and length of what is kept of it.

    Of one that is not `is_whole` that is the head.
    """

    sha256: str
    kept_bytes: int
    is_whole: bool


def owners(tx: Tx, postbox: str, *, found: Mapping[Place, str]) -> dict[Place, int]:
    """The messages that these places belong to for good, whether they lie there now or not.

    `found` is what lies there, by SHA-256: where the place is a number that was given twice, the
    message that had it before is not its owner; nor is one in `left`.
    """
    return {
        place: row.message_id
        for place, row in _owned(tx, postbox, found)
        if _is_its_own(place, row, found)
    }


def left(tx: Tx, postbox: str, *, places: Iterable[Place]) -> dict[Place, int]:
    """The messages that lay at these places and lie elsewhere now; only of places without numbers.

    Such a name (a search key) may be shared: if the ledger is right, another mail lies there now.
    """
    return {
        place: row.message_id
        for place, row in _owned(tx, postbox, places)
        if not is_numbered(place.epoch) and _has_left(row)
    }


def seen_again(
    tx: Tx, postbox: str, *, found: Mapping[Place, str], now: datetime
) -> dict[Place, Seen]:
    """The messages that these places belong to; each of them lies there (again) from now on.

    `found` as in `owners`. A number that was given twice is taken from the message that had it.
    """
    seen: dict[Place, Seen] = {}
    came_back: list[int] = []
    others: list[int] = []
    for place, row in _owned(tx, postbox, found):
        if not _is_its_own(place, row, found):
            others.append(row.id)
            continue
        seen[place] = Seen(row.message_id, row.sha256)
        if row.state is SightingState.GONE:
            came_back.append(row.id)
    sightings.mark_present(tx, came_back, now=now)
    given_twice.set_aside(tx, others)
    return seen


def disown(tx: Tx, postbox: str, *, places: Iterable[Place]) -> None:
    """Take these numbers from the messages that had them: the server gave them to other mails."""
    given_twice.set_aside(tx, [row.id for _, row in _owned(tx, postbox, places)])


def _is_its_own(place: Place, row: sa.Row[Any], found: Mapping[Place, str]) -> bool:
    return bool(found[place] == row.sha256 if is_numbered(place.epoch) else not _has_left(row))


def _has_left(row: sa.Row[Any]) -> bool:
    return bool(row.state is SightingState.GONE and row.lies_elsewhere)


def lies_elsewhere() -> sa.ColumnElement[bool]:
    """Whether the message of a sighting lies anywhere but there."""
    other = sighting.alias()
    return (
        sa.select(other.c.id)
        .where(
            other.c.message_id == sighting.c.message_id,
            other.c.id != sighting.c.id,
            spelled(other.c.state, SightingState.LIVE),
        )
        .exists()
    )


def bytes_at(tx: Tx, postbox: str, *, places: Iterable[Place]) -> dict[Place, Lying]:
    """What the ledger says lies at each of the places that it knows."""
    known = list(_owned(tx, postbox, places))
    statement = sa.select(
        message.c.id, message.c.size_bytes, original.c.size_bytes.label("kept_bytes")
    ).join(original, original.c.sha256 == message.c.sha256)
    sizes: dict[int, tuple[int, int]] = {}
    for part in parts(row.message_id for _, row in known):
        found = tx.run(statement.where(message.c.id.in_(part)))
        sizes |= {one.id: (one.kept_bytes, one.size_bytes) for one in found}
    return {
        place: Lying(row.sha256, kept_bytes, is_whole=kept_bytes == size_bytes)
        for place, row in known
        for kept_bytes, size_bytes in [sizes[row.message_id]]
    }


def _owned(
    tx: Tx, postbox: str, places: Iterable[Place]
) -> Iterator[tuple[Place, sa.Row[*tuple[Any, ...]]]]:
    by_folder = attrgetter("folder", "epoch")
    for (folder, epoch), group in groupby(sorted(places, key=by_folder), key=by_folder):
        for part in parts(place.uid for place in group):
            statement = (
                sa.select(
                    sighting.c.id,
                    sighting.c.uid,
                    sighting.c.state,
                    sighting.c.message_id,
                    message.c.sha256,
                    lies_elsewhere().label("lies_elsewhere"),
                )
                .join(message)
                .where(
                    sighting.c.postbox == postbox,
                    sighting.c.folder == folder,
                    sighting.c.epoch == epoch,
                    sighting.c.uid.in_(part),
                )
            )
            for row in tx.run(statement):
                yield Place(folder, epoch, row.uid), row
