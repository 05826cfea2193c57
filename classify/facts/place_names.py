"""What people write where a place is expected, brought to a name that the directory knows."""

import re
from typing import Final

from rules.directory import Directory
from rules.placename import base_name

_SHORTEST_TOWN_CHARS: Final = 4
"""Before a hyphen a shorter one is rather a word; "Bad-", "Neu-"."""
_OF_LAENDER: Final = frozenset({"Württemberg", "Anhalt", "Westfalen", "Pfalz", "Vorpommern"})
"""Behind a hyphen these make no town; "Baden" and "Sachsen" are towns as well."""
_TITLE: Final = re.compile(
    r"^(?:(?:Luther|Hanse|Universitäts|Landeshaupt|Kreis|Barlach)stadt) (?=[A-ZÄÖÜ])"
)
"""What towns bear beside their name and the table doesn't."""
_NEXT_SENTENCE = re.compile(r"(?<=[^\W\d_]{4})\.\s")


_ABROAD_CALLED: Final = {
    "Munich": "München",
    "Cologne": "Köln",
    "Nuremberg": "Nürnberg",
    "Hanover": "Hannover",
    "Brunswick": "Braunschweig",
    "Frankfort": "Frankfurt",
}
"""What English calls towns otherwise."""


def known_place(written: str, directory: Directory) -> str | None:
    """The longest beginning of what was written that is a place, without trailing words."""
    bare = _NEXT_SENTENCE.split(written)[0].rstrip(".,(")
    words = (bare if "(" in bare else bare.rstrip("()")).split()
    if words and words[0] in _ABROAD_CALLED:
        return _ABROAD_CALLED[words[0]]
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count]).rstrip(".,")
        if directory.is_place(name):
            return name
    plain = _TITLE.sub("", bare)
    return known_place(plain, directory) if plain != bare else None


def whole_place(written: str, directory: Directory) -> str | None:
    """A place that is nothing but that, or the town of which a quarter is named: "Köln-Nippes".

    Of "Mühlhausen/Thüringen" and "Burg (bei Magdeburg)" the name before what tells it apart.
    """
    if written in _ABROAD_CALLED:
        return _ABROAD_CALLED[written]
    if not directory.is_place(written):
        written = _TITLE.sub("", written)
    if directory.is_place(written):
        return written if known_place(written, directory) == written else None
    name = base_name(written)
    if name != written:
        return name if directory.is_place(name) else None
    return town_of_quarter(written, directory)


def town_of_quarter(written: str, directory: Directory) -> str | None:
    """The town before the hyphen: "Köln" of "Köln-Nippes"."""
    town, dash, quarter = written.partition("-")
    is_quarter = dash and len(town) >= _SHORTEST_TOWN_CHARS and quarter.isalpha()
    if quarter in _OF_LAENDER:
        return None
    return town if is_quarter and directory.is_place(town) else None
