"""Sign-offs of folder permissions by folder, and the names of the folders that a look saw.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TABLE = "rights_folder_signoff"


def upgrade() -> None:
    """One empty table and one column; programs from before go on as they were."""
    op.add_column("rights_audit", sa.Column("folder_names", sa.JSON(none_as_null=True)))
    op.create_table(
        _TABLE,
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("postbox", sa.Text(), nullable=False),
        sa.Column("agency", sa.String(3), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("signoff_id", _ID),
        sa.Column("round_id", _ID),
        sa.Column("audit_id", _ID, nullable=False),
        sa.Column("findings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{_TABLE}"),
        sa.ForeignKeyConstraint(
            ["signoff_id"], ["rights_signoff.id"], name=f"fk_{_TABLE}_signoff_id"
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rights_round.id"], name=f"fk_{_TABLE}_round_id"),
        sa.ForeignKeyConstraint(["audit_id"], ["rights_audit.id"], name=f"fk_{_TABLE}_audit_id"),
    )
    op.create_index(f"ix_{_TABLE}_part", _TABLE, ["postbox", "agency", "folder", "id"])
    op.create_index(f"ix_{_TABLE}_whole", _TABLE, ["signoff_id"])
