"""Whose mail it is where several Kundennummern stand in it: the writer's own, or nobody knows.

A mail handed over under a number that somebody else has lies in a stranger's record. So one that
is said to be wrong, or no longer his, doesn't count beside another one, and where two are left a
person names the right one before the hand-over. Source: own decision 0150; 0058.
"""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from classify.facts import numbers
from classify.reading import Reading
from classify.text import fold

_MOST: Final = 20
"""So many are looked for in one text; a list of more is one of several anyway."""
_LIKE: Final = re.compile(r"[0-9](?:[\s\u00a0.\-/]{0,4})[A-Za-z](?:[\s\u00a0.\-/]{0,4}[0-9]){6}")
"""Stands in each Kundennummer; most mails have one at most."""
_BESIDE_CHARS: Final = 40
_LEFT_BEFORE: Final = re.compile(
    r"\b(?:nicht|statt|falsch\w*|alte?[nrs]?|bisher\w*|frueher\w*|ehemalig\w*|vorher\w*)\b"
    r"[^.!?;\n]{0,30}$"
)
_OWN_BEFORE: Final = re.compile(
    r"\b(?:mein\w* (?:\w+ ){0,1}(?:kunden-?\w*|kd\W?\s?-?nr|nummer|nr)|ich(?: selbst| selber)?"
    r"(?: habe| hab)?(?: die)?)\b[^.!?;,\n\d]{0,20}$"
)


def may_be_several(reading: Reading) -> bool:
    """Whether it is worth while to look for more than one; nearly never is."""
    body, files = reading.mail.body, reading.mail.attachments
    texts = [reading.mail.subject, body.new, body.signature, body.quoted]
    texts += [one.name for one in files]
    return len(_LIKE.findall("\n".join(texts))) > 1


def told_in(reading: Reading, *, other: re.Pattern[str]) -> tuple[str, ...]:
    """The Kundennummern of a mail, each once: the writer's own first, then as they stand there.

    The order is subject, new text, signature, names of files, quoted mail. `other` matches what
    only looks like one. One that is said to be wrong or left is told only where no other stands.
    """
    body, files = reading.mail.body, reading.mail.attachments
    names = "\n".join(one.name.replace("_", " ") for one in files)
    own: dict[str, None] = {}
    meant: dict[str, None] = {}
    left: dict[str, None] = {}
    for text in (reading.mail.subject, body.new, body.signature, names, body.quoted):
        for number, _, before in numbers_in(other.sub(" ", text)):
            if _LEFT_BEFORE.search(before):
                left[number] = None
            else:
                (own if _OWN_BEFORE.search(before) else meant)[number] = None
    told = tuple({**own, **meant})
    standing = tuple(number for number in told if number not in left)
    return standing or told or tuple(left)


def numbers_in(text: str) -> Iterator[tuple[str, int, str]]:
    """Each number of the text, where it begins, and the folded words before it."""
    left = 0
    for number, start, end in islice(numbers.kundennummern(text), _MOST):
        yield number, start, fold(text[max(left, start - _BESIDE_CHARS) : start])
        left = end
