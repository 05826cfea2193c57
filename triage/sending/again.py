"""What has left is ordered once more, since its receiver says that nothing came.

Under the same key: who has it after all knows it by that key and has it once, who has nothing takes
it. So nobody has to believe either side. Source: own decision 0066.
"""

from collections.abc import Mapping
from typing import Final

from rules import access
from rules.access import Caller, Permission
from rules.errors import Conflict, Refused
from rules.outgoing import OutgoingKind
from rules.reasons import SHORTEST, is_too_short
from store.database.engine import Tx
from store.sending import outgoing, outgoing_turns
from store.sending.outgoing import Outgoing
from store.tables.ledger import OutgoingState
from store.trail import audit
from triage import handover
from triage.house import House
from triage.sending import dead_letters, records

REASON_LONGEST: Final = 500
"""In letters; as of a stop (triage/halting.py). Own decision 0066."""

REASONS: Final = "again"
"""Key of the payload under which the reasons stand; they go with the content of the mail."""


def send_again(house: House, caller: Caller, outgoing_id: int, *, reason: str) -> None:
    """A row that was sent and has no receipt leaves once more, under its old key.

    `reason` is who said that nothing came, and when; it stands with the row, not in the trail.
    Raises: Refused: `access.denied`, `outgoing.unknown`, also out of scope, `mail.deleted`,
    `outgoing.reason`. Conflict: `outgoing.not_sent`, `outgoing.overtaken`.
    """
    access.require(caller, Permission.REPLAY)
    now = house.clock()
    with house.db.write() as tx:
        row = handover.alone(tx, dead_letters.of_region(tx, caller, outgoing_id))
        said = _written(reason)
        _require_sent(row)
        _require_newest(tx, row)
        dead_letters.require_content(tx, row)
        told = [*row.payload.get(REASONS, ()), {"at": now.isoformat(), "reason": said}]
        outgoing_turns.again(tx, row, payload=row.payload | {REASONS: told}, now=now)
        audit.add(
            tx,
            caller.name,
            action="outgoing.sent_again",
            subject=f"message:{row.message_id}" if row.message_id else f"outgoing:{row.id}",
            details={"outgoing": row.id, "kind": row.kind, "item": row.item_id},
            at=now,
        )


def number_of(house: House, caller: Caller, key: str) -> int:
    """The row of a key, as the receiver names it. Raises: Refused: as `send_again`."""
    access.require(caller, Permission.REPLAY)
    with house.db.read() as tx:
        row = outgoing.of_key(tx, key)
        if row is None:
            raise Refused("outgoing.unknown", f"No outgoing row has the key {key!r}.", id=key)
        return dead_letters.of_region(tx, caller, row.id).id


def reason_of(payload: Mapping[str, object]) -> str:
    """Why it was sent once more the last time; empty where it was not."""
    told = payload.get(REASONS)
    return str(told[-1]["reason"]) if isinstance(told, list) and told else ""


def is_possible(row: Outgoing) -> bool:
    """Whether it left, is waited for, and is none of the events for programs.

    These read the feed again from where they were (F67).
    """
    return row.state is OutgoingState.SENT and row.kind != OutgoingKind.WEBHOOK


def _written(reason: str) -> str:
    said = reason.strip()
    if is_too_short(said) or len(said) > REASON_LONGEST:
        raise Refused(
            "outgoing.reason",
            f"A reason has {SHORTEST} to {REASON_LONGEST} letters: who says that nothing"
            " came, and since when.",
            shortest=SHORTEST,
            longest=REASON_LONGEST,
        )
    return said


def _require_sent(row: Outgoing) -> None:
    if not is_possible(row):
        raise Conflict(
            "outgoing.not_sent",
            f"Outgoing row {row.id} ({row.kind}) is {row.state.value}; once more goes what was sent"
            " and has no receipt. What has one was taken: ask the receiver for its reference. Dead"
            " or rejected rows are replayed, events are read from the feed.",
            outgoing_id=row.id,
            state=row.state.value,
        )


def _require_newest(tx: Tx, row: Outgoing) -> None:
    """A hand-over that was ordered anew since would lie in the record of before."""
    if row.kind != OutgoingKind.EAKTE or row.item_id is None:
        return
    counting = records.newest(outgoing.of_item(tx, row.item_id))
    if row.id not in {one.id for one in counting}:
        raise Conflict(
            "outgoing.overtaken",
            f"Hand-over {row.id} was ordered anew since; send the newer one of item"
            f" {row.item_id} again.",
            outgoing_id=row.id,
            item_id=row.item_id,
        )
