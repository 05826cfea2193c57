"""Whether a text is unlike anything the model has seen: too many words that it doesn't know.

A linear scorer is sure of any text, also of one whose words it has never met. Names and odd
compounds are unknown in every mail, so what counts is how many more than usual. Source: own
decision 0025 (thresholds come from writers that were left out); F23.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from classify.model.model import Familiar, Numbers

_WORD: Final = re.compile(r"\w\w+")
_SEEN_IN: Final = 2
"""A word of one mail only may be a name or a slip. As the model's own words (`min_df`)."""
_ALARMS: Final = 0.01
"""Share of the mails of unknown writers that may be called unlike. Own decision 0025."""


def words_of(text: str) -> frozenset[str]:
    """The different words of a text as `features.text_of` gives it."""
    return frozenset(_WORD.findall(text))


def are_too_many(familiar: Familiar, unknown: int, *, words: int) -> bool:
    """Whether more words are unknown than in 99 of 100 mails of writers that were left out.

    Counted are the different words of the text, and those of them that are unknown.
    """
    return excess(unknown, words, familiar.usual) > familiar.bound


def excess(unknown: int, words: int, usual: float) -> float:
    """How many standard deviations more words are unknown than usual; 0 for a text without."""
    if not words:
        return 0.0
    spread = (words * max(usual * (1 - usual), 1e-6)) ** 0.5
    return float((unknown - words * usual) / spread)


def fit(texts: Sequence[str], writers: Sequence[str]) -> Familiar:
    """What is known and usual, from texts whose own writer's words count as unknown.

    In the corpus of November 2026 14 % of the words are unknown so, and what lies above the bound
    is other languages, thick dialect and machine layouts, at every length.
    """
    bags = [words_of(text) for text in texts]
    places = {word: n for n, word in enumerate(sorted(frozenset().union(*bags)))}
    names = sorted(set(writers))
    seen: np.ndarray[Any, np.dtype[np.int64]] = np.zeros((len(names), len(places)), np.int64)
    for bag, writer in zip(bags, writers, strict=True):
        seen[names.index(writer), [places[word] for word in bag]] += 1
    known = seen.sum(axis=0) >= _SEEN_IN
    # A single writer (a public data set) can't be left out: his words stay known.
    others = seen.sum(axis=0) - seen if len(names) > 1 else np.broadcast_to(known * 2, seen.shape)
    unknown = np.asarray(
        [
            int((others[names.index(writer), [places[word] for word in bag]] < _SEEN_IN).sum())
            for bag, writer in zip(bags, writers, strict=True)
        ],
        dtype=np.int64,
    )
    return _familiar([word for word, place in places.items() if known[place]], bags, unknown)


def _familiar(
    words: Sequence[str],
    bags: Sequence[frozenset[str]],
    unknown: np.ndarray[Any, np.dtype[np.int64]],
) -> Familiar:
    sizes = np.asarray([len(bag) for bag in bags])
    usual = float(unknown.sum() / max(int(sizes.sum()), 1))
    found: Numbers = np.asarray(
        [excess(int(u), int(n), usual) for u, n in zip(unknown, sizes, strict=True)]
    )
    return Familiar(
        words=frozenset(words),
        usual=round(usual, 4),
        bound=round(float(np.quantile(found, 1 - _ALARMS)), 4),
    )
