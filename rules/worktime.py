"""When only working time counts: how long a lease lasts, and when what is parked comes back.

Times come and go as aware moments; hours are those of Europe/Berlin. No clock is read.
Source: F32, N6, R17 (a lease is no time recording: nobody's hours are kept, only the house's);
own decision 0049.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from rules.calendar import is_arbeitstag
from rules.local_day import BERLIN, local_day

_LONGEST_BREAK_DAYS: Final = 400
"""No working day for so long is a fault of the configured hours, no holiday."""


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When leases run: from `begin` to `end` (local) on Arbeitstage that are one of `weekdays`.

    Weekdays count from Monday = 0. Source: Hausregel, own decision 0049.
    """

    begin: time = time(7)
    end: time = time(18)
    weekdays: frozenset[int] = frozenset(range(5))


def lease_end(start: datetime, seconds: int, *, land: str | None, hours: WorkingHours) -> datetime:
    """When so many working seconds have passed since `start` (aware); aware UTC.

    What begins outside of working time begins to run with the next working time. Raises:
    Refused: no such Land (`calendar.land_unknown`). Source: F32; own decision 0049.
    """
    left = timedelta(seconds=seconds)
    day = local_day(start)
    for _ in range(_LONGEST_BREAK_DAYS):
        if is_working_day(day, land=land, hours=hours):
            opens, closes = (_moment(day, at) for at in (hours.begin, hours.end))
            opens = max(opens, start.astimezone(UTC))
            if opens + left <= closes:
                return opens + left
            left -= max(closes - opens, timedelta(0))
        day += timedelta(days=1)
    raise ValueError("there is no working time in the year after the start of the lease")


def is_working_day(day: date, *, land: str | None, hours: WorkingHours) -> bool:
    """Whether the house works that local day in that Land. Raises: Refused: as `lease_end`.

    Source: own decision 0049.
    """
    return day.weekday() in hours.weekdays and is_arbeitstag(day, land)


def back_on(wanted: date | int, *, today: date, land: str | None, hours: WorkingHours) -> date:
    """The working day on which something parked comes back: that day, or the next that is one.

    A number counts working days after `today`; a day that is not after `today`, and zero, come
    back as they are. Raises: Refused: as `lease_end`. Source: own decision 0103.
    """
    if isinstance(wanted, date):
        return _worked(wanted, land, hours) if wanted > today else wanted
    day = today
    for _ in range(wanted):
        day = _worked(day + timedelta(days=1), land, hours)
    return day


def _worked(day: date, land: str | None, hours: WorkingHours) -> date:
    for ahead in range(_LONGEST_BREAK_DAYS):
        # The calendar of Python ends with the year 9999.
        if day.toordinal() + ahead > date.max.toordinal():
            return day
        if is_working_day(day + timedelta(days=ahead), land=land, hours=hours):
            return day + timedelta(days=ahead)
    raise ValueError("there is no working day in the year after that day")


def _moment(day: date, at: time) -> datetime:
    """In UTC, so that the hour that a night in March lacks is nobody's working time."""
    return datetime.combine(day, at, tzinfo=BERLIN).astimezone(UTC)
