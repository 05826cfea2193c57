"""Lines that a portal or a form writes around a message; they look like an earlier mail's head.

Source: own decision 0009 (shapes, measured on the training mails).
"""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+")
_TIME_WORD = re.compile(
    r"(?:mo|di|mi|do|fr|sa|so|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|uhr|ab|"
    r"jan(?:uar)?|feb(?:ruar)?|märz|apr(?:il)?|mai|juni?|juli?|aug(?:ust)?|sept?(?:ember)?|"
    r"okt(?:ober)?|nov(?:ember)?|dez(?:ember)?)",
    re.IGNORECASE,
)
_PERSON = re.compile(r"[\s*_]*(?:von|from|de|an|to)[\s*_]*:", re.IGNORECASE)
_NOTICE = re.compile(
    r"(?!.*\b(?:ich|mir|mich|wir|uns|mein\w*|dank\w*)\b)"
    r".{0,40}(?:nachricht|postfach|portal|formular|eservice)[\w ]{0,40}[.:]?\s*$",
    re.IGNORECASE,
)
_FORM_LINE = re.compile(
    rf"\s*[\w/.()-]{{2,30}}(?: [\w/.()-]{{1,20}}){{0,3}}(?::\s|\t)(?:[^.?!]|\.(?=\S)){{0,60}}$"
    rf"|[-_=*\s]+$|{_NOTICE.pattern}",
    re.IGNORECASE,
)
_NUMBER_LINE = re.compile(r"\s*(?:kd|kunden)[.-]{0,2}\s?(?:nr|nummer)\b.{8,60}", re.IGNORECASE)


def is_notice(line: str) -> bool:
    """A line that says where a message comes from ("Nachricht aus dem Leistungspostfach")."""
    return bool(_NOTICE.match(line))


def are_form(lines: Iterable[str]) -> bool:
    """Whether all lines are a form's, with no sentence among them; blank ones count for nothing."""
    said = filter(str.strip, lines)
    return all(_FORM_LINE.match(line) or _NUMBER_LINE.match(line) for line in said)


def is_span(line: str) -> bool:
    """A line of a form ("Von: 03.03.2026", "An: Do 8:30 Uhr"): who writes or reads has a name."""
    person = _PERSON.match(line)
    words = _WORD.findall(line[person.end() :][:100]) if person else [line]
    return all(map(_TIME_WORD.fullmatch, words))
