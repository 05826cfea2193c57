"""Which mails are gone, found without reading the archive: each look at a postbox asks.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """One index; programs from before go on as they were."""
    only = sa.text("state = 'gone'")
    op.create_index("ix_message_gone", "message", ["id"], sqlite_where=only, postgresql_where=only)
