"""Text as the judge sees it: folded for comparing, cut into sentences for understanding."""

import re
import unicodedata

_SPELLED = (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("ł", "l"), ("ı", "i"))
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
# One set of first characters, so that a search leaps from one to the next.
_END = re.compile(r"[.!?…\n](?:(?<!\n)[\"'“”»)]*\s+(?=[^\s.,;])|(?<=\n)(?:[ \t]*\n)?)")
_ABBREVIATIONS = frozenset(
    (
        *("nr", "str", "tel", "kd", "bzw", "ca", "dr", "fr", "hr", "hrn", "z", "d", "u", "b", "a"),
        *("h", "o", "i", "evtl", "ggf", "inkl", "einschl", "vorauss", "jan", "feb", "mrz", "apr"),
        *("jun", "jul", "aug", "sept", "okt", "nov", "dez", "st", "abs", "geb", "mtl", "std", "jg"),
        *("vgl", "usw", "etc"),
    )
)
_ABBREVIATION = re.compile(rf"\b(?:\d{{1,2}}|{'|'.join(sorted(_ABBREVIATIONS))})\.$", re.IGNORECASE)
_LONGEST_ABBREVIATION = 12
"""With the full stop and some characters before, so that the beginning of the word is seen."""


def fold(text: str) -> str:
    """Lower case, umlauts spelled out, accents dropped: `Größe` and `groesse` become one.

    Many people write without umlauts, so this is for comparing only, never for showing.
    """
    folded = text.lower()
    if folded.isascii():
        return folded
    for umlaut, spelled in _SPELLED:
        folded = folded.replace(umlaut, spelled)
    return folded if folded.isascii() else _BEYOND_ASCII.sub(_without_accents, folded)


def _without_accents(stretch: re.Match[str]) -> str:
    decomposed = unicodedata.normalize("NFKD", stretch.group())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def sentences(text: str) -> tuple[str, ...]:
    """Cut at sentence ends and line breaks; `3.4.`, `Nr.` and the like don't end a sentence.

    A line break inside a wrapped sentence is no end: it counts only where the next line starts
    anew (blank line, bullet, capital letter after a full stop).
    """
    found: list[str] = []
    start = 0
    for match in _END.finditer(text):
        end, next_ = match.span()
        # The sign belongs to its sentence, a line break to none.
        end += text[end] != "\n"
        before = text[start:end].rstrip()
        if before:
            if _goes_on(before, text[end:next_], text[next_ : next_ + 1]):
                continue
            found.append(before.lstrip())
        start = next_
    last = text[start:].strip()
    return (*found, last) if last else tuple(found)


def _goes_on(before: str, seam: str, after: str) -> bool:
    if "\n" in seam:
        # Most lines begin with a capital.
        return seam == "\n" and after.islower() and len(before) - before.rfind("\n") > 60
    return before.endswith(".") and _is_abbreviated(before[-_LONGEST_ABBREVIATION:])


def _is_abbreviated(end: str) -> bool:
    """Whether the text that ends so ends with an abbreviation."""
    last = end[:-1].rpartition(" ")[2]
    if last.isascii() and last.isalnum():
        # Nearly every last word; a search tries each of its letters.
        low = last.lower()
        return low in _ABBREVIATIONS or low.endswith("str") or (len(last) <= 2 and last.isdigit())
    return bool(_ABBREVIATION.search(end))
