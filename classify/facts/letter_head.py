"""The place in a letter's line of place and day: "Rastatt, den 3. Mai 2026"."""

import re
from collections.abc import Iterator
from typing import Final

from classify.facts.named_places import SELDOM
from classify.facts.place_names import whole_place
from rules.directory import Directory
from rules.placename import place_key

_DATED: Final = re.compile(
    r"^[ \t]*(?P<place>[A-ZÄÖÜ][\w ./()-]{2,40}?),? (?:den |dem |am |im |d\. )?"
    r"\d{1,2}\. ?(?:\d{1,2}\. ?(?:\d{4}|\d{2})?|(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez)"
    r"[a-zä]*\.?(?: \d{4})?)[ \t.]*$",
    re.MULTILINE,
)


def places(text: str, directory: Directory) -> Iterator[str]:
    """Each place of a line that holds nothing but it and a day."""
    for match in _DATED.finditer(text):
        place = whole_place(match["place"], directory)
        if place and place_key(place) not in SELDOM and not match["place"].endswith(" vom"):
            yield place
