"""The tables of marks: ours as wishes, those of people as found.

Own decision 0046.
"""

import sqlalchemy as sa

from store.database.columns import ROW_ID, MailText, UtcTime, metadata

_DUE = sa.text("next_try_at IS NOT NULL")
_STANDS = sa.text("gone_at IS NULL")

mark_wish = sa.Table(
    "mark_wish",
    metadata,
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("wanted", sa.Text, nullable=False),
    sa.Column("shown", sa.Text, nullable=False, server_default=""),
    sa.Column("sent", sa.Text),
    sa.Column("sent_at", UtcTime),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", UtcTime),
    sa.Column("error_code", sa.Text, nullable=False, server_default=""),
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index(
        "ix_mark_wish_due", "postbox", "next_try_at", sqlite_where=_DUE, postgresql_where=_DUE
    ),
)
"""Our marks on a message: `wanted` by its item, `sent` and not proven yet, `shown` as proven.

Each is a list of words of rules.marks.OwnMark, sorted, with commas. `next_try_at` is NULL where
nothing is left to do.
"""

mark_seen = sa.Table(
    "mark_seen",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("postbox", sa.Text, nullable=False),
    # As a person typed it: content, unless it is configured (`effect` is not empty).
    sa.Column("mark", MailText, nullable=False),
    sa.Column("effect", sa.String(20), nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("agency_code", sa.String(20)),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("gone_at", UtcTime),
    sa.Index("ix_mark_seen_message_id", "message_id"),
    sa.Index("ix_mark_seen_at", "postbox", "at"),
    # For the figures of a period, in all postboxes.
    sa.Index("ix_mark_seen_day", "at", "agency_code", "effect"),
    sa.Index("ix_mark_seen_standing", "message_id", sqlite_where=_STANDS, postgresql_where=_STANDS),
)
"""Marks of people, each setting one row. `gone_at` is when it was found taken off again."""
