"""Which mails are of one conversation, by fingerprints of their ids, and what of it is open.

Written in the commit that sorts a mail. Mails that an older program sorted have no rows: of those
nothing is told. Own decision 0086.
"""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from rules.item import ItemState
from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert, spelled
from store.desk.items import COLUMNS, Item
from store.tables.ledger import item
from store.tables.thread import mail_thread as table


def note_many(tx: Tx, links: Mapping[int, Iterable[str]]) -> None:
    """Keep the links of these messages. Idempotent: a mail that is sorted again changes nothing."""
    values = [
        {"link": link, "message_id": message_id}
        for message_id, own in links.items()
        for link in dict.fromkeys(own)
    ]
    if values:
        tx.run(insert(tx, table).on_conflict_do_nothing(), values)


def open_of_thread(tx: Tx, message_id: int, *, limit: int) -> tuple[Item, ...]:
    """Items that are not closed of other mails of the conversation, oldest first."""
    other = table.alias("other")
    mates = (
        sa.select(other.c.message_id)
        .join(table, table.c.link == other.c.link)
        .where(table.c.message_id == message_id, other.c.message_id != message_id)
    )
    statement = (
        sa.select(*COLUMNS)
        .where(item.c.message_id.in_(mates), ~spelled(item.c.state, ItemState.CLOSED))
        .order_by(item.c.received_at, item.c.id)
        .limit(limit)
    )
    return rows.all_as(tx, Item, statement)


def erase(tx: Tx, message_id: int) -> None:
    """The links of a mail go with its content."""
    tx.run(sa.delete(table).where(table.c.message_id == message_id))
