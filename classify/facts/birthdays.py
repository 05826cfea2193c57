"""The sender's day of birth, told by its own words: `geb. 14.8.1996`, `Geburtsdatum: 14.08.1996`.

The learned roles hesitate here, for many labelled mails name such a day and don't label it; the
words don't hesitate. Source: label guide, "Facts"; measured in docs/judge.md (0.87 to 0.95 right).
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from classify.facts.day_terms import GROWN_UP, Mention

ROLE: Final = "birth_date"
_WORDS: Final = ("geb", "gebdat", "geboren", "geburtsdatum", "geburtstag")
_REACH_WORDS: Final = 3
"""A dot or colon and one word more may stand between: "Geburtsdatum Kunde: ..."."""
_BEFORE: Final = frozenset(
    f"before{place}:{word}" for place in range(_REACH_WORDS) for word in _WORDS
)


def own(mentions: Sequence[Mention]) -> date | None:
    """The first day that its words call one of birth, of somebody who is no child any more."""
    return next((one.day for one in mentions if _is_birth(one)), None)


def _is_birth(mention: Mention) -> bool:
    return GROWN_UP in mention.own and not _BEFORE.isdisjoint(mention.around)
