"""Why the model named a concern: the words with the largest weight times value, and their places.

Source: F25 (reasons shown), promise 7 ("every decision can be explained").
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain, count
from operator import add
from typing import Final

import numpy as np

from classify.features import attachment_words
from classify.model.model import Numbers
from classify.reading import Reading
from classify.scorer import Known, Scored, Scorer, Spelled
from rules.verdict import Span

MAX_WORDS: Final = 5
_LOUDEST_WORDS: Final = 400
_LOUDEST_PIECES: Final = 40
"""Of a word's pieces only those that speak loudest are looked for; the rest is a whisper."""
_SHARE_OF_BEST: Final = 0.2
"""A word that speaks with less than a fifth of the strongest one's voice is noise to a reader."""

_SHORTEST_CHARS: Final = 50
"""In a shorter text, which word comes first says little."""


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
    """The words of a mail that reasons may name, in its order: subject, new text, attachments.

    `spelled` are those of subject and text as they are written, each with the same, folded;
    `of_names` those of attachments with the attachment's name. `folded` are the different words;
    `lines` has them, each with the end of its line, and `ends` tells where each line ends. `known`
    are those that the model knows. `found` remembers in which lines a piece stands.
    """

    subject: str
    new: str
    spelled: Sequence[Spelled]
    of_names: Sequence[Spelled]
    folded: Sequence[str]
    lines: str
    ends: Sequence[int]
    known: Known
    found: dict[str, list[int]] = field(default_factory=dict)


def words_of(read: Reading, scorer: Scorer, scored: Scored) -> Words:
    """The words that reasons may name; made once for all concerns of a mail."""
    spelled = scorer.spelled(f"{read.mail.subject}\n{read.new}")
    of_names = [(name, word, scorer.row(word)) for word, name in attachment_words(read.mail)]
    rows = {word: row for _, word, row in chain(spelled, of_names)}
    folded = [*rows]
    return Words(
        subject=read.mail.subject,
        new=read.new,
        spelled=spelled,
        of_names=of_names,
        folded=folded,
        lines="\n".join([*folded, ""]),
        # One more for each end of a line.
        ends=[*map(add, accumulate(map(len, folded)), count(1))],
        known=scorer.known(scored, rows.values(), len(folded)),
    )


def reason(scorer: Scorer, scored: Scored, words: Words, *, target: int) -> Reason:
    """What spoke for the target; empty if nothing did (then the model's prior did)."""
    voices = _voices(scorer, scored, words, target)
    best = max(voices, default=0.0)
    if best <= 0:
        return Reason((), ())
    bound = _SHARE_OF_BEST * best
    # Loudest first, equals by name, so that the same mail is always explained the same.
    loud = sorted(
        [(-voice, words.folded[place]) for place, voice in enumerate(voices) if voice >= bound]
    )
    kept = [word for _, word in loud[:MAX_WORDS]]
    wanted = frozenset(kept)
    # The same may stand in several stretches.
    forms = dict.fromkeys([one[:2] for one in words.spelled if one[1] in wanted])
    named = [one[:2] for one in words.of_names if one[1] in wanted]
    # From the last to the first, so that the first way of writing a word wins.
    written = {word: form for form, word in reversed([*forms, *named])}
    spans = (*_spans(words.subject, forms, "subject"), *_spans(words.new, forms, "body"))
    return Reason(tuple(dict.fromkeys([written[word] for word in kept])), spans)


def _voices(scorer: Scorer, scored: Scored, words: Words, target: int) -> list[float]:
    """What each of the folded words adds to the margin: itself, and the loudest of its pieces."""
    said, pieces = scorer.loudest(
        scored, words.known, target, words=_LOUDEST_WORDS, pieces=_LOUDEST_PIECES
    )
    of_words: Numbers = np.zeros(len(words.folded))
    of_words[words.known.numbers] = said
    voices: list[float] = of_words.tolist()
    lines, ends, found = words.lines, words.ends, words.found
    for piece, voice in pieces:
        if piece not in found:
            places = found[piece] = []
            at = lines.find(piece)
            while at >= 0:
                places.append(line := bisect_right(ends, at))
                # A word that holds it twice speaks once.
                at = lines.find(piece, ends[line])
        for line in found[piece]:
            voices[line] += voice
    return voices


def _spans(text: str, forms: Iterable[tuple[str, str]], where: str) -> tuple[Span, ...]:
    """Where the words stand in the text, in its order."""
    places = sorted([place for form, _ in forms for place in _places(text, form)])
    return tuple([Span(start, end, where) for start, end in places])


def _places(text: str, word: str) -> Iterator[tuple[int, int]]:
    """As a search for whole words finds them; a pattern compiled for each costs ten times more."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        before, after = text[start - 1 : start], text[end : end + 1]
        # As `\w` counts letters; the end of the text is none.
        if not (before.isalnum() or after.isalnum() or before == "_" or after == "_"):
            yield start, end
        start = text.find(word, end)
