"""Which mail aside was shown to whom: the trail's own entries about lists, and no second record.

An entry names each row with how often its mail lay there by then. A row that is committed late, or
came to lie there again since, is in none, whatever its number and time. Own decision 0127.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from store.database.engine import Tx
from store.mails.aside import SetAside
from store.tables.ledger import audit

SUBJECT: Final = "aside"

ACTIONS: Final = ("list.read", "aside.listed")
"""With sender and subject on a page or by the API; without, by command."""

_SKEW: Final = timedelta(days=1)
"""The time is asked for to read less of the trail only; clocks differ by less."""


def details(found: Sequence[SetAside]) -> dict[str, Any]:
    """What the entry about a list of them says."""
    return {
        "messages": [row.message_id for row in found],
        "rows": [[row.id, row.tries] for row in found],
    }


def to_person(tx: Tx, actor: str, *, since: datetime) -> frozenset[tuple[int, int]]:
    """(row, tries) of what a list has shown to that person since then."""
    statement = sa.select(audit.c.details).where(
        audit.c.subject == SUBJECT,
        audit.c.actor == actor,
        audit.c.action.in_(ACTIONS),
        audit.c.at >= since - _SKEW,
    )
    return frozenset(
        (row, tries) for (told,) in tx.run(statement) for row, tries in told.get("rows", ())
    )
