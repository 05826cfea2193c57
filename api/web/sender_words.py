"""What the page says of a sender: calm German sentences to the codes of rules/sender_hints.py.

A hint says what was seen and what to do, and accuses nobody: most mail that fails a check was only
forwarded. Source: own decision 0082.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from rules.authentication import Outcome
from rules.sender_hints import Hint, SenderSeen

NOTED: Final[Mapping[Hint, str]] = MappingProxyType(
    {
        Hint.NAMES_THE_HOUSE: "Der Name klingt nach einer Stelle der BA, die Adresse gehört nicht"
        " zur BA. Verlassen Sie sich auf die Adresse.",
        Hint.LOOKS_LIKE_THE_HOUSE: "Die Adresse sieht einer der BA ähnlich und ist keine. Lesen Sie"
        " sie Zeichen für Zeichen.",
        Hint.INSIDE_UNPROVEN: "Die Adresse ist eine der BA, unsere Mailserver konnten das nicht"
        " bestätigen. Fragen Sie im Zweifel telefonisch nach.",
        Hint.OTHER_ADDRESS_IN_NAME: "Im Namen steht eine andere Mailadresse als die, von der die"
        " Mail kommt.",
        Hint.SEVERAL_SENDERS: "Die Mail nennt mehrere Absender. Gezeigt wird der erste.",
        Hint.CHECK_FAILED: "Unsere Mailserver konnten nicht bestätigen, dass die Mail von dieser"
        " Adresse kommt. Das ist bei weitergeleiteten Mails häufig. Gleichen Sie vor einer"
        " Auskunft die Adresse ab.",
        Hint.REPLY_ELSEWHERE: "Der Absender wünscht Antworten an eine andere Adresse. Der Postlotse"
        " antwortet an die, von der die Mail kommt.",
    }
)

OUTCOMES: Final[Mapping[Outcome, str]] = MappingProxyType(
    {
        Outcome.PASS: "bestätigt",
        Outcome.FAIL: "nicht bestätigt",
        Outcome.UNSURE: "unklar",
        Outcome.NONE: "nicht eingerichtet",
    }
)
"""`untold` has no word: what nobody said is left out."""

SHOWN_ADDRESSES: Final = 3
"""Addresses and domains named at most. Source: desk guide (no list in a line)."""


@dataclass(frozen=True, slots=True)
class SenderWords:
    """`noted` stands in a box, `addresses` behind the last of it; `checks` is one small line."""

    noted: tuple[str, ...]
    addresses: tuple[str, ...]
    checks: str


def said(seen: SenderSeen) -> SenderWords:
    """What the page says; all parts may be empty."""
    wants_elsewhere = Hint.REPLY_ELSEWHERE in seen.hints
    return SenderWords(
        noted=tuple(NOTED[hint] for hint in seen.hints),
        addresses=seen.replies_to[:SHOWN_ADDRESSES] if wants_elsewhere else (),
        checks=_checks(seen),
    )


def _checks(seen: SenderSeen) -> str:
    told = seen.checked
    signed = ", ".join(domain for domain in told.dkim_domains[:SHOWN_ADDRESSES] if domain)
    rows = (("SPF", told.spf, ""), ("DKIM", told.dkim, signed), ("DMARC", told.dmarc, ""))
    return ", ".join(
        f"{name} {OUTCOMES[outcome]}" + (f" für {whom}" if whom else "")
        for name, outcome, whom in rows
        if outcome is not Outcome.UNTOLD
    )
