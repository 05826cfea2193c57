"""What else there is of the same person or conversation: shown beside an item, never merged.

Only hints, and within the caller's scope: who forges an id or a sender gets no more than a line
more on a page of somebody who may read both mails anyway. Own decision 0086.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rules import mail_thread, sent_id
from rules.access import Caller, may_work_agency
from rules.errors import Refused
from rules.mail import ParsedMail
from store.database.engine import Tx
from store.desk import item_lists, threads
from store.desk.items import Item
from store.mails import ledger
from store.mails.ledger import Message
from store.sending import outgoing

SHOWN: Final = 20
"""Other items that are shown at most; who writes more often is found by the list of the agency."""

_LOOKED_AT: Final = 200
"""Of so many those are taken that the caller may see: a person may have written to many agencies.
"""

SETTLED_DAYS: Final = 14
"""How far back a closed item of the same sender is a hint. Hausregel: an answer by letter takes
about that long, and people ask again in between."""


@dataclass(frozen=True, slots=True)
class OtherItem:
    """Another open item of the same sender, or of the same conversation; shown, never merged."""

    item_id: int
    received_at: datetime
    first_concern: str
    state: str
    same_thread: bool = False


@dataclass(frozen=True, slots=True)
class SettledItem:
    """An item of the same sender that was closed lately. `closed_at` aware UTC.

    `same_concern`: it was about the same, so this mail may be settled already (N12).
    """

    item_id: int
    closed_at: datetime
    first_concern: str
    close_reason: str
    same_concern: bool


def note(tx: Tx, found: Iterable[tuple[Message, ParsedMail]]) -> None:
    """Keep what ties these mails to others, in the commit that sorts them."""
    threads.note_many(tx, {message.id: _links(tx, mail) for message, mail in found})


def _links(tx: Tx, mail: ParsedMail) -> tuple[str, ...]:
    """Its ids; of an answer to a letter of ours also that of the mail that we answered."""
    answered = sent_id.read(mail.in_reply_to)
    asked = _asked_by(tx, answered) if answered else ""
    own = mail_thread.links(mail)
    return (*own, mail_thread.link(asked)) if asked else own


def _asked_by(tx: Tx, answered: sent_id.SentId) -> str:
    try:
        row = outgoing.get(tx, answered.outgoing_id)
    except Refused:
        return ""
    if row.message_id is None or not sent_id.fits(answered, row.idempotency_key):
        return ""
    return ledger.message(tx, row.message_id).message_id


def others(caller: Caller, tx: Tx, item: Item, sender: str) -> tuple[OtherItem, ...]:
    """Open items of the conversation, then those of the sender; each once, oldest first.

    As far as the caller may see them. `sender` is empty where many write by one address.
    """
    threaded = threads.open_of_thread(tx, item.message_id, limit=_LOOKED_AT)
    known = {one.id for one in threaded}
    by_sender = item_lists.open_of_sender(tx, sender, exclude=item.id, limit=_LOOKED_AT)
    found = [(one, True) for one in _in_scope(caller, threaded)]
    own = _in_scope(caller, by_sender)
    found += [(one, False) for one in own if one.id not in known]
    return tuple(
        OtherItem(one.id, one.received_at, one.first_concern, one.state.value, same_thread)
        for one, same_thread in found
    )


def _in_scope(caller: Caller, found: Iterable[Item]) -> list[Item]:
    seen = [one for one in found if may_work_agency(caller, one.agency_code, one.region)]
    return seen[:SHOWN]


def settled(
    caller: Caller, tx: Tx, item: Item, sender: str, *, now: datetime
) -> tuple[SettledItem, ...]:
    """What of the same sender was closed lately, newest first, within the caller's scope.

    Source: N12; Weisung 202001001 no. 2.4 a 6 (settled elsewhere).
    """
    since = now - timedelta(days=SETTLED_DAYS)
    found = item_lists.closed_of_sender(tx, sender, since=since, exclude=item.id, limit=_LOOKED_AT)
    return tuple(
        SettledItem(
            one.id,
            one.closed_at,
            one.first_concern,
            one.close_reason.value if one.close_reason else "",
            same_concern=one.first_concern == item.first_concern,
        )
        for one in _in_scope(caller, found)
        if one.closed_at is not None
    )


def shared_sender(mail: ParsedMail | None) -> bool:
    """Whether many people write by this address: forms of the portal all come from one."""
    return mail is not None and mail.form is not None
