"""Answers that people lay into a folder of a postbox: what became of each that lies there now.

Written under the lease of the postbox. Own decision 0097.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from rules.postbox import Place
from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert, parts
from store.processes import leases
from store.processes.leases import Lease
from store.tables.draft import reply_draft as table
from store.tables.ledger import message
from store.tables.thread import mail_thread


class DraftState(StrEnum):
    """`refused`: it stays, and says why; `waits`: looked at again; `ordered`: goes when sent."""

    REFUSED = "refused"
    WAITS = "waits"
    ORDERED = "ordered"


@dataclass(frozen=True, slots=True)
class NewDraft:
    """What became of a draft. `places` are those of rules/texts/draft_words.py, as JSON."""

    postbox: str
    folder: str
    epoch: str
    uid: str
    sha256: str
    state: DraftState
    code: str
    text_id: str
    places: list[dict[str, Any]]
    item_id: int | None
    outgoing_id: int | None


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """A draft that lies there, and what became of it at `seen_at` (aware UTC)."""

    id: int
    postbox: str
    folder: str
    epoch: str
    uid: str
    sha256: str
    state: str
    code: str
    text_id: str
    places: list[dict[str, Any]]
    item_id: int | None
    outgoing_id: int | None
    seen_at: datetime

    @property
    def place(self) -> Place:
        """Where it lies, as postbox drivers know it."""
        return Place(self.folder, self.epoch, self.uid)


_COLUMNS = rows.columns(ReplyDraft, table)


def of_folder(tx: Tx, postbox: str, folder: str) -> tuple[ReplyDraft, ...]:
    """All that are known there, the oldest first."""
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.postbox == postbox, table.c.folder == folder)
        .order_by(table.c.id)
    )
    return rows.all_as(tx, ReplyDraft, statement)


def of_item(tx: Tx, item_id: int) -> tuple[ReplyDraft, ...]:
    """Those that answer the mail of that item."""
    statement = sa.select(*_COLUMNS).where(table.c.item_id == item_id).order_by(table.c.id)
    return rows.all_as(tx, ReplyDraft, statement)


def note(tx: Tx, draft: NewDraft, *, lease: Lease, now: datetime) -> None:
    """What became of it, instead of what was noted before. Raises: Conflict: `lease.lost`."""
    leases.hold(tx, lease, now=now)
    values = {one.name: getattr(draft, one.name) for one in fields(draft)}
    values |= {"state": draft.state.value, "seen_at": now}
    key = ("postbox", "folder", "epoch", "uid")
    told = {name: value for name, value in values.items() if name not in key}
    statement = insert(tx, table).values(values)
    tx.run(statement.on_conflict_do_update(index_elements=[table.c[one] for one in key], set_=told))


def stays(tx: Tx, draft_id: int, *, code: str, lease: Lease, now: datetime) -> None:
    """Its answer has left, and the postbox would not let it go. Raises: Conflict: `lease.lost`."""
    leases.hold(tx, lease, now=now)
    tx.run(sa.update(table).where(table.c.id == draft_id).values(code=code))


def forget(tx: Tx, ids: Iterable[int], *, lease: Lease, now: datetime) -> None:
    """Their drafts are there no more. Raises: Conflict: `lease.lost`."""
    leases.hold(tx, lease, now=now)
    for part in parts(sorted(ids)):
        tx.run(sa.delete(table).where(table.c.id.in_(part)))


def answered(tx: Tx, postbox: str, *, link: str) -> tuple[int, ...]:
    """Mails of that postbox whose heads name the id with this fingerprint, the newest first."""
    statement = (
        sa.select(message.c.id)
        .join(mail_thread, mail_thread.c.message_id == message.c.id)
        .where(mail_thread.c.link == link, message.c.postbox == postbox)
        .order_by(message.c.id.desc())
    )
    return tuple(tx.run(statement).scalars())
