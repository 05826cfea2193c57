"""Tables of rule sets: their versions, what is in force from when, what switched itself off."""

import sqlalchemy as sa

from store.database.columns import JSON_COLUMN, ROW_ID, MailText, UtcTime, metadata

ruleset = sa.Table(
    "ruleset",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("set_id", sa.String(60), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("title", MailText, nullable=False),
    sa.Column("text", MailText, nullable=False),
    sa.Column("authors", JSON_COLUMN, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("activated_at", UtcTime),
    sa.UniqueConstraint("set_id", "version"),
)
"""Versions of rule sets. A draft until `activated_at`; from then on it never changes."""

ruleset_activation = sa.Table(
    "ruleset_activation",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("ruleset_id", ROW_ID, sa.ForeignKey("ruleset.id")),
    sa.Column("from_at", UtcTime, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("withdrawn_at", UtcTime),
)
"""From when which version holds in which region; without a version: none of the region's own.

Rows are never deleted; a planned one may be withdrawn.
"""

ruleset_off = sa.Table(
    "ruleset_off",
    metadata,
    sa.Column("ruleset_id", ROW_ID, sa.ForeignKey("ruleset.id"), primary_key=True),
    sa.Column("rule_id", sa.String(60), primary_key=True),
    sa.Column("region", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
)
"""Rules whose target is gone, by region; "" is every region. Cleared by the next activation."""
