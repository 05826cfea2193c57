"""What stands in a mail beside the text that was judged: read too, before anybody says `no`.

Where a text ends and an earlier mail, a signature or a disclaimer begins is a guess by lines, and
people write below, between and inside of all of them. Source: own decision 0136; F24.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

from classify import lexicon, markup, reading
from classify.opinion import Questions
from classify.reading import Reading
from classify.review import is_foreign
from classify.text import fold, sentences
from rules.mail import TEXT_CUT, BodyParts, ParsedMail

PIECE_CHARS: Final = 600
"""So much is judged at a time: few mails of the corpus are longer, and the bound is a promise on
those. One sentence on money is not heard among thousands of characters."""

LONG_CHARS: Final = 1_000
"""A longer text is judged in pieces as well. Of the corpus one mail in a hundred is."""

_WORD: Final = re.compile(r"[^\W\d]{2,}")
_FEWEST_WORDS: Final = 5
"""Fewer are a name and a greeting: what such a mail says stands in its subject. Own decision 0159:
"Ich hab Arbeit!" over a name and a telephone was `no`."""

MAX_CHARS: Final = 30_000
"""Characters that are read so of one mail; where there are more, nothing is read."""

_HEAD: Final = re.compile(
    r"^(?:[> \t]*-{3,} ?\w+(?:e|te) (?:Nachricht|Message|Mail) ?-{3,}|[> \t]*[*_]{0,2}"
    r"(?:Von|From|Gesendet|Sent|Datum|Date|An|To|Cc|Kopie)[*_]{0,2}: ?[^\n]{0,120}"
    r"(?:@|\d:\d\d|(?=\n[> \t*_]*(?:Cc|Kopie|Betreff|Subject)[*_]{0,2}:))[^\n]{0,120})$",
    re.MULTILINE,
)
"""Lines that programs write above an earlier mail: who sent it, to whom and when."""
_BY_A_PROGRAM: Final = re.compile(
    r"^[ \t]*(?:-{2,}|(?:(?:von|meinem|meiner|diese|nachricht|e-?mail|mail|wurde|mit|der|app|auf"
    r"|aus|dem|für|gesendet|gesendete|verschickt|sent|from|my|outlook|ios|iphone|ipad|android|handy"
    r"|smartphone|tablet|mobiltelefon|samsung|galaxy|huawei|xiaomi|telekom|yahoo|gmx|web\.de|t-online"
    r"|freenet|kostenlos|und|sicher|alle|virenfrei|avast(?:-antivirussoftware)?|viren|geprüft"
    r"|www\.(?:avast|gmx|web|telekom|yahoo)\.\w{2,3}|[as]\d{1,2}|\d?5g)\b[ .,!:-]{0,3}){1,14})"
    r"[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines all of whose words are those that telephones, webmailers and virus scanners add."""
_OF_A_FIRM: Final = re.compile(
    r"^(?!.*\b(?:ich|mir|mein\w*|ab|jetzt|neu\w*|adress\w*|anschrift\w*|umzug\w*)\b)(?:[^\n]{0,24}\b"
    r"(?:tel(?:efon)?|(?:tele)?fax|mobil|e-?mail|web|internet|hr[ab]|amtsgericht|registergericht"
    r"|geschäftsführ\w{1,6}|vorstand|aufsichtsrat|ust-?id\w{0,8}|sitz)\b[^\n]{0,70}"
    r"|[^\n.!?]{0,30}\d{1,3} ?[a-z]?(?:, ?| [·|] ?|\n)\d{5} [^\W\d][\w./ -]{2,30})$",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines of a firm's signature: how it is reached, registered and led, and where it sits."""
_NAME: Final = re.compile(r"^[A-ZÄÖÜ][\w.'-]*(?: [A-ZÄÖÜ&][\w.'-]*){0,3}[ \t]*$", re.MULTILINE)
"""A line of up to four words with capitals."""

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
    """All other texts, the judged one where it is long, and the subject where that is all there is.

    Most mails have none.
    """
    body = mail.body
    if len(body.new) > LONG_CHARS:
        yield body.new
    if mail.subject and mail.form is None and len(_WORD.findall(body.new)) < _FEWEST_WORDS:
        yield mail.subject
    if body.quoted:
        yield _HEAD.sub("", body.quoted)
    if body.signature:
        signed = _OF_A_FIRM.sub("", _BY_A_PROGRAM.sub("", body.signature))
        yield _NAME.sub(_unless_it_says_something, signed)
    if mail.elsewhere:
        yield mail.elsewhere
    if mail.html:
        read = (body.new, body.quoted, body.signature, body.disclaimer)
        if said := markup.beside(mail.html, "\n".join(read)):
            yield said


def _unless_it_says_something(name: re.Match[str]) -> str:
    """Nothing for a name or firm; "Neue Bankverbindung" says something."""
    heard = lexicon.hear(fold(name[0]))
    return name[0] if heard & lexicon.CONCEPTS.keys() or "neu" in name[0].lower() else ""


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
