"""Why a plan for folder permissions was put aside.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """A column with a default; programs from before put plans aside without a reason."""
    op.add_column("rights_plan", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
