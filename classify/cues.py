"""Cues: what recognisers found in a mail, as tokens for the model.

A cue is a feature, not a decision: the model learns what it speaks for. Tokens are prefixed by
where they were found: none for the text, `s:` subject, `a:` attachment name, `t:` topic of a
form, `m:` marks of machines, `f:` facts; moods follow the concept (`konto?` is asked about).
"""

import re
from collections.abc import Iterator

from classify import lexicon, machine, moods
from classify.reading import Reading
from classify.text import fold

_FORM_LINE = re.compile(r"^[A-ZÄÖÜ][\w .,/()-]{1,40}: ?\S?", re.MULTILINE)
_KEY_LINE = re.compile(r"^[A-Z_a-z]{3,30}(?:=|: )", re.MULTILINE)


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
    if reading.kundennummer:
        yield "f:kundennummer"


def _shape(reading: Reading) -> Iterator[str]:
    mail, text = reading.mail, reading.new
    # A line of either kind holds one of these signs, so most texts need no search.
    colons = text.count(":")
    if colons >= 3 and sum(1 for _ in _FORM_LINE.finditer(text)) >= 3:
        yield "f:form_lines"
    if colons + text.count("=") >= 3 and sum(1 for _ in _KEY_LINE.finditer(text)) >= 3:
        yield "f:key_lines"
    words = len(text.split())
    if words == 0:
        yield "f:empty"
    elif words < 12:
        yield "f:short"
    if mail.html and "<table" in mail.html.lower():
        yield "f:table"
