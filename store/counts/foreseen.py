"""What the machine's verdicts of a day would have done, and where the mails lie now."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from rules.ledger import LedgerState
from rules.local_day import day_bounds
from store.database import rows, sealed
from store.database.engine import Tx
from store.tables.ledger import SightingState, message, sighting, verdict


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One mail. `body` is the machine's newest verdict, None before it; `lies_in` as known now."""

    message_id: int
    state: LedgerState
    state_reason: str
    body: dict[str, Any] | None
    lies_in: str | None


def of_day(tx: Tx, postbox: str, *, day: date) -> tuple[Foreseen, ...]:
    """All mails that were kept out of the postbox on the local day, oldest first.

    A verdict by a clerk doesn't count here. Slow for long days: for reports only.
    """
    since, until = day_bounds(day)
    other = verdict.alias("other")
    newest = (
        sa.select(sa.func.max(other.c.id))
        .where(other.c.message_id == message.c.id, other.c.source == "machine")
        .correlate(message)
        .scalar_subquery()
    )
    lies_in = (
        sa.select(sa.func.max(sighting.c.folder))
        .where(sighting.c.message_id == message.c.id, sighting.c.state == SightingState.LIVE)
        .correlate(message)
        .scalar_subquery()
    )
    statement = (
        sa.select(message.c.id, message.c.state, message.c.state_reason, verdict.c.body, lies_in)
        .select_from(message)
        .outerjoin(verdict, verdict.c.id == newest)
        .where(
            message.c.postbox == postbox,
            message.c.source == "postbox",
            message.c.kept_at >= since,
            message.c.kept_at < until,
        )
        .order_by(message.c.id)
    )
    return tuple(
        replace(one, body=sealed.opened(tx, one.body, row=f"verdict/{one.message_id}"))
        for one in rows.all_as(tx, Foreseen, statement)
    )
