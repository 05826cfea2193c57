"""A place that stands beside the closing name without a comma: "Rita Henkel Bielefeld 317T…".

As a rule of its own this would take surnames for places. So two hints must agree: the word is a
place, and the agency in charge there gave out the Kundennummer. Source: own decision 0121.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from classify.facts.closing import Parts
from rules.agencies import Agency
from rules.directory import Directory

_WORDS: Final = 5
"""So many words before and behind the Kundennummer, or in a line without it, are looked at."""
_SHORTEST_PLACE_CHARS: Final = 4
_IN_BRACKETS: Final = re.compile(r"\([^)\s]*\s[^)]*\)")
_PAST: Final = frozenset({"vorher", "früher", "bisher", "ehemals", "bei", "firma", "in", "nach"})
"""Before a place that is not, or need not be, where somebody lives now."""
_NO_NAME: Final = re.compile(
    r"\w\s?[:?]|\b(?:AA|[Aa]gentur|[Jj]obcenter|[Gg]eehrt\w*|[Hh]err\w*|[Ff]rau|[Hh]allo|[Ll]iebe\w?)\b"
)
"""In a label of a form, or a salutation."""
_END = re.compile(r"[.!?]\s+(?=[A-ZÄÖÜ])|[!?]|[:;]-?\)|\)\s?$")
_LONG_PLACE_WORDS: Final = 4


def place(
    lines: Sequence[str], parts: Sequence[Parts | None], directory: Directory, *, issuer: Agency
) -> str | None:
    """The last place of the issuer's beside a name and the number, however it is written.

    `lines` are the last ones of the mail, `parts` what stands around the number in each.
    """
    for number, around in enumerate(parts):
        for words in _beside(lines, number, around) if around else ():
            found = _of_issuer(words, directory, issuer)
            if found:
                return found if found[:1].isupper() else found.title()
    return None


def _beside(lines: Sequence[str], number: int, parts: Parts) -> Iterator[list[str]]:
    """The words around the number; those of a short line next to one that has nothing else."""
    before, behind = (_IN_BRACKETS.sub(" ", part) for part in parts)
    yield _END.split(before)[-1].split()[-_WORDS:]
    yield _END.split(behind)[0].split()[:_WORDS]
    yield _END.split(behind.rstrip(". "))[-1].split()[-_WORDS:]
    if not (before.strip() or behind.strip(". ")):
        for line in (*lines[max(0, number - 1) : number], *lines[number + 1 : number + 2]):
            words = line.split()
            if len(words) <= _WORDS and not _NO_NAME.search(line):
                yield words


def _of_issuer(words: Sequence[str], directory: Directory, issuer: Agency) -> str | None:
    """The last word, or row of words, that names a place of the issuer's; not all there is."""
    bare = [one for one in (word.strip(".,;:()/|–-") for word in words) if one]
    if any(_NO_NAME.search(word) for word in words):
        return None
    for last in range(len(bare), 0, -1):
        for first in range(max(0, last - _LONG_PLACE_WORDS), last):
            name = " ".join(bare[first:last])
            is_alone = last - first > len(bare) - 2
            if len(name) < _SHORTEST_PLACE_CHARS or is_alone:
                continue
            if first and bare[first - 1].lower() in _PAST:
                continue
            if directory.is_place(name) and issuer in directory.by_place(name):
                return name
    return None
