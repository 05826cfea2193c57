"""Answers that people lay into a folder of a postbox.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """An empty table; programs from before do not know it."""
    op.create_table(
        "reply_draft",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("text_id", sa.String(120), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.Column("item_id", _ID),
        sa.Column("outgoing_id", _ID),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reply_draft"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_reply_draft_item_id"),
        sa.ForeignKeyConstraint(
            ["outgoing_id"], ["outgoing.id"], name="fk_reply_draft_outgoing_id"
        ),
        sa.UniqueConstraint(
            "postbox", "folder", "epoch", "uid", name="uq_reply_draft_postbox_folder_epoch_uid"
        ),
    )
    op.create_index("ix_reply_draft_item_id", "reply_draft", ["item_id"])
    op.create_index("ix_reply_draft_outgoing_id", "reply_draft", ["outgoing_id"])
