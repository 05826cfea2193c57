"""The tables of closed days: numbers that outlive the mails they count. No person, by design.

They belong to store/counts/day_figures.py. Source: F54, F55; own decision 0044.
"""

import sqlalchemy as sa

from store.database.columns import UtcTime, metadata
from store.tables.ledger import item, message

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

figure_stand = sa.Table(
    "figure_stand",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("counted_at", UtcTime, nullable=False),
    sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
)
"""How far a big day has come that still runs: its numbers as a worker counted them last.

`body` has "cells" and "hours", each a list of rows in the order of `figure` and `figure_hour`,
without the day. store/counts/open_days.py; own decision 0080.
"""

sa.Index(
    "ix_message_day_counts",
    message.c.kept_at,
    message.c.state,
    message.c.source,
    message.c.region,
)
_WANDERING = sa.text("hops >= 2 AND state <> 'closed'")
sa.Index(
    "ix_item_wandering",
    item.c.hops,
    item.c.received_at,
    item.c.id,
    sqlite_where=_WANDERING,
    postgresql_where=_WANDERING,
)
