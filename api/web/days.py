"""Days and times as a clerk types and reads them: TT.MM.JJJJ, German legal time.

Days are typed text fields, checked by the server: faster by keyboard and the same on every PC.
Source: desk guide, "Wording"; DIN 5008 for the order day, month, year.
"""

import re
from datetime import date, datetime, timedelta

from rules.errors import Refused
from rules.local_day import BERLIN

_WEEKDAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
_AHEAD = {"morgen": 1, "übermorgen": 2}
_WEEKDAY_WORDS = {
    "mo": "montag", "di": "dienstag", "mi": "mittwoch", "do": "donnerstag", "fr": "freitag",
    "sa": "samstag", "so": "sonntag",
}  # fmt: skip
_DAYS_AHEAD = re.compile(r"\+ ?(\d{1,3})(?: (?:arbeits)?tage?)?", re.ASCII)
_WEEKDAY_BEFORE = re.compile(
    r"^\s*(?:mo|di|mi|do|fr|sa|so)[a-z]*[.,]?\s+(?=\d)", re.ASCII | re.IGNORECASE
)
_TYPED = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4}|\d{2})?", re.ASCII)


def typed(text: str, *, today: date) -> date:
    """The day that was typed: 1.12.2026, 01.12.26, or 1.12. for the next such day from `today` on.

    Raises:
        Refused: `date.unreadable`.
    """
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        raise unreadable()
    day, month, year = int(found[1]), int(found[2]), found[3]
    if year is None:
        return _next(day, month, today)
    return _made(day, month, int(year) + (2000 if len(year) == 2 else 0))


def typed_ahead(text: str, *, today: date) -> date | int:
    """As `typed`, and in words, as people say when to come back: "morgen", "Mo", "+3".

    A weekday is the next one after today (the local day), and may stand before a day; a number
    is one of Arbeitstage. Raises: Refused: `date.unreadable`.
    """
    word = text.strip().lower().rstrip(".")
    if word in _AHEAD:
        return today + timedelta(days=_AHEAD[word])
    if word[:2] in _WEEKDAY_WORDS and word in {word[:2], _WEEKDAY_WORDS[word[:2]]}:
        ahead = (list(_WEEKDAY_WORDS).index(word[:2]) - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    if found := _DAYS_AHEAD.fullmatch(word):
        return int(found[1])
    return typed(_WEEKDAY_BEFORE.sub("", text), today=today)


def _next(day: int, month: int, today: date) -> date:
    this_year = _made(day, month, today.year)
    return this_year if this_year >= today else _made(day, month, today.year + 1)


def _made(day: int, month: int, year: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as exc:
        raise unreadable() from exc


def unreadable() -> Refused:
    """What the person typed is no day."""
    return Refused("date.unreadable", "There is no such day; write it as DD.MM.YYYY.")


def local(when: datetime) -> datetime:
    """An aware time in German legal time."""
    return when.astimezone(BERLIN)


def day(when: date | datetime | str) -> str:
    """Weekday and day, "Mo 23.11.2026"; also takes the ISO text of a verdict."""
    shown = date.fromisoformat(when) if isinstance(when, str) else when
    shown = local(shown).date() if isinstance(shown, datetime) else shown
    return f"{_WEEKDAYS[shown.weekday()]} {shown:%d.%m.%Y}"


def short_day(when: date | datetime | str) -> str:
    """The day as it is typed and copied, "23.11.2026"."""
    return day(when)[3:]


def clock(when: datetime) -> str:
    """The time of day, "16:00"."""
    return f"{local(when):%H:%M}"


def moment(when: datetime) -> str:
    """Day and time, "Mo 23.11.2026, 16:00"."""
    return f"{day(when)}, {clock(when)}"


def until(when: datetime, today: date) -> str:
    """The end of a lease seen from the local day: "16:00", or "Do 26.11.2026, 07:05"."""
    return clock(when) if local(when).date() == today else moment(when)


def due(when: date | str | None, *, today: date) -> str:
    """The due day seen from today: "Frist heute", "überfällig seit Fr 20.11.2026"."""
    if when is None:
        return "Keine Frist"
    last = date.fromisoformat(when) if isinstance(when, str) else when
    ahead = (last - today).days
    if ahead < 0:
        return f"überfällig seit {day(last)}"
    return {0: "Frist heute", 1: "Frist morgen"}.get(ahead, f"Frist {day(last)}")


def age(since: datetime, *, now: datetime) -> str:
    """How long ago, in one rounded-down unit: "14 Min.", "3 Std.", "6 Tage". Calendar time."""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} Min."
    if minutes < 24 * 60:
        return f"{minutes // 60} Std."
    days = minutes // (24 * 60)
    return "1 Tag" if days == 1 else f"{days} Tage"


def span(minutes: int) -> str:
    """A limit in words, without rounding: "90 Minuten", "2 Stunden"."""
    if minutes % 60:
        return f"{minutes} Minuten" if minutes > 1 else "1 Minute"
    hours = minutes // 60
    return "1 Stunde" if hours == 1 else f"{hours} Stunden"
