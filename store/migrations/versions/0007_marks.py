"""Marks on mails in the postbox: ours as wishes, those of people as found.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Two tables, both empty."""
    op.create_table(
        "mark_wish",
        sa.Column("message_id", _ID, autoincrement=False, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False, server_default=""),
        sa.Column("sent", sa.Text()),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_try_at", sa.DateTime(timezone=True)),
        sa.Column("error_code", sa.Text(), nullable=False, server_default=""),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("message_id", name="pk_mark_wish"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_mark_wish_message_id"),
    )
    op.create_index(
        "ix_mark_wish_due",
        "mark_wish",
        ["postbox", "next_try_at"],
        sqlite_where=sa.text("next_try_at IS NOT NULL"),
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_table(
        "mark_seen",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("effect", sa.String(20), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("agency_code", sa.String(20)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_mark_seen"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_mark_seen_message_id"),
    )
    op.create_index("ix_mark_seen_message_id", "mark_seen", ["message_id"])
    op.create_index("ix_mark_seen_at", "mark_seen", ["postbox", "at"])
    op.create_index(
        "ix_mark_seen_standing",
        "mark_seen",
        ["message_id"],
        sqlite_where=sa.text("gone_at IS NULL"),
        postgresql_where=sa.text("gone_at IS NULL"),
    )
