"""Places of the table that a mail names anywhere, in order: a hint for who clears it, no fact.

What the rules dare to believe stands in whereabouts.py. Here a job's, a clinic's or a court's
place is found as well: a wrong one costs a person a look. Source: own decision 0138.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from classify.facts.address_block import of_house
from classify.facts.place_names import known_place, town_of_quarter
from rules.directory import Directory
from rules.mail import ParsedMail
from rules.placename import place_key

READ_CHARS: Final = 20_000
"""Of each part; whoever names where he lives does it before. Hausregel."""

_NAME: Final = re.compile(
    r"(?<![\w@.-])(?:(?:D-)?(?P<plz>\d{5})[ ,]{1,2})?"
    r"(?P<place>(?:(?:Bad|Sankt|St\.) )?[^\W\d_][\w-]{2,}(?:/[A-ZÄÖÜ]\w+"
    r"|(?: (?:(?:am|an der|an|im|in der|in|ob der|auf|bei|vor der|[abiov]\. ?[dN]\.) ?)?"
    r"[A-ZÄÖÜ][\w-]+){0,2}(?: ?\([A-ZÄÖÜ][\w./ ]{1,20}\))?))(?![\w@]|\.[a-z]{2,})"
)
_TITLE_BEFORE: Final = re.compile(
    r"\b(?:Herrn?|Frau|Fr\.|Hr\.|Familie|Fam\.|Eheleute|Dr\.|Prof\.)"
    r"(?: (?:Dr\.|Prof\.|[A-ZÄÖÜ]\.|[A-ZÄÖÜ][a-zäöüß]+)| von){0,2} $"
)
"""Before a word that is somebody's name."""
_STREET_BEHIND: Final = re.compile(
    r"[ -](?:[Ss]tr(?:\.|a(?:ß|ss)e)|Allee|Weg|Platz|Ring)\b|[ -]Str\."
)
_MIXED: Final = re.compile(r"[A-ZÄÖÜ]{2,}[a-z]")
"""In the word "RAin"; no place is written so."""
_SAID_BEFORE: Final = re.compile(r"\b(?:[Aa]us|[Ii]n|[Nn]ach) $")
_BEFORE_CHARS: Final = 40
_SHORTEST_CHARS: Final = 4
_LINKS_BEHIND: Final = re.compile(r"(?: (?:am|an|auf|bei|im|in|ob|vor|der))+$", re.IGNORECASE)
"""What `known_place` leaves behind a name, since it makes no other of it."""
_WORD: Final = re.compile(r"[^\W\d_]{2,}")

