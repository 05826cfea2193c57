"""The day of an appointment: `Termin am 24.9.`, `Dienstag um 10 kann ich nicht kommen`.

Only in a mail about an appointment. A day that is wished for instead ("einen neuen Termin am 29.")
is none yet. Source: label guide, "termin"; own decision 0121; measured in docs/judge-history.md.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from classify.facts.day_terms import Mention
from rules.codes import Concern

ROLE: Final = "appointment"
_ABOUT: Final = f"concern:{Concern.TERMIN.value}"
_REACH_WORDS: Final = 4
_ENOUGH: Final = 2
"""Signs that a day needs: its name beside it, or two of a name, an hour and an answer."""

_NAME: Final = re.compile(
    r"\b(?!vorstellungs|bewerbungs|arzt|facharzt|notar|wunsch|ersatz|liefer|abgabe)[a-z]*"
    r"(?:termine?s?|gespraechs?|einladung|vorladung|eingeladen|beratung)\b"
)
_ANSWERED: Final = frozenset(
    str.split(
        "absagen absage sage wahrnehmen bestaetige bestaetigen passt klappt schaffe schaff schaffs "
        "erscheinen erscheine verhindert verschieben schieben verlegen bestellt komm komme "
        "kommen gekommen da dort notiert klar ausfallen entfallen soll"
    )
)
"""Words of who says whether he will come."""

_WITH_US: Final = re.compile(r"\b(?:bei|mit|zu) (?:frau|herrn|ihnen|euch)\b")

_NOT_YET: Final = frozenset(
    str.split(
        "neuen neuer anderen anderer ersatztermin verschieben statt vom kam errechneter errechnete"
    )
)
"""Before a day that is asked for, or the day of a letter."""

_OPEN: Final = frozenset(str.split("ab auf bis zwischen nach vor mitte"))
"""Right before a day for which, or from which on, one is wished for."""

_SPANS: Final = frozenset(str.split("seit vom von"))
"""Right before a day on which something began."""

_SIGNS: Final = frozenset(".,:;!?-()/")
_PARTS: Final = frozenset(str.split("frueh vormittag nachmittag vormittags nachmittags mittag"))
_HOURS: Final = frozenset(
    str.split("halb viertel sieben acht neun zehn elf zwoelf eins zwei drei vier uhr")
)


def told(mentions: Sequence[Mention]) -> date | None:
    """The day with the most signs of being that of an appointment; of equals the first."""
    if _ABOUT not in mentions[0].sentence.about:
        return None
    most = _ENOUGH - 1
    day: date | None = None
    for one in mentions:
        if (signs := _signs(one)) > most:
            most, day = signs, one.day
    return day


def _signs(mention: Mention) -> int:
    before, after = mention.around.before, mention.around.after
    near = before[:_REACH_WORDS]
    if not (_NOT_YET.isdisjoint(near) and _OPEN.isdisjoint(before[:2])):
        return 0
    if _is_named(near):
        return 2 * _ENOUGH
    if mention.around.side != "side:alone" or not _SPANS.isdisjoint(before[:2]):
        return 0
    beside = _is_named(before) or _is_named(after[:_REACH_WORDS])
    words = mention.sentence.words
    return (
        (beside or _is_named(words))
        + beside
        + _is_an_hour(after)
        + (not _ANSWERED.isdisjoint(words))
        + (_WITH_US.search(" ".join(words)) is not None)
    )


def _is_named(words: Sequence[str]) -> bool:
    # One search: a call a word is dear, and mails have many days.
    return _NAME.search(" ".join(words)) is not None


def _is_an_hour(after: Sequence[str]) -> bool:
    """Whether the time of day follows: `um # uhr`, `#:#`, `um halb drei`, `vormittags`."""
    if tuple(after[:3]) in {("#", ":", "#"), ("#", ".", "#")}:
        return True
    words = [word for word in after[:_REACH_WORDS] if word not in _SIGNS]
    if words[:1] == ["um"]:
        return True
    return not _HOURS.isdisjoint(words) or not _PARTS.isdisjoint(words[:1])
