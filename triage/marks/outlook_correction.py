"""What people say in Outlook about a mail becomes a correction: another concern, another agency.

A verdict of its own ("outlook") beside the machine's; a weak label for training, like a folder
chosen by hand. Own decisions 0029, 0046.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from rules import proof
from rules.agencies import Agency
from rules.codes import AgencyHow, Concern
from rules.item import ItemState, MarkedConcern, MovedByHand
from rules.routing import folder_level
from store.acts import wishes
from store.database.engine import Tx
from store.desk import items
from store.desk.items import Item, ItemChange
from store.mails import verdicts
from store.mails.verdicts import NewVerdict
from store.trail import audit
from triage.desk import correction, transitions
from triage.filing import wish
from triage.house import House

SOURCE: Final = "outlook"
MOVED: Final = "outlook_move"
"""Sources of verdicts: another concern, another agency with the machine's concerns."""

OUTLOOK: Final = "Outlook"
"""Who did it, for trail and verdicts: servers do not say which person. Own decision 0046."""


def concern(house: House, tx: Tx, item: Item, code: Concern, *, event: MarkedConcern) -> Item:
    """The mail is about `code` first of all; what it was about before stands behind it.

    `event` is what rules/mark_law.py said; the mail is filed into the folder that fits now, and is
    due sooner where that is due sooner, as by a clerk's correction. The item afterwards, in the
    caller's transaction. Raises: Conflict: `item.changed`.
    """
    now = house.clock()
    body = _body(tx, item.message_id)
    others = [one for one in body.get("concerns", ()) if one["code"] != code.value]
    concerns = (code, *(Concern(one["code"]) for one in others))
    more = ItemChange(first_concern=code.value, proof_duty=proof.has_proof_duty(concerns))
    due = correction.sooner(house, item, (code,), event.payment)
    if due is not None:
        more.update(items.due_by(item, due.day))
    saved = transitions.by_machine(tx, item, event, now=now, more=more)
    if not body:
        return saved  # deleted after its period, and marked all the same
    body["concerns"] = [correction.certain(code, because=OUTLOOK), *others]
    body["payment_relevant"] = saved.payment.value
    if due is not None and due.day is not None:
        body |= {"due": due.day.isoformat(), "due_because": due.told}
    if saved.payment is not item.payment:
        body["payment_because"] = [f"{code.value}: {SOURCE}"]
    verdicts.add(tx, NewVerdict(item.message_id, SOURCE, OUTLOOK, body), now=now)
    _note(tx, saved, "item.corrected", {"concerns": [one.value for one in concerns]}, now=now)
    wish.into_folder(house, tx, saved, now=now)
    return saved


def agency_of(house: House, folder: str) -> Agency | None:
    """Whose folder that is: its first level is code and name of an agency. Own decision 0015."""
    level = folder.partition("/")[0]
    found = house.directory.agency(level.partition(" ")[0])
    if found is None or folder_level(f"{found.code} {found.name}") != level:
        return None
    return found if found.active else None


def moved(house: House, tx: Tx, message_id: int, *, folder: str) -> None:
    """A person moved the mail into that folder: an item that waits goes to the agency it names.

    In the transaction that notes the new place. What somebody holds, has parked or waits for at
    the eAkte stays, also if she takes it at this moment; a wish of ours to file it elsewhere is
    withdrawn in any case.
    """
    agency, now = agency_of(house, folder), house.clock()
    if agency is None:
        return
    # Before the mail: in that order a clerk's deed has them, too.
    items.wait_for(tx, message_id)
    wishes.want(tx, message_id, dst_folder=folder, now=now)
    item = items.of_message(tx, message_id)
    if item is None or item.state is not ItemState.WAITING or item.agency_code == agency.code:
        return
    more = ItemChange(agency_code=agency.code, region=agency.region, folder=folder)
    saved = transitions.by_machine(tx, item, MovedByHand(), now=now, more=more)
    latest = verdicts.latest(tx, message_id)
    # What a person said of the concerns stays the verdict that counts.
    if latest is not None and latest.body and latest.source in {"machine", MOVED}:
        body = dict(latest.body) | {
            "agency": {
                "code": agency.code,
                "name": agency.name,
                "how": AgencyHow.CLERK.value,
                "because": "In Outlook in den Ordner der Agentur verschoben",
            },
            "folder": folder,
            "team": saved.team.value,
        }
        verdicts.add(tx, NewVerdict(message_id, MOVED, OUTLOOK, body), now=now)
    details = {"from": item.agency_code, "from_region": item.region, "to": agency.code}
    _note(tx, saved, "item.moved_by_hand", details, now=now)


def _body(tx: Tx, message_id: int) -> dict[str, Any]:
    latest = verdicts.latest(tx, message_id)
    return dict(latest.body) if latest else {}


def _note(tx: Tx, item: Item, action: str, details: Mapping[str, object], *, now: datetime) -> None:
    audit.add(
        tx,
        OUTLOOK,
        action=action,
        subject=f"message:{item.message_id}",
        details={"item": item.id, **details},
        at=now,
    )
