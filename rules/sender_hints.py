"""What a clerk should know about who sent a mail, before she believes the name above it.

Hints only: they are made when a person looks at the item, and no station before that knows them.
Source: own decision 0082; F70 (what comes from outside is not trusted).
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from rules import look_alike
from rules.authentication import Checked, Outcome, Stamp, checked


class Hint(StrEnum):
    """Codes of what is noticed, in the order of their weight. They are added, never renamed."""

    NAMES_THE_HOUSE = "sender.names_the_house"
    LOOKS_LIKE_THE_HOUSE = "sender.looks_like_the_house"
    INSIDE_UNPROVEN = "sender.inside_unproven"
    OTHER_ADDRESS_IN_NAME = "sender.other_address_in_name"
    SEVERAL_SENDERS = "sender.several"
    CHECK_FAILED = "sender.check_failed"
    REPLY_ELSEWHERE = "sender.reply_elsewhere"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a mail says of where it comes from: read by ingest from the original.

    `senders` are all addresses of all From fields, `replies_to` those of Reply-To, both bare and in
    lower case, in order; `stamps` from the top down.
    """

    senders: tuple[str, ...] = ()
    replies_to: tuple[str, ...] = ()
    stamps: tuple[Stamp, ...] = ()


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the house believes, and which domains are its own. All in lower case."""

    servers: frozenset[str] = frozenset()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SenderSeen:
    """What is shown of the sender. `is_outside`: the address is none of the house's.

    `replies_to` are the addresses that want the answer instead; ours goes to the sender.
    """

    is_outside: bool
    hints: tuple[Hint, ...] = ()
    checked: Checked = field(default_factory=Checked)
    replies_to: tuple[str, ...] = ()


NOTHING_SEEN: Final = SenderSeen(is_outside=True)
"""Of a mail whose content is deleted, or one without a sender."""


def look(sender: str, name: str, origin: Origin, trust: Trust) -> SenderSeen:
    """What is to be said of a sender, by address and display name. Source: own decision 0082."""
    domain = look_alike.domain_of(sender)
    inside = look_alike.is_inside(domain, trust.domains)
    found = checked(origin.stamps, trust.servers)
    elsewhere = tuple(dict.fromkeys(to for to in origin.replies_to if to != sender))
    noticed = {
        Hint.NAMES_THE_HOUSE: not inside and look_alike.names_the_house(name),
        Hint.LOOKS_LIKE_THE_HOUSE: look_alike.looks_like(domain, trust.domains),
        Hint.INSIDE_UNPROVEN: inside and found.is_told and not _proven(found),
        Hint.OTHER_ADDRESS_IN_NAME: _names_another(name, sender),
        Hint.SEVERAL_SENDERS: len(set(origin.senders)) > 1,
        Hint.CHECK_FAILED: not inside and _failed(found),
        # A form of the house is sent by its machine, and answers go to the customer.
        Hint.REPLY_ELSEWHERE: not inside and bool(elsewhere),
    }
    hints = tuple(hint for hint in Hint if noticed[hint])
    return SenderSeen(not inside, hints, found, elsewhere)


def _names_another(name: str, sender: str) -> bool:
    return any(address != sender for address in look_alike.addresses_in(name))


def _proven(found: Checked) -> bool:
    """DMARC knows whether the shown address is the checked one; where it is silent, SPF or DKIM."""
    if found.dmarc in (Outcome.PASS, Outcome.FAIL, Outcome.UNSURE):
        return found.dmarc is Outcome.PASS
    return Outcome.PASS in (found.spf, found.dkim)


def _failed(found: Checked) -> bool:
    """DMARC decides where it says yes or no: mailing lists break SPF, and forwards do, too."""
    if found.dmarc in (Outcome.PASS, Outcome.FAIL):
        return found.dmarc is Outcome.FAIL
    return Outcome.FAIL in (found.spf, found.dkim) and Outcome.PASS not in (found.spf, found.dkim)


def trusting(servers: Collection[str], domains: Collection[str]) -> Trust:
    """From the settings: lower case, without dots at the end. Source: own decision 0082."""
    return Trust(
        frozenset(server.strip().lower().rstrip(".") for server in servers),
        tuple(domain.strip().lower().rstrip(".").removeprefix("@") for domain in domains),
    )
