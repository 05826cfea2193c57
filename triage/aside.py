"""Mail that was set aside with a reason: list, take up again, one or all. Never a deletion.

An admin of a region sees and replays the mail of its postboxes only. Source: F6, F58.
"""

from collections.abc import Sequence

from rules import head_only
from rules.access import Caller, Permission, may_see_region, require
from rules.errors import Conflict
from rules.ledger import LedgerState
from store.database.engine import Tx
from store.desk import items
from store.mails import aside, aside_shown, ledger
from store.mails.aside import Choice, SetAside
from store.mails.ledger import Message
from store.trail import audit
from triage import deciding, sort
from triage.house import House
from triage.known.open_again import open_again

BATCH = 100
"""Mails replayed in one commit: clerks and workers write between two of them. As
rounds.SORT_BATCH, and a replay writes less a mail."""


def listing(
    house: House,
    caller: Caller,
    *,
    limit: int = 100,
    after: int | None = None,
    reason_code: str = "",
    postbox: str = "",
) -> tuple[SetAside, ...]:
    """What lies aside in the caller's regions, newest first, of one reason or postbox or all.

    A caller who shows it notes that (`note_shown`). `after` is the row id of the last one before.
    Raises: Refused: `access.denied`.
    """
    require(caller, Permission.REPLAY)
    choice = Choice(caller.whole_regions, reason_code, postbox)
    with house.db.read() as tx:
        return aside.listing(tx, limit=limit, after=after, choice=choice)


def note_shown(
    house: House, caller: Caller, rows: Sequence[SetAside], *, action: str = "list.read"
) -> None:
    """A list showed these to the caller, before it does; who has seen them may say so afterwards.

    `action` as in aside_shown.ACTIONS. Raises: TryLater: `store.away`.
    """
    if not rows:
        return
    with house.db.write() as tx:
        audit.add(
            tx,
            caller.name,
            action=action,
            subject=aside_shown.SUBJECT,
            details=aside_shown.details(rows),
            at=house.clock(),
        )


def reasons(house: House, caller: Caller) -> tuple[tuple[str, int], ...]:
    """How many lie aside in the caller's regions for which reason, most first.

    Raises: Refused: `access.denied`.
    """
    require(caller, Permission.REPLAY)
    with house.db.read() as tx:
        return aside.reasons(tx, choice=Choice(caller.whole_regions))


def replay(house: House, caller: Caller, message_id: int) -> None:
    """Send the mail through parsing, verdict and sorting once more, by the next worker round.

    Raises: Refused: `mail.unknown`, also out of scope. Conflict: `mail.not_aside`.
    """
    require(caller, Permission.REPLAY)
    with house.db.write() as tx:
        _replay(house, tx, caller, _require_aside(caller, ledger.locked(tx, message_id)))


def replay_all(house: House, caller: Caller, *, reason_code: str = "", postbox: str = "") -> int:
    """As `replay`, for all that lie aside in the caller's regions at the start; their number.

    One reason or postbox, or all. In commits of `BATCH`: what was done before a crash stays done,
    and the next call goes on. What comes to lie aside again meanwhile is not replayed again.
    Raises: Refused: `access.denied`. TryLater: `store.away`.
    """
    require(caller, Permission.REPLAY)
    choice = Choice(caller.whole_regions, reason_code, postbox)
    done, after = 0, None
    while True:
        with house.db.write() as tx:
            found = aside.listing(tx, limit=BATCH, after=after, choice=choice)
            # Somebody may have taken one of them in since.
            rows = ledger.locked_many(tx, (row.message_id for row in found))
            lying = [rows[row.message_id] for row in found if _lies_aside(rows[row.message_id])]
            for row in lying:
                _replay(house, tx, caller, row)
        done += len(lying)
        if len(found) < BATCH:
            return done
        after = found[-1].id


def take_in(house: House, caller: Caller, message_id: int) -> int:
    """A person says it is real mail: make an item of it, for review; the item's id.

    Raises: Refused: `mail.unknown`, also out of scope. Conflict: `mail.not_aside`, `item.exists`.
    """
    require(caller, Permission.REPLAY)
    now = house.clock()
    with house.db.read() as tx:
        message = _require_aside(caller, ledger.message(tx, message_id))
        data = ledger.original(tx, message_id)
    found = deciding.prepare(house, message, data)
    with house.db.write() as tx:
        # Somebody may have replayed it since.
        _require_aside(caller, ledger.locked(tx, message_id))
        sort.enqueue_for_review(house, tx, found)
        open_again(tx, message_id, reason="taken_in", now=now)
        aside.resolve(tx, message_id, resolution="taken_in", now=now)
        _note(house, tx, caller, message_id, "mail.taken_in")
        item = items.of_message(tx, message_id)
    if item is None:
        raise AssertionError("the item was made in the same transaction")
    return item.id


def _replay(house: House, tx: Tx, caller: Caller, row: Message) -> None:
    now = house.clock()
    # That only the head is here is no fault that another try could mend: sorting must know it.
    why = head_only.named(_reason(row))
    ledger.set_state(tx, row.id, LedgerState.KEPT, reason=why, now=now)
    aside.resolve(tx, row.id, resolution="replayed", now=now)
    _note(house, tx, caller, row.id, "mail.replayed")


def _reason(row: Message) -> str:
    return ledger.was_before(row)[1] if row.state is LedgerState.GONE else row.state_reason


def _require_aside(caller: Caller, row: Message) -> Message:
    if not may_see_region(caller, row.region):
        raise ledger.unknown(row.id)
    if not _lies_aside(row):
        raise Conflict("mail.not_aside", f"Message {row.id} does not lie aside any more.")
    return row


def _lies_aside(row: Message) -> bool:
    state = ledger.was_before(row)[0] if row.state is LedgerState.GONE else row.state
    return state is LedgerState.ASIDE


def _note(house: House, tx: Tx, caller: Caller, message_id: int, action: str) -> None:
    audit.add(
        tx,
        caller.name,
        action=action,
        subject=f"message:{message_id}",
        details={},
        at=house.clock(),
    )
