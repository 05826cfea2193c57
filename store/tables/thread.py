"""Which mails belong to one conversation: fingerprints of the ids in their heads, no content.

Own decision 0086.
"""

import sqlalchemy as sa

from store.database.columns import ROW_ID, metadata
from store.tables.ledger import message

mail_thread = sa.Table(
    "mail_thread",
    metadata,
    sa.Column("link", sa.String(32), primary_key=True),
    sa.Column("message_id", ROW_ID, sa.ForeignKey(message.c.id), primary_key=True),
    sa.Index("ix_mail_thread_message_id", "message_id"),
)
"""Two mails that share a `link` are of one conversation."""
