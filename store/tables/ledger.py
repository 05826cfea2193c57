"""The tables of mail, items and outgoing things; others stand in the files beside.

A table belongs to the module of its name; others read it only by joins. Every change of a table
needs a numbered migration (tests/store compares them).
"""

from datetime import date
from enum import StrEnum

import sqlalchemy as sa

from rules.codes import PaymentRelevant, Team
from rules.item import CloseReason, EakteState, ItemState
from rules.ledger import LedgerState, OpState
from store.database.columns import (
    JSON_COLUMN,
    ROW_ID,
    MailText,
    UtcTime,
    metadata,
    partial_index,
    words,
)


class SightingState(StrEnum):
    """Whether a message still lies at a place where it was seen."""

    LIVE = "live"
    GONE = "gone"


class OutgoingState(StrEnum):
    """How far one outgoing thing has come. `sent` waits for a receipt where the kind gives one."""

    NEW = "new"
    CLAIMED = "claimed"
    SENT = "sent"
    RECEIPTED = "receipted"
    REJECTED = "rejected"
    DEAD = "dead"


WAIT_AT_MOST_DAYS = 28
"""Place in the queue of an item without a due day: that long after its receipt.

A real day, so that what comes later can't pass it for ever; SQLite and PostgreSQL would also sort
NULL differently. Source: own decision 0049.
"""

FIRST_DAY = date.min
"""Place in the queue of an item with an alert: before all others. Own decision 0049."""


original = sa.Table(
    "original",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("codec", sa.String(20), nullable=False),
    sa.Column("data", sa.LargeBinary),
    sa.Column("deleted_at", UtcTime),
)
"""The bytes as they came, compressed by `codec`; `data` is NULL after deletion, the row stays."""

