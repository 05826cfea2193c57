"""What was seen, counted apart from the ledger.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The table, and one row for each message that the ledger has until now."""
    op.create_table(
        "arrival",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("postbox", sa.Text()),
        sa.Column("delivery_key", sa.String(length=64)),
        sa.Column("deliveries", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_arrival"),
        sa.UniqueConstraint("delivery_key", name="uq_arrival_delivery_key"),
    )
    op.create_index("ix_arrival_at", "arrival", ["at"])
    op.create_index("ix_arrival_message_id", "arrival", ["message_id"])
    op.execute(
        "INSERT INTO arrival (message_id, at, source, postbox)"
        " SELECT id, kept_at, source, postbox FROM message ORDER BY id"
    )
