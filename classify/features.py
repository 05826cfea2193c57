"""What the model sees of a mail: two columns, the text itself and cues that were recognised in it.

Text is folded (umlauts spelled out); the sender's domain is never seen, so a model can't learn
it. Quoted mail, signature and disclaimer are left out. Source: label guide; corpus/README.md.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from classify import cues
from classify.text import fold
from rules.mail import ParsedMail

TEXT, CUES = 0, 1
ALWAYS = "always"
"""A cue that every mail has; the model's intercept."""

_NAME_PARTS = re.compile(r"[^a-z0-9]+")


def rows(mails: Sequence[ParsedMail]) -> Any:  # noqa: ANN401 - an object array has no useful type
    """One row a mail with the columns `TEXT` and `CUES`, as the pipeline takes it."""
    table = np.empty((len(mails), 2), dtype=object)
    for number, mail in enumerate(mails):
        table[number, TEXT], table[number, CUES] = row(mail)
    return table


def row(mail: ParsedMail) -> tuple[str, str]:
    """The two columns of one mail."""
    return text_of(mail), " ".join((ALWAYS, *cues.of_mail(mail)))


def text_of(mail: ParsedMail) -> str:
    """Subject, new text and names of attachments, folded, in this order."""
    names = " ".join(_names(mail))
    return fold(f"{mail.subject}\n{mail.body.new[: cues.MAX_CHARS]}\n{names}")


def _names(mail: ParsedMail) -> Iterator[str]:
    """`AU_Bescheinigung.pdf` -> anhang_au anhang_bescheinigung anhang_pdf; numbers say nothing."""
    for attachment in mail.attachments:
        for part in _NAME_PARTS.split(fold(attachment.name)):
            if part and not part.isdigit():
                yield f"anhang_{part}"
