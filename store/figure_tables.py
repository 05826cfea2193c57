"""The tables of closed days: numbers that outlive the mails they count. No person, by design.

They belong to store/day_figures.py. Source: F54, F55; own decision 0044.
"""

import sqlalchemy as sa

from store.columns import UtcTime, metadata

figure_day = sa.Table(
    "figure_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("closed_at", UtcTime, nullable=False),
)
"""Which local days are counted for good."""

figure = sa.Table(
    "figure",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("region", sa.Text, primary_key=True),
    # Empty is the clearing folder: no column of a primary key may be NULL.
    sa.Column("agency_code", sa.String(20), primary_key=True),
    sa.Column("channel", sa.String(40), primary_key=True),
    sa.Column("concern", sa.String(40), primary_key=True),
    sa.Column("measure", sa.String(20), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
"""What happened on a closed day (rules/figures.py, Cell)."""

figure_hour = sa.Table(
    "figure_hour",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("hour", sa.SmallInteger, primary_key=True),
    sa.Column("region", sa.Text, primary_key=True),
    sa.Column("agency_code", sa.String(20), primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
)
"""Mails received in each hour (0 to 23, German legal time) of a closed day."""
