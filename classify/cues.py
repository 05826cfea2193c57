"""Cues: what recognisers found in a mail, as tokens for the model.

A cue is a feature, not a decision: the model learns what it speaks for. Tokens are prefixed by
where they were found: none for the text, `s:` subject, `a:` attachment name, `t:` topic of a
form, `m:` marks of machines, `f:` facts; moods follow the concept (`konto?` is asked about).
"""

import re
from collections.abc import Iterator

from classify import lexicon, machine, moods, numbers
from classify.text import fold
from rules.mail import ParsedMail

MAX_CHARS = 6000
"""Longer texts are cut: who writes more says what it is about before that. Own decision 0025."""

_FORM_LINE = re.compile(r"^[A-ZÄÖÜ][\w .,/()-]{1,40}: ?\S?", re.MULTILINE)
_KEY_LINE = re.compile(r"^[A-Z_a-z]{3,30}(?:=|: )", re.MULTILINE)


def of_mail(mail: ParsedMail) -> tuple[str, ...]:
    """All cues of a mail, each once, in a stable order."""
    return tuple(dict.fromkeys(_found(mail)))


def _found(mail: ParsedMail) -> Iterator[str]:
    yield from moods.cues(mail.body.new[:MAX_CHARS])
    yield from _concepts("s:", fold(mail.subject))
    for attachment in mail.attachments:
        yield "a:any"
        yield from _concepts("a:", fold(attachment.name).replace("_", " "))
    if mail.form is not None:
        yield f"t:{mail.form.channel.value}"
        yield from _concepts("t:", fold(mail.form.topic))
    yield from (f"m:{mark}" for mark in machine.marks(mail))
    yield from _facts(mail)
    yield from _shape(mail)


def _concepts(prefix: str, folded: str) -> Iterator[str]:
    for name, pattern in lexicon.CONCEPTS.items():
        if pattern.search(folded):
            yield prefix + name


def _facts(mail: ParsedMail) -> Iterator[str]:
    if numbers.find_iban(mail.body.new).shape_seen:
        yield "f:iban"
    if numbers.find_kundennummer(mail.body.new):
        yield "f:kundennummer"


def _shape(mail: ParsedMail) -> Iterator[str]:
    text = mail.body.new
    lines = sum(1 for _ in _FORM_LINE.finditer(text))
    if lines >= 3:
        yield "f:form_lines"
    if sum(1 for _ in _KEY_LINE.finditer(text)) >= 3:
        yield "f:key_lines"
    words = len(text.split())
    if words == 0:
        yield "f:empty"
    elif words < 12:
        yield "f:short"
    if mail.html and "<table" in mail.html.lower():
        yield "f:table"
