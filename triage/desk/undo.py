"""Taking the last step back: a new deed, in the trail, guarded by the version that the step made.

Own decision 0051.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from rules import access, undo
from rules.access import Caller, Permission
from rules.codes import PaymentRelevant, Team
from rules.item import EakteState, ItemCase
from rules.undo import UNDO_SECONDS, Undoable
from store.database.engine import Tx
from store.desk import claims, items
from store.desk import undo as store
from store.desk.items import Item, ItemChange, case_of, change_to
from store.desk.undo import Undo
from store.mails import verdicts
from store.mails.verdicts import NewVerdict
from store.trail import audit
from triage.desk import holding
from triage.desk.claimed import Claim, right_to
from triage.filing import wish
from triage.house import House
from triage.known.open_again import open_again
from triage.marks import marking


def remember(
    tx: Tx, caller: Caller, before: Item, after: Item, deed: Undoable, *, now: datetime
) -> None:
    """Keep what a deed changed, in its transaction; nothing of one that can't be undone as a whole.

    For a correction call it after its verdict was added.
    """
    if not undo.may_take_back(deed, case_of(before)):
        return
    store.note(
        tx,
        Undo(
            item_id=after.id,
            version=after.version,
            deed=deed.value,
            actor=caller.name,
            until=now + timedelta(seconds=UNDO_SECONDS),
            before=_codes(tx, before, deed),
        ),
    )


def offer(house: House, caller: Caller) -> int | None:
    """The item whose last deed this clerk may take back now, or None."""
    with house.db.read() as tx:
        found = store.latest(tx, actor=caller.name, now=house.clock())
    return found.item_id if found else None


def take_back(house: House, caller: Caller, item_id: int) -> Claim:
    """Make the clerk's last deed on the item undone; it is in his hands again, by a new token.

    Raises: Refused: `access.denied`, `item.unknown`. Conflict: `item.nothing_to_undo`.
    """
    access.require(caller, Permission.WORK_ITEM)
    now = house.clock()
    with house.db.write() as tx:
        found = store.of_item(tx, item_id, actor=caller.name, now=now)
        if found is None:
            raise undo.nothing_to_undo()
        item, was = items.get(tx, item_id), found.before
        if not access.may_work_agency(caller, was["agency_code"], was["region"]):
            raise items.unknown(item_id)
        claimed = claims.take_back(
            tx,
            item_id,
            version=found.version,
            change=_change(item, was, Undoable(found.deed), caller.name),
            holder=caller.name,
            now=now,
            lease_seconds=holding.lease_seconds(house, was["agency_code"], now=now),
        )
        if claimed is None:
            raise undo.nothing_to_undo()
        _restore(house, tx, claimed.item, found, now)
        marking.show(tx, claimed.item, now=now)
        _note(tx, caller, item, found, now)
    return right_to(claimed)


def _codes(tx: Tx, item: Item, deed: Undoable) -> dict[str, Any]:
    """What was, in codes and ids: no reason, no note."""
    history = verdicts.history(tx, item.message_id) if deed is Undoable.CORRECTED else ()
    return {
        "payment": item.payment.value,
        "eakte": item.eakte.value,
        "team": item.team.value,
        "preferred": item.preferred_holder,
        "hops": item.hops,
        "proof_duty": item.proof_duty,
        "agency_code": item.agency_code,
        "region": item.region,
        "review": item.review,
        "first_concern": item.first_concern,
        "due_on": item.due_on.isoformat() if item.due_on else None,
        "verdict": history[-2].id if len(history) > 1 else None,
    }


def _change(item: Item, was: Mapping[str, Any], deed: Undoable, clerk: str) -> ItemChange:
    before = ItemCase(
        payment=PaymentRelevant(was["payment"]),
        eakte=EakteState(was["eakte"]),
        team=Team(was["team"]),
        preferred=was["preferred"],
        proof_duty=was["proof_duty"],
        hops=was["hops"],
        # A correction that would lose one is not remembered; the other deeds leave it alone.
        waiver="" if deed is Undoable.CORRECTED else item.waiver,
    )
    change = change_to(undo.taken_back(case_of(item), before, deed=deed, clerk=clerk))
    change.update(
        ItemChange(
            proof_duty=was["proof_duty"],
            agency_code=was["agency_code"],
            region=was["region"],
            review=was["review"],
            first_concern=was["first_concern"],
        )
    )
    if "due_on" in was:
        # The version before did not remember it, and changed none.
        due_on = date.fromisoformat(was["due_on"]) if was["due_on"] else None
        change.update(items.due_by(item, due_on))
    return change


def _restore(house: House, tx: Tx, item: Item, found: Undo, now: datetime) -> None:
    """What lies beside the item's row: the mail's state, its verdict, its folder."""
    deed = Undoable(found.deed)
    if deed is Undoable.CLOSED:
        open_again(tx, item.message_id, reason="", now=now)
        return
    if deed is Undoable.CORRECTED:
        _verdict_again(tx, item, found.before["verdict"], now)
    if deed not in (Undoable.PARKED, Undoable.LEFT):
        wish.into_folder(house, tx, item, now=now)


def _verdict_again(tx: Tx, item: Item, verdict_id: int | None, now: datetime) -> None:
    """The earlier verdict once more: none is overwritten, and the newest counts."""
    history = verdicts.history(tx, item.message_id)
    earlier = next((one for one in history if one.id == verdict_id), None)
    if earlier is not None and earlier.body:
        again = NewVerdict(item.message_id, earlier.source, earlier.by, earlier.body)
        verdicts.add(tx, again, now=now)


def _note(tx: Tx, caller: Caller, item: Item, found: Undo, now: datetime) -> None:
    store.forget(tx, item.id)
    audit.add(
        tx,
        caller.name,
        action="item.undone",
        subject=f"message:{item.message_id}",
        # Whose line it left by this sees it too.
        details={
            "item": item.id,
            "deed": found.deed,
            "from": item.agency_code,
            "from_region": item.region,
        },
        at=now,
    )
