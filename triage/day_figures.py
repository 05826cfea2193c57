"""Figures of a period: what came, what was done, how long it took, how often the machine was right.

No person, no working time, small numbers hidden. Source: R6, R17, F54, F55, N9; Weisung 202404002;
own decision 0044.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from rules import drift, figures, small_cells, trend
from rules.access import Caller, Permission, require
from rules.codes import Concern
from rules.drift import Agreement
from rules.errors import Refused
from rules.figures import By, Cell, Measure
from rules.rights.distribution_csv import write_rows
from rules.trend import Trend
from store.counts import day_figures, open_days
from store.counts.day_figures import HourCell
from store.database.engine import Tx
from triage.counted_days import days
from triage.doorkeeper import require_agency, visible_agencies
from triage.house import House
from triage.marks import figures as mark_figures
from triage.marks.figures import MarkReport

STAND_COUNTS_SECONDS: Final = 300
"""An older stand is not shown (no worker runs): the day is counted. Own decision 0080."""

LONGEST_DAYS: Final = 400
"""Longest period of one report. Hausregel: a year beside the same month of the year before."""

_HEADS: Final = (
    "von", "bis", "Region", "Dienststelle", "Name", "Geschäftsvorgang",
    "Zugang", "erledigt", "an eAkte übergeben", "korrigiert", "einsortiert",
)  # fmt: skip

_TREND_DAYS: Final = 28
_NOW_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Line:
    """One line; numbers in the order of `rules.figures.SHOWN`, None where hidden."""

    key: str
    numbers: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """How often people let the first concern and payment of the machine stand, for one concern.

    `share` is of the period and None where too few were closed; `has_fallen` compares its last
    seven days with the 28 before them.
    """

    concern: str
    share: float | None
    has_fallen: bool


@dataclass(frozen=True, slots=True)
class Report:
    """A period of local days, both ends included. `days` are its lines by day, for the curve.

    `minutes` is the mean from receipt to closing, None where too few were closed. `week` has
    seven lines (Monday first) of 24 hours: mails received, on average of the period's days of
    that name. `open_days` are counted from live mail and may still change; of a big one a
    worker's count is shown, then `counted_at` is the time of the oldest such (aware UTC).
    `trend` is how the machine's agreement went; `marks` what people set in Outlook.
    """

    since: date
    until: date
    by: By
    lines: tuple[Line, ...]
    days: tuple[Line, ...]
    total: tuple[int | None, ...]
    minutes: float | None
    week: tuple[tuple[float, ...], ...]
    machine: tuple[Machine, ...]
    open_days: tuple[date, ...]
    trend: Trend
    marks: MarkReport
    counted_at: datetime | None = None


def report(
    house: House, caller: Caller, *, since: date, until: date, by: By, agency_code: str | None
) -> Report:
    """The figures of the caller's agencies, or of one of them.

    Raises:
        Refused: `access.denied`, `agency.unknown`; `figures.period` if it ends before it begins,
            or is too long.
    """
    codes = _codes(house, caller, agency_code)
    _check(since, until)
    begun = min(since, until - timedelta(days=_NOW_DAYS + _TREND_DAYS - 1))
    with house.db.read() as tx:
        read = _read(tx, begun, until, house.local_now(), codes)
        marks = mark_figures.read(tx, since, until, today=house.today(), codes=codes)
    cells = [cell for cell in read.cells if cell.day >= since]
    hours = [cell for cell in read.hours if cell.day >= since]
    below = house.policy.small_cell
    lines, total = _shown(cells, by, below)
    sums = figures.sums(cells)
    return Report(
        since=since,
        until=until,
        by=by,
        lines=lines,
        days=lines if by is By.DAY else _shown(cells, By.DAY, below)[0],
        total=total,
        minutes=_mean(sums[Measure.MINUTES], sums[Measure.DONE], below),
        week=_week(hours, since, until),
        machine=_machine(read.cells, since, until, below),
        open_days=tuple(sorted(day for day in read.open_days if since <= day)),
        trend=trend.trend(cells, since, until, below=below),
        marks=mark_figures.report(marks, by, below=below),
        counted_at=min(read.counted_at, default=None),
    )


def export(
    house: House, caller: Caller, *, since: date, until: date, agency_code: str | None
) -> str:
    """The period as a table by agency and Geschäftsvorgang: text/csv, semicolons, German heads.

    Small numbers are hidden within each agency as on the page ("<5"). Source: R6; Weisung
    202404002 ("analog BEO"); the order of the columns is ours, as the work aid is not public.

    Raises: Refused: as `report`.
    """
    codes = _codes(house, caller, agency_code)
    _check(since, until)
    with house.db.read() as tx:
        read = _read(tx, since, until, house.local_now(), codes)
    below = house.policy.small_cell
    agencies: dict[tuple[str, str], list[Cell]] = {}
    for cell in read.cells:
        agencies.setdefault((cell.region, cell.agency_code or ""), []).append(cell)
    rows: list[tuple[str, ...]] = []
    for (region, code), cells in sorted(agencies.items()):
        agency = house.directory.agency(code)
        where = (region, code, agency.name if agency else "Klärung")
        for line in _shown(cells, By.CONCERN, below)[0]:
            if line.key:
                name = house.policy.geschaeftsvorgaenge.get(Concern(line.key), line.key)
                numbers = ("" if n is None else str(n) for n in line.numbers)
                told = [n or f"<{below}" for n in numbers]
                rows.append((f"{since:%d.%m.%Y}", f"{until:%d.%m.%Y}", *where, name, *told))
    return write_rows(_HEADS, rows)


def export_marks(
    house: House, caller: Caller, *, since: date, until: date, agency_code: str | None
) -> str:
    """Marks of the period by day and agency: text/csv. Raises: Refused: as `report`."""
    codes = _codes(house, caller, agency_code)
    _check(since, until)
    with house.db.read() as tx:
        found = mark_figures.read(tx, since, until, today=house.today(), codes=codes)
    return mark_figures.export(house, found)


@dataclass(frozen=True, slots=True)
class _Read:
    cells: tuple[Cell, ...]
    hours: tuple[HourCell, ...]
    open_days: tuple[date, ...]
    counted_at: tuple[datetime, ...]


def _read(
    tx: Tx, since: date, until: date, now: datetime, codes: frozenset[str | None] | None
) -> _Read:
    today = now.date()
    cells = list(day_figures.cells(tx, since=since, until=until, agency_codes=codes))
    hours = list(day_figures.hours(tx, since=since, until=until, agency_codes=codes))
    closed = day_figures.closed_days(tx, since=since, until=until)
    first = day_figures.first_day(tx) or today
    still_open = [day for day in days(max(since, first), min(until, today)) if day not in closed]
    oldest = now - timedelta(seconds=STAND_COUNTS_SECONDS)
    stands = open_days.since(tx, oldest, days=still_open)
    for day in still_open:
        stand = stands.get(day) or open_days.count(tx, day, now=now)
        cells += [one for one in stand.cells if _among(one.agency_code, codes)]
        hours += [one for one in stand.hours if _among(one.agency_code, codes)]
    told = tuple(stand.counted_at for stand in stands.values())
    return _Read(tuple(cells), tuple(hours), tuple(still_open), told)


def _shown(
    cells: Iterable[Cell], by: By, below: int
) -> tuple[tuple[Line, ...], tuple[int | None, ...]]:
    """The lines of a table and their sums, small numbers hidden."""
    told = figures.lines(cells, by)
    if not told:
        return (), (0,) * len(figures.SHOWN)
    numbers = [line.numbers for line in told]
    shown, total = small_cells.hide_part(
        numbers,
        *small_cells.hide_lines(numbers, below=below),
        whole=figures.SHOWN.index(Measure.RECEIVED),
        part=figures.SHOWN.index(Measure.SORTED),
        below=below,
    )
    return tuple(Line(line.key, row) for line, row in zip(told, shown, strict=True)), total


def _codes(house: House, caller: Caller, agency_code: str | None) -> frozenset[str | None] | None:
    require(caller, Permission.READ_FIGURES)
    if agency_code is None:
        return visible_agencies(house, caller)
    require_agency(house, caller, agency_code, Permission.READ_FIGURES)
    if house.directory.agency(agency_code) is None:
        raise Refused("agency.unknown", f"There is no agency {agency_code}.", agency=agency_code)
    return frozenset({agency_code})


def _check(since: date, until: date) -> None:
    if not 0 <= (until - since).days < LONGEST_DAYS:
        raise Refused(
            "figures.period",
            f"The period from {since} to {until} must have 1 to {LONGEST_DAYS} days.",
            longest=LONGEST_DAYS,
        )


def _among(code: str | None, codes: frozenset[str | None] | None) -> bool:
    return codes is None or code in codes


def _mean(minutes: int, done: int, below: int) -> float | None:
    return minutes / done if done >= max(below, 1) else None


def _week(hours: Iterable[HourCell], since: date, until: date) -> tuple[tuple[float, ...], ...]:
    weekdays = Counter(day.weekday() for day in days(since, until))
    count: Counter[tuple[int, int]] = Counter()
    for cell in hours:
        count[cell.day.weekday(), cell.hour] += cell.number
    return tuple(
        tuple(count[day, hour] / weekdays[day] if weekdays[day] else 0.0 for hour in range(24))
        for day in range(7)
    )


def _machine(cells: Iterable[Cell], since: date, until: date, below: int) -> tuple[Machine, ...]:
    now_from = until - timedelta(days=_NOW_DAYS - 1)
    trend_from = now_from - timedelta(days=_TREND_DAYS)
    kept = [one for one in cells if one.measure in {Measure.JUDGED, Measure.CORRECTED}]
    period = _agreements(one for one in kept if one.day >= since)
    now = _agreements(one for one in kept if one.day >= now_from)
    before = _agreements(one for one in kept if trend_from <= one.day < now_from)
    nothing = Agreement(0, 0)
    return tuple(
        Machine(
            concern,
            agreement.share if agreement.judged >= max(below, 1) else None,
            drift.has_fallen(before.get(concern, nothing), now.get(concern, nothing)),
        )
        for concern, agreement in sorted(
            period.items(), key=lambda pair: (-pair[1].judged, pair[0])
        )
    )


def _agreements(cells: Iterable[Cell]) -> dict[str, Agreement]:
    count: Counter[tuple[str, Measure]] = Counter()
    for cell in cells:
        count[cell.concern, cell.measure] += cell.number
    return {
        concern: Agreement(count[concern, Measure.JUDGED], count[concern, Measure.CORRECTED])
        for concern in dict.fromkeys(concern for concern, _ in count)
    }
