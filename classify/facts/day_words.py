"""Days of the month that are written as a word ("zum dreißigsten April"), as in dictated mail.

Source: facts section 10; 12 of 139 labelled days that no shape found were written so.
"""

from typing import Final

_FIRST: Final = (
    *("erst", "zweit", "dritt", "viert", "fuenft", "sechst", "siebt", "acht", "neunt", "zehnt"),
    *("elft", "zwoelft", "dreizehnt", "vierzehnt", "fuenfzehnt", "sechzehnt", "siebzehnt"),
    *("achtzehnt", "neunzehnt"),
)
_ONES: Final = ("", "ein", "zwei", "drei", "vier", "fuenf", "sechs", "sieben", "acht", "neun")
_TWENTY: Final = "zwanzigst"

SHAPE: Final = (
    rf"(?:{'|'.join(_FIRST)}|(?:(?:{'|'.join(_ONES[1:])})und)?(?:zwanzig|dreissig)st)e[nmr]?"
)
"""Of a folded word; what `number_of` understands."""


def number_of(word: str) -> int:
    """The day that a word of `SHAPE` names; 39 at most, so not each is a day of a month."""
    stem = word.rstrip("enmr")
    if stem in _FIRST:
        return _FIRST.index(stem) + 1
    ones, _, tens = stem.rpartition("und")
    return (20 if tens == _TWENTY else 30) + _ONES.index(ones)
