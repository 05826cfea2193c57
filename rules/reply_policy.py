"""Whether a message may be answered by mail at all (Antwortsperre). Texts come later.

Source: Weisung 202001001 no. 2.4 a 4; F46, N4; own decision 0016.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rules.codes import Channel, Concern
from rules.deadlines import HOUSE_RULE
from rules.errors import Refused

_ESERVICE: Final = frozenset({Channel.ESERVICE_AU, Channel.ESERVICE_VERAENDERUNG})

ESERVICE_EXCEPTIONS: Final[dict[Concern, str]] = {
    Concern.ORTSABWESENHEIT: "Mitteilung einer Ortsabwesenheit",
    Concern.ANSCHRIFT_NAME: "Umzug und Ortswechsel",
}
"""Concerns answered although they came by eService. Source: Weisung 202001001 no. 2.4 a 4."""

_ELSEWHERE: Final[dict[Channel, str]] = {
    Channel.POSTFACHNACHRICHT: "Die Nachricht kam aus dem Leistungspostfach. Eine Mail ginge an"
    " dessen Technik, nicht an die Person: Antworten Sie im Leistungspostfach.",
    Channel.KONTAKTFORMULAR: "Im Kontaktformular ist keine Mailadresse zu lesen. Eine Mail ginge"
    " an die Technik des Formulars, nicht an die Person: Rufen Sie an, oder schreiben Sie einen"
    " Brief.",
    **dict.fromkeys(
        sorted(_ESERVICE),
        "Die Mitteilung kam über den eService, ohne Mailadresse. Eine Mail ginge an dessen"
        " Technik, nicht an die Person: Antworten Sie im Portal, oder schreiben Sie einen Brief.",
    ),
}
"""Where an answer is written to what a program of ours brought without an address of its writer."""

_WEISUNG: Final = (
    "Weisung 202001001 Nr. 2.4 a 4 (abgelaufen 31.12.2022, als Hausregel weitergeführt)"
)


MAX_REPLIES_A_DAY: Final = 5
"""To one address in 24 hours, whoever orders them: what a machine beyond our marks could make of
us stays small. Source: RFC 3834 section 2 (limits on the rate); Hausregel."""


@dataclass(frozen=True, slots=True)
class ReplyRule:
    """The answer of the policy: allowed or not, why (German, for the desk), and where it stands."""

    allowed: bool
    because: str
    source: str


def may_reply(channel: Channel, concerns: Iterable[Concern]) -> ReplyRule:
    """Whether a reply by mail is allowed.

    Machine mail is never answered (loops). A change told by eService gets no extra reply, because
    the customer sees it in the portal; the exceptions are Ortsabwesenheit and Umzug/Ortswechsel.
    `anschrift_name` also covers a mere change of name, which no code tells from a move: it is
    let through, and the reason says so. Source: Weisung 202001001 no. 2.4 a 4; RFC 3834
    section 2 (no answers to automatic mail); own decision 0016.
    """
    if channel is Channel.MASCHINELL:
        return ReplyRule(
            False, "Maschinell erzeugte Nachrichten werden nicht beantwortet.", HOUSE_RULE
        )
    if channel not in _ESERVICE:
        return ReplyRule(
            True, "Antwort mit einem freigegebenen Textbaustein ist möglich.", HOUSE_RULE
        )
    exceptions = [ESERVICE_EXCEPTIONS[code] for code in concerns if code in ESERVICE_EXCEPTIONS]
    if exceptions:
        topics = "“ und „".join(dict.fromkeys(exceptions))
        return ReplyRule(True, f"Ausnahme für eService: „{topics}“.", _WEISUNG)
    return ReplyRule(
        False,
        "Veränderungen per eService erhalten keine zusätzliche Antwort, außer bei "
        "Ortsabwesenheit sowie Umzug und Ortswechsel.",
        _WEISUNG,
    )


def by_mail(channel: Channel, address: str) -> ReplyRule | None:
    """What forbids an answer by mail for want of an address; None where nothing does.

    `address` is the one that was filled into a form. The sender of what came by a form or portal is
    a program of ours: what goes there reaches nobody, or somebody else. Source: own decision 0153.
    """
    if address or channel not in _ELSEWHERE:
        return None
    return ReplyRule(False, _ELSEWHERE[channel], HOUSE_RULE)


def require_room(sent_to_address: int) -> None:
    """Pass while fewer than `MAX_REPLIES_A_DAY` answers were ordered to that address in 24 hours.

    Raises: Refused: `reply.too_many`. Source: RFC 3834 section 2; F10; Hausregel.
    """
    if sent_to_address >= MAX_REPLIES_A_DAY:
        raise Refused(
            "reply.too_many",
            f"{sent_to_address} answers went to this address within 24 hours; call, or answer"
            " tomorrow.",
            limit=MAX_REPLIES_A_DAY,
        )
