"""The ledger: every message seen has one row here and ends in one state; the originals beside it.

How a message comes in is in keeping.py, where it lies in sightings.py.
Source: own decision 0004.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from rules.errors import Refused
from rules.ledger import TAKEN_OUT_OF, LedgerState, ledger_step
from store import by_columns, originals, rows, tables
from store.engine import Tx
from store.originals import Packed
from store.statements import parts, spelled

BERLIN = ZoneInfo("Europe/Berlin")
"""Local days of the house. Source: § 4 Zeitgesetz (EinhZeitG): legal time in Germany."""


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the ledger. `message_id` is the header, evidence and never a key; `id` is the key.

    `state_at` is when it came into its state, `defects` are the parser's codes.
    """

    id: int
    sha256: str
    source: str
    postbox: str | None
    region: str | None
    message_id: str
    sender: str
    subject: str
    received_at: datetime
    kept_at: datetime
    state: LedgerState
    state_reason: str
    state_at: datetime
    defects: list[str]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Described:
    """What sorting says of one mail: where it goes on, and what the parser read into the row.

    `row` is the row under its lock (`locked_many`).
    """

    row: Message
    state: LedgerState
    reason: str
    sender: str
    subject: str
    message_id: str
    defects: tuple[str, ...]


_COLUMNS = rows.columns(Message, tables.message)


def describe(
    tx: Tx,
    message_id: int,
    *,
    sender: str,
    subject: str,
    message_id_header: str,
    defects: Iterable[str],
) -> None:
    """Write what the parser read into the row, for lists and search.

    Raises: Refused: `mail.unknown`.
    """
    _write(
        tx,
        message_id,
        {
            "sender": sender,
            "subject": subject,
            "message_id": message_id_header,
            "defects": list(defects),
        },
    )


def describe_many(tx: Tx, described: Sequence[Described], *, now: datetime) -> None:
    """Write what sorting found, `describe` and `set_state` in one; the rows are locked already.

    Raises: Conflict: `ledger.step`: rules/ledger.py knows no such way.
    """
    values = [
        {
            "row_id": one.row.id,
            "to_state": ledger_step(one.row.state, one.state),
            "to_reason": one.reason,
            "to_at": now,
            "the_sender": one.sender,
            "the_subject": one.subject,
            "the_message_id": one.message_id,
            "the_defects": list(one.defects),
        }
        for one in described
    ]
    by_columns.run(tx, _DESCRIBE, values)


def message(tx: Tx, message_id: int) -> Message:
    """The row. Raises: Refused: `mail.unknown`."""
    found = rows.one_as(tx, Message, sa.select(*_COLUMNS).where(tables.message.c.id == message_id))
    if found is None:
        raise unknown(message_id)
    return found


def locked(tx: Tx, message_id: int) -> Message:
    """The row; nobody else changes it, or sorts or files the mail, until this transaction ends.

    Raises: Refused: `mail.unknown`.
    """
    statement = sa.select(*_COLUMNS).where(tables.message.c.id == message_id)
    # Not FOR UPDATE: rows that only refer to the message need not wait.
    found = rows.one_as(tx, Message, statement.with_for_update(key_share=True))
    if found is None:
        raise unknown(message_id)
    return found


def locked_many(tx: Tx, message_ids: Iterable[int]) -> dict[int, Message]:
    """As `locked`, for many; ids that the ledger does not know are left out.

    Locked in the order of their ids, so that two who lock many don't wait for each other for ever.
    """
    found: dict[int, Message] = {}
    for part in parts(sorted(set(message_ids))):
        statement = (
            sa.select(*_COLUMNS)
            .where(tables.message.c.id.in_(part))
            .order_by(tables.message.c.id)
            .with_for_update(key_share=True)
        )
        found |= {row.id: row for row in rows.all_as(tx, Message, statement)}
    return found


def lock_many(tx: Tx, message_ids: Iterable[int]) -> frozenset[int]:
    """As `locked_many`, for who needs the locks only: the ids that the ledger knows."""
    found: set[int] = set()
    for part in parts(sorted(set(message_ids))):
        row_id = tables.message.c.id
        statement = sa.select(row_id).where(row_id.in_(part)).order_by(row_id)
        found.update(tx.run(statement.with_for_update(key_share=True)).scalars())
    return frozenset(found)


