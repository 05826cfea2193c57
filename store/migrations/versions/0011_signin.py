"""Sign-in: sessions of people, keys of machines.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """The two tables."""
    op.create_table(
        "session",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("bounds", sa.JSON(), nullable=False),
        sa.Column("account_hash", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("provider_sid_hash", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name="pk_session"),
    )
    for column in ("ends_at", "name", "provider_sid_hash"):
        op.create_index(f"ix_session_{column}", "session", [column])
    op.create_table(
        "api_key",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("bounds", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_on", sa.Date()),
        sa.PrimaryKeyConstraint("name", name="pk_api_key"),
    )
