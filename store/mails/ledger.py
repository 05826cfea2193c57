"""The ledger: every message seen has one row here and ends in one state; the originals beside it.

How a message comes in is in keeping.py, where it lies in sightings.py, how many there are in
ledger_counts.py.
Source: own decision 0004.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

import sqlalchemy as sa

from rules.errors import Refused
from rules.ledger import TAKEN_OUT_OF, LedgerState, ledger_step
from store.database import by_columns, rows
from store.database.engine import Tx
from store.database.statements import parts, spelled
from store.mails import originals
from store.mails.originals import Packed
from store.tables import ledger as tables


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
    found = sa.select(tables.message.c.state).where(tables.message.c.id == message_id)
    # As `locked`: rows that a clerk adds at this moment only refer to it, and we need not wait.
    current = tx.run(found.with_for_update(key_share=True)).scalar_one_or_none()
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


def known_in(tx: Tx, postbox: str, *, hashes: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Those of the fingerprints that a message of the postbox has, however it came in.

    Each with the size of that mail: of some, only the head is here. One whose content was deleted
    after its period is known too: it must not come back.
    """
    table = tables.message
    found: set[tuple[str, int]] = set()
    for part in parts(sorted(hashes)):
        statement = sa.select(table.c.sha256, table.c.size_bytes).where(
            table.c.sha256.in_(part), table.c.postbox == postbox
        )
        found.update((row.sha256, row.size_bytes) for row in tx.run(statement))
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
    statement = sa.select(*_COLUMNS).where(is_unsorted()).order_by(tables.message.c.id)
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
    return tx.run(sa.select(tables.message.c.id).where(is_unsorted()).limit(1)).first() is not None


def unknown(message_id: int) -> Refused:
    """The error for an id that the ledger does not know."""
    return Refused("mail.unknown", f"There is no message {message_id}.", message_id=message_id)


def _write(tx: Tx, message_id: int, values: Mapping[str, Any]) -> None:
    statement = sa.update(tables.message).where(tables.message.c.id == message_id).values(values)
    if not tx.run(statement).rowcount:
        raise unknown(message_id)


def is_unsorted() -> sa.ColumnElement[bool]:
    """State `kept`, spelled out as the partial index has it."""
    return spelled(tables.message.c.state, LedgerState.KEPT)


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
