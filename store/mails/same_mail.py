"""Whether mail of a postbox came another way before, and which of it one with other bytes is.

A Maildir ends lines with LF, IMAP gives the same mail with CRLF. Source: RFC 3501 section 4.3
(literals are CRLF); own decision 0126.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from rules.postbox import Place, is_numbered
from store.database import rows
from store.database.engine import Tx
from store.tables.ledger import audit as trail
from store.tables.ledger import message, original, sighting
from store.trail import audit

_NAMED = ("exchange", "maildir")
"""Epochs of the kinds whose places are no numbers."""

A_MINUTE = timedelta(minutes=1)
"""The name of a Maildir's file says when its delivery began, IMAP when the file was written, in
whole seconds. Source: maildir(5); RFC 3501, date-time; measurement 2026-11-27 (Dovecot 2.3.19)."""


@dataclass(frozen=True, slots=True)
class Known:
    """A message of the postbox, by its fingerprint; `size_bytes` is that of the whole mail."""

    id: int
    sha256: str
    size_bytes: int


_COLUMNS = rows.columns(Known, message)


def came_another_way(tx: Tx, postbox: str, *, folder: str, epoch: str) -> bool:
    """Whether a mail ever lay in the folder while another kind of postbox was configured.

    Two steps into the index of places, however many there are.
    """
    own = next((kind for kind in _NAMED if kind == epoch), None)
    column = sighting.c.epoch
    if own is None and not is_numbered(epoch):
        return False
    others = (
        [column == kind for kind in _NAMED] if own is None else [column < epoch, column > epoch]
    )
    of_folder = sa.and_(sighting.c.postbox == postbox, sighting.c.folder == folder)
    return any(
        tx.run(sa.select(sa.literal(1)).where(of_folder, other).limit(1)).first() is not None
        for other in others
    )


def note_archive(tx: Tx, postbox: str, *, actor: str, now: datetime) -> None:
    """An archive is filled in from now on: its mails may lie in the postbox with other line ends.

    Committed before the first of them.
    """
    subject, details = _archive(postbox), {"postbox": postbox}
    audit.add(tx, actor, action="archive.begun", subject=subject, details=details, at=now)


def has_archive(tx: Tx, postbox: str) -> bool:
    """Whether one was ever filled in; one step into the index of the trail."""
    statement = sa.select(sa.literal(1)).where(trail.c.subject == _archive(postbox)).limit(1)
    return tx.run(statement).first() is not None


def of_bytes(tx: Tx, postbox: str, *, hashes: Collection[str]) -> tuple[Known, ...]:
    """Messages of the postbox with one of these fingerprints, oldest first; deleted ones too."""
    statement = (
        sa.select(*_COLUMNS)
        .where(message.c.sha256.in_(sorted(hashes)), message.c.postbox == postbox)
        .order_by(message.c.id)
    )
    return rows.all_as(tx, Known, statement)


def of_arrival(
    tx: Tx,
    postbox: str,
    *,
    at: datetime,
    smallest: int,
    largest: int,
    within: timedelta = A_MINUTE,
) -> tuple[Known, ...]:
    """Messages of the postbox that came in about then and have such a size, oldest first."""
    statement = (
        sa.select(*_COLUMNS)
        .where(
            message.c.postbox == postbox,
            message.c.received_at > at - within,
            message.c.received_at < at + within,
            message.c.size_bytes.between(smallest, largest),
        )
        .order_by(message.c.id)
    )
    return rows.all_as(tx, Known, statement)


def of_message_id(  # noqa: PLR0913 - what is asked of one mail
    tx: Tx,
    postbox: str,
    message_id: str,
    *,
    at: Collection[datetime],
    within: timedelta,
    size_bytes: int,
    is_whole: bool,
) -> tuple[int, ...]:
    """Sorted messages that say that Message-ID, came in about then and may be as large.

    Only whole ones (`is_whole`), or only those of which the head is here. Their numbers, in order.
    """
    is_kept_whole = message.c.size_bytes == original.c.size_bytes
    near = [
        sa.and_(message.c.received_at > one - within, message.c.received_at < one + within)
        for one in at
    ]
    statement = (
        sa.select(message.c.id)
        .join(original, original.c.sha256 == message.c.sha256)
        .where(
            message.c.postbox == postbox,
            sa.or_(*near),
            message.c.size_bytes.between(size_bytes // 2, 2 * size_bytes),
            message.c.message_id == message_id,
            is_kept_whole if is_whole else ~is_kept_whole,
        )
        .order_by(message.c.id)
    )
    return tuple(tx.run(statement).scalars()) if message_id else ()


def owner(tx: Tx, postbox: str, *, place: Place) -> int | None:
    """The message that the place belongs to, whether it lies there now or not."""
    statement = sa.select(sighting.c.message_id).where(
        sighting.c.postbox == postbox,
        sighting.c.folder == place.folder,
        sighting.c.epoch == place.epoch,
        sighting.c.uid == place.uid,
    )
    return tx.run(statement).scalar_one_or_none()


def _archive(postbox: str) -> str:
    return f"archive:{postbox}"
