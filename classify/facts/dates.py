"""German dates as people write them: `3.4.`, `vom 3. bis 14.3.`, `ab Montag`, `bis Ende der Woche`.

Relative and year-less dates are resolved from the local day of the mail (Europe/Berlin).
Source: facts section 10 ("dates as 3.4., 03.04.24, ab Montag, seit gestern").
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from classify.facts import day_words, feasts
from classify.facts.date_shapes import ALSO, PATTERNS, SIGNS
from classify.lexicon import DATES
from classify.reading import Heard

_MONTH_NUMBER: Final = MappingProxyType(
    {
        "jan": 1, "jae": 1, "feb": 2, "mae": 3, "mar": 3, "mrz": 3, "apr": 4, "mai": 5, "may": 5,
        "jun": 6, "jul": 7, "aug": 8, "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dez": 12,
        "dec": 12,
    }
)  # fmt: skip
_WEEKDAYS: Final = MappingProxyType(
    {
        "montag": 0, "dienstag": 1, "mittwoch": 2, "donnerstag": 3, "freitag": 4, "samstag": 5,
        "sonnabend": 5, "sonntag": 6, "mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6,
    }
)  # fmt: skip
_COUNTS: Final = MappingProxyType(
    {
        "ein": 1, "eine": 1, "einem": 1, "einer": 1, "zwei": 2, "drei": 3, "vier": 4, "fuenf": 5,
        "sechs": 6, "acht": 8, "zehn": 10,
    }
)  # fmt: skip
_START: Final = attrgetter("start")
_NEAR_PAST_DAYS: Final = 200
"""A day without a year lies at most so far back, else it is a coming one. See docs/judge.md."""
_LONG_PAST_DAYS: Final = 90
"""From here on it may as well be the coming one: "Ende 31.12.", written in May. The role tells."""
_WITHOUT_MONTH: Final = frozenset({"day_only", "day_of_bare_range"})
_WITH_MONTH: Final = frozenset({"numeric", "worded", "spelled", "day_of_range"})
_SPANS: Final[MappingProxyType[str, Callable[[timedelta], timedelta]]] = MappingProxyType(
    {
        "days_ago": lambda span: -span,
        "today_in": lambda span: span,
        "duration": lambda span: span - timedelta(days=1),
    }
)
_COUNTED_ON: Final = frozenset({"day_only", "duration"})
_LONGEST_GAP_CHARS: Final = 3
_NEW_YEAR_UNTIL_MONTH: Final = 6
"""Up to June "Neujahr" is the last one."""
_YEAR_END_UNTIL_MONTH: Final = 2
"""Up to February "zum Jahresende" may be the last one."""

_BEGIN = re.compile(r"\b(?:ab|seit|vom)(?: dem)? $")
_SINCE = re.compile(r"(?:\bseit(?:\sdem|\sder)?|\bvergangenen|\bletzten)\s(?:\w+,?\s)?(?:den\s)?$")


def _hints_of(name: str) -> frozenset[str]:
    return frozenset(f"{DATES}{one}" for one in (name, *ALSO.get(name, ())))


_PATTERNS: Final = tuple((name, pattern, _hints_of(name)) for name, pattern in PATTERNS)
_HINTS: Final = frozenset(f"{DATES}{name}" for name in SIGNS)
_MIXES: Final = 1_024
"""Of hints; each is thought about once, as long as there are not more."""

_DAYS: Final = 1_024
"""As they are written; mails of one day name the same ones again and again."""


@dataclass(frozen=True, slots=True)
class DateFound:
    """A day that a text names; `start` and `end` count characters of the folded text searched.

    `other` is the day that may be meant instead: of "Freitag" the last one for the coming one.
    """

    day: date
    start: int
    end: int
    other: date | None = None


def find_dates(heard: Heard, *, today: date) -> tuple[DateFound, ...]:
    """All days named in a folded text, in its order, not overlapping.

    `today` is the local day of the mail. Impossible days (31.2.) are left out.
    """
    hinted = heard.hinted & _HINTS
    if not hinted:
        return ()
    found: list[DateFound] = []
    for name, pattern in _likely(hinted):
        for match in pattern.finditer(heard.text):
            start, end = match.span()
            if any(start < other.end and other.start < end for other in found):
                continue
            if name == "calendar_week":
                found += _days_of_week(match, today)
                continue
            anchor = _anchor(name, match, heard.text, found, today)
            day = _resolve(name, match, heard.text, anchor) if anchor else None
            if day is not None:
                found.append(DateFound(day, start, end, _other(name, match, day, today)))
    return tuple(sorted(found, key=_START)) if found else ()


@lru_cache(maxsize=_MIXES)
def _likely(hinted: frozenset[str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The shapes that may stand in a sentence that hints at so much."""
    return tuple((name, pattern) for name, pattern, hints in _PATTERNS if hints <= hinted)


