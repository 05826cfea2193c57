"""An index for the watch over tasks that nobody has answered.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """One index; without it each look would walk all answers that were ever sent."""
    where = sa.text("kind = 'task' AND state = 'sent'")
    op.create_index(
        "ix_outgoing_task", "outgoing", ["sent_at"], sqlite_where=where, postgresql_where=where
    )
