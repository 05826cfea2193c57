"""Tables of the life of texts and of the copies of sent answers; on the same MetaData as all.

Every change here needs a numbered migration (tests/store compares them).
"""

import sqlalchemy as sa

from rules.texts.life import TextState
from store.database.columns import JSON_COLUMN, ROW_ID, UtcTime, metadata, partial_index, words
from store.tables.ledger import outgoing

text_version = sa.Table(
    "text_version",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("text_id", sa.String(120), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", words(TextState), nullable=False),
    sa.Column("origin", sa.String(10), nullable=False),
    # ",Nord,West," or empty for all: one LIKE answers whether a region is among them.
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("valid_to", sa.Date, nullable=False),
    sa.Column("authors", JSON_COLUMN, nullable=False),
    sa.Column("edition", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False, server_default=""),
    sa.Column("approved_on", sa.Date),
    sa.Column("retired_on", sa.Date),
    sa.Column("warned_at", UtcTime),
    sa.UniqueConstraint("text_id", "version"),
    partial_index("ix_text_version_valid_to", "valid_to", where="state = 'approved'"),
)
"""Every version of every text. `data` is the whole file; once approved, neither it nor its hash
changes again. `edition` counts all writes; the ETag of a draft."""

text_use = sa.Table(
    "text_use",
    metadata,
    sa.Column("text_id", sa.String(120), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("uses", sa.Integer, nullable=False),
)
"""How often a version was ordered to be sent, by local day. No person, no item, no agency."""

sent_copy = sa.Table(
    "sent_copy",
    metadata,
    sa.Column(
        "outgoing_id", ROW_ID, sa.ForeignKey("outgoing.id"), primary_key=True, autoincrement=False
    ),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("mark_epoch", sa.Text),
    sa.Column("mark_next_uid", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("done_at", UtcTime),
    sa.Column("error_code", sa.Text, nullable=False, server_default=""),
    partial_index("ix_sent_copy_due", "postbox", "next_try_at", where="next_try_at IS NOT NULL"),
)
"""The wish that a sent answer lie in the postbox's folder of sent mail, too."""

sa.Index(
    "ix_outgoing_reply_sent_at",
    outgoing.c.sent_at,
    sqlite_where=sa.text("kind = 'reply'"),
    postgresql_where=sa.text("kind = 'reply'"),
)
