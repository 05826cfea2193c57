"""Which agencies the places lead to that a mail in clearing names: a hint for who routes it.

Made when somebody looks; nothing of it is kept, and nothing is decided by it.
Source: own decision 0138.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from classify.facts import named_places
from classify.facts.named_places import NamedPlace
from rules import routing
from rules.agencies import Agency
from rules.directory import Directory
from rules.item import ItemState
from rules.mail import ParsedMail
from store.desk.items import Item
from store.mails.ledger import Message
from triage.deciding import mailbox_of
from triage.house import House

MOST_AGENCIES: Final = 5
"""Agencies shown for a mail, the first ones of the text. Hausregel."""

_NAMESAKES: Final = 3
"""A name of more agencies than that leads nowhere: 55 of the table's. Hausregel."""

_PLACES: Final = 3
"""Shown of each agency; a pasted list names more. Hausregel."""


@dataclass(frozen=True, slots=True)
class NamedAgency:
    """An agency in charge at places that the text names, as it names them, each once."""

    code: str
    name: str
    places: tuple[str, ...]


def of_item(
    house: House,
    item: Item,
    message: Message,
    mail: ParsedMail | None,
    *,
    verdict: Mapping[str, Any],
) -> tuple[NamedAgency, ...]:
    """Of an open item without an agency; of others nothing."""
    if mail is None or item.agency_code is not None or item.state is ItemState.CLOSED:
        return ()
    return led_to(
        mail,
        house.directory,
        mailbox=mailbox_of(house, message, mail),
        kundennummer=verdict.get("facts", {}).get("kundennummer"),
    )


def led_to(
    mail: ParsedMail, directory: Directory, *, mailbox: str, kundennummer: str | None = None
) -> tuple[NamedAgency, ...]:
    """The agencies by the order of the text. `mailbox` and number tell places of one name apart."""
    found: dict[str, tuple[Agency, dict[str, None]]] = {}
    for named in named_places.find(mail, directory):
        for agency in _in_charge(named, directory, mailbox=mailbox, kundennummer=kundennummer):
            if agency.code in found or len(found) < MOST_AGENCIES:
                _, places = found.setdefault(agency.code, (agency, {}))
                places[named.place] = None
    return tuple(
        NamedAgency(agency.code, agency.name, tuple(places)[:_PLACES])
        for agency, places in found.values()
    )


def _in_charge(
    named: NamedPlace, directory: Directory, *, mailbox: str, kundennummer: str | None
) -> tuple[Agency, ...]:
    """The one by the rules of sorting; where they know none, all that bear the name."""
    told = routing.find_agency(
        directory, plz=named.plz, place=named.place, mailbox=mailbox, kundennummer=kundennummer
    )
    if one := directory.agency(told.code):
        return (one,)
    both = (*directory.by_place(named.place), *directory.agencies_of_plz(named.plz))
    all_of = {agency.code: agency for agency in both}
    return tuple(all_of.values()) if len(all_of) <= _NAMESAKES else ()
