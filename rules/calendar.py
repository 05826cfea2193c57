"""Working days: the Arbeitstage of the house per Land.

Saturday is none, though it is a Werktag of the Erreichbarkeits-Anordnung: another calendar. Days
are local dates (Europe/Berlin); no clock is read.
Source: § 187 (1), § 188, § 193 BGB; facts section 9; own decision 0012.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import holidays

from rules.errors import Refused

LAND_CODES: Final[dict[str, str]] = {
    "Baden-Württemberg": "BW",
    "Bayern": "BY",
    "Berlin": "BE",
    "Brandenburg": "BB",
    "Bremen": "HB",
    "Hamburg": "HH",
    "Hessen": "HE",
    "Mecklenburg-Vorpommern": "MV",
    "Niedersachsen": "NI",
    "Nordrhein-Westfalen": "NW",
    "Rheinland-Pfalz": "RP",
    "Saarland": "SL",
    "Sachsen": "SN",
    "Sachsen-Anhalt": "ST",
    "Schleswig-Holstein": "SH",
    "Thüringen": "TH",
}
"""Names of the Länder as in domain/agencies.csv, and their ISO 3166-2 codes."""


_KNOWN_DAYS: Final = 4_096
"""Mails of one day ask for the same few days of 16 Länder, three or four times each."""


_FREE_DAYS: Final = frozenset({(12, 24), (12, 31)})
"""(Month, day) on which nobody works although no holiday law says so: service-free by custom of the
house. Source: facts section 9 (unconfirmed); own decision 0012."""


def is_arbeitstag(day: date, land: str | None) -> bool:
    """Whether the house works on that day in that Land (Monday to Friday, no holiday).

    `land` as in domain/agencies.csv; of "Bremen/Niedersachsen" the first, the seat, counts.
    None (agency unknown) knows only the holidays of all Germany. Holidays of single Gemeinden
    (Mariä Himmelfahrt in Bayern, Augsburg, Fronleichnam in parts of Sachsen and Thüringen) count
    as Arbeitstage: no table says which agency lies where, and a deadline a day too early harms
    nobody. Raises: Refused: no such Land (`calendar.land_unknown`). Source: Weisung 202502006
    no. 2.3; own decision 0012.
    """
    code = _code(land)
    if day.weekday() >= 5 or day in _holidays(code, day.year):
        return False
    return (day.month, day.day) not in _FREE_DAYS


@lru_cache(maxsize=_KNOWN_DAYS)
def add_arbeitstage(day: date, count: int, land: str | None) -> date:
    """The `count`-th Arbeitstag after `day`; the day itself never counts.

    A negative count goes back. Zero gives the day itself if it is an Arbeitstag, else the next
    one. Raises: Refused: no such Land. Source: § 187 (1), § 193 BGB; own decision 0012.
    """
    return _step(day, count, lambda candidate: is_arbeitstag(candidate, land))


def _step(day: date, count: int, counts: Callable[[date], bool]) -> date:
    one = timedelta(days=-1 if count < 0 else 1)
    if count == 0:
        while not counts(day):
            day += one
        return day
    left = abs(count)
    while left:
        day += one
        left -= counts(day)
    return day


def _code(land: str | None) -> str | None:
    if land is None:
        return None
    code = LAND_CODES.get(land.partition("/")[0])
    if code is None:
        raise Refused(
            "calendar.land_unknown",
            f"There is no Land {land!r}; write it as in domain/agencies.csv, e.g. 'Hessen'.",
            land=land,
        )
    return code


@lru_cache(maxsize=512)
def _holidays(code: str | None, year: int) -> frozenset[date]:
    # A holiday of the neighbouring years never falls into this one, so one year is enough.
    return frozenset(holidays.country_holidays("DE", subdiv=code, years=year, expand=False))
