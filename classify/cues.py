"""Cues: what recognisers found in a mail, as tokens for the model.

A cue is a feature, not a decision: the model learns what it speaks for. Tokens are prefixed by
where they were found: none for the text, `s:` subject, `a:` attachment name, `t:` topic of a
form, `m:` marks of machines, `f:` facts; moods follow the concept (`konto?` is asked about).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from classify import lexicon, machine, moods
from classify.reading import Reading
from classify.text import fold

_FORM_LINE = re.compile(r"[A-ZÄÖÜ][\w .,/()-]{1,40}:")
_KEY_LINE = re.compile(r"[A-Z_a-z]{3,30}(?:=|: )")
_FEWEST_LINES: Final = 3
_SHORT_WORDS: Final = 14
"""With those of the subject, without lines that say nothing."""


def of_mail(reading: Reading) -> tuple[str, ...]:
    """All cues of a mail, each once, sorted."""
    return tuple(sorted(set(_found(reading))))


def _found(reading: Reading) -> Iterator[str]:
    mail = reading.mail
    yield from moods.cues(reading)
    yield from _concepts("s:", reading.subject.said)
    for attachment in mail.attachments:
        yield "a:any"
        yield from _concepts("a:", lexicon.hear(fold(attachment.name).replace("_", " ")))
    if mail.form is not None:
        yield f"t:{mail.form.channel.value}"
        yield from _concepts("t:", lexicon.hear(fold(mail.form.topic)))
    yield from [f"m:{mark}" for mark in reading.marks]
    yield from [f"m:{mark}" for mark in machine.marks_of_words(reading.said)]
    yield from _facts(reading)
    yield from _shape(reading)


def _concepts(prefix: str, said: frozenset[str]) -> Iterator[str]:
    return (prefix + name for name in said & lexicon.CONCEPTS.keys())


def _facts(reading: Reading) -> Iterator[str]:
    if reading.iban.shape_seen:
        yield "f:iban"


def _shape(reading: Reading) -> Iterator[str]:
    text = reading.new
    # Few lines hold one of these signs, and most texts have too few of them.
    colons = text.count(":")
    if colons + text.count("=") >= _FEWEST_LINES:
        lines = text.split("\n")
        if colons >= _FEWEST_LINES and _are_several(_FORM_LINE, lines, ":"):
            yield "f:form_lines"
        if _are_several(_KEY_LINE, lines, ":", "="):
            yield "f:key_lines"
    if not text.strip():
        yield "f:empty"
    elif reading.words < _SHORT_WORDS:
        yield "f:short"


def _are_several(shape: re.Pattern[str], lines: Sequence[str], *signs: str) -> bool:
    """Whether as many lines as are asked for have the shape; such a line holds one of the signs."""
    likely = [line for line in lines if any(sign in line for sign in signs)]
    return sum(1 for line in likely if shape.match(line)) >= _FEWEST_LINES
