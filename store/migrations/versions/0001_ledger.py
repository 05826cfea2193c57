"""The ledger and what hangs on a message: places, acts, verdicts; leases and the trail.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """All tables of this part, parents first."""
    _original()
    _message()
    _sighting()
    _op()
    _lease()
    _verdict()
    _aside()
    _audit()


def _index(name: str, table: str, *columns: str, where: str) -> None:
    op.create_index(
        name, table, list(columns), sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def _original() -> None:
    op.create_table(
        "original",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("codec", sa.String(length=20), nullable=False),
        sa.Column("data", sa.LargeBinary()),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("sha256", name="pk_original"),
    )


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("postbox", sa.Text()),
        sa.Column("region", sa.Text()),
        sa.Column("message_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("state_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("defects", sa.JSON(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["original.sha256"], name="fk_message_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    _index(
        "ix_message_ended", "message", "state_at", "id", where="state IN ('done', 'aside', 'gone')"
    )
    op.create_index("ix_message_kept_at", "message", ["kept_at"])
    op.create_index("ix_message_postbox_received_at", "message", ["postbox", "received_at"])
    op.create_index("ix_message_sender", "message", ["sender"])
    op.create_index("ix_message_sha256", "message", ["sha256"])
    _index("ix_message_unsorted", "message", "id", where="state = 'kept'")


def _sighting() -> None:
    op.create_table(
        "sighting",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("absences", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_sighting_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_sighting"),
        sa.UniqueConstraint(
            "postbox", "folder", "epoch", "uid", name="uq_sighting_postbox_folder_epoch_uid"
        ),
    )
    _index(
        "ix_sighting_live", "sighting", "postbox", "folder", "epoch", "uid", where="state = 'live'"
    )
    op.create_index("ix_sighting_message_id", "sighting", ["message_id"])


def _op() -> None:
    op.create_table(
        "op",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("src_folder", sa.Text(), nullable=False),
        sa.Column("src_epoch", sa.Text(), nullable=False),
        sa.Column("src_uid", sa.Text(), nullable=False),
        sa.Column("dst_folder", sa.Text(), nullable=False),
        sa.Column("mark_epoch", sa.Text()),
        sa.Column("mark_next_uid", sa.Text()),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.Text(), server_default="", nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_op_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_op"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_op_message_id", "op", ["message_id"])
    _index("ix_op_new", "op", "postbox", "id", where="state = 'new'")
    _index("ix_op_sent", "op", "postbox", "id", where="state = 'sent'")


def _lease() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )


def _verdict() -> None:
    op.create_table(
        "verdict",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("payment", sa.String(length=20), nullable=False),
        sa.Column("first_concern", sa.String(length=40), nullable=False),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_verdict_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict"),
    )
    op.create_index("ix_verdict_message_id", "verdict", ["message_id", "id"])


def _aside() -> None:
    op.create_table(
        "aside",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="1", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("resolution", sa.Text()),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_aside_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_aside"),
    )
    op.create_index("ix_aside_message_id", "aside", ["message_id"])
    _index("ix_aside_open", "aside", "id", where="resolved_at IS NULL")
    op.create_index(
        "uq_aside_open_message_id",
        "aside",
        ["message_id"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("seal_seq", sa.BigInteger()),
        sa.Column("prev_hash", sa.String(length=64)),
        sa.Column("hash", sa.String(length=64)),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("seal_seq", name="uq_audit_seal_seq"),
    )
    op.create_index("ix_audit_subject", "audit", ["subject", "id"])
    _index("ix_audit_unsealed", "audit", "id", where="seal_seq IS NULL")
