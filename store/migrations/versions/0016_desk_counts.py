"""Indexes that count what is open without reading a row, for the desk with 100,000 items.

A migration is history: it imports nothing from store.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

OPEN = "state <> 'closed'"


PARTIAL = (
    (
        "ix_item_open_counts", "item",
        ["agency_code", "state", "first_concern", "received_at", "region"], OPEN,
    ),
    ("ix_item_open_due", "item", ["agency_code", "due_on"], OPEN),
    ("ix_item_open_sent", "item", ["agency_code"], f"eakte = 'sent' AND {OPEN}"),
    (
        "ix_item_stuck", "item", ["queue_day", "received_at", "id"],
        "state IN ('held', 'parked', 'pending')",
    ),
    ("ix_verdict_of_people", "verdict", ["source", "id"], "source <> 'machine'"),
)  # fmt: skip


def upgrade() -> None:
    """Indexes only; programs from before go on as they were."""
    for name, table, columns, where in PARTIAL:
        only = sa.text(where)
        op.create_index(name, table, columns, sqlite_where=only, postgresql_where=only)
