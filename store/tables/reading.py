"""The table of rules that were read in a postbox: what was asked, and what came out as a text."""

import sqlalchemy as sa

from store.database.columns import JSON_COLUMN, ROW_ID, MailText, UtcTime, metadata

ruleset_reading = sa.Table(
    "ruleset_reading",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("script", sa.Text, nullable=False, server_default=""),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("run", sa.Integer, nullable=False, server_default="1"),
    sa.Column("done_at", UtcTime),
    sa.Column("error_code", sa.Text, nullable=False, server_default=""),
    sa.Column("rules", sa.Integer, nullable=False, server_default="0"),
    sa.Column("text", MailText, nullable=False, server_default=""),
    sa.Column("remarks", JSON_COLUMN),
    sa.UniqueConstraint("postbox"),
)
"""One row a postbox, the newest reading; nothing of it takes effect."""
