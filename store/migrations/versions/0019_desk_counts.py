"""How far a big day has come, and two indexes that count without reading rows.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

WANDERING = sa.text("hops >= 2 AND state <> 'closed'")


def upgrade() -> None:
    """This migration only adds, so programs of the last version go on."""
    op.create_table(
        "figure_stand",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_figure_stand"),
    )
    op.create_index("ix_message_day_counts", "message", ["kept_at", "state", "source", "region"])
    op.create_index(
        "ix_item_wandering",
        "item",
        ["hops", "received_at", "id"],
        sqlite_where=WANDERING,
        postgresql_where=WANDERING,
    )
