"""The day of an appointment, told by its own words: `Termin am 24.9.`, `Einladung zum 4.5.`.

Only in a mail about an appointment. A day that is wished for instead ("einen neuen Termin am 29.")
is none yet. Source: label guide, "termin"; own decision 0121; measured in docs/judge.md.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from classify.facts.day_terms import Mention
from rules.codes import Concern

ROLE: Final = "appointment"
_ABOUT: Final = f"concern:{Concern.TERMIN.value}"
_REACH_WORDS: Final = 4
_WORDS: Final = frozenset(
    (
        *("termin", "termine", "termins", "meldetermin", "beratungstermin", "gespraechstermin"),
        *("einladung", "vorladung", "telefontermin"),
    )
)
_WISHED: Final = frozenset(
    (
        *("neuen", "neuer", "anderen", "anderer", "ersatztermin", "verschieben", "statt"),
        *("vom", "kam", "errechneter", "errechnete"),
    )
)
"""Before a day that is asked for, or the day of a letter."""


def told(mentions: Sequence[Mention]) -> date | None:
    """The first day that its words call that of an appointment."""
    if _ABOUT not in mentions[0].sentence.about:
        return None
    return next((one.day for one in mentions if _is_appointment(one)), None)


def _is_appointment(mention: Mention) -> bool:
    near = mention.around.before[:_REACH_WORDS]
    return not _WORDS.isdisjoint(near) and _WISHED.isdisjoint(near)
