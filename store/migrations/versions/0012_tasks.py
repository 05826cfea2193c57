"""An index for the watch over what is on its way out: unanswered hand-overs, the daily match.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """One index; without it each look would walk all that was ever sent."""
    where = sa.text("kind = 'eakte'")
    op.create_index(
        "ix_outgoing_sent", "outgoing", ["sent_at"], sqlite_where=where, postgresql_where=where
    )
