"""Marks of people for the figures of a period; small numbers hidden, no person (R6, R7, N9).

Source: Weisung 202404002 (picture of the region by QuickSteps); own decision 0087.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from rules import mark_figures as rules
from rules import small_cells
from rules.figures import By, Line
from rules.mark_figures import MarkCell
from rules.rights.distribution_csv import write_rows
from store.counts import mark_figures as stored
from store.database.engine import Tx
from triage.house import House

OTHERS: Final = "andere"
"""What nobody configured, together: people write names into categories. Own decision 0046."""

_HEADS: Final = ("Tag", "Region", "Dienststelle", "Name", "Markierung", "Anzahl")


@dataclass(frozen=True, slots=True)
class HiddenLine:
    """One line; None where a number is hidden."""

    key: str
    numbers: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class MarkReport:
    """Marks of a period. `names` are the columns, "" for all that nobody configured together.

    `days` has one number a day: all marks, for the curve.
    """

    names: tuple[str, ...]
    lines: tuple[HiddenLine, ...]
    total: tuple[int | None, ...]
    days: tuple[HiddenLine, ...]


def read(
    tx: Tx, since: date, until: date, *, today: date, codes: frozenset[str | None] | None
) -> tuple[MarkCell, ...]:
    """The marks of `[since, until]`: closed days from their rows, the others counted now."""
    found = list(stored.cells(tx, since=since, until=until, agency_codes=codes))
    first = stored.first_day(tx)
    if first is None:
        return tuple(found)
    closed = stored.closed_days(tx, since=since, until=until)
    day = max(since, first)
    while day <= min(until, today):
        if day not in closed:
            found += [
                one
                for one in stored.count_day(tx, day)
                if codes is None or one.agency_code in codes
            ]
        day += timedelta(days=1)
    return tuple(found)


def report(cells: tuple[MarkCell, ...], by: By, *, below: int) -> MarkReport:
    """Laid out by key and by day, numbers under `below` hidden."""
    names = rules.names(cells)
    lines, total = _hidden(rules.lines(cells, by, names), below)
    return MarkReport(names, lines, total, _hidden(rules.by_day(cells), below)[0])


def _hidden(
    lines: tuple[Line, ...], below: int
) -> tuple[tuple[HiddenLine, ...], tuple[int | None, ...]]:
    shown, total = small_cells.hide_lines([line.numbers for line in lines], below=below)
    return (
        tuple(HiddenLine(line.key, row) for line, row in zip(lines, shown, strict=True)),
        total,
    )


def export(house: House, cells: Iterable[MarkCell]) -> str:
    """By day, agency and mark: text/csv, semicolons, German heads; small numbers as "<5"."""
    below = house.policy.small_cell
    days: dict[tuple[date, str, str], list[MarkCell]] = {}
    for cell in cells:
        place = (cell.day, cell.region, cell.agency_code or "")
        days.setdefault(place, []).append(cell)
    rows: list[tuple[str, ...]] = []
    for (day, region, code), found in sorted(days.items()):
        agency = house.directory.agency(code)
        where = (f"{day:%d.%m.%Y}", region, code, agency.name if agency else "Klärung")
        names = rules.names(found)
        numbers = [sum(one.number for one in found if one.mark == name) for name in names]
        shown, _ = small_cells.hide(numbers, below=below)
        rows += [
            (*where, name or OTHERS, f"<{below}" if number is None else str(number))
            for name, number in zip(names, shown, strict=True)
        ]
    return write_rows(_HEADS, rows)
