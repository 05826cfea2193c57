"""Is the machine right as often as before? Two shares compared, with their chance.

What clerks correct tells how right the verdict is. Source: F26; own decision 0044.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Final

FEWEST: Final = 50
"""Closed items on either side below which no warning is given. Hausregel: under that, a share
jumps by five points by chance every other week."""

FALL: Final = 0.05
"""A fall smaller than this is nobody's business. Hausregel."""

SIGMAS: Final = 3.0
"""How many standard errors a fall must measure: by chance once in 700 comparisons.
Source: normal approximation of the difference of two shares."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many verdicts people closed, and how many of them they had corrected before."""

    judged: int
    corrected: int

    @property
    def share(self) -> float | None:
        """The part that stood as the machine had said; None where nothing was closed."""
        return (self.judged - self.corrected) / self.judged if self.judged else None


def has_fallen(before: Agreement, now: Agreement) -> bool:
    """Whether the agreement is lower than before, by more than chance and by enough to matter.

    Source: own decision 0044.
    """
    if min(before.judged, now.judged) < FEWEST:
        return False
    old, new = before.share or 0.0, now.share or 0.0
    together = (before.corrected + now.corrected) / (before.judged + now.judged)
    error = sqrt(together * (1 - together) * (1 / before.judged + 1 / now.judged))
    return old - new >= FALL and old - new >= SIGMAS * error
