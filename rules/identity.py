"""Who writes for another person, and what must be compared before a text that discloses may go.

No authority is assumed from how somebody writes: who writes for another is a messenger (Bote) and
is told nothing. Words only hint; the clerk compares and says so.
Source: Weisung 202001001 no. 2.2, 2.3; § 13 SGB X; § 35 SGB I; F39, N19; own decision 0051.
"""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import Final

from rules.errors import Refused
from rules.placename import fold


class Check(StrEnum):
    """What a clerk has compared for one item; kept with the item, told by the trail."""

    ADDRESS = "address_compared"
    AUTHORITY = "authority_present"


class Writer(StrEnum):
    """Who seems to write: the person concerned, somebody for her, or somebody with a paper."""

    SELF = "self"
    MESSENGER = "messenger"
    AUTHORISED = "authorised"


_KIN: Final = (
    r"(?:mann|frau|sohn|tochter|mutter|vater|bruder|schwester|eltern|partner|partnerin|"
    r"lebensgefaehrt\w+|ehemann|ehefrau|oma|opa|schwager|schwaegerin|freund|freundin|enkel\w*|"
    r"nachbar\w*|mandant\w*|klient\w*|betreut\w+)"
)
_OTHERS: Final = (
    r"(?:(?:schwieger|stief|gross|ur)+(?:mutter|vater|eltern|sohn|tochter)|tante|onkel|cousin\w*|"
    r"nichte|neffe\w*|verlobt\w+|bekannt(?:e|en|er|em)|kolleg\w+)"
)
"""Named so only where one writes for them: "mein Onkel ist gestorben" is no mail of a messenger."""
_AUTHORISED: Final = re.compile(
    r"\b(?:vollmacht|bevollmaechtigt\w*|rechtsanw\w+|gesetzliche\w* (?:betreuer\w*|vertret\w+)|"
    r"betreuer(?:in)?\b|betreuungsausweis|vormund\w*|namens und in vollmacht|sorgeberechtigt\w*)"
)
_MESSENGER: Final = re.compile(
    rf"\b(?:fuer|im namen|im auftrag|anstelle|wegen) (?:von )?(?:mein\w*|unser\w*|dess?en|der|des) "
    rf"(?:\w+ )?{_KIN}\b|"
    rf"\bmein\w? {_KIN} (?:\w+ ){{0,4}}(?:ist|hat|kann|bittet|moechte|war|wird)\b|"
    r"\bich schreibe (?:\w+ ){0,2}(?:fuer|im namen|im auftrag)\b|\bi\. ?a\. |"
    rf"\b(?:fuer|im namen|im auftrag|anstelle) (?:von )?(?:mein|unser|ein)(?:e|en|em|er|es)? "
    rf"(?:\w+ ){{0,2}}(?:{_KIN}|{_OTHERS})(?:e?s)?\b|"
    r"\b(?:im namen|im auftrag) (?:von |der |des )?(?:frau|herrn?|familie|eheleute\w*)\b|"
    r"\b(?:mein|unser)(?:e|en|em|er|es)? (?:mandant|klient|betreute)\w*|"
    r"\b(?:ich|wir) (?:vertrete|betreue)n? (?:frau|herrn|familie)\b"
)
# The own authority of the house, asked for or sent to us, is no authority of the writer.
_SAID_NOT: Final = re.compile(r"\b(?:keine|ohne|nicht|welche) (?:\w+ )?(?:vollmacht|bevollmaecht)")


def writer_of(text: str) -> Writer:
    """What the words of a mail hint at; a hint for the clerk, never a decision.

    Source: Weisung 202001001 no. 2.3; word list: Hausregel, own decision 0051.
    """
    folded = " ".join(fold(text).split())
    if _AUTHORISED.search(folded) and not _SAID_NOT.search(folded):
        return Writer.AUTHORISED
    if _MESSENGER.search(folded) or _AUTHORISED.search(folded):
        return Writer.MESSENGER
    return Writer.SELF


def needed(writer: Writer) -> frozenset[Check]:
    """What must be compared before a text that discloses may go.

    The address always (only it proves who it is), and the authority where another writes.
    Source: Weisung 202001001 no. 2.2 (address), 2.3 (messenger); own decision 0051.
    """
    if writer is Writer.SELF:
        return frozenset({Check.ADDRESS})
    return frozenset(Check)


def require_checked(writer: Writer, done: Collection[Check]) -> None:
    """Pass, or name what is missing for a text that discloses.

    Raises: Refused: `reply.identity_unchecked`, with `missing` in details.
    Source: Weisung 202001001 no. 2.2, 2.3; F39, N19.
    """
    missing = sorted(needed(writer) - set(done))
    if missing:
        raise Refused(
            "reply.identity_unchecked",
            "This text tells something about the person. First record: "
            + ", ".join(check.value for check in missing)
            + ".",
            missing=tuple(check.value for check in missing),
        )
