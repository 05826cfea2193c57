"""Which approved versions make a letter: the German text, and the second one below it.

Source: Weisung 202404002 no. 3; § 19 (1) SGB X; own decision 0096.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from rules.agencies import Agency
from rules.errors import Conflict, Refused
from rules.local_day import local_day
from rules.placename import fold
from rules.texts import approved as text_rules
from rules.texts import second_text
from rules.texts.approved import Rendered, Text
from rules.texts.placeholders import Kind, Value, read_values
from rules.texts.second_text import Second
from store.approved.texts import ShelvedText, TextShelf
from store.desk.items import Item
from triage.desk import identity
from triage.house import House

_AGENCY: Final = "agentur"
"""The gap that takes an agency's name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which text; `version` None: whichever may be sent today. `second` stands below it."""

    text_id: str
    version: int | None = None
    second: Second | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """What was chosen."""

    first: Text
    second: Text | None

    @property
    def texts(self) -> tuple[Text, ...]:
        """One or two texts, the German one first."""
        return (self.first, self.second) if self.second else (self.first,)


def seconds(house: House, item: Item, text: Text) -> tuple[Text, ...]:
    """The second texts that may stand below that one today."""
    found = house.shelf().seconds(text, house.today(), item.region)
    return tuple(one for one in found if identity.is_allowed(house, one))


def wording(house: House, shelf: TextShelf, item: Item, wanted: Wanted) -> Wording:
    """The versions that may be sent today from that region.

    Raises: Refused: `text.unknown`, `text.not_valid`, `text.discloses`, `text.no_second`.
    Conflict: `text.version`: another one is approved now.
    """
    first, second = _sendable(house, shelf, item, wanted), wanted.second
    if second is None:
        return Wording(first, None)
    found = {one.language: one for one in seconds(house, item, first)}
    text = found.get(second.language)
    if text is None:
        raise Refused(
            "text.no_second",
            f"{first.id} has no second text in {second.language.value!r} today; leave it out.",
        )
    _require_version(text, second.version)
    return Wording(first, text)


def rendered(chosen: Wording, values: Mapping[str, Value]) -> Rendered:
    """The letter; below the German text the second one, with those of its values it needs."""
    first, second = text_rules.render(chosen.first, values), chosen.second
    if second is None or second.language is None:
        return first
    own = {name: values[name] for name in second.gaps}
    return second_text.below(first, text_rules.render(second, own), second.language)


def checked_values(
    house: House, item: Item, text: Text, values: Mapping[str, str]
) -> dict[str, Value]:
    """What the house knows is the house's: a value typed over it is ignored.

    Of an item without an agency the clerk types its name; it must be one, as the gap would else
    take any words. Raises: Refused: `text.placeholder_*`.
    """
    known = house_values(house, item)
    if _AGENCY not in known and values.get(_AGENCY, "").strip():
        known |= _of_agency(_agency_named(house, values[_AGENCY]))
    typed = read_values({k: v for k, v in values.items() if k in text.gaps and k not in known})
    return {name: value for name, value in (known | typed).items() if name in text.gaps}


def house_values(house: House, item: Item) -> dict[str, Value]:
    """What fills gaps without anybody typing it."""
    agency = house.directory.agency(item.agency_code)
    received: date = local_day(item.received_at)
    values: dict[str, Value] = {
        "eingangstag": received,
        "telefon": house.policy.phone,
        "link": house.policy.portal_url,
    }
    return values | (_of_agency(agency) if agency is not None else {})


def _of_agency(agency: Agency) -> dict[str, Value]:
    return {_AGENCY: agency.name, "anschrift": f"{agency.seat_plz} {agency.seat_place}"}


def _agency_named(house: House, typed: str) -> Agency:
    """The active agency of that name, however it is spelled. Raises: Refused."""
    name = fold(" ".join(typed.split())).removeprefix("agentur fuer arbeit ")
    found = next((one for one in house.directory.active() if fold(one.name) == name), None)
    if found is None:
        raise Refused(
            "text.placeholder_type",
            f"The value of {_AGENCY!r} is the name of no agency; write one of the directory.",
            placeholder=_AGENCY,
            kind=Kind.NAME.value,
            why="agency",
        )
    return found


def named(shelf: TextShelf, chosen: Wording) -> dict[str, object]:
    """The versions with the proof of their bytes, as an outgoing row keeps them.

    An older version of the program does not look for `second` and sends the German text alone.
    """
    first, *rest = (
        {
            "text_id": one.id,
            "version": one.version,
            "sha256": shelf.shelved(one.id, one.version).sha256,
        }
        for one in chosen.texts
    )
    return {**first, **({"second": rest[0]} if rest else {})}


def kept(house: House, payload: Mapping[str, Any]) -> tuple[ShelvedText, ...]:
    """The versions that a row names, whose bytes are still those. Raises: `text.changed`."""
    shelf = house.shelf()
    rows = [payload, *([payload["second"]] if "second" in payload else [])]
    found = tuple(shelf.shelved(one["text_id"], one["version"]) for one in rows)
    for one, shelved in zip(rows, found, strict=True):
        if shelved.sha256 != one["sha256"]:
            raise Refused("text.changed", f"{one['text_id']} differs from what was chosen.")
    return found


def _sendable(house: House, shelf: TextShelf, item: Item, wanted: Wanted) -> Text:
    valid = {t.id: t for t in shelf.valid(house.today(), item.region)}
    text = valid.get(wanted.text_id)
    if text is None:
        shelf.get(wanted.text_id)
        raise Refused("text.not_valid", f"{wanted.text_id} is not valid in this region today.")
    identity.require_allowed(house, text)
    _require_version(text, wanted.version)
    return text


def _require_version(text: Text, version: int | None) -> None:
    if version is not None and version != text.version:
        raise Conflict(
            "text.version",
            f"{text.id} is approved in version {text.version}, not {version}; read it again.",
            version=text.version,
        )
