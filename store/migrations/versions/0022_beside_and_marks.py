"""Which mails are of one conversation; marks counted by day, and an index for them.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Three empty tables and an index; programs from before go on as they were."""
    op.create_table(
        "mail_thread",
        sa.Column("link", sa.String(32), nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("link", "message_id", name="pk_mail_thread"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_mail_thread_message_id"),
    )
    op.create_index("ix_mail_thread_message_id", "mail_thread", ["message_id"])
    op.create_index("ix_mark_seen_day", "mark_seen", ["at", "agency_code", "effect"])
    op.create_table(
        "figure_mark_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_figure_mark_day"),
    )
    op.create_table(
        "figure_mark",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("concern", sa.String(40), nullable=False),
        sa.Column("mark", sa.String(60), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "region", "agency_code", "channel", "concern", "mark", name="pk_figure_mark"
        ),
    )
