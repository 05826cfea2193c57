"""Names of places as people and postboxes write them, brought to one comparable form.

"Halle/Saale", "Halle (Saale)" and "halle-saale" are one key; "Fürstenfeldbruck" and
"Fuerstenfeldbruck" too. Source: facts section 5 (umlauts spelled out); own decision 0014.
"""

import re
import unicodedata
from typing import Final

_SPELLED: Final = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"))
_WORDS: Final = re.compile(r"[a-z0-9]+")
# Single letters are abbreviations of these: "a.d.", "i.d.", "v. d.", "b.", "o.d.T."
_LINKS: Final = frozenset(
    "am an auf bei der dem den im in ob vor vom zum a b d i o v".split()  # noqa: SIM905 - a row of words reads better
)
_QUALIFIER: Final = re.compile(
    r"[(/,]|\s(?=(?:[abiov]\.|am\s|an\s|auf\s|bei\s|im\s|in\s|ob\s|vor\s))", re.IGNORECASE
)


def fold(text: str) -> str:
    """Lower case, umlauts spelled out, other accents dropped. Source: facts section 5."""
    if text.isascii():
        return text.lower()
    composed = unicodedata.normalize("NFKC", text).lower()
    # One by one: `translate` looks at each letter, and takes ten times as long.
    for umlaut, spelled in _SPELLED:
        composed = composed.replace(umlaut, spelled)
    if composed.isascii():
        return composed
    stripped = unicodedata.normalize("NFKD", composed)
    return stripped.encode("ascii", "ignore").decode("ascii")


def place_key(name: str) -> str:
    """The comparable form: folded, only letters and digits, linking words left out.

    "Rotenburg a. d. Fulda" and "Rotenburg an der Fulda" have the same key. Empty for a text
    without a letter. Source: own decision 0014.
    """
    words = _WORDS.findall(fold(name))
    return "".join(words[:1] + [word for word in words[1:] if word not in _LINKS])


def base_name(name: str) -> str:
    """The name without what tells it from its namesakes: "Halle" of "Halle (Saale)".

    Source: own decision 0014.
    """
    return _QUALIFIER.split(name, maxsplit=1)[0].strip()


def bracketed(name: str) -> bool:
    """Whether the name carries its qualifier in brackets, as "Frankfurt (Oder)" does.

    Source: own decision 0014.
    """
    return "(" in name


def parts(name: str) -> tuple[str, ...]:
    """The names inside a double name: "Dessau", "Roßlau" of "Dessau-Roßlau".

    Berlin's Bezirke give each half with and without "Berlin". Source: own decision 0014.
    """
    if name.startswith("Berlin "):
        halves = name.removeprefix("Berlin ").strip("()").split("-")
        return tuple(part for half in halves for part in (f"Berlin {half}", half))
    halves = base_name(name).split("-")
    return tuple(half.strip() for half in halves) if len(halves) > 1 else ()
