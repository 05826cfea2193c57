"""What stands still by order, and which older programs may run on these tables.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Two small tables. This migration only adds, but older programs ask for their very version."""
    op.create_table(
        "halt",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_halt"),
    )
    op.create_table(
        "schema_floor",
        sa.Column("oldest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("oldest", name="pk_schema_floor"),
    )
    floor = sa.table("schema_floor", sa.column("oldest", sa.Text))
    op.execute(sa.insert(floor).values(oldest=revision))