def original(tx: Tx, message_id: int) -> bytes:
    """The bytes as they came.

    Raises: Refused: `mail.unknown`; `mail.deleted` after the retention period. Unreadable:
    `mail.damaged`: the stored bytes are not those of their fingerprint.
    """
    row = message(tx, message_id)
    return opened(row, originals.packed_many(tx, [row.sha256])[row.sha256])


def opened(row: Message, packed: Packed) -> bytes:
    """The bytes of a message out of what the store holds of them; raises as `original`."""
    is_there = row.state is not LedgerState.DELETED
    data = originals.unpacked(packed, row.sha256) if is_there else None
    if data is None:
        raise Refused(
            "mail.deleted",
            f"The content of message {row.id} was deleted after its retention period.",
            message_id=row.id,
        )
    return data


def set_state(tx: Tx, message_id: int, state: LedgerState, *, reason: str, now: datetime) -> None:
    """Move a message on its way. The state it has already is no move and no error.

    Raises: Refused: `mail.unknown`. Conflict: `ledger.step`: rules/ledger.py knows no such way.
    """
    current = tx.run(
        sa.select(tables.message.c.state).where(tables.message.c.id == message_id).with_for_update()
    ).scalar_one_or_none()
    if current is None:
        raise unknown(message_id)
    if current is state:
        return
    ledger_step(current, state)
    _write(tx, message_id, {"state": state, "state_reason": reason, "state_at": now})


def take_out(tx: Tx, message_id: int, *, now: datetime) -> None:
    """A person took it out of the postbox: `gone`, where the rules say so; nothing else changes.

    The reason keeps what it was, for `put_back`. Raises: Refused: `mail.unknown`.
    """
    row = locked(tx, message_id)
    if row.state in TAKEN_OUT_OF:
        before = f"{row.state.value}:{row.state_reason}"
        set_state(tx, message_id, LedgerState.GONE, reason=before, now=now)


def put_back(tx: Tx, message_id: int, *, now: datetime) -> None:
    """It lies in the postbox again: a mail that was `gone` is what it was before. Idempotent.

    Raises: Refused: `mail.unknown`.
    """
    row = locked(tx, message_id)
    if row.state is LedgerState.GONE:
        before, reason = was_before(row)
        set_state(tx, message_id, before, reason=reason, now=now)


def was_before(row: Message) -> tuple[LedgerState, str]:
    """State and reason of a mail before it was `gone`."""
    word, _, reason = row.state_reason.partition(":")
    aside = LedgerState.ASIDE
    return (aside, reason) if word == aside.value else (LedgerState.SORTED, reason)


def known_in(tx: Tx, postbox: str, *, hashes: Iterable[str]) -> frozenset[str]:
    """Those of the fingerprints that a message of the postbox has, however it came in.

    One whose content was deleted after its period is known too: it must not come back.
    """
    table = tables.message
    found: set[str] = set()
    for part in parts(sorted(hashes)):
        statement = sa.select(table.c.sha256).where(
            table.c.sha256.in_(part), table.c.postbox == postbox
        )
        found.update(tx.run(statement).scalars())
    return frozenset(found)


def unsorted(
    tx: Tx,
    *,
    limit: int,
    limit_bytes: int | None = None,
    where: sa.ColumnElement[bool] | None = None,
) -> tuple[Message, ...]:
    """Messages in state `kept`, oldest first; one at least, then as many as `limit_bytes` hold.

    Only those for which `where` holds.
    """
    statement = sa.select(*_COLUMNS).where(_is_unsorted()).order_by(tables.message.c.id)
    if where is not None:
        statement = statement.where(where)
    found = rows.all_as(tx, Message, statement.limit(limit))
    if limit_bytes is None:
        return found
    sizes = accumulate(row.size_bytes for row in found)
    fitting = sum(1 for size in sizes if size <= limit_bytes)
    return found[: max(1, fitting)]


def has_unsorted(tx: Tx) -> bool:
    """Whether any message is in state `kept`."""
    return tx.run(sa.select(tables.message.c.id).where(_is_unsorted()).limit(1)).first() is not None


def unsorted_count(tx: Tx) -> int:
    """How many messages are in state `kept`, of all days."""
    number: int = tx.run(
        sa.select(sa.func.count()).select_from(tables.message).where(_is_unsorted())
    ).scalar_one()
    return number


_ALL = 1_000_000_000
"""More than any ledger has."""


