"""An index of the moves that were given up: their list reads no others.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

REFUSED = sa.text("state = 'refused'")


def upgrade() -> None:
    """A partial index, mostly of few rows; programs from before go on as they were."""
    op.create_index("ix_op_refused", "op", ["id"], sqlite_where=REFUSED, postgresql_where=REFUSED)
