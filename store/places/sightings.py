"""Where each message lies in its postbox, and how the ledger follows what people and servers do.

A place (postbox, folder, epoch, UID) belongs to one message for good (ownership.py). Syncing
compares sets of UIDs, never a high-water mark, so it heals itself. Every call that writes is made
under the lease of the postbox, inside the caller's transaction. What to do about a folder whose
UIDs all changed is in epochs.py. Source: own decision 0004; docs/reliability.md.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

import sqlalchemy as sa

from rules.ledger import LedgerState, OpState
from rules.postbox import Place
from store.database import rows
from store.database.engine import Tx
from store.database.statements import add_rows, parts, spelled
from store.tables.ledger import SightingState, message, op, sighting


@dataclass(frozen=True, slots=True)
class Sighting:
    """One place of one message. `absences` counts looks in a row at which it was not there."""

    id: int
    message_id: int
    postbox: str
    folder: str
    epoch: str
    uid: str
    state: SightingState
    absences: int

    @property
    def place(self) -> Place:
        """The place as postbox drivers know it."""
        return Place(self.folder, self.epoch, self.uid)


@dataclass(frozen=True, slots=True)
class OfBytes:
    """The fingerprint of a message, and whether a move of ours that it is on is not proven yet.

    A wish alone moves nothing: what is to be filed and was never sent is in no doubt.
    """

    sha256: str
    in_doubt: bool


_COLUMNS = rows.columns(Sighting, sighting)

PAGE_SIZE = 1_000
"""Places in memory at once, of some 700 bytes each. Source: measurement 2026-11-27."""


def known_uids(tx: Tx, postbox: str, *, folder: str, epoch: str) -> frozenset[str]:
    """UIDs of the folder whose messages lie there according to the ledger."""
    statement = sa.select(sighting.c.uid).where(
        _in_folder(postbox, folder), sighting.c.epoch == epoch, _is_live()
    )
    return frozenset(tx.run(statement).scalars())


def unclaimed_in(
    tx: Tx, postbox: str, *, folder: str, epoch: str, uids: Iterable[str]
) -> tuple[str, ...]:
    """Those of `uids`, in their order, that no message of the ledger lies at."""
    wanted = tuple(uids)
    claimed: set[str] = set()
    for part in parts(wanted):
        statement = sa.select(sighting.c.uid).where(
            _in_folder(postbox, folder),
            sighting.c.epoch == epoch,
            sighting.c.uid.in_(part),
            _is_live(),
        )
        claimed.update(tx.run(statement).scalars())
    return tuple(uid for uid in wanted if uid not in claimed)


def live_uids(tx: Tx, postbox: str, *, folder: str) -> dict[str, frozenset[str]]:
    """By epoch, the UIDs of the folder whose messages lie there according to the ledger."""
    found: dict[str, set[str]] = {}
    statement = sa.select(sighting.c.epoch, sighting.c.uid).where(
        _in_folder(postbox, folder), _is_live()
    )
    for epoch, uid in tx.run(statement):
        found.setdefault(epoch, set()).add(uid)
    return {epoch: frozenset(uids) for epoch, uids in found.items()}


def live(tx: Tx, postbox: str, *, folder: str, epoch: str | None = None) -> tuple[Sighting, ...]:
    """What lies in the folder according to the ledger, oldest first; of all epochs without one."""
    statement = (
        sa.select(*_COLUMNS).where(_in_folder(postbox, folder), _is_live()).order_by(sighting.c.id)
    )
    if epoch is not None:
        statement = statement.where(sighting.c.epoch == epoch)
    return rows.all_as(tx, Sighting, statement)


def live_pages(tx: Tx, postbox: str, *, folder: str) -> Iterator[tuple[Sighting, ...]]:
    """What lies in the folder according to the ledger, of all epochs, so many at a time.

    In the order of the index, which is no order of theirs: a folder may hold a backlog.
    """
    place = sa.tuple_(sighting.c.epoch, sighting.c.uid)
    statement = (
        sa.select(*_COLUMNS)
        .where(_in_folder(postbox, folder), _is_live())
        .order_by(sighting.c.epoch, sighting.c.uid)
        .limit(PAGE_SIZE)
    )
    page = rows.all_as(tx, Sighting, statement)
    yield page
    while len(page) == PAGE_SIZE:
        last = page[-1]
        page = rows.all_as(tx, Sighting, statement.where(place > (last.epoch, last.uid)))
        yield page


def folders(tx: Tx, postbox: str) -> tuple[str, ...]:
    """Folders in which messages lie according to the ledger, sorted.

    From name to name along the index: it has as many rows as mails lie in the postbox, and each
    look at it asks.
    """
    here = sa.and_(sighting.c.postbox == postbox, _is_live())
    first = sa.select(sa.func.min(sighting.c.folder).label("folder")).where(here)
    found = first.cte("found", recursive=True)
    after = sa.select(sa.func.min(sighting.c.folder)).where(
        here, sighting.c.folder > found.c.folder
    )
    following = sa.select(after.scalar_subquery()).where(found.c.folder.is_not(None))
    walk = found.union_all(following)
    statement = sa.select(walk.c.folder).where(walk.c.folder.is_not(None))
    return tuple(sorted(tx.run(statement).scalars()))


def postboxes(tx: Tx) -> tuple[str, ...]:
    """Postboxes in which messages lie according to the ledger, sorted. Slow: for the doctor."""
    statement = sa.select(sighting.c.postbox).where(_is_live()).distinct()
    return tuple(sorted(tx.run(statement).scalars()))


def is_known(tx: Tx, postbox: str) -> bool:
    """Whether a mail ever lay in a postbox of that name, whatever the configuration names today."""
    statement = sa.select(sa.literal(1)).where(sighting.c.postbox == postbox).limit(1)
    return tx.run(statement).first() is not None


def lies_under(tx: Tx, postbox: str, *, epochs: Collection[str]) -> str | None:
    """One of these epochs, if a mail of the postbox lies under it. Slow: for the doctor."""
    statement = (
        sa.select(sighting.c.epoch)
        .where(sighting.c.postbox == postbox, _is_live(), sighting.c.epoch.in_(sorted(epochs)))
        .limit(1)
    )
    return tx.run(statement).scalar_one_or_none()


def was_used(tx: Tx, postbox: str, *, folder: str) -> bool:
    """Whether a message ever lay in that folder."""
    statement = sa.select(sa.literal(1)).where(_in_folder(postbox, folder)).limit(1)
    return tx.run(statement).first() is not None


def folders_of_gone(tx: Tx, postbox: str) -> frozenset[str]:
    """Folders in which messages lay that are `gone` now: there they may turn up again."""
    # An expression, so that SQLite does not begin with all places of the postbox.
    of_postbox = sa.func.coalesce(sighting.c.postbox, "") == postbox
    statement = (
        sa.select(sighting.c.folder)
        .distinct()
        .join(message)
        .where(spelled(message.c.state, LedgerState.GONE), of_postbox)
    )
    return frozenset(tx.run(statement).scalars())


def of_message(tx: Tx, message_id: int) -> tuple[Sighting, ...]:
    """All places of a message, live before gone, the newest first."""
    statement = (
        sa.select(*_COLUMNS)
        .where(sighting.c.message_id == message_id)
        .order_by(sighting.c.state.desc(), sighting.c.last_seen_at.desc(), sighting.c.id.desc())
    )
    return rows.all_as(tx, Sighting, statement)


def of_messages(tx: Tx, message_ids: Iterable[int]) -> dict[int, tuple[Sighting, ...]]:
    """As `of_message`, for many; only messages that have a place."""
    found: dict[int, list[Sighting]] = {}
    for part in parts(message_ids):
        statement = (
            sa.select(*_COLUMNS)
            .where(sighting.c.message_id.in_(part))
            .order_by(sighting.c.state.desc(), sighting.c.last_seen_at.desc(), sighting.c.id.desc())
        )
        for seen in rows.all_as(tx, Sighting, statement):
            found.setdefault(seen.message_id, []).append(seen)
    return {message_id: tuple(places) for message_id, places in found.items()}


def lying(tx: Tx, message_ids: Iterable[int]) -> dict[int, tuple[Place, ...]]:
    """Where messages lie now, the newest place first; only those that lie somewhere."""
    return {
        message_id: tuple(s.place for s in places if s.state is SightingState.LIVE)
        for message_id, places in of_messages(tx, message_ids).items()
        if places[0].state is SightingState.LIVE
    }


def seen_in(tx: Tx, postbox: str, *, hashes: Iterable[str]) -> frozenset[str]:
    """Those of the fingerprints whose mail the ledger has ever seen lying in the postbox.

    Not one that was filled in from an archive: that has no place.
    """
    found: set[str] = set()
    for part in parts(sorted(set(hashes))):
        statement = (
            sa.select(message.c.sha256)
            .join(sighting)
            .where(message.c.sha256.in_(part), sighting.c.postbox == postbox)
        )
        found.update(tx.run(statement).scalars())
    return frozenset(found)


def nowhere(tx: Tx, postbox: str, *, sha256: str) -> tuple[int, ...]:
    """Messages of these bytes in the postbox that lie nowhere now, oldest first.

    None whose content was deleted after its retention period: such a mail does not come back.
    """
    lies = sa.exists().where(sighting.c.message_id == message.c.id, _is_live())
    statement = (
        sa.select(message.c.id)
        .where(
            message.c.sha256 == sha256,
            message.c.postbox == postbox,
            message.c.state != LedgerState.DELETED,
            ~lies,
        )
        .order_by(message.c.id)
    )
    return tuple(tx.run(statement).scalars())


def has_left(tx: Tx, message_id: int) -> bool:
    """Whether it lay in a postbox and lies nowhere now; never for mail that came another way."""
    return message_id in left(tx, [message_id])


def left(tx: Tx, message_ids: Iterable[int]) -> frozenset[int]:
    """Those of the messages that have left; see `has_left`."""
    found: set[int] = set()
    for part in parts(message_ids):
        lies = sa.func.sum(sa.case((_is_live(), 1), else_=0))
        statement = (
            sa.select(sighting.c.message_id)
            .where(sighting.c.message_id.in_(part))
            .group_by(sighting.c.message_id)
            .having(lies == 0)
        )
        found.update(tx.run(statement).scalars())
    return frozenset(found)


def of_bytes(tx: Tx, postbox: str, *, hashes: Collection[str]) -> dict[int, OfBytes]:
    """Messages of these bytes in the postbox, by their id, oldest first.

    Not those whose content was deleted after its retention period.
    """
    in_doubt = sa.exists().where(op.c.message_id == message.c.id, spelled(op.c.state, OpState.SENT))
    found: dict[int, OfBytes] = {}
    for part in parts(sorted(hashes)):
        statement = sa.select(message.c.id, message.c.sha256, in_doubt.label("in_doubt")).where(
            message.c.sha256.in_(part),
            message.c.postbox == postbox,
            message.c.state != LedgerState.DELETED,
        )
        found |= {row.id: OfBytes(row.sha256, bool(row.in_doubt)) for row in tx.run(statement)}
    return dict(sorted(found.items()))


def add_many(tx: Tx, places: Iterable[tuple[int, str, Place]], *, now: datetime) -> None:
    """Note where new messages lie: (message id, postbox, place)."""
    values = [
        {
            "message_id": message_id,
            "postbox": postbox,
            "folder": place.folder,
            "epoch": place.epoch,
            "uid": place.uid,
            "state": SightingState.LIVE,
            "first_seen_at": now,
            "last_seen_at": now,
        }
        for message_id, postbox, place in places
    ]
    add_rows(tx, sighting, values)


def mark_absent(tx: Tx, sighting_ids: Iterable[int]) -> tuple[Sighting, ...]:
    """Count one look at which they were not there; the rows with the new count.

    The caller marks them gone after the second absence in a row.
    """
    found: list[Sighting] = []
    for part in parts(sighting_ids):
        statement = (
            sa.update(sighting)
            .where(sighting.c.id.in_(part), _is_live())
            .values(absences=sighting.c.absences + 1)
            .returning(*_COLUMNS)
        )
        found += rows.all_as(tx, Sighting, statement)
    return tuple(sorted(found, key=attrgetter("id")))


def mark_present(tx: Tx, sighting_ids: Iterable[int], *, now: datetime) -> None:
    """They are there (again): live, and the count of absences starts anew."""
    for part in parts(sighting_ids):
        tx.run(
            sa.update(sighting)
            .where(sighting.c.id.in_(part))
            .values(state=SightingState.LIVE, absences=0, last_seen_at=now)
        )


def mark_gone(tx: Tx, sighting_ids: Iterable[int]) -> tuple[int, ...]:
    """Nobody finds them any more: ids of messages that now lie nowhere. The originals stay."""
    touched: set[int] = set()
    for part in parts(sighting_ids):
        statement = (
            sa.update(sighting)
            .where(sighting.c.id.in_(part), _is_live())
            .values(state=SightingState.GONE)
            .returning(sighting.c.message_id)
        )
        touched.update(tx.run(statement).scalars())
    for part in parts(sorted(touched)):
        lies = sa.select(sighting.c.message_id).where(sighting.c.message_id.in_(part), _is_live())
        touched.difference_update(tx.run(lies).scalars())
    return tuple(sorted(touched))


def _in_folder(postbox: str, folder: str) -> sa.ColumnElement[bool]:
    return sa.and_(sighting.c.postbox == postbox, sighting.c.folder == folder)


def _is_live() -> sa.ColumnElement[bool]:
    return spelled(sighting.c.state, SightingState.LIVE)
