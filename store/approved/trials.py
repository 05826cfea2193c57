"""Stored mails with the machine's verdict, newest first, for dry runs of rule sets. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.ledger import LedgerState
from store.database import rows, sealed
from store.database.engine import Tx
from store.database.statements import among
from store.mails import originals
from store.mails.ledger import Message
from store.tables.ledger import message, verdict


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A kept mail; `body` is the machine's newest verdict, `data` None where content is deleted."""

    message: Message
    body: dict[str, Any]
    data: bytes | None


_COLUMNS = rows.columns(Message, message)


def page(
    tx: Tx, *, regions: Collection[str | None] | None, since: datetime, before: int, limit: int
) -> tuple[StoredMail, ...]:
    """Up to `limit` judged mails received since a moment, with ids below `before`, newest first."""
    other = verdict.alias("other")
    newest = (
        sa.select(sa.func.max(other.c.id))
        .where(other.c.message_id == message.c.id, other.c.source == "machine")
        .correlate(message)
        .scalar_subquery()
    )
    statement = (
        sa.select(*_COLUMNS, verdict.c.body)
        .select_from(message)
        .join(verdict, verdict.c.id == newest)
        .where(
            message.c.id < before,
            message.c.received_at >= since,
            message.c.state != LedgerState.DELETED,
            among(message.c.region, regions),
        )
        .order_by(message.c.id.desc())
        .limit(limit)
    )
    return tuple(
        StoredMail(
            Message(*row[:-1]),
            sealed.opened(tx, row[-1], row=f"verdict/{row.id}"),
            originals.read(tx, row.sha256),
        )
        for row in tx.run(statement).all()
    )


def highest(tx: Tx) -> int:
    """One more than the newest message's id."""
    last: int | None = tx.run(sa.select(sa.func.max(message.c.id))).scalar_one()
    return (last or 0) + 1