def _anchor(
    name: str, match: re.Match[str], folded: str, found: list[DateFound], today: date
) -> date | None:
    """From where a day counts: without a month from the day named before it, else from today.

    A duration counts from a begin right before it, or from nowhere.
    """
    if name not in _COUNTED_ON:
        return today
    before = max((one for one in found if one.end <= match.start()), key=_START, default=None)
    if name == "day_only":
        return before.day if before else today
    is_begin = before and match.start() - before.end <= _LONGEST_GAP_CHARS
    return before.day if before and is_begin and _BEGIN.search(folded[: before.start]) else None


def _days_of_week(match: re.Match[str], today: date) -> tuple[DateFound, ...]:
    """Monday and Sunday of "KW 12"; none of a week that the year has not."""
    monday = _nearest((_monday(year, int(match["week"])) for year in _years(today)), today)
    if monday is None:
        return ()
    middle = match.start("week")
    return (
        DateFound(monday, match.start(), middle),
        DateFound(monday + timedelta(days=6), middle, match.end()),
    )


def _monday(year: int, week: int) -> date | None:
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        return None


def _other(name: str, match: re.Match[str], day: date, today: date) -> date | None:
    named = match.groupdict()
    if name in {"weekday", "weekday_short"} and not named.get("which") and not named["last"]:
        return day + timedelta(days=7 if day < today else -7)
    if name in _WITHOUT_MONTH:
        return next((near for near in _near(day.day, today) if near != day), None)
    if name == "year_end" and today.month <= _YEAR_END_UNTIL_MONTH:
        return day.replace(year=day.year - 1)
    if name in _WITH_MONTH and not named.get("year") and (today - day).days > _LONG_PAST_DAYS:
        return _date(day.year + 1, day.month, day.day)
    return None


def _resolve(name: str, match: re.Match[str], folded: str, today: date) -> date | None:
    if name in _RELATIVE:
        return _RELATIVE[name](today)
    if name in {"weekday", "weekday_short"}:
        return _weekday(match, folded, today)
    if name in _WITHOUT_MONTH:
        return _day_only(match, folded, today)
    if name in _SPANS:
        return today + _SPANS[name](_span(match))
    if name == "day_of_next_week":
        weekday = match["before"] or match["behind"]
        return _next_monday(today) + timedelta(days=_WEEKDAYS[weekday])
    if name == "feast":
        return _nearest((feasts.of_year(match["feast"], year) for year in _years(today)), today)
    if name == "part_of_month":
        return _part_of_month(match, today)
    return _calendar_day(match, today)


def _calendar_day(match: re.Match[str], today: date) -> date | None:
    named = match.groupdict()
    word, nth = named.get("ordinal"), named.get("nth")
    if nth:
        month = day_words.number_of(nth)
    else:
        month = _MONTH_NUMBER[named["name"][:3]] if named.get("name") else int(named["month"])
    day = day_words.number_of(word) if word else int(named.get("day") or 1)
    return _day(named.get("year"), month, day, today)


@lru_cache(maxsize=_DAYS)
def _day(year: str | None, month: int, day: int, today: date) -> date | None:
    """The day; without a year the nearest one that is not long past."""
    if year:
        return _date(int(year) if len(year) == 4 else _century(int(year), today), month, day)
    # The 29th of February is there in one of them only.
    return _nearest((_date(number, month, day) for number in _years(today)), today)


