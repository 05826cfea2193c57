"""What stands in a mail beside the text that was judged: read too, before anybody says `no`.

Where a text ends and an earlier mail, a signature or a disclaimer begins is a guess by lines, and
people write below, between and inside of all of them. Source: own decision 0136; F24.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from classify import markup, reading
from classify.opinion import Questions
from classify.reading import Reading
from classify.review import is_foreign
from classify.text import sentences
from rules.mail import TEXT_CUT, BodyParts, ParsedMail

PIECE_CHARS: Final = 600
"""So much is judged at a time: few mails of the corpus are longer, and the bound is a promise on
those. One sentence on money is not heard among thousands of characters."""

LONG_CHARS: Final = 1_000
"""A longer text is judged in pieces as well. Of the corpus one mail in a hundred is."""

MAX_CHARS: Final = 30_000
"""Characters that are read so of one mail; where there are more, nothing is read."""

UNREAD: Final = frozenset(
    str.split(
        f"{TEXT_CUT} mail.encrypted smime.unreadable tnef.unreadable mime.too_deep "
        "mime.too_many_parts message.unread"
    )
)
"""Defects of mail in which there is text, or may be, that nobody read."""


def may_move_money(read: Reading, questions: Questions, *, bound: float) -> bool:
    """Whether something else in the mail, judged as a mail of its own, might move money.

    What was not read might, and what is in words that the model doesn't know. But a disclaimer in
    another language says no more than a German one, unless it is all there is.
    """
    mail = read.mail
    if not UNREAD.isdisjoint(mail.defects):
        return True
    others, disclaimer = [*_others(mail)], mail.body.disclaimer
    if not others and not disclaimer:
        return False
    if sum(map(len, others)) + len(disclaimer) > MAX_CHARS:
        return True
    pieces = [*chain.from_iterable(map(_pieces, others))]
    may_be_strange = len(pieces) if mail.body.new.strip() else None
    pieces += _pieces(disclaimer)
    if not pieces:
        return False
    reads = [reading.of(alone(mail, piece)) for piece in pieces]
    said = questions.of_mails(reads)
    return any(one.payment >= bound for one in said) or any(
        one.unlike or is_foreign(piece.words, piece.german)
        for one, piece in zip(said[:may_be_strange], reads, strict=False)
    )


def _others(mail: ParsedMail) -> Iterator[str]:
    """All other texts, and the judged one where it is long; most mails have none."""
    body = mail.body
    if len(body.new) > LONG_CHARS:
        yield body.new
    if body.quoted:
        yield body.quoted
    if body.signature:
        yield body.signature
    if mail.elsewhere:
        yield mail.elsewhere
    if mail.html:
        read = (body.new, body.quoted, body.signature, body.disclaimer)
        if said := markup.beside(mail.html, "\n".join(read)):
            yield said


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that end with a sentence, or anywhere in one that is too long."""
    piece = ""
    for sentence in sentences(text):
        if piece and len(piece) + len(sentence) >= PIECE_CHARS:
            yield piece
            piece = ""
        piece = f"{piece}\n{sentence}" if piece else sentence
        while len(piece) > PIECE_CHARS:
            yield piece[:PIECE_CHARS]
            piece = piece[PIECE_CHARS:]
    if piece:
        yield piece


def alone(mail: ParsedMail, piece: str) -> ParsedMail:
    """A piece of the mail as a mail of its own."""
    return replace(mail, subject="", body=BodyParts(piece), attachments=(), form=None)
