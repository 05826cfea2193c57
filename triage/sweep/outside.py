"""Copies outside the database: the eAkte's package, the answer as sent, a task, the mail itself.

Each has its intent (store/deletion/sweep_removals.py) since the commit that erased our copy.
Repeating a removal does no harm: a mail goes only if its bytes have the fingerprint, the others by
their own name. Source: own decision 0054; promise 9 (observed postboxes are never written to).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog

from rules.errors import Conflict, HouseError, Refused
from rules.postbox import Place
from store.database.engine import Tx
from store.deletion import sweep_removals
from store.deletion.sweep_removals import EAKTE, POSTBOX, SENT, TASK, Removal
from store.places import sightings
from store.places.sightings import Sighting
from store.processes import halts, leases
from store.processes.leases import Lease
from store.tables.ledger import SightingState
from store.trail import audit
from triage.house import House
from triage.known import same_mail, set_back
from triage.ports import Postbox
from triage.send import Outlets

WAIT_HOURS = 24
"""A package waits for its receipt that long before it is looked at again. Own decision 0054."""

_NOT_THERE: Final = frozenset({"postbox.not_found", "postbox.folder_missing"})
"""Codes with which a removal from a postbox ends; with any other the mail lies there still."""

log = structlog.get_logger()


def from_outlets(house: House, outlets: Outlets, lease: Lease) -> int:
    """Remove what is due in the drops and among the answers sent; how many were looked at.

    One page of them; what can't be reached now is due again tomorrow and stops no other.
    Raises: Conflict: `lease.lost`. TryLater: `store.away`.
    """
    with house.db.read() as tx:
        if halts.standing(tx) is not None:
            return 0
        due = sweep_removals.due(
            tx, (EAKTE, SENT, TASK), now=house.clock(), limit=house.policy.sweep.batch_mails
        )
    for one in due:
        try:
            state, code = _removed(house, outlets, one)
        except HouseError as exc:
            if exc.code.startswith("store."):
                raise
            state, code = "", exc.code
        write_down(house, one, state, code, lease=lease)
    return len(due)


def from_postbox(house: House, box: Postbox, lease: Lease) -> int:
    """Remove mails whose content was deleted from their postbox, under its lease; how many.

    Raises: TryLater: the postbox is away; it is tried again. Conflict: `lease.lost`.
    """
    due = due_in(house, box, POSTBOX)
    for one in due:
        _take_out(house, box, lease, one)
    return len(due)


def due_in(house: House, box: Postbox, kind: str) -> tuple[Removal, ...]:
    """What of this kind is to leave this postbox now; nothing while writing is stopped."""
    with house.db.read() as tx:
        if not halts.may_write(tx, box.name):
            return ()
        return sweep_removals.due(
            tx, (kind,), now=house.clock(), limit=house.policy.batch_mails, place=box.name
        )


def _removed(house: House, outlets: Outlets, one: Removal) -> tuple[str, str]:
    """The state it has now with a code; no state: later."""
    if one.kind == SENT:
        return ("done", "") if outlets.mail.discard(one.name) else ("missing", "sent.not_here")
    outlet = outlets.eakte if one.kind == EAKTE else outlets.tasks
    if outlet is None:
        return "missing", "task.no_way"
    with house.db.read() as tx:
        has_receipt = sweep_removals.has_receipt(tx, one.name)
    if has_receipt:
        return ("done", "") if outlet.discard(one.name) else ("missing", f"{one.kind}.not_here")
    if outlet.holds(one.name):
        # The receiver may still fetch it; who takes it away now would lose a hand-over.
        return "", f"{one.kind}.no_receipt"
    return "missing", f"{one.kind}.not_here"


def _take_out(house: House, box: Postbox, lease: Lease, one: Removal) -> None:
    with house.db.read() as tx:
        lies = [
            seen
            for seen in sightings.of_message(tx, one.message_id)
            if seen.state is SightingState.LIVE and seen.postbox == box.name
        ]
    taken, code = _taken(house, box, lease, one, lies)
    is_left = code not in _NOT_THERE
    now = house.clock()
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        sightings.mark_gone(tx, taken)
        if is_left:
            # New numbers: the look at the folders finds it by its content. Else: it lies there.
            at = now + timedelta(hours=WAIT_HOURS)
            sweep_removals.later(tx, one.id, code=code, next_try_at=at)
        else:
            _end(tx, box, one, code="" if taken else code, now=now)
    _tell(one, "" if is_left else "done" if taken else "missing", code)


def _taken(
    house: House, box: Postbox, lease: Lease, one: Removal, lies: Iterable[Sighting]
) -> tuple[list[int], str]:
    """The places that hold it no more, and what stood against another: what may pass before all."""
    taken: list[int] = []
    codes = ["postbox.not_found"]
    for seen in lies:
        # The server asks for no fence, so whose time is over gives no command.
        leases.require_time(lease, now=house.clock())
        try:
            if same_mail.remove(house, box, seen.place, one.sha256):
                taken.append(seen.id)
            elif _lies_there(house, box, seen.place, one.sha256):
                codes.append(set_back.UNREAD)
        except (Conflict, Refused) as exc:
            if exc.code == "lease.lost":
                raise
            codes.append(exc.code)
    return taken, next((code for code in codes if code not in _NOT_THERE), codes[-1])


def _lies_there(house: House, box: Postbox, place: Place, sha256: str) -> bool:
    """Whether it was left though it lies there: it can't be read, or somebody just touched it.

    Raises: Refused, Conflict, TryLater: as the postbox.
    """
    if place.uid not in box.view(place.folder).uids:
        return False
    found = same_mail.fetch(house, box, place.folder, place.epoch, (place.uid,))
    return all(same_mail.name(mail) == sha256 for mail in found)


def _end(tx: Tx, box: Postbox, one: Removal, *, code: str, now: datetime) -> None:
    sweep_removals.end(tx, one.id, "missing" if code else "done", code=code, now=now)
    audit.add(
        tx,
        "worker",
        action="mail.not_removed" if code else "mail.removed",
        subject=f"message:{one.message_id}",
        details={"sweep": one.plan_id, "postbox": box.name, "code": code},
        at=now,
    )


def write_down(house: House, one: Removal, state: str, code: str, *, lease: Lease) -> None:
    """What became of a removal; without a state it is tried again later. Also sweep/copies.py's.

    Raises: Conflict: `lease.lost`.
    """
    now = house.clock()
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        if not state:
            at = now + timedelta(hours=WAIT_HOURS)
            sweep_removals.later(tx, one.id, code=code, next_try_at=at)
        else:
            sweep_removals.end(tx, one.id, state, code=code, now=now)
            audit.add(
                tx,
                "worker",
                action="copy.removed" if state == "done" else "copy.missing",
                subject=f"message:{one.message_id}",
                details={"sweep": one.plan_id, "kind": one.kind},
                at=now,
            )
    _tell(one, state, code)


def _tell(one: Removal, state: str, code: str) -> None:
    if state:
        log.info("sweep.removed", kind=one.kind, message=one.message_id, state=state)
    else:
        log.warning("sweep.left", kind=one.kind, message=one.message_id, code=code)
