"""Tables of running the house."""

import sqlalchemy as sa

from store.database.columns import UtcTime, metadata

halt = sa.Table(
    "halt",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)
"""One row each while it stands still; the past is in the trail. Own decisions 0068, 0069."""

schema_floor = sa.Table("schema_floor", metadata, sa.Column("oldest", sa.Text, primary_key=True))
"""One row: the oldest program, by its newest migration, that may run on these tables.

Raised only by a migration that takes something away; without a row only programs of this very
version may run."""
