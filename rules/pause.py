"""Whether a pause is over, by a clock that may be set back meanwhile: by NTP, or with its machine.

By such a clock the beginning lies in the future, and waiting for it would take hours.
Source: own decision 0024 (times of the house); measurement 2026-11-27 (a clock set back by five
hours: no look at the folders for so long).
"""

from datetime import datetime, timedelta
from typing import Final

SILENT_AFTER: Final = timedelta(minutes=5)
"""A loop that said nothing for so long is stuck or not running. Own decision 0024."""


def is_over(since: datetime, *, now: datetime, pause: timedelta) -> bool:
    """Whether `pause` has passed; so it has where `since`, by the same clock, is yet to come.

    Source: own decision 0024.
    """
    return not timedelta() <= now - since < pause


def is_silent(last: datetime, *, now: datetime) -> bool:
    """Whether a sign of life is too old, or further in the future than clocks differ.

    Whoever lives gives the next one by the clock as it is now. Source: own decision 0024.
    """
    return abs(now - last) > SILENT_AFTER
