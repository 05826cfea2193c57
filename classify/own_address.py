"""An address at the end of a letter says where its sender lives, not that he has moved.

Nor does it say that money moves. The scorer has seen few letters that end with an address and tell
nothing of it, so it takes each for a new one. Source: label guide, `anschrift_name`; own decision
0155; measured in docs/judge-history.md.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import repeat
from typing import Final

from classify import reading
from classify.reading import Reading
from classify.review import is_foreign
from rules.codes import Concern
from rules.mail import ParsedMail

_Found = Mapping[Concern, float]

_STREET: Final = re.compile(
    r"(?:\b[\w-]{1,40}[ -])?\b[\w.-]{0,40}"
    r"(?:str\.|stra(?:ß|ss)e|weg|allee|platz|gasse|ring|damm|ufer)\s*\d{1,3}(?:/\d)?\s?[a-z]?\b,?",
    re.IGNORECASE,
)
_PLZ_AND_PLACE: Final = re.compile(r"\b(?:D\s?[-–]?\s?)?\d{5},?\s+[^\W\d][\w./-]+,?")
_TALKS_OF_IT: Final = re.compile(
    r"adress|anschrift|address|wohn(?!haft)|zieh|zog|umzug|einzug|auszug|ummeld|umgemeld|unterkunft"
    r"|zimmer|hausn|haushalt|heim\b|bleibe\b|\bpost\b|\bbriefe?\b|heiss|heirat|hochzeit|\behe"
    r"|\bscheid|geschied|name|betreu|bestell|vollmacht|postfach|move|moving|live|living|flat"
)
"""Words of a move, a name or where letters shall go, in folded text; more of them cost little."""
_TALKS_OF_CHANGE: Final = re.compile(
    r"\bneu|aender|\bab (?:sofort|dem|morgen|heute|\d)|kuenftig|zukuenftig|aktuell|korrig|berichtig"
    r"|stimmt|\bdaten\b|\bangaben\b|umschreib|jetzt in|nun in"
)
"""Words by which an address may be news, though nobody calls it one."""
_MOST_WORDS: Final = 5
"""Beside an address on its line: a name, a number, "geb."; more are a sentence."""


def corrected(read: Reading, found: _Found, *, ask: Callable[[Reading], _Found]) -> _Found:
    """The concerns without `anschrift_name` if only an address speaks for it.

    `ask` tells the concerns of another text of this mail.
    """
    if Concern.ANSCHRIFT_NAME not in found:
        return found
    bare = _without(read)
    again = ask(reading.of(bare)) if bare else found
    if Concern.ANSCHRIFT_NAME in again:
        return found
    return {code: p for code, p in found.items() if code is not Concern.ANSCHRIFT_NAME} or again


def without_lines(read: Reading) -> ParsedMail | None:
    """The mail without addresses that stand on lines of their own, as letters begin and end.

    None if there is none, or if a word tells that one might be news.
    """
    if _without(read) is None or _TALKS_OF_CHANGE.search(read.text):
        return None
    new = read.mail.body.new
    lines = new.split("\n")
    bare = map(_PLZ_AND_PLACE.sub, repeat(" "), map(_STREET.sub, repeat(" "), lines))
    kept = [
        less if len(less.split()) <= _MOST_WORDS else line
        for less, line in zip(bare, lines, strict=True)
    ]
    if kept == lines:
        return None
    return replace(read.mail, body=replace(read.mail.body, new="\n".join(kept)))


def _without(read: Reading) -> ParsedMail | None:
    """The mail without its addresses; None if there is none, or it talks of where somebody lives.

    A form's lines are known, and the words of other languages are not.
    """
    mail = read.mail
    if mail.form is not None or read.is_cut or is_foreign(read.words, read.german):
        return None
    if _TALKS_OF_IT.search(read.text):
        return None
    bare = _PLZ_AND_PLACE.sub(" ", _STREET.sub(" ", mail.body.new))
    if bare == mail.body.new:
        return None
    return replace(mail, body=replace(mail.body, new=bare))
