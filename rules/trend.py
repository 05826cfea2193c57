"""How often people let the machine's verdict stand, week by week or month by month.

Source: F26, F54 (model quality from corrections); own decisions 0044, 0087.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from rules.drift import Agreement
from rules.figures import Cell, Measure

WEEKS: Final = 26
"""A longer period is told by months: more points than that nobody reads off. Own decision 0087."""


@dataclass(frozen=True, slots=True)
class ConcernTrend:
    """The shares of one concern, as the machine had said it."""

    concern: str
    shares: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """Shares from 0 to 1 for each part of a period; None where too few were closed.

    `starts` are the first days of the parts, of whole weeks (Monday) or months, the first one cut
    by the period. `concerns` are what the machine had said, the most often closed first.
    """

    starts: tuple[date, ...]
    is_monthly: bool
    overall: tuple[float | None, ...]
    concerns: tuple[ConcernTrend, ...]


def trend(cells: Iterable[Cell], since: date, until: date, *, below: int) -> Trend:
    """The agreement of `[since, until]`; a part with fewer than `below` closed items is None.

    Source: F26; F55 (small numbers); own decision 0087.
    """
    is_monthly = (until - since).days >= 7 * WEEKS
    starts = _starts(since, until, is_monthly=is_monthly)
    count: Counter[tuple[str, date, Measure]] = Counter()
    whole: Counter[str] = Counter()
    for cell in cells:
        if cell.measure not in {Measure.JUDGED, Measure.CORRECTED}:
            continue
        start = max(since, _start(cell.day, is_monthly=is_monthly))
        for concern in (cell.concern, ""):
            count[concern, start, cell.measure] += cell.number
        if cell.measure is Measure.JUDGED:
            whole[cell.concern] += cell.number

    def shares(concern: str) -> tuple[float | None, ...]:
        found = [
            Agreement(count[concern, day, Measure.JUDGED], count[concern, day, Measure.CORRECTED])
            for day in starts
        ]
        return tuple(one.share if one.judged >= max(below, 1) else None for one in found)

    concerns = sorted((name for name in whole if name), key=lambda name: (-whole[name], name))
    told = tuple(ConcernTrend(name, shares(name)) for name in concerns)
    return Trend(starts, is_monthly, shares(""), told)


def _starts(since: date, until: date, *, is_monthly: bool) -> tuple[date, ...]:
    days = (since + timedelta(days=number) for number in range((until - since).days + 1))
    return tuple(dict.fromkeys(max(since, _start(day, is_monthly=is_monthly)) for day in days))


def _start(day: date, *, is_monthly: bool) -> date:
    return day.replace(day=1) if is_monthly else day - timedelta(days=day.weekday())
