"""Whether a mail says no more than one line, beside greeting, closing, name and number.

Whole lines are taken off, none is cut, as everywhere (own decision 0009). Source: own decision
0122.
"""

import re
from typing import Final

from classify.reading import Reading
from classify.text import fold

_LINE_CHARS: Final = 60
"""Measured: the longest with which nine of ten mails of an inbox go on. Own decision 0122."""
_MOST_WORDS: Final = 35
"""One line has fewer, with greeting, closing, name and address around it."""
_LONG_LINE: Final = re.compile(r"[^\n]{101}")
"""No line that is taken off is as long, so that most mails are done with at once."""
_GREETING: Final = re.compile(
    r"\W{0,3}(?:sehr geehrte\w*|guten (?:tag|morgen|abend)|hallo|moin|liebe\w*|hi|servus|"
    r"gruess gott|werte\w*)\b[^.!?]{0,60}[,.!]?"
)
_SAYS_MORE: Final = re.compile(r"\b(?:ich|bin|wir|habe?|mein\w*|ist|war|nicht|bitte)\b")
_CLOSING: Final = re.compile(
    r"\W{0,3}(?:(?:mit|viele|vielen|liebe|lieben|beste|besten|schoene|schoenen|herzliche|"
    r"herzlichen|freundliche|freundlichen|freundlichem|nette|sonnige|danke?|und|im voraus) )*"
    r"(?:gruss|gruesse|gruessen|mfg|lg|vg|bg|dank|danke|hochachtungsvoll|i\. ?a\.)"
    r"(?!\w)[^.?]{0,60}\.?"
)
_NAME: Final = re.compile(r"[a-z.'-]+(?: [a-z.'-]+){0,3}")
_NUMBER: Final = re.compile(r"(?:[a-z.,:-]+ ){0,6}\(?\d{3} ?[a-z] ?\d{6}\)?.?")
_ADDRESS: Final = re.compile(r"(?:[^,]{3,30}, ?){0,2}\d{5} [a-z .()/-]{3,30}")


def is_one_line(read: Reading) -> bool:
    """Whether what is new is one line of at most 60 characters; an empty text is none."""
    if not 0 < read.words <= _MOST_WORDS or _LONG_LINE.search(read.new):
        return False
    lines = [line for line in map(str.strip, fold(read.new).split("\n")) if line]
    head = next((n for n, line in enumerate(lines) if not _is_head(line)), 0)
    first, *others = lines[head:] or [""]
    said = others if others and _is_greeting(first) else [first, *others]
    end = next((n for n, line in enumerate(said) if n and _CLOSING.fullmatch(line)), len(said))
    matter = [line for n, line in enumerate(said[:end]) if not (n and _says_who(line))]
    return len(matter) == 1 and len(matter[0]) <= _LINE_CHARS


def _is_greeting(line: str) -> bool:
    return _GREETING.fullmatch(line) is not None and not _SAYS_MORE.search(line)


def _is_head(line: str) -> bool:
    """A number or an address above the greeting."""
    return _tells_number(line) and not _SAYS_MORE.search(line)


def _says_who(line: str) -> bool:
    """A line that holds name, number or address and no more."""
    return _NAME.fullmatch(line) is not None or _tells_number(line)


def _tells_number(line: str) -> bool:
    return any(shape.fullmatch(line) for shape in (_NUMBER, _ADDRESS))
