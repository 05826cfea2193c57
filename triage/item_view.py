"""One item as a clerk sees it: mail, verdict, gates, what else is open. Reading it is audited."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rules.access import Caller
from rules.mail import ParsedMail
from store.items import Item
from store.ledger import Message
from triage.house import House


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition on the way to closing, beside the buttons. `text` is German.

    `code` is stable: eakte_receipt, review, reply_optional, reply_forbidden.
    """

    code: str
    text: str
    done: bool
    must: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the item's story for the desk: what happened when, without content. German."""

    at: datetime
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class OtherItem:
    """Another open item of the same sender; shown, never merged."""

    item_id: int
    received_at: datetime
    first_concern: str
    state: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """All that the desk and `GET /v1/items/{id}` show. `mail` is None after deletion.

    `verdict` is the public JSON of rules/verdict.py; `handover_error` the eAkte's reason, if
    the last hand-over was rejected; `close_blocked_because` empty where closing is free.
    """

    item: Item
    message: Message
    mail: ParsedMail | None
    verdict: dict[str, Any]
    gates: tuple[Gate, ...]
    story: tuple[Step, ...]
    others: tuple[OtherItem, ...]
    handover_error: str
    close_blocked_because: str
    corrected: bool


def view(house: House, caller: Caller, item_id: int) -> ItemView:
    """Show one item. Raises: Refused: `item.unknown`, also where the caller may not see it."""
    raise NotImplementedError


def listing(
    house: House, caller: Caller, agency_code: str, *, limit: int = 100, after: int | None = None
) -> tuple[Item, ...]:
    """The open items of an agency, in the order of hand-out, for the list and the API.

    `after` is the id of the last item of the page before.
    """
    raise NotImplementedError
