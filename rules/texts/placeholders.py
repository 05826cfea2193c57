"""The typed gaps of an approved text: which exist, what may fill them, how a value is printed.

A gap never takes free text: what the text doesn't say, nobody can say in a gap either.
Source: Weisung 202404002 no. 3 (Textbausteine must not be gone beyond in content).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.errors import Refused
from rules.local_day import BERLIN
from rules.texts.language import Language

Value = str | date | datetime
"""What fills a gap: a plain date, an aware time, or a checked one-line text."""

WEEKDAYS: Final = (
    "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag",
)  # fmt: skip
_ENGLISH_DAYS: Final = (
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
)  # fmt: skip
_ENGLISH_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class Kind(StrEnum):
    """What a gap takes; decides the check and the printed form."""

    DATE = "date"
    DATE_TIME = "date_time"
    NAME = "name"
    ADDRESS = "address"
    PHONE = "phone"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap of the whitelist: its name in braces, its kind, its German label, a sample value.

    `from_house` True: the house fills it from its own data (agency directory, settings), so a
    station refuses any other value.
    """

    name: str
    kind: Kind
    label: str
    sample: Value
    from_house: bool


WHITELIST: Final[Mapping[str, Gap]] = MappingProxyType(
    {
        gap.name: gap
        for gap in (
            Gap("eingangstag", Kind.DATE, "Eingangstag", date(2026, 11, 20), from_house=True),
            Gap("agentur", Kind.NAME, "Name der Agentur", "Lindenfurt", from_house=True),
            Gap(
                "anschrift",
                Kind.ADDRESS,
                "Anschrift der Agentur",
                "Am Mühlgraben 7, 00999 Lindenfurt",
                from_house=True,
            ),
            Gap("telefon", Kind.PHONE, "Rufnummer", "0000 1234567", from_house=True),
            Gap("link", Kind.LINK, "Kundenkonto", "https://konto.example/", from_house=True),
            Gap(
                "termin",
                Kind.DATE_TIME,
                "Termin",
                datetime(2026, 12, 2, 10, 30, tzinfo=BERLIN),
                from_house=False,
            ),
            Gap("frist", Kind.DATE, "Frist", date(2026, 12, 11), from_house=False),
        )
    }
)
"""Every gap that a text may have. Source: Weisung 202404002 no. 3."""

_LETTER = r"[^\W\d_]"
_NAME = rf"{_LETTER}(?:{_LETTER}|[ .()/'’-]){{1,59}}"
# One printed line each, no control characters, no braces. Digits stand only where the kind
# needs them, so that no number of a customer fits into a name.
# Source: Weisung 202404002 no. 3; the forms are a house rule.
_SHAPES: Final[Mapping[Kind, re.Pattern[str]]] = MappingProxyType(
    {
        Kind.NAME: re.compile(_NAME),
        Kind.ADDRESS: re.compile(
            rf"(?:{_NAME} \d{{1,4}}(?:[a-z]|[-/]\d{{1,4}})?, |Postfach \d{{1,6}}, )?\d{{5}} {_NAME}"
        ),
        Kind.PHONE: re.compile(r"\+?[0-9][0-9 /()-]{4,23}[0-9]", re.ASCII),
        Kind.LINK: re.compile(
            r"https://[a-z0-9.-]{1,100}(?::\d{1,5})?(?:/[A-Za-z0-9/._~-]{0,100})?"
        ),
    }
)


def printed(name: str, value: Value, language: Language | None = None) -> str:
    """The value as it stands in the letter: dates as TT.MM.JJJJ, times in German legal time.

    In an English text days are spelled out, as 2/12 is read as February 12 by some.

    Raises:
        Refused: `text.placeholder_type`, if the value is none of the gap's kind; `name` must
            be in the whitelist (`text.placeholder_unknown`).

    Source: DIN 5008 (numeric dates); Weisung 202404002 no. 3.
    """
    kind = gap(name).kind
    english = language is Language.ENGLISH
    if kind is Kind.DATE and isinstance(value, date) and not isinstance(value, datetime):
        return _english(value) if english else f"{value:%d.%m.%Y}"
    if kind is Kind.DATE_TIME and isinstance(value, datetime) and value.tzinfo is not None:
        local = value.astimezone(BERLIN)
        if english:
            return f"{_ENGLISH_DAYS[local.weekday()]}, {_english(local)} at {local:%H:%M}"
        return f"{WEEKDAYS[local.weekday()]}, {local:%d.%m.%Y} um {local:%H:%M} Uhr"
    shape = _SHAPES.get(kind)
    if shape is not None and isinstance(value, str) and shape.fullmatch(value):
        return value
    raise _wrong_type(name)


def _english(day: date) -> str:
    return f"{day.day} {_ENGLISH_MONTHS[day.month - 1]} {day.year}"


def gap(name: str) -> Gap:
    """The gap of that name.

    Raises:
        Refused: `text.placeholder_unknown`.

    Source: Weisung 202404002 no. 3 (own whitelist).
    """
    found = WHITELIST.get(name)
    if found is None:
        raise Refused(
            "text.placeholder_unknown",
            f"{{{name}}} is no placeholder; known are {', '.join(WHITELIST)}",
            placeholder=name,
        )
    return found


def read_values(raw: Mapping[str, str]) -> dict[str, Value]:
    """Values as they come from a form, JSON or an outgoing row, made typed.

    Dates as 2026-11-20 or 20.11.2026, times as 2026-12-02T10:30 (with or without zone) or
    02.12.2026 10:30; a time without a zone is German legal time. Inverse of `plain_values`.

    Raises:
        Refused: `text.placeholder_unknown`, `text.placeholder_type`.

    Source: DIN 5008 (days are typed as TT.MM.JJJJ); ISO 8601.
    """
    return {name: _read(name, text.strip()) for name, text in raw.items()}


def plain_values(values: Mapping[str, Value]) -> dict[str, str]:
    """Values as JSON keeps them beside id and version of the text: ISO 8601 for days and times.

    Source: ISO 8601; house rule (what was sent is kept as id, version and values).
    """
    return {
        name: value if isinstance(value, str) else value.isoformat()
        for name, value in values.items()
    }


def _read(name: str, text: str) -> Value:
    kind = gap(name).kind
    try:
        if kind is Kind.DATE:
            return _day(text)
        if kind is Kind.DATE_TIME:
            return _time(text)
    except ValueError as exc:
        raise _wrong_type(name) from exc
    return text


def _day(text: str) -> date:
    if "." not in text:
        return date.fromisoformat(text)
    return datetime.strptime(text, "%d.%m.%Y").replace(tzinfo=BERLIN).date()


def _time(text: str) -> datetime:
    german = "." in text.partition(" ")[0] and "T" not in text
    when = datetime.strptime(text, "%d.%m.%Y %H:%M") if german else datetime.fromisoformat(text)  # noqa: DTZ007 - the zone is set below
    return when if when.tzinfo else when.replace(tzinfo=BERLIN)


def _wrong_type(name: str) -> Refused:
    known = WHITELIST[name]
    return Refused(
        "text.placeholder_type",
        f"The value of {name!r} does not fit; expected is a {known.kind.value}.",
        placeholder=name,
        kind=known.kind.value,
    )
