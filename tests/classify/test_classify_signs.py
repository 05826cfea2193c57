"""Needles are met where a search for each finds them."""

import re
import sys
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from classify import hearing, lexicon, needles
from classify.needles import DIGIT, EDGE
from classify.signs import Signs

NEEDLES = [
    *("au", f"{EDGE}au{EDGE}", "e-au", f"{EDGE}e-au{EDGE}", f"in{EDGE}", f"{EDGE}in", "konto", "?"),
    *(
        f"{EDGE}konto",
        f"konto{EDGE}",
        f"{EDGE}n26{EDGE}",
        "k.",
        "450",
        DIGIT,
        DIGIT * 3,
        f"5{EDGE}",
    ),
]
LETTERS = st.sampled_from([*"aeinkotu-_.?,4502ö²", "konto", "e-au", "n26"])


def plainly(needle: str, word: str) -> bool:
    if not needle.strip(DIGIT):
        return re.search(rf"\d{{{len(needle)}}}", word) is not None
    return re.search(r"\b".join(map(re.escape, needle.split(EDGE))), word) is not None


@given(st.lists(LETTERS, min_size=1, max_size=20).map("".join))
def test_needles_are_met_in_any_word_where_a_search_finds_them(word: str) -> None:
    signs = Signs()
    for number, needle in enumerate(NEEDLES):
        signs.put(needle, 1 << number)
    met = {needle for number, needle in enumerate(NEEDLES) if signs.bits(word) >> number & 1}
    assert met == {needle for needle in NEEDLES if plainly(needle, word)}


def test_a_pattern_that_is_nothing_but_its_needles_is_not_searched_for() -> None:
    for source in (r"\bau\b", r"\b(?:mo|di)\b", r"\bab", "konto", "(?:konto|bank)"):
        assert hearing._within(source, needles.of_pattern(source)) is None
    for source in ("krank(?!enkass)", r"\b(?:eine?n?)\b", "e-?au"):
        assert hearing._within(source, needles.of_pattern(source)) is not None


def test_learning_a_word_takes_no_more_calls_than_it_did() -> None:
    """Counted, not timed: 26; 111 before decision 0113. Patterns are made when first needed."""
    words = ["kaninchen", "verdoppelt,", "hauptkunden", "angekuendigt.", "blumen", "wiederkommt"]
    for word in words:
        lexicon._EAR._listen(word)
    calls = Counter()
    sys.setprofile(lambda _frame, event, _what: calls.update([event]))
    try:
        for word in words:
            lexicon._EAR._listen(word)
    finally:
        sys.setprofile(None)
    assert (calls["call"] + calls["c_call"]) / len(words) < 30
