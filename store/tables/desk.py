"""The tables of the living desk: what may be undone, what was checked, how far webhooks are."""

import sqlalchemy as sa

from store.database.columns import JSON_COLUMN, ROW_ID, UtcTime, metadata

item_undo = sa.Table(
    "item_undo",
    metadata,
    sa.Column("item_id", ROW_ID, sa.ForeignKey("item.id"), primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("deed", sa.String(40), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("until", UtcTime, nullable=False),
    sa.Column("before", JSON_COLUMN, nullable=False),
    sa.Index("ix_item_undo_until", "until"),
)
"""The last deed on an item that may be taken back: codes and ids of what was, no content."""

item_check = sa.Table(
    "item_check",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("item_id", ROW_ID, sa.ForeignKey("item.id"), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("item_id", "kind"),
)
"""What a clerk has compared before a text that discloses: the address, or the authority."""

webhook_cursor = sa.Table(
    "webhook_cursor",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seal_seq", sa.BigInteger, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
"""Up to which sealed entry of the trail a subscription was served."""
