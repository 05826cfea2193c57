"""Versions of texts with their life, how often they were used, and copies of sent answers.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Three tables, and the index by which the pace of sending is counted."""
    op.create_table(
        "text_version",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("text_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), server_default="", nullable=False),
        sa.Column("approved_on", sa.Date()),
        sa.Column("retired_on", sa.Date()),
        sa.Column("warned_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_text_version"),
        sa.UniqueConstraint("text_id", "version", name="uq_text_version_text_id_version"),
    )
    _index("ix_text_version_valid_to", "text_version", "valid_to", where="state = 'approved'")
    op.create_table(
        "text_use",
        sa.Column("text_id", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("text_id", "version", "day", name="pk_text_use"),
    )
    op.create_table(
        "sent_copy",
        sa.Column("outgoing_id", _ID, autoincrement=False, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("mark_epoch", sa.Text()),
        sa.Column("mark_next_uid", sa.Text()),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("error_code", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["outgoing_id"], ["outgoing.id"], name="fk_sent_copy_outgoing_id"),
        sa.PrimaryKeyConstraint("outgoing_id", name="pk_sent_copy"),
    )
    _index(
        "ix_sent_copy_due", "sent_copy", "postbox", "next_try_at", where="next_try_at IS NOT NULL"
    )
    _index("ix_outgoing_reply_sent_at", "outgoing", "sent_at", where="kind = 'reply'")


def _index(name: str, table: str, *columns: str, where: str) -> None:
    op.create_index(
        name, table, [*columns], sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
