"""Table of what stands still by order. On the metadata of tables.py."""

import sqlalchemy as sa

from store.tables import UtcTime, metadata

halt = sa.Table(
    "halt",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""One row each while it stands still; the past is in the trail. Own decisions 0069, 0070."""
