"""Local days of the house, by which mail and work are counted."""

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

BERLIN: Final = ZoneInfo("Europe/Berlin")
"""Source: § 4 Zeitgesetz (EinhZeitG): legal time in Germany."""


def local_day(moment: datetime) -> date:
    """The local day of an aware moment. Source: § 4 EinhZeitG."""
    return moment.astimezone(BERLIN).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The local day: its first moment, and that of the next, 23 to 25 h later.

    Source: § 4 EinhZeitG.
    """
    midnight = time(tzinfo=BERLIN)
    return datetime.combine(day, midnight), datetime.combine(day + timedelta(days=1), midnight)
