"""Rule sets: their versions, from when each is in force, and rules that switched themselves off.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The three tables, versions first."""
    op.create_table(
        "ruleset",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("set_id", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("authors", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_ruleset"),
        sa.UniqueConstraint("set_id", "version", name="uq_ruleset_set_id_version"),
    )
    op.create_table(
        "ruleset_activation",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("ruleset_id", _ID),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["ruleset_id"], ["ruleset.id"], name="fk_ruleset_activation_ruleset_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_ruleset_activation"),
    )
    op.create_table(
        "ruleset_off",
        sa.Column("ruleset_id", _ID, nullable=False),
        sa.Column("rule_id", sa.String(length=60), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ruleset_id"], ["ruleset.id"], name="fk_ruleset_off_ruleset_id"),
        sa.PrimaryKeyConstraint("ruleset_id", "rule_id", "region", name="pk_ruleset_off"),
    )