def _years(today: date) -> tuple[int, int, int]:
    return (today.year - 1, today.year, today.year + 1)


def _nearest(days: Iterable[date | None], today: date) -> date | None:
    """Of a day's dates in the years around the first that is not long past."""
    earliest = today - timedelta(days=_NEAR_PAST_DAYS)
    return next((day for day in days if day and day >= earliest), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day_only(match: re.Match[str], folded: str, anchor: date) -> date | None:
    """`seit dem 18.`: the last one; else the nearest to the anchor, rather after than before it."""
    near = _near(int(match["day"]), anchor)
    if _SINCE.search(folded[: match.start()]):
        near = tuple(day for day in near if day <= anchor)
    return near[0] if near else None


def _near(number: int, anchor: date) -> tuple[date, ...]:
    """The days of that number in the months around, the nearest first."""
    first = anchor.replace(day=1)
    months = (first - timedelta(days=1), first, first + timedelta(days=31))
    days = [_on(month, number) for month in months]
    # A day ahead may lie twice as far off as one behind: people announce more than they report.
    return tuple(sorted([day for day in days if day], key=lambda day: _distance(day, anchor)))


def _on(month: date, number: int) -> date | None:
    last = monthrange(month.year, month.month)[1]
    return month.replace(day=number) if 1 <= number <= last else None


def _distance(day: date, anchor: date) -> int:
    off = (day - anchor).days
    return off if off >= 0 else -2 * off


def _century(short: int, today: date) -> int:
    """`24` -> 2024, `71` -> 1971: two digits more than ten years ahead are a year of birth."""
    return 2000 + short if short <= today.year % 100 + 10 else 1900 + short


def _part_of_month(match: re.Match[str], today: date) -> date | None:
    month = _MONTH_NUMBER[match["name"][:3]]
    first = _day(match["year"], month, 1, today)
    if first is None or match["part"] == "anfang":
        return first
    return first.replace(day=15) if match["part"] == "mitte" else _last_of_month(first)


def _weekday(match: re.Match[str], folded: str, today: date) -> date:
    """The coming one, today included; after `seit`, `letzten`, `vergangenen` the past one."""
    named = match.groupdict("")
    number, which = _WEEKDAYS[named["weekday"]], named.get("which", "")
    back = which.startswith(("letzt", "vergang", "vorig")) or bool(named.get("last"))
    back = back or bool(_SINCE.search(folded[: match.start()]))
    if back:
        return today - timedelta(days=(today.weekday() - number) % 7 or (7 if which else 0))
    ahead = (number - today.weekday()) % 7
    return today + timedelta(days=ahead or (7 if which.startswith(("naech", "komm")) else 0))


def _span(match: re.Match[str]) -> timedelta:
    count = _COUNTS.get(match["count"]) or int(match["count"])
    return timedelta(days=count if match["unit"].startswith("tag") else 7 * count)


def _last_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _first_of_next_month(day: date) -> date:
    return _last_of_month(day) + timedelta(days=1)


def _friday(day: date) -> date:
    return day + timedelta(days=(4 - day.weekday()) % 7)


def _next_monday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


_RELATIVE: Final[MappingProxyType[str, Callable[[date], date]]] = MappingProxyType(
    {
        "heute": lambda today: today,
        "gestern": lambda today: today - timedelta(days=1),
        "vorgestern": lambda today: today - timedelta(days=2),
        "morgen": lambda today: today + timedelta(days=1),
        "uebermorgen": lambda today: today + timedelta(days=2),
        "month_end": _last_of_month,
        "next_month": _first_of_next_month,
        "quarter_end": lambda today: _last_of_month(
            today.replace(day=1, month=(today.month + 2) // 3 * 3)
        ),
        "year_end": lambda today: date(today.year, 12, 31),
        "new_year": lambda today: date(today.year + (today.month > _NEW_YEAR_UNTIL_MONTH), 1, 1),
        "week_end": _friday,
        "next_week": _next_monday,
        "next_week_end": lambda today: _friday(_next_monday(today)),
    }
)
