"""The table of answers that people lay into a folder of a postbox; on the same MetaData as all.

Own decision 0097.
"""

import sqlalchemy as sa

from store.database.columns import JSON_COLUMN, ROW_ID, UtcTime, metadata
from store.tables.ledger import item, outgoing

reply_draft = sa.Table(
    "reply_draft",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("epoch", sa.Text, nullable=False),
    sa.Column("uid", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("text_id", sa.String(120), nullable=False),
    sa.Column("places", JSON_COLUMN, nullable=False),
    sa.Column("item_id", ROW_ID, sa.ForeignKey(item.c.id)),
    sa.Column("outgoing_id", ROW_ID, sa.ForeignKey(outgoing.c.id)),
    sa.Column("seen_at", UtcTime, nullable=False),
    sa.UniqueConstraint("postbox", "folder", "epoch", "uid"),
    sa.Index("ix_reply_draft_item_id", "item_id"),
    sa.Index("ix_reply_draft_outgoing_id", "outgoing_id"),
)
"""What became of each draft that lies there now. Of its words only a fingerprint is kept; `places`
are words of the approved text and numbers. A row goes when its draft is there no more."""
