"""Mail of which only the head was fetched: read without its body, and where the rest lies.

The desk tells people to open it in Outlook, so it says how large it is and in which folder.
Source: F7; own decision 0108.
"""

from dataclasses import dataclass

from ingest.parse import parse
from rules import head_only
from rules.mail import ParsedMail
from store.database.engine import Tx
from store.mails.ledger import Message
from store.places import sightings
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


def read(house: House, data: bytes, *, only_head: str) -> ParsedMail:
    """As `ingest.parse`; where `why` says so, a missing body is no defect and no attachment."""
    mail = parse(data, house.layouts)
    return head_only.mail_of(mail) if only_head else mail


def lying(tx: Tx, message: Message, reason: str) -> OnlyHead:
    """What a person needs to find a mail of which only the head is here; `reason` as of `why`."""
    places = sightings.lying(tx, [message.id]).get(message.id, ())
    folder = places[0].folder if places else ""
    return OnlyHead(reason, message.size_bytes, message.postbox or "", folder)
