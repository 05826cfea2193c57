"""Which mails are of one conversation, and an index for the marks of a day.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """One empty table and one index; programs from before go on as they were."""
    op.create_table(
        "mail_thread",
        sa.Column("link", sa.String(32), nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("link", "message_id", name="pk_mail_thread"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_mail_thread_message_id"),
    )
    op.create_index("ix_mail_thread_message_id", "mail_thread", ["message_id"])
    op.create_index("ix_mark_seen_day", "mark_seen", ["at", "agency_code", "effect"])
