"""How long mail may wait unsorted before somebody is told, and when that is over.

Source: F12, F60 (age of the oldest unsorted mail, alarm and all-clear); own decision 0031.
"""

from datetime import datetime, timedelta
from enum import StrEnum


class Alarm(StrEnum):
    """What there is to tell about one way in: it began to be overdue, or it is fresh again."""

    OVERDUE = "mail.overdue"
    FRESH_AGAIN = "mail.fresh_again"


def age(oldest: datetime | None, *, now: datetime) -> timedelta:
    """How long the oldest unsorted mail has waited; zero where none waits, never below.

    Both aware. A server whose clock is ahead makes mail from the future. Source: F60; own
    decision 0031.
    """
    return max(now - oldest, timedelta()) if oldest else timedelta()


def is_overdue(oldest: datetime | None, *, now: datetime, limit: timedelta) -> bool:
    """Whether it has waited longer than `limit`. Source: F60; own decision 0031."""
    return age(oldest, now=now) > limit


def alarm(*, was: bool, is_now: bool) -> Alarm | None:
    """One alarm when it begins, one all-clear when it ends, and nothing in between.

    Source: F60; own decision 0031.
    """
    if was == is_now:
        return None
    return Alarm.OVERDUE if is_now else Alarm.FRESH_AGAIN
