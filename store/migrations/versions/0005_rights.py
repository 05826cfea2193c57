"""Folder permissions: lists as reported, audits, plans, sign-offs, the round of review.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Nine tables, all empty."""
    op.create_table(
        "rights_lists",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("lists", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rights_lists"),
    )
    op.create_index("ix_rights_lists_region", "rights_lists", ["region", "id"])
    op.create_table(
        "rights_audit",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("lists_id", _ID),
        sa.Column("folders", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("acls", sa.JSON(none_as_null=True)),
        sa.PrimaryKeyConstraint("id", name="pk_rights_audit"),
        sa.ForeignKeyConstraint(["lists_id"], ["rights_lists.id"], name="fk_rights_audit_lists_id"),
    )
    op.create_index("ix_rights_audit_postbox", "rights_audit", ["postbox", "id"])
    op.create_table(
        "rights_plan",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("audit_id", _ID, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("blocked", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rights_plan"),
        sa.ForeignKeyConstraint(["audit_id"], ["rights_audit.id"], name="fk_rights_plan_audit_id"),
    )
    op.create_index("ix_rights_plan_postbox", "rights_plan", ["postbox", "id"])
    op.create_table(
        "rights_step",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("plan_id", _ID, nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.Text(), nullable=False, server_default=""),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rights_step"),
        sa.ForeignKeyConstraint(["plan_id"], ["rights_plan.id"], name="fk_rights_step_plan_id"),
        sa.UniqueConstraint("plan_id", "folder", "kind", name="uq_rights_step_plan_id_folder_kind"),
    )
    op.create_table(
        "rights_keep",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rights_keep"),
    )
    op.create_index("ix_rights_keep_postbox", "rights_keep", ["postbox", "until"])
    op.create_table(
        "rights_round",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("agencies_due", sa.Date(), nullable=False),
        sa.Column("directions_due", sa.Date(), nullable=False),
        sa.Column("region_due", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rights_round"),
    )
    op.create_index("ix_rights_round_region", "rights_round", ["region", "id"])
    op.create_table(
        "rights_mark",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("round_id", _ID, nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_rights_mark"),
        sa.ForeignKeyConstraint(["round_id"], ["rights_round.id"], name="fk_rights_mark_round_id"),
        sa.UniqueConstraint("round_id", "step", "unit", name="uq_rights_mark_round_id_step_unit"),
    )
    op.create_table(
        "rights_signoff",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("agency", sa.String(3), nullable=False),
        sa.Column("round_id", _ID),
        sa.Column("audit_id", _ID, nullable=False),
        sa.Column("findings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rights_signoff"),
        sa.ForeignKeyConstraint(
            ["round_id"], ["rights_round.id"], name="fk_rights_signoff_round_id"
        ),
        sa.ForeignKeyConstraint(
            ["audit_id"], ["rights_audit.id"], name="fk_rights_signoff_audit_id"
        ),
    )
    op.create_index("ix_rights_signoff_postbox", "rights_signoff", ["postbox", "agency", "id"])
    op.create_table(
        "rights_order",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("plan_id", _ID),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("error_code", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name="pk_rights_order"),
        sa.ForeignKeyConstraint(["plan_id"], ["rights_plan.id"], name="fk_rights_order_plan_id"),
    )
    op.create_index(
        "ix_rights_order_open",
        "rights_order",
        ["postbox", "id"],
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
