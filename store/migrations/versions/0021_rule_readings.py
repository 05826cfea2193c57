"""Rules that people keep in a postbox are read by a worker when a page asks, and kept as a text.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One empty table; programs from before go on as they were."""
    op.create_table(
        "ruleset_reading",
        sa.Column("id", _Id, primary_key=True, autoincrement=True),
        sa.Column("postbox", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("script", sa.Text, nullable=False, server_default=""),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.Integer, nullable=False, server_default="1"),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("error_code", sa.Text, nullable=False, server_default=""),
        sa.Column("rules", sa.Integer, nullable=False, server_default="0"),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("remarks", sa.JSON(none_as_null=True)),
        sa.UniqueConstraint("postbox"),
    )
