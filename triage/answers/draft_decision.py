"""What becomes of one draft that lies in a folder of the postbox: an order, or a reason why not.

In the transaction of the caller, who notes it. Source: own decision 0097.
"""

from dataclasses import dataclass

from ingest.parse import parse
from rules.errors import Conflict, Refused
from rules.item import ItemState
from rules.mail import ParsedMail
from rules.mail_thread import link
from rules.texts import draft_words
from store.acts import reply_drafts
from store.acts.reply_drafts import DraftState
from store.approved.texts import TextShelf
from store.database.engine import Tx
from store.desk import items
from store.desk.items import Item
from store.mails import ledger
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from triage.answers import draft_match, reply
from triage.house import House
from triage.marks.outlook_correction import OUTLOOK


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a draft; `text_id` is the text it was, or is most like."""

    state: DraftState
    code: str = ""
    text_id: str = ""
    places: tuple[draft_words.Place, ...] = ()
    item: Item | None = None
    outgoing_id: int | None = None


def decide(house: House, tx: Tx, postbox: str, draft: ParsedMail, shelf: TextShelf) -> Found:
    """The order, if the draft is an approved text for an item that may be answered, or why not."""
    item = answered(tx, postbox, draft)
    if item is None:
        return Found(DraftState.REFUSED, "draft.no_item")
    if item.state is ItemState.HELD:
        return Found(DraftState.WAITS, "draft.item_held", item=item)
    if item.state is ItemState.CLOSED:
        return Found(DraftState.REFUSED, "draft.item_closed", item=item)
    said = draft_words.written(draft.body)
    text_id = ""
    try:
        mail = parse(ledger.original(tx, item.message_id), house.layouts)
        _require_plain(tx, item, draft, mail)
        match = draft_match.match(house, item, shelf, said)
        if match is None:
            return Found(DraftState.REFUSED, "draft.no_text", item=item)
        text_id = match.choice.text_id
        if match.differences:
            places = draft_words.places(match.letter, match.differences)
            return Found(DraftState.REFUSED, "reply.differs", text_id, places, item)
        row = reply.place(house, tx, item, match.choice, mail=mail, shelf=shelf, by=OUTLOOK)
    except (Refused, Conflict) as exc:
        return Found(DraftState.REFUSED, exc.code, text_id, item=item)
    return of_order(tx, item.id, text_id, row)


def of_order(tx: Tx, item_id: int | None, text_id: str, outgoing_id: int) -> Found:
    """A draft whose answer was ordered: ordered still, or refused if that is a dead letter.

    Where somebody sends the dead letter again, the draft is ordered again, too.
    """
    item = item_of(tx, item_id)
    row = outgoing.get(tx, outgoing_id)
    if row.state is OutgoingState.DEAD and row.sent_at is None:
        return Found(DraftState.REFUSED, row.error_code, text_id, (), item, row.id)
    return Found(DraftState.ORDERED, "", text_id, (), item, row.id)


def item_of(tx: Tx, item_id: int | None) -> Item | None:
    """The item of that id; None where a draft answers none."""
    return items.get(tx, item_id) if item_id else None


def answered(tx: Tx, postbox: str, draft: ParsedMail) -> Item | None:
    """The item of the mail that the draft answers, by the id in its head; the newest of twins."""
    if not draft.in_reply_to:
        return None
    for message_id in reply_drafts.answered(tx, postbox, link=link(draft.in_reply_to)):
        if link(ledger.message(tx, message_id).message_id) == link(draft.in_reply_to):
            # Whoever takes it at this moment answers it himself.
            items.wait_for(tx, message_id)
            return items.of_message(tx, message_id)
    return None


def _require_plain(tx: Tx, item: Item, draft: ParsedMail, mail: ParsedMail) -> None:
    """Nothing that would be lost: an answer goes to one person, without attachment.

    A draft to nobody is refused, too: of two mails with one id it would not say which it answers.
    Raises: Refused: `draft.recipients`, `draft.attachments`, `reply.recipient`.
    """
    if any(not one.inline for one in draft.attachments):
        raise Refused("draft.attachments", "An answer has no attachment; take it out.")
    sender = ledger.message(tx, item.message_id).sender
    to = reply.recipient(item, mail, sender=sender).lower()
    if draft.header("bcc") or set(draft.recipients) != {to}:
        raise Refused("draft.recipients", "An answer goes to who wrote, and to nobody else.")
