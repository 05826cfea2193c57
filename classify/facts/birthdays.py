"""The sender's day of birth, told by its own words: `geb. 14.8.1996`, `Geburtsdatum: 14.08.1996`.

The learned roles hesitate here, for many labelled mails name such a day and don't label it; the
words don't hesitate. Source: label guide, "Facts"; measured in docs/judge.md (0.87 to 0.95 right).
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from classify.facts.day_terms import GROWN_UP, Mention

ROLE: Final = "birth_date"
_WORDS: Final = frozenset({"geb", "gebdat", "geboren", "geburtsdatum", "geburtstag"})
_REACH_WORDS: Final = 3
"""A dot or colon and one word more may stand between: "Geburtsdatum Kunde: ..."."""


def own(mentions: Sequence[Mention]) -> date | None:
    """The first day that its words call one of birth, of somebody who is no child any more."""
    return next((one.day for one in mentions if _is_birth(one)), None)


def _is_birth(mention: Mention) -> bool:
    near = mention.around.before[:_REACH_WORDS]
    return mention.distance == GROWN_UP and not _WORDS.isdisjoint(near)
