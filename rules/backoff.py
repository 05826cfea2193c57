"""How long to wait before the next try, and when to give up. Deterministic: chance is passed in.

Source: F48; own decision 0020.
"""

from dataclasses import dataclass
from typing import Final

_MAX_DOUBLINGS: Final = 64


@dataclass(frozen=True, slots=True)
class BackoffRule:
    """Growing waits: `first_seconds`, then `factor` times as long each time, at most `cap_seconds`.

    After `max_tries` failed tries the row is a dead letter. `spread` is the share by which the
    wait may swing either way, so that many rows don't come back at once. The defaults try for
    about two and a half days: over a weekend. Source: own decision 0020.
    """

    first_seconds: float = 30.0
    factor: float = 2.0
    cap_seconds: float = 6 * 3600.0
    max_tries: int = 20
    spread: float = 0.2


HOUSE_BACKOFF: Final = BackoffRule()


def next_try(tries: int, rule: BackoffRule = HOUSE_BACKOFF, *, jitter: float = 0.5) -> float | None:
    """Seconds to wait after `tries` failed tries (1 after the first), or None: a dead letter.

    `jitter` from 0 to 1 swings the wait by `rule.spread`; 0.5 is the bare value. The cap holds
    for the bare value. Source: F48; own decision 0020.
    """
    if tries >= rule.max_tries:
        return None
    doublings = min(max(tries - 1, 0), _MAX_DOUBLINGS)
    bare = min(rule.first_seconds * rule.factor**doublings, rule.cap_seconds)
    return bare * (1 + rule.spread * (2 * jitter - 1))


def longest_waits(rule: BackoffRule = HOUSE_BACKOFF) -> tuple[float, ...]:
    """The longest that `next_try` ever says after 1, 2, … failed tries; the last for all later.

    Source: own decision 0131.
    """
    waits = (next_try(tries, rule, jitter=1.0) for tries in range(1, rule.max_tries))
    return tuple(dict.fromkeys(wait for wait in waits if wait is not None)) or (0.0,)
