"""How many answers were ordered to one address, whoever wrote and whatever item it was."""

from datetime import datetime

import sqlalchemy as sa

from rules.outgoing import OutgoingKind
from store.database import sealed, statements
from store.database.engine import Tx
from store.sending.outgoing import COLUMNS, Outgoing
from store.tables.ledger import message
from store.tables.ledger import outgoing as table


def ordered_to(tx: Tx, address: str, *, sender: str, since: datetime, but_key: str) -> int:
    """Answers ordered since then to `address`: to its own mails, and to those of `sender`.

    `sender` is the address that a mail came from, which may be a portal's: of the answers to its
    mails only those count that went to `address`. `but_key` is the one that is being ordered:
    repeating it is no second answer. `since` is aware.
    Who asks for the same address waits until this transaction ends: each would find room.
    """
    statements.alone(tx, f"reply:{address.casefold()}")
    statement = (
        sa.select(*COLUMNS)
        .join(message, message.c.id == table.c.message_id)
        .where(
            message.c.sender.in_({address, sender}),
            table.c.kind == OutgoingKind.REPLY,
            table.c.created_at >= since,
            table.c.idempotency_key != but_key,
        )
    )
    rows = sealed.all_as(tx, Outgoing, statement)
    return sum(_is_same(row.payload.get("recipient", ""), address) for row in rows)


def _is_same(one: str, other: str) -> bool:
    """As people write them: no server of today tells capitals apart (RFC 5321 section 2.4)."""
    return one.casefold() == other.casefold()
