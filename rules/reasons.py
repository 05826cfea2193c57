"""A reason that a person gives says at least a few words, whatever it is given for."""

from typing import Final

SHORTEST: Final = 10
"""Characters; outer blanks don't count.
Source: own decisions 0005, 0029, 0039, 0052, 0066, 0068."""


def is_too_short(reason: str) -> bool:
    """Whether it says nothing. Each place refuses that under a code of its own.

    Source: own decision 0005.
    """
    return len(reason.strip()) < SHORTEST
