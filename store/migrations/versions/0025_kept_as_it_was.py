"""With a finding that stays by decision: what it was then, so that more of it is told.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """One column; programs from before leave it empty, and read what they did."""
    op.add_column("rights_keep", sa.Column("finding", sa.JSON(none_as_null=True)))
