"""An index by which what is due of one kind is found behind thousands of another.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

DUE = sa.text("next_try_at IS NOT NULL")


def upgrade() -> None:
    """A partial index of what still waits; programs from before go on as they were."""
    op.create_index(
        "ix_outgoing_due_kind",
        "outgoing",
        ["kind", "next_try_at", "id"],
        sqlite_where=DUE,
        postgresql_where=DUE,
    )
