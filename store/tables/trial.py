"""The table of dry runs: what was asked, how far it is, and what came out."""

import sqlalchemy as sa

from store.database.columns import JSON_COLUMN, ROW_ID, UtcTime, metadata

ruleset_trial = sa.Table(
    "ruleset_trial",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("set_id", sa.String(100), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("text_sha256", sa.String(64), nullable=False),
    sa.Column("days", sa.Integer),
    sa.Column("mails", sa.Integer, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("run", sa.Integer, nullable=False, server_default="1"),
    sa.Column("tried", sa.Integer, nullable=False, server_default="0"),
    sa.Column("done_at", UtcTime),
    sa.Column("error_code", sa.Text, nullable=False, server_default=""),
    sa.Column("result", JSON_COLUMN),
    sa.UniqueConstraint("set_id", "version", "scope"),
)
"""One row a version and scope, the newest dry run: counts, folders and message ids, no content."""
