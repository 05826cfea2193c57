"""Tables of deletion: holds, what was looked at, plans with their rows, and deeds outside.

No column holds content: numbers, fingerprints, places, codes, file numbers of the house.
"""

import sqlalchemy as sa

from store.database.columns import JSON_COLUMN, ROW_ID, UtcTime, metadata, partial_index

hold = sa.Table(
    "hold",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id")),
    sa.Column("postbox", sa.Text),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("released_at", UtcTime),
    sa.Column("released_by", sa.Text),
    partial_index("ix_hold_message_id", "message_id", where="released_at IS NULL"),
    partial_index("ix_hold_postbox", "postbox", where="released_at IS NULL"),
)
"""What must not be deleted: one message, or (message NULL) a whole postbox. Never removed."""

sweep_seen = sa.Table(
    "sweep_seen",
    metadata,
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)
"""That a person has looked at a mail that lies aside; without it, it is never deleted."""

sweep_plan = sa.Table(
    "sweep_plan",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("regions", JSON_COLUMN),
    sa.Column("rules", JSON_COLUMN, nullable=False),
    sa.Column("counts", JSON_COLUMN, nullable=False),
    sa.Column("reference", sa.Text, nullable=False, server_default=""),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("approved_at", UtcTime),
    sa.Column("approved_by", sa.Text),
    sa.Column("ended_at", UtcTime),
    partial_index("ix_sweep_plan_ordered", "id", where="state = 'ordered'"),
)
"""A deletion plan that is carried out: `proposed` (waits for a second person), `ordered`, `done`,
or `void`."""

sweep_row = sa.Table(
    "sweep_row",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("plan_id", ROW_ID, sa.ForeignKey("sweep_plan.id"), nullable=False),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("code", sa.String(40), nullable=False, server_default=""),
    sa.Column("at", UtcTime),
    sa.UniqueConstraint("plan_id", "message_id"),
    sa.Index("ix_sweep_row_message_id", "message_id"),
    partial_index("ix_sweep_row_planned", "plan_id", "id", where="state = 'planned'"),
)
"""One message of a plan: `planned`, `erased`, or `kept` with the code of why."""

sweep_removal = sa.Table(
    "sweep_removal",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("plan_id", ROW_ID, sa.ForeignKey("sweep_plan.id"), nullable=False),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", UtcTime, nullable=False),
    sa.Column("code", sa.String(60), nullable=False, server_default=""),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("done_at", UtcTime),
    sa.UniqueConstraint("plan_id", "message_id", "kind", "place", "name"),
    partial_index("ix_sweep_removal_new", "kind", "place", "id", where="state = 'new'"),
)
"""A copy outside the database that has to go: the intent, in the commit that erases ours.

`kind` is "postbox" (`place` its name, `name` empty: it is looked for where it lies then), "eakte"
or "task" (`name` the key), "sent" (`name` the file) or "copy" (`place` the postbox, `name` the
number of the outgoing row). `state` is
`new`, `done`, `missing` (not there any more), or `refused`.
"""