message = sa.Table(
    "message",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("sha256", sa.String(64), sa.ForeignKey("original.sha256"), nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("postbox", sa.Text),
    sa.Column("region", sa.Text),
    sa.Column("message_id", MailText, nullable=False, server_default=""),
    sa.Column("sender", MailText, nullable=False, server_default=""),
    sa.Column("subject", MailText, nullable=False, server_default=""),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("kept_at", UtcTime, nullable=False),
    sa.Column("state", words(LedgerState), nullable=False),
    sa.Column("state_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("state_at", UtcTime, nullable=False),
    sa.Column("defects", JSON_COLUMN, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Index("ix_message_sha256", "sha256"),
    sa.Index("ix_message_sender", "sender"),
    sa.Index("ix_message_kept_at", "kept_at"),
    sa.Index("ix_message_postbox_received_at", "postbox", "received_at"),
    partial_index("ix_message_unsorted", "id", where="state = 'kept'"),
    partial_index("ix_message_ended", "state_at", "id", where="state IN ('done', 'aside', 'gone')"),
    partial_index("ix_message_gone", "id", where="state = 'gone'"),
)
"""The ledger: one row for each arrival, also for byte-identical twins; ends in one state."""

sighting = sa.Table(
    "sighting",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("epoch", sa.Text, nullable=False),
    sa.Column("uid", sa.Text, nullable=False),
    sa.Column("state", words(SightingState), nullable=False),
    sa.Column("absences", sa.Integer, nullable=False, server_default="0"),
    sa.Column("first_seen_at", UtcTime, nullable=False),
    sa.Column("last_seen_at", UtcTime, nullable=False),
    sa.UniqueConstraint("postbox", "folder", "epoch", "uid"),
    sa.Index("ix_sighting_message_id", "message_id"),
    # INBOX collects a gone row for every mail that ever passed: syncing must not read them.
    partial_index("ix_sighting_live", "postbox", "folder", "epoch", "uid", where="state = 'live'"),
)
"""Where a message lay and lies. A place belongs to one message for good, also when it is gone."""

op = sa.Table(
    "op",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("postbox", sa.Text, nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("src_folder", sa.Text, nullable=False),
    sa.Column("src_epoch", sa.Text, nullable=False),
    sa.Column("src_uid", sa.Text, nullable=False),
    sa.Column("dst_folder", sa.Text, nullable=False),
    sa.Column("mark_epoch", sa.Text),
    sa.Column("mark_next_uid", sa.Text),
    sa.Column("state", words(OpState), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("sent_at", UtcTime),
    sa.Column("done_at", UtcTime),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", UtcTime, nullable=False),
    sa.Column("error_code", sa.Text, nullable=False, server_default=""),
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("ix_op_message_id", "message_id"),
    # Several, not one: SQLite does not see that a state is one of several.
    partial_index("ix_op_new", "postbox", "id", where="state = 'new'"),
    partial_index("ix_op_sent", "postbox", "id", where="state = 'sent'"),
    partial_index("ix_op_refused", "id", where="state = 'refused'"),
    # A withdrawn wish is the one row that is ever deleted; its id must not name another.
    sqlite_autoincrement=True,
)
"""What is to be done in a postbox: the wish before the command, the proof after it."""

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text),
    sa.Column("until", UtcTime, nullable=False),
    sa.Column("fence", sa.BigInteger, nullable=False),
)
"""Who may work on a postbox or a job. `owner` is NULL after a clean release."""

verdict = sa.Table(
    "verdict",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("rules", sa.Text, nullable=False),
    sa.Column("body", JSON_COLUMN, nullable=False),
    sa.Column("payment", sa.String(20), nullable=False),
    sa.Column("first_concern", sa.String(40), nullable=False),
    sa.Column("review", sa.Boolean, nullable=False),
    sa.Index("ix_verdict_message_id", "message_id", "id"),
    partial_index("ix_verdict_of_people", "source", "id", where="source <> 'machine'"),
)
"""All verdicts on a message, machine and clerk; the newest counts, none is overwritten."""

item = sa.Table(
    "item",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), nullable=False, unique=True),
    sa.Column("agency_code", sa.String(20)),
    sa.Column("region", sa.Text, nullable=False, server_default=""),
    sa.Column("team", words(Team), nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("channel", sa.String(40), nullable=False),
    sa.Column("first_concern", sa.String(40), nullable=False),
    sa.Column("payment", words(PaymentRelevant), nullable=False),
    sa.Column("eakte", words(EakteState), nullable=False),
    sa.Column("state", words(ItemState), nullable=False),
    sa.Column("review", sa.Boolean, nullable=False),
    sa.Column("due_on", sa.Date),
    sa.Column("queue_day", sa.Date, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("hops", sa.Integer, nullable=False, server_default="0"),
    sa.Column("parked_until", sa.Date),
    sa.Column("preferred_holder", sa.Text),
    sa.Column("holder", sa.Text),
    sa.Column("lease_token", sa.String(64)),
    sa.Column("lease_until", UtcTime),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("close_when_received", sa.Boolean, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("close_reason", words(CloseReason)),
    sa.Column("proof_duty", sa.Boolean, nullable=False),
    sa.Column("waiver", MailText, nullable=False, server_default=""),
    # What the last clerk wrote for the next one (park, return, forward): content, erased with it.
    sa.Column("note", MailText, nullable=False, server_default=""),
    sa.Column("language", sa.String(20), nullable=False, server_default="de"),
    sa.Column("alert", sa.String(20), nullable=False, server_default=""),
    partial_index(
        "ix_item_claim", "agency_code", "team", "queue_day", "received_at", "id",
        where="state = 'waiting'"),
    partial_index(
        "ix_item_claim_concern",
        "agency_code", "team", "first_concern", "queue_day", "received_at", "id",
        where="state = 'waiting'"),
    partial_index(
        "ix_item_claim_language",
        "agency_code", "team", "language", "queue_day", "received_at", "id",
        where="state = 'waiting'"),
    partial_index(
        "ix_item_claim_preferred", "preferred_holder", "agency_code", "queue_day",
        where="state = 'waiting' AND preferred_holder IS NOT NULL"),
    partial_index("ix_item_held", "holder", "id", where="state = 'held'"),
    partial_index("ix_item_lease_until", "lease_until", where="state = 'held'"),
    partial_index("ix_item_parked_until", "parked_until", where="state = 'parked'"),
    partial_index(
        "ix_item_open", "agency_code", "queue_day", "received_at", "id",
        where="state <> 'closed'"),
    partial_index(
        "ix_item_open_received", "agency_code", "received_at", "id", where="state <> 'closed'"),
    partial_index("ix_item_closed_at", "closed_at", where="state = 'closed'"),
    partial_index(
        "ix_item_open_counts", "agency_code", "state", "first_concern", "received_at", "region",
        where="state <> 'closed'"),
    partial_index(
        "ix_item_stuck", "queue_day", "received_at", "id",
        where="state IN ('held', 'parked', 'pending')"),
    partial_index("ix_item_open_due", "agency_code", "due_on", where="state <> 'closed'"),
    partial_index("ix_item_open_sent", "agency_code", where="eakte = 'sent' AND state <> 'closed'"),
)  # fmt: skip
"""The queue of the Eingangszonen. Held by one clerk at a time, by `lease_token`."""

outgoing = sa.Table(
    "outgoing",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("item_id", ROW_ID, sa.ForeignKey("item.id")),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id")),
    sa.Column("idempotency_key", sa.Text, nullable=False, unique=True),
    sa.Column("payload", JSON_COLUMN, nullable=False),
    sa.Column("state", words(OutgoingState), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_try_at", UtcTime),
    sa.Column("claimed_by", sa.Text),
    sa.Column("claimed_until", UtcTime),
    sa.Column("fence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("answer", MailText),
    sa.Column("receipt", JSON_COLUMN),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("sent_at", UtcTime),
    sa.Column("done_at", UtcTime),
    sa.Column("error_code", sa.Text, nullable=False, server_default=""),
    partial_index("ix_outgoing_due", "next_try_at", "id", where="next_try_at IS NOT NULL"),
    partial_index(
        "ix_outgoing_due_kind", "kind", "next_try_at", "id", where="next_try_at IS NOT NULL"
    ),
    partial_index("ix_outgoing_webhook", "sent_at", where="kind = 'webhook' AND state = 'sent'"),
    sa.Index("ix_outgoing_item_id", "item_id"),
    sa.Index("ix_outgoing_message_id", "message_id"),
    sa.Index("ix_outgoing_state", "state", "id"),
    partial_index("ix_outgoing_receipted", "done_at", where="state = 'receipted'"),
    # By kind alone, SQLite would take it for the claim and sort what is due each time.
    partial_index("ix_outgoing_sent", "sent_at", where="kind = 'eakte'"),
    partial_index("ix_outgoing_task", "sent_at", where="kind = 'task' AND state = 'sent'"),
)
"""Everything that is to reach somebody outside: hand-overs, replies, tasks for other units.

`next_try_at` is NULL where nothing is left to do for a worker.
"""

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("details", JSON_COLUMN, nullable=False),
    sa.Column("seal_seq", sa.BigInteger, unique=True),
    sa.Column("prev_hash", sa.String(64)),
    sa.Column("hash", sa.String(64)),
    sa.Index("ix_audit_subject", "subject", "id"),
    partial_index("ix_audit_unsealed", "id", where="seal_seq IS NULL"),
)
"""Who did what to what, without content. Rows are written once; only the seal is added later."""

idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("caller", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("request_hash", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("body", JSON_COLUMN, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Index("ix_idempotency_created_at", "created_at"),
)
"""Answers already given to a caller's `Idempotency-Key`."""

aside = sa.Table(
    "aside",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    sa.Column("message_id", ROW_ID, sa.ForeignKey("message.id"), nullable=False),
    sa.Column("step", sa.String(40), nullable=False),
    sa.Column("reason_code", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="1"),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("resolved_at", UtcTime),
    sa.Column("resolution", sa.Text),
    sa.Index("ix_aside_message_id", "message_id"),
    # A mail lies aside once; setting it aside again finds the row by this.
    sa.Index(
        "uq_aside_open_message_id",
        "message_id",
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    ),
    partial_index("ix_aside_open", "id", where="resolved_at IS NULL"),
)
"""Mail beside the way, with the reason; open as long as `resolved_at` is NULL."""

arrival = sa.Table(
    "arrival",
    metadata,
    sa.Column("id", ROW_ID, primary_key=True, autoincrement=True),
    # No foreign key: this row must outlive the message, or a loss could not be seen.
    sa.Column("message_id", ROW_ID, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("postbox", sa.Text),
    sa.Column("delivery_key", sa.String(64), unique=True),
    sa.Column("deliveries", sa.Integer, nullable=False, server_default="1"),
    sa.Index("ix_arrival_at", "at"),
    sa.Index("ix_arrival_message_id", "message_id"),
)
"""What was seen, counted apart from the ledger: one row for each message when it is kept.

Rows are never deleted. `delivery_key` names a delivery by SMTP or LMTP, so that its repetition
is no second message; `deliveries` counts how often it came.
"""

beat = sa.Table(
    "beat",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
)
"""How the last round of each worker loop went; the only news between worker and doors."""