SELDOM: Final = frozenset(
    (
        *("aach", "achim", "acht", "anger", "anhalt", "appel", "bach", "bell", "benz", "berg"),
        *("berge", "bescheid", "besitz", "binnen", "boden", "bodensee", "boehme", "bogen"),
        *("born", "brand", "brandis", "brechen", "brecht", "breit", "bruch", "bruecken"),
        *("brunnen", "buch", "buchen", "burg", "chiemsee", "clausen", "dahmen", "damp", "dingen"),
        *("donau", "dorn", "eder", "eich", "einhaus", "einig", "elbe", "elisabeth", "elster"),
        *("emsland", "enger", "ernst", "essen", "fahren", "fehl", "feucht", "fisch", "forst"),
        *("frei", "fuessen", "gering", "gerstenberg", "gingen", "glashuette", "glatten"),
        *("gleichen", "gross", "grube", "haag", "haar", "hahn", "halbe", "hammer", "harz"),
        *("hatten", "heide", "heist", "herren", "hohen", "holm", "holt", "horn", "horst"),
        *("inden", "insheim", "jessen", "kaiser", "kalt", "kamen", "karl", "kenn", "klein"),
        *("klingen", "kommen", "kopp", "korb", "kotzen", "kreis", "kuchen", "lachen", "lage"),
        *("lahn", "langen", "lanz", "lauf", "laufen", "lauter", "leer", "lehre", "lieg"),
        *("linden", "lindholm", "lindhorst", "loehne", "loose", "lotte", "luebke", "lutter"),
        *("main", "mandel", "march", "markt", "mauer", "meine", "merz", "mitte", "moos", "much"),
        *("mueden", "mueritz", "muessen", "nagel", "nahe", "nebel", "neisse", "neuseeland"),
        *("nieder", "norden", "odenthal", "odenwald", "oder", "ohne", "osten", "perl", "pfalz"),
        *("plate", "platten", "pohl", "pohle", "puls", "regen", "rehm", "reich", "rhein"),
        *("rhoen", "rickert", "ringe", "rohr", "rom", "rosa", "rosengarten", "roth", "rueber"),
        *("ruhland", "rust", "saal", "sachsen", "salzburg", "sand", "sandberg", "sassen"),
        *("schacht", "schlangen", "schleich", "schleife", "schlitz", "schmitt", "schott"),
        *("schuld", "schutz", "schwarz", "schwarzen", "schwarzwald", "schweigen", "seeblick"),
        *("senden", "singen", "sinn", "soeren", "sommerloch", "spalt", "speicher", "spreewald"),
        *("stapel", "stein", "stelle", "stemmen", "sternberg", "suedharz", "suessen", "tamm"),
        *("theres", "train", "ueberherrn", "unstrut", "vogelsang", "vogt", "vorpommern", "wald"),
        *("waren", "wedel", "wehr", "weiher", "weil", "weisen", "welle", "welt", "wenden"),
        *("werben", "werra", "westfalen", "wetter", "wied", "wiesengrund", "wilhelm", "winzer"),
        *("wirft", "wisch", "wissen", "wuerttemberg", "zell"),
    )
)
"""Rather a word, a name or a water: it counts behind a PLZ only, or with a capital behind "aus",
"in" or "nach". Found among the words of the training mails (`corpus/`), and chosen by eye."""


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place as the table may know it, and the PLZ that stands before it, if one does."""

    place: str
    plz: str | None = None


def find(mail: ParsedMail, directory: Directory) -> Iterator[NamedPlace]:
    """What subject, text and signature name, in order; once more where it is named once more.

    Nothing of a quotation or a disclaimer, and no address of an agency.
    """
    sender = f"{mail.sender_name} {mail.sender.partition('@')[0]}"
    own = frozenset(map(place_key, _WORD.findall(sender)))
    for part in (mail.subject, mail.body.new, mail.body.signature):
        yield from _in_part(part[:READ_CHARS], directory, own)


def _in_part(text: str, directory: Directory, own: frozenset[str]) -> Iterator[NamedPlace]:
    """Goes on behind what was found, else behind the next word."""
    start = 0
    while match := _NAME.search(text, start):
        written = match["place"]
        place = known_place(written, directory) or town_of_quarter(written, directory)
        start = match.start("place") + len(place or written.partition(" ")[0])
        if place and _is_meant(text, match, place := _LINKS_BEHIND.sub("", place), own):
            yield NamedPlace(place if place[0].isupper() else place.title(), match["plz"])


def _is_meant(text: str, match: re.Match[str], place: str, own: frozenset[str]) -> bool:
    """Whether the word may tell a place here: no person, no street, no house of ours."""
    at = match.start("place")
    before = text[max(0, at - _BEFORE_CHARS) : at]
    key = place_key(place)
    is_weak = key in SELDOM or key in own or len(key) < _SHORTEST_CHARS
    if not match["plz"]:
        if is_weak and not (place[0].isupper() and _SAID_BEFORE.search(before)):
            return False
        if _MIXED.match(place) or _TITLE_BEFORE.search(before):
            return False
        if _STREET_BEHIND.match(text, at + len(place)):
            return False
    return not of_house(text, match.start())