def sorted_count(tx: Tx, *, day: date) -> int:
    """How many messages of a local day (Europe/Berlin) are no longer in state `kept`.

    Counted by two indexes alone: each page of the desk asks, also on a Monday of 200,000 mails.
    """
    since, until = day_bounds(day)
    of_day = (tables.message.c.kept_at >= since, tables.message.c.kept_at < until)
    number = sa.select(sa.func.count()).select_from(tables.message)
    seen: int = tx.run(number.where(*of_day)).scalar_one()
    # The limit is a wall: without it SQLite would rather look up the state of all mails of the day.
    unsorted = (
        sa.select(tables.message.c.kept_at)
        .where(_is_unsorted())
        .order_by(tables.message.c.id)
        .limit(_ALL)
        .subquery("unsorted")
    )
    days = unsorted.c.kept_at
    kept: int = tx.run(sa.select(sa.func.count()).where(days >= since, days < until)).scalar_one()
    return seen - kept


def counts(tx: Tx) -> dict[LedgerState, int]:
    """How many messages in each state; all states are keys, and nothing else is counted.

    The whole archive is counted, which is slow: for reports only.
    """
    table = tables.message
    # As text: a row whose state is damaged must not hide all others.
    state_word = sa.type_coerce(table.c.state, sa.String)
    statement = sa.select(state_word, sa.func.count()).group_by(table.c.state)
    found: dict[str, int] = dict(tx.run(statement).all())
    return {state: found.get(state.value, 0) for state in LedgerState}


def counts_by_postbox(tx: Tx, *, day: date) -> dict[str | None, dict[LedgerState, int]]:
    """As `counts`, of those kept on one local day (Europe/Berlin), for each postbox that has some.

    None for what came in another way.
    """
    table = tables.message
    since, until = day_bounds(day)
    state_word = sa.type_coerce(table.c.state, sa.String)
    statement = (
        sa.select(table.c.postbox, state_word, sa.func.count())
        .where(table.c.kept_at >= since, table.c.kept_at < until)
        .group_by(table.c.postbox, table.c.state)
    )
    found: dict[str | None, dict[str, int]] = {}
    for postbox, word, number in tx.run(statement):
        found.setdefault(postbox, {})[word] = number
    return {
        postbox: {state: words.get(state.value, 0) for state in LedgerState}
        for postbox, words in found.items()
    }


def waiting_since(tx: Tx) -> dict[tuple[str, str | None], datetime]:
    """Since when the oldest unsorted message waits, by source and postbox; only where some wait.

    Since it was received; one that was sorted before and is to be sorted again, since then. An
    archive that was filled in is old by nature and says nothing about how fresh the house is.
    """
    table = tables.message
    is_first = table.c.state_at == table.c.kept_at
    since = sa.case((is_first, table.c.received_at), else_=table.c.state_at)
    statement = (
        sa.select(table.c.source, table.c.postbox, sa.func.min(since))
        .where(_is_unsorted(), table.c.source != "backfill")
        .group_by(table.c.source, table.c.postbox)
    )
    return {(source, postbox): since for source, postbox, since in tx.run(statement)}


def unknown(message_id: int) -> Refused:
    """The error for an id that the ledger does not know."""
    return Refused("mail.unknown", f"There is no message {message_id}.", message_id=message_id)


def _write(tx: Tx, message_id: int, values: Mapping[str, Any]) -> None:
    statement = sa.update(tables.message).where(tables.message.c.id == message_id).values(values)
    if not tx.run(statement).rowcount:
        raise unknown(message_id)


def _is_unsorted() -> sa.ColumnElement[bool]:
    return spelled(tables.message.c.state, LedgerState.KEPT)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The local day (Europe/Berlin): its first moment, and that of the next, 23 to 25 h later."""
    midnight = time(tzinfo=BERLIN)
    return datetime.combine(day, midnight), datetime.combine(day + timedelta(days=1), midnight)


# Built once: putting the words together takes longer than running them.
_DESCRIBE = (
    sa.update(tables.message)
    .where(tables.message.c.id == sa.bindparam("row_id"))
    .values(
        state=sa.bindparam("to_state"),
        state_reason=sa.bindparam("to_reason"),
        state_at=sa.bindparam("to_at"),
        sender=sa.bindparam("the_sender"),
        subject=sa.bindparam("the_subject"),
        message_id=sa.bindparam("the_message_id"),
        defects=sa.bindparam("the_defects"),
    )
)
