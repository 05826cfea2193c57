"""The living desk: language and alert of an item, undo, recorded checks, cursors of webhooks.

Items without a due day get a place in the queue, so that nothing waits for ever (decision 0049).
A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")
_PLACES = {
    "sqlite": "UPDATE item SET queue_day = date(received_at, '+28 days')"
    " WHERE queue_day = '9999-12-31' AND state <> 'closed'",
    "postgresql": "UPDATE item SET queue_day = (received_at AT TIME ZONE 'UTC')::date + 28"
    " WHERE queue_day = DATE '9999-12-31' AND state <> 'closed'",
}


def upgrade() -> None:
    """Two columns with defaults, three tables, all empty: older programs go on beside them."""
    op.add_column("item", sa.Column("language", sa.String(20), nullable=False, server_default="de"))
    op.add_column("item", sa.Column("alert", sa.String(20), nullable=False, server_default=""))
    op.create_index(
        "ix_item_claim_language",
        "item",
        ["agency_code", "team", "language", "queue_day", "received_at", "id"],
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    op.create_index(
        "ix_item_held",
        "item",
        ["holder", "id"],
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "ix_item_open_received",
        "item",
        ["agency_code", "received_at", "id"],
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.execute(_PLACES[op.get_bind().dialect.name])
    op.create_index(
        "ix_outgoing_webhook",
        "outgoing",
        ["sent_at"],
        sqlite_where=sa.text("kind = 'webhook' AND state = 'sent'"),
        postgresql_where=sa.text("kind = 'webhook' AND state = 'sent'"),
    )
    op.create_table(
        "item_undo",
        sa.Column("item_id", _ID, nullable=False, autoincrement=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deed", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name="pk_item_undo"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_item_undo_item_id"),
    )
    op.create_index("ix_item_undo_until", "item_undo", ["until"])
    op.create_table(
        "item_check",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("item_id", _ID, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_item_check"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_item_check_item_id"),
        sa.UniqueConstraint("item_id", "kind", name="uq_item_check_item_id_kind"),
    )
    op.create_table(
        "webhook_cursor",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seal_seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_webhook_cursor"),
    )
