"""What the model sees of a mail, in three columns: its text, its cues, and its chains of words.

Text is folded (umlauts spelled out), numbers stand for their kind; the sender's domain is never
seen, so a model can't learn it. Quoted mail, signature and disclaimer are left out. Source: label
guide; corpus/README.md.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from classify import cues, own_name, reading, wording
from classify.reading import Reading
from classify.text import fold
from rules.mail import ParsedMail

TEXT, CUES, CHAINS = 0, 1, 2
ALWAYS = "always"
"""A cue that every mail has; the model's intercept."""

_NAME_PARTS = re.compile(r"[^a-z0-9]+")


Row = tuple[str, tuple[str, ...], frozenset[str]]
"""The columns of one mail: a text that is still to be cut, and two that are sets of terms."""


def rows(mails: Sequence[ParsedMail]) -> Any:  # noqa: ANN401 - an object array has no useful type
    """One row a mail with the columns `TEXT`, `CUES` and `CHAINS`, as the pipeline takes it."""
    return rows_of([reading.of(mail) for mail in mails])


def rows_of(readings: Sequence[Reading]) -> Any:  # noqa: ANN401 - see `rows`
    """The same of mails that are read already."""
    table = np.empty((len(readings), 3), dtype=object)
    for number, read in enumerate(readings):
        for column, value in enumerate(row(read)):
            table[number, column] = value
    return table


def row(read: Reading) -> Row:
    """The three columns of one mail."""
    text, found, _ = row_without_chains(read)
    return text, found, wording.chains(text)


def row_without_chains(read: Reading) -> Row:
    """The columns as a scorer needs them: it finds the chains in the text itself."""
    return text_of(read), (ALWAYS, *cues.of_mail(read)), frozenset()


def text_of(read: Reading) -> str:
    """Subject, new text and names of attachments, folded and made alike, in this order."""
    names = " ".join([word for word, _ in attachment_words(read.mail)])
    text = f"{read.text}\n{names}"
    return wording.bare(wording.alike(own_name.hidden(text, own_name.told_in(read))))


def attachment_words(mail: ParsedMail) -> Iterator[tuple[str, str]]:
    """The words of attachments' names as the model sees them, each with its whole name.

    `AU_Bescheinigung.pdf` -> anhang_au anhang_bescheinigung anhang_pdf; numbers say nothing.
    """
    for attachment in mail.attachments:
        for part in _NAME_PARTS.split(fold(attachment.name)):
            if part and not part.isdigit():
                yield f"anhang_{part}", attachment.name
