"""Why the model named a concern: the words with the largest weight times value, and their places.

Source: F25 (reasons shown), promise 7 of the design ("every decision can be explained").
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from classify.features import attachment_words
from classify.reading import Reading
from classify.scorer import Scored, Scorer
from classify.text import fold
from rules.verdict import Span

MAX_WORDS: Final = 5
_LOUDEST_WORDS: Final = 400
_LOUDEST_PIECES: Final = 40
"""Of a word's pieces only those that speak loudest are looked for; the rest is a whisper."""
_SHARE_OF_BEST: Final = 0.2
"""A word that speaks with less than a fifth of the strongest one's voice is noise to a reader."""

_SHORTEST_CHARS: Final = 50
"""In a shorter text, which word comes first says little."""

_WORD = re.compile(r"\w\w+")


@dataclass(frozen=True, slots=True)
class Reason:
    """Words as written, strongest first, and their places in text and subject."""

    words: tuple[str, ...]
    spans: tuple[Span, ...]

    def place(self, read: Reading) -> float:
        """Where in the mail the words stand on average: 0 subject or beginning, about 1 the end.

        The middle if none is in the text.
        """
        if not self.spans:
            return 0.5
        starts = [span.start if span.where == "body" else 0 for span in self.spans]
        return sum(starts) / len(starts) / max(len(read.new), _SHORTEST_CHARS)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a mail, in its order: subject, new text, names of attachments.

    `written` are (folded, as written, start, place); attachments have the place "". `distinct`
    are the folded ones, each once; `line` has them one after the other, each on a line of its
    own, and `ends` where each line ends.
    """

    written: tuple[tuple[str, str, int, str], ...]
    distinct: tuple[str, ...]
    line: str
    ends: tuple[int, ...]


def words_of(read: Reading) -> Words:
    """The words that reasons may name; made once for all concerns of a mail."""
    written = (
        *_written(read.mail.subject, "subject"),
        *_written(read.new, "body"),
        *((word, name, 0, "") for word, name in attachment_words(read.mail)),
    )
    distinct = tuple(dict.fromkeys([word[0] for word in written]))
    ends = tuple(accumulate([len(word) + 1 for word in distinct]))
    return Words(written, distinct, "\n".join(distinct), ends)


def reason(scorer: Scorer, scored: Scored, words: Words, *, target: int) -> Reason:
    """What spoke for the target; empty if nothing did (then the model's prior did)."""
    voices = _voices(scorer, scored, words, target)
    strongest = sorted(voices.items(), key=_by_voice)[:MAX_WORDS]
    if not strongest or strongest[0][1] <= 0:
        return Reason((), ())
    kept = [word for word, voice in strongest if voice >= _SHARE_OF_BEST * strongest[0][1]]
    shown: dict[str, str] = {}
    spans = []
    for folded, written, start, where in words.written:
        if folded in kept:
            shown.setdefault(folded, written)
            if where:
                spans.append(Span(start, start + len(written), where))
    return Reason(tuple(dict.fromkeys(shown[folded] for folded in kept)), tuple(spans))


def _voices(scorer: Scorer, scored: Scored, words: Words, target: int) -> dict[str, float]:
    """What each word adds to the margin: itself, and the loudest of its pieces."""
    whole = dict(scorer.loudest(scored, "words", target, limit=_LOUDEST_WORDS))
    voices = {word: whole[word] for word in words.distinct if word in whole}
    for piece, voice in scorer.loudest(scored, "pieces", target, limit=_LOUDEST_PIECES):
        if voice > 0:
            for word in _holding(words, piece.strip()):
                voices[word] = voices.get(word, 0.0) + voice
    return voices


def _holding(words: Words, piece: str) -> Iterator[str]:
    """The words that hold the piece, each once."""
    at = words.line.find(piece)
    while at >= 0:
        number = bisect_right(words.ends, at)
        yield words.distinct[number]
        at = words.line.find(piece, words.ends[number])


def _by_voice(item: tuple[str, float]) -> tuple[float, str]:
    """Loudest first, equals by name, so that the same mail is always explained the same."""
    return -item[1], item[0]


def _written(text: str, where: str) -> list[tuple[str, str, int, str]]:
    return [
        (fold(match.group()), match.group(), match.start(), where) for match in _WORD.finditer(text)
    ]
