"""Why the model named a concern: the words with the largest weight times value, and their places.

Source: F25 (reasons shown), promise 7 of the design ("every decision can be explained").
"""

import re
from dataclasses import dataclass
from typing import Final

from classify.scorer import Scored, Scorer
from classify.text import fold
from rules.mail import ParsedMail
from rules.verdict import Span

MAX_WORDS: Final = 5
_LOUDEST_WORDS: Final = 400
_LOUDEST_PIECES: Final = 40
"""Of a word's pieces only those that speak loudest are looked for; the rest is a whisper."""
_SHARE_OF_BEST: Final = 0.2
"""A word that speaks with less than a fifth of the strongest one's voice is noise to a reader."""

_WORD = re.compile(r"\w\w+")
_ATTACHMENT_PARTS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Reason:
    """Words as written, strongest first, and their places in text and subject."""

    words: tuple[str, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    written: str
    folded: str
    span: Span | None


def reason(scorer: Scorer, scored: Scored, mail: ParsedMail, *, target: int) -> Reason:
    """What spoke for the target; empty if nothing did (then the model's prior did)."""
    tokens = _tokens(mail)
    whole = dict(scorer.loudest(scored, "words", target, limit=_LOUDEST_WORDS))
    pieces = scorer.loudest(scored, "pieces", target, limit=_LOUDEST_PIECES)
    loudest = [(piece.strip(), voice) for piece, voice in pieces if voice > 0]
    voices = {
        folded: whole.get(folded, 0.0) + sum(v for piece, v in loudest if piece in folded)
        for folded in dict.fromkeys(token.folded for token in tokens)
    }
    strongest = sorted(voices.items(), key=_by_voice)[:MAX_WORDS]
    if not strongest or strongest[0][1] <= 0:
        return Reason((), ())
    kept = [word for word, voice in strongest if voice >= _SHARE_OF_BEST * strongest[0][1]]
    written = {token.folded: token.written for token in reversed(tokens)}
    spans = tuple(token.span for token in tokens if token.span and token.folded in kept)
    return Reason(tuple(dict.fromkeys(written[folded] for folded in kept)), spans)


def _by_voice(item: tuple[str, float]) -> tuple[float, str]:
    """Loudest first, equals by name, so that the same mail is always explained the same."""
    return -item[1], item[0]


def _tokens(mail: ParsedMail) -> list[_Token]:
    tokens = [*_words(mail.subject, "subject"), *_words(mail.body.new, "body")]
    for attachment in mail.attachments:
        tokens += [
            _Token(attachment.name, f"anhang_{part}", None)
            for part in _ATTACHMENT_PARTS.split(fold(attachment.name))
            if part and not part.isdigit()
        ]
    return tokens


def _words(text: str, where: str) -> list[_Token]:
    return [
        _Token(match.group(), fold(match.group()), Span(match.start(), match.end(), where))
        for match in _WORD.finditer(text)
    ]
