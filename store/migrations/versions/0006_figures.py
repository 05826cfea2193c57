"""Closed days: numbers that outlive the mails they count.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_KEYS = ("day", "region", "agency_code", "channel", "concern", "measure")


def upgrade() -> None:
    """Three tables, all empty, and the index by which a day's receipts are found."""
    op.create_table(
        "figure_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_figure_day"),
    )
    op.create_table(
        "figure",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(40), nullable=False),
        sa.Column("concern", sa.String(40), nullable=False),
        sa.Column("measure", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(*_KEYS, name="pk_figure"),
    )
    op.create_table(
        "figure_hour",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("agency_code", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "hour", "region", "agency_code", name="pk_figure_hour"),
    )
    where = sa.text("state = 'receipted'")
    op.create_index(
        "ix_outgoing_receipted",
        "outgoing",
        ["done_at"],
        sqlite_where=where,
        postgresql_where=where,
    )
