"""What was found out about words, kept within bounds: words repeat, from mail to mail too."""

from collections.abc import Callable, Iterable
from typing import Any, Final

LONGEST_WORD_CHARS: Final = 40
"""Longer words are rare, and many long ones would fill the memory: they are looked at anew."""
WORDS: Final = 12_000
"""A generation. Two are kept, so 24,000 words at most in each memory. Own decision 0043."""


class Kept:
    """Remembers `learn` of words, in two generations; threads may share it.

    When the young generation is full it becomes the old one and the old one is forgotten; an old
    word that is asked for becomes young again. So what is said daily stays. What `learn` gives
    must be true in a condition, be as good as immutable, and depend on the word alone.
    """

    __slots__ = ("_learn", "_limit", "_old", "_young")

    def __init__(self, learn: Callable[[str], Any], limit: int = WORDS) -> None:
        self._learn, self._limit = learn, limit
        self._young: dict[str, Any] = {}
        self._old: dict[str, Any] = {}

    def of_all(self, words: Iterable[str]) -> list[Any]:
        """What is known of each word, in their order."""
        words = list(words)
        found = [*map(self._young.get, words)]
        if not all(found):
            for place, one in enumerate(found):
                if one is None:
                    found[place] = self.of_one(words[place])
        return found

    def of_one(self, word: str) -> Any:  # noqa: ANN401 - whatever `learn` gives
        """What is known of one word."""
        found = self._young.get(word)
        if found is None:
            found = self._old.get(word) or self._learn(word)
            if len(word) <= LONGEST_WORD_CHARS:
                self._keep(word, found)
        return found

    def __len__(self) -> int:
        """How many words are kept, both generations together."""
        return len(self._young) + len(self._old)

    def _keep(self, word: str, found: Any) -> None:  # noqa: ANN401 - as above
        if len(self._young) >= self._limit:
            self._old, self._young = self._young, {}
        self._young[word] = found
