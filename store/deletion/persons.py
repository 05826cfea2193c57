"""Which messages are from or about one person: by address, or by Kundennummer in a verdict.

Run by hand, for Art. 15 and 17 DSGVO. What is deleted already names nobody and is not found.
Source: F51; own decision 0054.
"""

import json
from collections.abc import Collection

import sqlalchemy as sa

from rules.ledger import LedgerState
from store.database import sealed
from store.database.engine import Tx
from store.database.statements import among
from store.tables.ledger import message, verdict

PAGE = 5_000
"""Verdicts looked through in one read: seconds of PostgreSQL's time limit, not minutes.

Source: own decision 0054.
"""


def by_address(
    tx: Tx, address: str, *, regions: Collection[str | None] | None = None
) -> tuple[int, ...]:
    """Messages whose sender has that address (lower case, as the parser keeps it), by id."""
    statement = (
        sa.select(message.c.id)
        .where(
            message.c.sender == address,
            message.c.state != LedgerState.DELETED,
            among(message.c.region, regions),
        )
        .order_by(message.c.id)
    )
    return tuple(tx.run(statement).scalars())


def by_kundennummer(
    tx: Tx, number: str, *, after: int, regions: Collection[str | None] | None = None
) -> tuple[frozenset[int], int | None]:
    """Messages with a verdict that holds the number, among the next verdicts; and where to go on.

    `after` is the id of the last verdict looked at; None comes back at the end.
    """
    last = tx.run(sa.select(sa.func.max(verdict.c.id))).scalar_one() or 0
    if after >= last:
        return frozenset(), None
    text = sa.cast(verdict.c.body, sa.Text)
    # What is sealed can't be searched by the database: it is opened here, page by page.
    is_sealed = text.startswith('{"' + sealed.MARK + '"')
    statement = (
        sa.select(verdict.c.message_id, verdict.c.body)
        .join(message, message.c.id == verdict.c.message_id)
        .where(
            verdict.c.id > after,
            verdict.c.id <= after + PAGE,
            sa.or_(text.contains(f'"{number}"', autoescape=True), is_sealed),
            among(message.c.region, regions),
        )
    )
    found = [
        message_id
        for message_id, body in tx.run(statement)
        if not sealed.key_of(body) or _names(tx, message_id, body, number)
    ]
    return frozenset(found), after + PAGE


def _names(tx: Tx, message_id: int, body: sealed.Json, number: str) -> bool:
    """Whether a sealed verdict holds the number."""
    opened = sealed.opened(tx, body, row=sealed.name_of("verdict", message_id))
    return f'"{number}"' in json.dumps(opened)
