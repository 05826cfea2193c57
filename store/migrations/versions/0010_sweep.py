"""Deletion with proof: holds, what was looked at, plans with their rows, copies outside.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Five tables, all empty."""
    op.create_table(
        "hold",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("message_id", _ID),
        sa.Column("postbox", sa.Text()),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("released_at", _TIME),
        sa.Column("released_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_hold_message_id"),
    )
    _partial("ix_hold_message_id", "hold", ["message_id"], "released_at IS NULL")
    _partial("ix_hold_postbox", "hold", ["postbox"], "released_at IS NULL")
    op.create_table(
        "sweep_seen",
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_sweep_seen"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_sweep_seen_message_id"),
    )
    op.create_table(
        "sweep_plan",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("regions", _JSON),
        sa.Column("rules", _JSON, nullable=False),
        sa.Column("counts", _JSON, nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("approved_at", _TIME),
        sa.Column("approved_by", sa.Text()),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_sweep_plan"),
    )
    _partial("ix_sweep_plan_ordered", "sweep_plan", ["id"], "state = 'ordered'")
    op.create_table(
        "sweep_row",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("plan_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("code", sa.String(40), server_default="", nullable=False),
        sa.Column("at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_sweep_row"),
        sa.ForeignKeyConstraint(["plan_id"], ["sweep_plan.id"], name="fk_sweep_row_plan_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_sweep_row_message_id"),
        sa.UniqueConstraint("plan_id", "message_id", name="uq_sweep_row_plan_id_message_id"),
    )
    op.create_index("ix_sweep_row_message_id", "sweep_row", ["message_id"])
    _partial("ix_sweep_row_planned", "sweep_row", ["plan_id", "id"], "state = 'planned'")
    op.create_table(
        "sweep_removal",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("plan_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", _TIME, nullable=False),
        sa.Column("code", sa.String(60), server_default="", nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("done_at", _TIME),
        sa.PrimaryKeyConstraint("id", name="pk_sweep_removal"),
        sa.ForeignKeyConstraint(["plan_id"], ["sweep_plan.id"], name="fk_sweep_removal_plan_id"),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_sweep_removal_message_id"),
        sa.UniqueConstraint(
            "plan_id", "message_id", "kind", "place", "name",
            name="uq_sweep_removal_plan_id_message_id_kind_place_name",
        ),
    )  # fmt: skip
    _partial("ix_sweep_removal_new", "sweep_removal", ["kind", "place", "id"], "state = 'new'")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
