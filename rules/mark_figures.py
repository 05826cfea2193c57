"""How often people set which mark, laid out by day, concern, channel, agency or region.

Source: R6, R7 (picture of the region by QuickSteps), Weisung 202404002; own decision 0087.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules.figures import By, Line, place_of


@dataclass(frozen=True, slots=True)
class MarkCell:
    """How often one mark was found set on one local day. No person: Exchange does not say who.

    `agency_code` None is the clearing folder, or a mail without item; `mark` is empty for all that
    nobody configured, together.
    """

    day: date
    region: str
    agency_code: str | None
    channel: str
    concern: str
    mark: str
    number: int


def names(cells: Iterable[MarkCell]) -> tuple[str, ...]:
    """The marks that occur, the most frequent first; what nobody configured comes last.

    Source: Weisung 202404002.
    """
    count: Counter[str] = Counter()
    for cell in cells:
        count[cell.mark] += cell.number
    return tuple(sorted(count, key=lambda name: (name == "", -count[name], name)))


def lines(cells: Iterable[MarkCell], by: By, columns: tuple[str, ...]) -> tuple[Line, ...]:
    """One line for each key, a number for each of `columns`: days in order, others by their sum.

    Source: F54.
    """
    found: dict[str, Counter[str]] = {}
    for cell in cells:
        found.setdefault(place_of(cell, by), Counter())[cell.mark] += cell.number
    told = [Line(key, tuple(count[name] for name in columns)) for key, count in found.items()]
    if by is By.DAY:
        return tuple(sorted(told, key=lambda line: line.key))
    return tuple(sorted(told, key=lambda line: (-sum(line.numbers), line.key)))


def by_day(cells: Iterable[MarkCell]) -> tuple[Line, ...]:
    """All marks of a day together, for the curve. Source: F54."""
    count: Counter[str] = Counter()
    for cell in cells:
        count[cell.day.isoformat()] += cell.number
    return tuple(Line(day, (number,)) for day, number in sorted(count.items()))
