"""Date fields as programs write them, by the standards and beside them.

Source: RFC 5322 section 3.3; ISO 8601; own decision 0007.
"""

import re
from datetime import UTC, datetime, timedelta

from ingest import charset

_DATE = re.compile(
    r"(\d{1,2})[\s.-]+([A-Za-zäÄ]{3})[a-zä]*[\s.-]+(\d{4}|\d{2})[\s,]+"
    r"(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?\s*(?:(?:GMT|UTC)(?=[+-]))?"
    r"([+-]\d{2}:?\d{2}|[A-Za-z]{1,5})?"
)
# "Mar  4 10:15:00 2024" of asctime, "Mar 4 2024 10:15:00 +0100", "04.03.2024 10:15:00"
_ASCTIME = re.compile(
    r"([A-Za-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})(?:\s+([A-Za-z]{1,5}))?\s+(\d{4})"
)
_MONTH_FIRST = re.compile(
    r"([A-Za-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{4}),?\s+"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([+-]\d{4}|[A-Za-z]{1,5})?"
)
_NUMBERS = re.compile(
    r"(\d{1,2})\.(\d{1,2})\.(\d{4}),?\s+"
    r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([+-]\d{4}|[A-Za-z]{1,5})?"
)
_ISO_DATE = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        str.split("jan feb mar,mär,mrz apr may,mai jun jul aug sep oct,okt nov dec,dez"), 1
    )
    for name in names.split(",")
}
_ZONES = {"mez": 1, "cet": 1, "mesz": 2, "cest": 2, "est": -5, "edt": -4, "pst": -8, "pdt": -7}


def when(raw: bytes) -> datetime | None:
    """A Date field as aware UTC; None if it is missing, unreadable, or not of 1990 to 2099.

    German month and zone names are read too; a time without zone is UTC.
    Source: RFC 5322 section 3.3; ISO 8601; own decision 0007.
    """
    value = charset.decode(raw[:200]).text
    match = _DATE.search(value)
    if match:
        day, month, year = int(match[1]), _MONTHS.get(match[2].lower(), 0), int(match[3])
        return _moment((year if year > 99 else 2000 + year, month, day), match.groups()[3:])
    match = _ISO_DATE.search(value)
    if match:
        return _moment((int(match[1]), int(match[2]), int(match[3])), match.groups()[3:])
    return _odd(value)


def _odd(value: str) -> datetime | None:
    """Dates that no standard knows and programs write."""
    if match := _ASCTIME.search(value):
        month, day, *clock, zone, year = match.groups()
        return _moment((int(year), _month(month), int(day)), (*clock, zone))
    if match := _MONTH_FIRST.search(value):
        month, day, year, *rest = match.groups()
        return _moment((int(year), _month(month), int(day)), tuple(rest))
    if match := _NUMBERS.search(value):
        day, month, year, *rest = match.groups()
        return _moment((int(year), int(month), int(day)), tuple(rest))
    return None


def _month(name: str) -> int:
    return _MONTHS.get(name.lower(), 0)


def _moment(day: tuple[int, int, int], clock: tuple[str | None, ...]) -> datetime | None:
    hour, minute, second, zone = clock
    try:
        local = datetime(
            *day, int(hour or 0), int(minute or 0), min(int(second or 0), 59), tzinfo=UTC
        )
        moment = local - _offset(zone or "")
    except (ValueError, OverflowError):
        return None
    return moment if 1990 <= moment.year <= 2099 else None


def _offset(zone: str) -> timedelta:
    digits = zone.replace(":", "")
    if digits[:1] in {"+", "-"}:
        size = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
        return size if digits[0] == "+" else -size
    return timedelta(hours=_ZONES.get(zone.lower(), 0))
