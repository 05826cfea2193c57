"""Days that people call by the name of a feast: `seit Ostersonntag`, `bis Allerheiligen`.

Only feasts of one day: "über Ostern" names none; "bis Ostern" is taken for its Sunday.
Source: § 2 of the laws on holidays of the Länder; facts section 10; a dozen of 98 labelled days
that no shape found were written so.
"""

from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

_FROM_EASTER: Final = MappingProxyType(
    {
        "rosenmontag": -48, "aschermittwoch": -46, "gruendonnerstag": -3, "karfreitag": -2,
        "karsamstag": -1, "ostersonntag": 0, "ostern": 0, "ostermontag": 1, "himmelfahrt": 39,
        "pfingsten": 49, "pfingstsonntag": 49, "pfingstmontag": 50, "fronleichnam": 60,
    }
)  # fmt: skip
"""Days before or after Easter Sunday."""
_FIXED: Final = MappingProxyType(
    {
        "heilige drei koenige": (1, 6), "tag der arbeit": (5, 1), "allerheiligen": (11, 1),
        "heiligabend": (12, 24), "heilig abend": (12, 24),
    }
)  # fmt: skip
"""Month and day."""

_OF_SEVERAL_DAYS: Final = ("ostern", "pfingsten")
SHAPE: Final = "|".join(
    [
        *(name for name in (*_FROM_EASTER, *_FIXED) if name not in _OF_SEVERAL_DAYS),
        *(f"(?<=bis ){name}" for name in _OF_SEVERAL_DAYS),
    ]
)
"""Of folded text; what `of_year` understands."""


def of_year(name: str, year: int) -> date:
    """The day of the feast in that year."""
    if name in _FIXED:
        month, day = _FIXED[name]
        return date(year, month, day)
    return _easter(year) + timedelta(days=_FROM_EASTER[name])


def _easter(year: int) -> date:
    """Easter Sunday, 1900 to 2099. Source: C. F. Gauss' rule with both of its exceptions."""
    moon = (19 * (year % 19) + 24) % 30
    week = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    off = moon + week
    if off == 35 or (off == 34 and moon == 28 and year % 19 > 10):
        off -= 7
    return date(year, 3, 22) + timedelta(days=off)
