"""Mail of which only the head was fetched: read without its body, and where the rest lies.

The desk tells people to open it in Outlook, so it says how large it is and in which folder.
Source: F7; own decision 0108.
"""

from dataclasses import dataclass

from ingest.parse import parse
from rules import head_only
from rules.mail import ParsedMail
from store import sightings
from store.engine import Tx
from store.ledger import Message
from store.tables import SightingState
from triage.house import House


@dataclass(frozen=True, slots=True)
class OnlyHead:
    """Why only the head is here, and where the mail lies: `folder` "" where nobody knows.

    `size_bytes` is that of the whole mail.
    """

    reason: str
    size_bytes: int
    postbox: str
    folder: str


def why(message: Message, data: bytes) -> str:
    """The code of why `data` is only the head of the message, or ""."""
    named = (message.state_reason, *message.defects)
    return head_only.why(named, size_bytes=message.size_bytes, kept_bytes=len(data))


def read(house: House, message: Message, data: bytes) -> ParsedMail:
    """As `ingest.parse`; a missing body is no defect and no attachment."""
    mail = parse(data, house.layouts)
    return head_only.mail_of(mail) if why(message, data) else mail


def lying(tx: Tx, message: Message, data: bytes) -> OnlyHead | None:
    """What a person needs to find the mail; None for a whole one."""
    reason = why(message, data)
    if not reason:
        return None
    live = (
        seen for seen in sightings.of_message(tx, message.id) if seen.state is SightingState.LIVE
    )
    place = next(live, None)
    return OnlyHead(
        reason, message.size_bytes, message.postbox or "", place.folder if place else ""
    )
