"""Mail that was set aside with a reason: list, take up again. Never a deletion."""

from rules.access import Caller, Permission, require
from rules.codes import Team
from rules.errors import Conflict
from rules.ledger import LedgerState
from store import aside, audit, items, ledger
from store.aside import SetAside
from store.engine import Tx
from triage import sort
from triage.house import House


def listing(
    house: House, caller: Caller, *, limit: int = 100, after: int | None = None
) -> tuple[SetAside, ...]:
    """What lies aside now, newest first. `after` is the row id of the last one before.

    Raises: Refused: `access.denied`.
    """
    require(caller, Permission.REPLAY)
    with house.db.read() as tx:
        return aside.listing(tx, limit=limit, after=after)


def replay(house: House, caller: Caller, message_id: int) -> None:
    """Send the mail through parsing, verdict and sorting once more, by the next worker round.

    Raises: Refused: `mail.unknown`. Conflict: `mail.not_aside`.
    """
    require(caller, Permission.REPLAY)
    now = house.clock()
    with house.db.write() as tx:
        _require_aside(tx, message_id)
        ledger.set_state(tx, message_id, LedgerState.KEPT, reason="", now=now)
        aside.resolve(tx, message_id, resolution="replayed", now=now)
        _note(house, tx, caller, message_id, "mail.replayed")


def take_in(house: House, caller: Caller, message_id: int) -> int:
    """A person says it is real mail: make an item of it, for review; the item's id.

    Raises: Refused: `mail.unknown`. Conflict: `mail.not_aside`, `item.exists`.
    """
    require(caller, Permission.REPLAY)
    now = house.clock()
    with house.db.read() as tx:
        message, data = ledger.message(tx, message_id), ledger.original(tx, message_id)
    found = sort.prepare(house, message, data)
    with house.db.write() as tx:
        _require_aside(tx, message_id)
        sort.enqueue(house, tx, found, team=Team.EZ, review=True)
        ledger.set_state(tx, message_id, LedgerState.SORTED, reason="taken_in", now=now)
        aside.resolve(tx, message_id, resolution="taken_in", now=now)
        _note(house, tx, caller, message_id, "mail.taken_in")
        item = items.of_message(tx, message_id)
    if item is None:
        raise AssertionError("the item was made in the same transaction")
    return item.id


def _require_aside(tx: Tx, message_id: int) -> None:
    row = ledger.message(tx, message_id)
    state = ledger.was_before(row)[0] if row.state is LedgerState.GONE else row.state
    if state is not LedgerState.ASIDE:
        raise Conflict("mail.not_aside", f"Message {message_id} does not lie aside any more.")


def _note(house: House, tx: Tx, caller: Caller, message_id: int, action: str) -> None:
    audit.add(
        tx,
        caller.name,
        action=action,
        subject=f"message:{message_id}",
        details={},
        at=house.clock(),
    )
