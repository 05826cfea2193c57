"""The tables of closed days for marks: numbers that no program before 0022 writes or reads.

Apart from store/tables/figure.py, where an older program would meet a measure that it does not
know. No person, by design. Own decision 0087.
"""

import sqlalchemy as sa

from store.database.columns import UtcTime, metadata

figure_mark_day = sa.Table(
    "figure_mark_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("closed_at", UtcTime, nullable=False),
)
"""The local days whose marks are counted for good."""

figure_mark = sa.Table(
    "figure_mark",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("region", sa.Text, primary_key=True),
    # Empty is the clearing folder or a mail without item: no column of a key may be NULL.
    sa.Column("agency_code", sa.String(20), primary_key=True),
    sa.Column("channel", sa.String(40), primary_key=True),
    sa.Column("concern", sa.String(40), primary_key=True),
    # A configured name; empty for all that nobody configured, together.
    sa.Column("mark", sa.String(60), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
"""How often each mark was found set on a closed day (rules/mark_figures.py, MarkCell)."""
