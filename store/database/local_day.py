"""The local day of the house, by which mail and work are counted."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
"""Local days of the house. Source: § 4 Zeitgesetz (EinhZeitG): legal time in Germany."""


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The local day (Europe/Berlin): its first moment, and that of the next, 23 to 25 h later."""
    midnight = time(tzinfo=BERLIN)
    return datetime.combine(day, midnight), datetime.combine(day + timedelta(days=1), midnight)
