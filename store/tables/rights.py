"""Tables of folder rights: lists of distribution, readings, plans, rounds of review, orders."""

import sqlalchemy as sa

from store.database.columns import JSON_COLUMN, ROW_ID, UtcTime, metadata, partial_index

rights_lists = sa.Table(
    "rights_lists",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("lists", JSON_COLUMN, nullable=False),
    sa.Index("ix_rights_lists_region", "region", "id"),
)
"""The distribution lists of a region as reported; the newest holds. Old ones lose their members."""

rights_audit = sa.Table(
    "rights_audit",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("lists_id", ROW_ID, sa.ForeignKey("rights_lists.id")),
    sa.Column("folders", sa.Integer, nullable=False),
    sa.Column("findings", JSON_COLUMN, nullable=False),
    sa.Column("acls", JSON_COLUMN),
    sa.Column("folder_names", JSON_COLUMN),
    sa.Index("ix_rights_audit_postbox", "postbox", "id"),
)
"""One look at all folders of a postbox. `acls` (who may do what) is kept of the newest only."""

rights_plan = sa.Table(
    "rights_plan",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("audit_id", ROW_ID, sa.ForeignKey("rights_audit.id"), nullable=False),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("decided_at", UtcTime),
    sa.Column("decided_by", sa.Text),
    sa.Column("ended_at", UtcTime),
    sa.Column("changes", JSON_COLUMN, nullable=False),
    sa.Column("blocked", JSON_COLUMN, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Index("ix_rights_plan_postbox", "postbox", "id"),
)
"""Changes to folder permissions, from proposal to deed. Own decision 0039.

`reason` is why it was put aside; whoever proposed it reads it.
"""

rights_step = sa.Table(
    "rights_step",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("plan_id", ROW_ID, sa.ForeignKey("rights_plan.id"), nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("error_code", sa.Text, nullable=False, server_default=""),
    sa.Column("before", JSON_COLUMN, nullable=False),
    sa.Column("after", JSON_COLUMN, nullable=False),
    sa.UniqueConstraint("plan_id", "folder", "kind"),
)
"""One folder of a plan: what stood there, what shall; written before the postbox is touched."""

rights_keep = sa.Table(
    "rights_keep",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("until", sa.Date, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("finding", JSON_COLUMN),
    sa.Index("ix_rights_keep_postbox", "postbox", "until"),
)
"""A finding that a person has decided to keep, with the reason, until that day.

`finding` is how it was then: with more rights it is open again. Programs from before don't note it.
"""

rights_round = sa.Table(
    "rights_round",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("agencies_due", sa.Date, nullable=False),
    sa.Column("directions_due", sa.Date, nullable=False),
    sa.Column("region_due", sa.Date, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Index("ix_rights_round_region", "region", "id"),
)
"""A round of review in a region; the newest is the one that runs."""

rights_mark = sa.Table(
    "rights_mark",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("round_id", ROW_ID, sa.ForeignKey("rights_round.id"), nullable=False),
    sa.Column("step", sa.String(20), nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("on_day", sa.Date, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("round_id", "step", "unit"),
)
"""That an agency, a Regionaldirektion or the region did its step of the round."""

rights_signoff = sa.Table(
    "rights_signoff",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("agency", sa.String(3), nullable=False),
    sa.Column("round_id", ROW_ID, sa.ForeignKey("rights_round.id")),
    sa.Column("audit_id", ROW_ID, sa.ForeignKey("rights_audit.id"), nullable=False),
    sa.Column("findings", JSON_COLUMN, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Index("ix_rights_signoff_postbox", "postbox", "agency", "id"),
)
"""That a person has looked at an agency's folders; with the findings there were, by their keys."""

rights_folder_signoff = sa.Table(
    "rights_folder_signoff",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("agency", sa.String(3), nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("signoff_id", ROW_ID, sa.ForeignKey("rights_signoff.id")),
    sa.Column("round_id", ROW_ID, sa.ForeignKey("rights_round.id")),
    sa.Column("audit_id", ROW_ID, sa.ForeignKey("rights_audit.id"), nullable=False),
    sa.Column("findings", JSON_COLUMN, nullable=False),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Index("ix_rights_folder_signoff_part", "postbox", "agency", "folder", "id"),
    sa.Index("ix_rights_folder_signoff_whole", "signoff_id"),
)
"""That a person has looked at one folder; an empty folder is what the agency's lists are.

`signoff_id` where the whole agency was signed off at once. Own decision 0081."""

rights_order = sa.Table(
    "rights_order",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("plan_id", ROW_ID, sa.ForeignKey("rights_plan.id")),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("done_at", UtcTime),
    sa.Column("error_code", sa.Text, nullable=False, server_default=""),
    partial_index("ix_rights_order_open", "postbox", "id", where="done_at IS NULL"),
)
"""What a page asks a worker to do with a postbox's permissions: the doors hold no passwords."""
