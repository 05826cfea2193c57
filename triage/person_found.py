"""Whose data is asked for, and all that the house holds of one of his messages."""

from dataclasses import dataclass

from store.desk.items import Item
from store.mails.ledger import Message
from store.mails.verdicts import StoredVerdict
from store.sending.outgoing import Outgoing
from store.trail import audit


@dataclass(frozen=True, slots=True)
class Who:
    """One person, by Kundennummer in normal form or by address in lower case; never both empty."""

    number: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """All that the house holds of one message."""

    message: Message
    original: bytes | None
    verdicts: tuple[StoredVerdict, ...]
    item: Item | None
    outgoing: tuple[Outgoing, ...]
    trail: tuple[audit.Entry, ...]
    holds: tuple[str, ...]
