"""Dry runs of rule sets are ordered, done by a worker and kept, so that a reload costs nothing.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One table."""
    op.create_table(
        "ruleset_trial",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("set_id", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("text_sha256", sa.String(64), nullable=False),
        sa.Column("days", sa.Integer),
        sa.Column("mails", sa.Integer, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.Integer, nullable=False, server_default="1"),
        sa.Column("tried", sa.Integer, nullable=False, server_default="0"),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("error_code", sa.Text, nullable=False, server_default=""),
        sa.Column("result", sa.JSON(none_as_null=True)),
        sa.UniqueConstraint("set_id", "version", "scope"),
    )
