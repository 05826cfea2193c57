"""Whether the one Kundennummer of a mail is its sender's, or may be somebody else's.

An answer below our own letter has its number there, and so has a stranger's mail that somebody
hands on, the signature of who writes for another, or a letter to another person. Handed over under
the number of the wrong one a mail lies in a stranger's record; so where nothing says whose it is a
person names it. Source: own decision 0153; 0150.
"""

import re
from typing import Final

from classify.facts import numbers
from classify.facts.customers import numbers_in
from classify.reading import Reading
from classify.text import fold
from rules.mail import ParsedMail

_HANDED_ON: Final = re.compile(
    r"\s*(?:aw|re|wg|fw|fwd|antw|antwort)\s*(?:\[\d+\])?\s*:", re.IGNORECASE
)
"""A subject that somebody else may have written."""
_FORWARDED: Final = re.compile(r"(?:.{0,20}:)?\s*(?:wg|fwd?)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_MARKS: Final = "> \t*_"
_AUTHOR: Final = re.compile(
    r"(?:von|from|absender|de|od|kimden|от|від|da|gonderen|sender)\*?\s?:[\s*]*(?P<who>\S.*)"
)
_TO: Final = re.compile(r"(?:an|to|empfaenger|kime|do|кому)\*?\s?:[\s*]*(?P<who>\S.*)")
_ATTRIBUTION: Final = re.compile(
    r".*\b(?:schrieb|geschrieben|wrote|writes|ecrit|yazdi|napisal|пише|написал)\b.*:\s*>?"
)
_ATTRIBUTION_LINES: Final = 3
_FIELDS: Final = 6
_HOUSE: Final = re.compile(
    r"agentur fue?r arbeit|arbeitsagentur|bundesagentur|jobcenter|job-center|service[- ]?center"
    r"|eingangszone|familienkasse|arbeitsamt"
)
"""Who writes to a customer with his own number on it."""
_GREETED: Final = re.compile(
    r"\b(?:geehrte[rs]?|hallo|tag|morgen|liebe[rs]?|werte[rs]?) (?:frau|herrn?)"
    r"(?: (?:dr|prof)\.)*(?P<names>(?: [^\W\d_][\w'-]*){1,3})"
)
_YOURS: Final = re.compile(r"\bihr\w{0,2}\b[^.!?]{0,60}$")
_BESIDE_CHARS: Final = 80
_GREETING: Final = re.compile(r"\b(?:gruss|gruess\w+|gruesse|hochachtungsvoll|mfg|lg|vg)\b")
_CLOSING_LINES: Final = 4
_CLOSING_CHARS: Final = 160
_FOR_ANOTHER: Final = re.compile(
    r"\b(?:im namen|im auftrag|namens|in vertretung) (?:von|der|des|mein\w*|unser\w*|frau|herrn?)\b"
    r"|\bich schreibe (?:\w+ ){0,2}(?:fuer|im namen|im auftrag)\b"
    r"|\b(?:mein|unser)(?:e[nmrs]?|es)? (?:mandant|klient|betreute|muendel|patient)\w*"
    r"|\b(?:ich|wir) (?:vertrete|betreue)n? (?:frau|herrn?|die|den)\b"
    r"|\b(?:rechtliche|gesetzliche|bestellte)r? (?:betreuer|vertreter|vormund)\w*"
)
_OF_THE_OTHER: Final = re.compile(
    r"\b(?:sein|ihr|dess?en|deren|mein|unser|des|der|von|fuer|herrn?|frau)\w{0,2}\b[^\n]{0,40}$"
    r"|\b(?:kunden-?\W?n|kd\W{0,3}n)[^\n]{0,20}$"
)
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_NO_NAMES: Final = frozenset(
    str.split(
        "mit freundlichen freundlichem gruss gruessen gruesse viele beste danke vielen dank frau"
        " herr herrn und"
    )
)


def is_unclear(reading: Reading, number: str) -> bool:
    """Whether nothing says that `number`, the only one in the mail, is its sender's own.

    What a form asked for is of the person of whom it tells.
    """
    mail = reading.mail
    if mail.form is not None:
        return False
    body = mail.body
    if number in (reading.kundennummer, numbers.find_kundennummer(body.signature)):
        return _is_of_who_writes_for_another(f"{body.new}\n{body.signature}", number)
    if _start_of(number, mail.subject) is not None:
        handed_on = bool(body.quoted.strip()) and _HANDED_ON.match(mail.subject)
        return bool(handed_on) and _is_under_a_strangers_subject(mail)
    start = _start_of(number, body.quoted)
    return start is not None and _is_of_a_stranger(mail, start)


def _start_of(number: str, text: str) -> int | None:
    return next((start for told, start, _ in numbers_in(text) if told == number), None)


def _is_of_who_writes_for_another(text: str, number: str) -> bool:
    """Whether it stands beside the name of somebody who says that he writes for another person."""
    if numbers.find_kundennummer(text[-_CLOSING_CHARS:]) != number:
        return False
    start = _start_of(number, text) or 0
    if len(text) - start > _CLOSING_CHARS or not _FOR_ANOTHER.search(fold(text[:start])):
        return False
    beside = fold(text[max(0, start - _CLOSING_CHARS) : start])
    return bool(_GREETING.search(beside)) and not _OF_THE_OTHER.search(beside[-_BESIDE_CHARS:])


def _is_under_a_strangers_subject(mail: ParsedMail) -> bool:
    """Whether the subject of what is answered or handed on is somebody else's."""
    author, recipient = _head(_folded(mail.body.quoted), 0)
    if not author:
        return bool(_FORWARDED.match(mail.subject))
    if _is_sender(mail, author):
        return False
    return not _is_house(mail, author) or _is_to_another(mail, recipient, "")


def _folded(text: str) -> list[str]:
    return [fold(line).strip(_MARKS) for line in text.splitlines()]


def _is_of_a_stranger(mail: ParsedMail, start: int) -> bool:
    """Whether the quoted text at `start` is of, or to, somebody else than the sender.

    A letter of our house to him is the ordinary case, and so is an earlier mail of his own.
    """
    quoted = mail.body.quoted
    lines = _folded(quoted)
    at = quoted.count("\n", 0, start)
    author, recipient = _head(lines, at)
    if author and _is_sender(mail, author):
        return False
    above = "\n".join(lines[:at])
    if _is_house(mail, author):
        return _is_to_another(mail, recipient, above)
    before = fold(quoted[max(0, start - _BESIDE_CHARS) : start])
    return not (_YOURS.search(before) and _greeted(above) & _names_of(mail))


def _head(lines: list[str], at: int) -> tuple[str, str]:
    """Who wrote the quoted mail in which the line `at` stands, and to whom; "" where none says."""
    for number in range(min(at + _FIELDS, len(lines) - 1), -1, -1):
        # Below the line only the rest of its own head counts: some write the subject first.
        if number > at and not all(":" in line for line in lines[at : number + 1]):
            continue
        if found := _AUTHOR.match(lines[number]):
            near = lines[max(0, number - _FIELDS) : number + _FIELDS]
            to = next((one["who"] for line in near if (one := _TO.match(line))), "")
            return found["who"], to
        if lines[number].endswith((":", ":>")):
            said = " ".join(lines[max(0, number - _ATTRIBUTION_LINES + 1) : number + 1])
            if _ATTRIBUTION.fullmatch(said):
                return said, ""
    return "", ""


def _is_to_another(mail: ParsedMail, recipient: str, above: str) -> bool:
    """Whether a letter of our house names somebody else as the one it is for."""
    own = _names_of(mail)
    if recipient and not _HOUSE.search(recipient):
        if "@" in recipient:
            return mail.sender.lower() not in recipient and not own & _words(recipient)
        return len(_WORD.findall(recipient)) > 1 and not own & _words(recipient)
    greeted = _greeted(above)
    # Who gives no name of his own can't be told from the one who was written to.
    return bool(greeted and len(_WORD.findall(mail.sender_name)) > 1) and not greeted & own


def _is_sender(mail: ParsedMail, author: str) -> bool:
    if mail.sender and mail.sender.lower() in author:
        return True
    said = _words(author)
    names = _words(mail.sender_name) or _words(mail.sender.partition("@")[0])
    return (len(names) > 1 and names <= said) or len(said & _closing(mail)) > 1


def _is_house(mail: ParsedMail, author: str) -> bool:
    """Whether an agency wrote it, or the one to whom alone the answer goes."""
    if _HOUSE.search(author):
        return True
    if len(mail.recipients) != 1:
        return False
    address = mail.recipients[0]
    box = address.partition("@")[0]
    return bool(author) and (address in author or (len(box) > 3 and fold(box) in author))


def _names_of(mail: ParsedMail) -> set[str]:
    box = mail.sender.partition("@")[0]
    return _words(f"{mail.sender_name} {box}") | _closing(mail)


def _closing(mail: ParsedMail) -> set[str]:
    """The words of the last lines, where people sign."""
    lines = [*filter(str.strip, f"{mail.body.new}\n{mail.body.signature}".splitlines())]
    return _words(" ".join(lines[-_CLOSING_LINES:]))


def _greeted(text: str) -> set[str]:
    return {word for one in _GREETED.finditer(text) for word in _words(one["names"])}


def _words(text: str) -> set[str]:
    return {*_WORD.findall(fold(text))} - _NO_NAMES
