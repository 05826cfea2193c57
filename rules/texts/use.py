"""How often a text was used, told without telling of single persons.

Source: F45, F54; promise 8 (small cells); own decision 0052.
"""

from typing import Final

SMALL_CELL: Final = 5
"""Fewer uses than this are not told as a number; none at all is. A count of three, of one region
and one text, can be three people that somebody knows. Source: usual bound of official statistics
(Statistisches Bundesamt and BA suppress 1 and 2, here wider); Hausregel, own decision 0052."""

USE_DAYS: Final = 30
"""How many days back uses are summed up. Source: desk guide, page texts; own decision 0052."""


def told(uses: int) -> int | None:
    """The number where it may be told, else None: then it is "fewer than `SMALL_CELL`".

    Source: own decision 0052.
    """
    return uses if uses == 0 or uses >= SMALL_CELL else None
