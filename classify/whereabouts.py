"""The sender's own PLZ and place; never the agency's, the employer's, or the addressed postbox."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from classify import closing
from classify.place_names import known_place, town_of_quarter
from classify.text import fold
from rules.directory import Directory
from rules.mail import BodyParts
from rules.placename import place_key

_PLZ_PLACE = re.compile(
    r"(?<![\d.,/-])(?:D-?\s?)?(?P<plz>\d{5})[ ,]{1,3}(?!(?:Euro|EUR)\b)(?P<place>[A-ZÄÖÜ][\w./()-]+"
    r"(?:\s(?:am|an der|a\.\s?d\.|im|in|in der|ob der|bei|vor der|auf)\s[A-ZÄÖÜ]\w+"
    r"|\s\([A-ZÄÖÜ][\w./ ]{1,20}\)|\s[A-ZÄÖÜ][\w()/.-]+)?)"
)
_PLACE_PLZ = re.compile(r"(?P<place>[A-ZÄÖÜ][\w-]+)\s*[,(:]?\s*(?P<plz>\d{5})(?!\d)")
_LONGEST_POSTFACH_CHARS: Final = 60
_LONGEST_PLACE_CHARS: Final = 80
_COUNTRY = re.compile(r"D-?\s?$")
_FIVE_DIGITS = re.compile(r"\d\d{4}\d*")
_Digits = Sequence[re.Match[str]]
_LONE_PLZ = re.compile(r"(?<![\w.,/-])(?P<plz>\d{5})(?![\d.,/-]\d|\d|\s?(?:euro|€))", re.IGNORECASE)
# Each word is looked back at from its end: so a search leaps from one first letter to the next.
_IN_PLACE = re.compile(
    r"(?:(?:[Aa]us(?<!\w[Aa]us)|us(?<!\wus)|[Uu]t(?<!\w[Uu]t))(?: dem (?:\w+en )?)?"
    r"|[Ww]ohnhaft(?<!\w[Ww]ohnhaft)(?: in|:)"
    r"|[Ww]ohn(?<!\w[Ww]ohn)(?:e|en|haft)? (?:\w+ ){0,6}in"
    r"|[Ww]ohne(?<!\w[Ww]ohne)(?: aber)?(?=\s[A-ZÄÖÜ])|[Ll]ebe(?<!\w[Ll]ebe) (?:\w+ ){0,4}in"
    r"|[Ww]ohnung(?<!\w[Ww]ohnung)(?: \w+){0,3} in|[Ww]ohnsitz(?<!\w[Ww]ohnsitz)(?: ist| bleibt)?"
    r"|(?:traße|tr\.|weg|gasse|platz|allee)\s\d{1,3}\s?[a-z]?(?:,| in)?"
    r"|[Bb]ei(?<!\w[Bb]ei) uns in|[Ll]iving(?<!\w[Ll]iving) in|[Ll]ive(?<!\w[Ll]ive) in"
    r"|mieszkam w|locuiesc (?:în|in)|habite(?: à)?"
    r"|wieder(?<!\wwieder) in|zurück(?<!\wzurück) in|zu(?<!\wzu) Hause in"
    r"|[Dd]aheim(?<!\w[Dd]aheim) in|[Hh]ier(?<!\w[Hh]ier) (?:in|auf|aus)|(?P<moved>nach(?<!\wnach))"
    r"|Wohn(?<!\wWohn)[Oo]rt(?::| ist| bleibt)|[Oo]rt(?<!\w[Oo]rt):)\s+"
    r"(?P<place>(?:(?:Bad|Sankt|St\.|Lutherstadt|Schwäbisch) )?[A-ZÄÖÜ][\w-]+"
    r"(?:\s\([A-ZÄÖÜ][\w./ ]{1,20}\)|/[A-ZÄÖÜ]\w+"
    r"|\s(?:am|an der|im|in der|ob der|auf)\s[A-ZÄÖÜ]\w+)?)"
)
_SPOKEN: Final = (
    *(("us", 1), ("us ", 0), ("ut ", 0), ("Ut ", 0), ("ohnhaft", 1), ("ohn", 1), ("ebe", 1)),
    *(("wieder", 0), ("zurück", 0), ("zu Hause", 0), ("aheim in", 1), ("ier ", 1), ("nach", 0)),
    *(("rt:", 1),),
    *(("Wohnort ", 0), ("traße ", 0), ("tr. ", 0), ("weg ", 0), ("gasse ", 0), ("platz ", 0)),
    *(("allee ", 0), ("ei uns in", 1), ("iving in", 1), ("ive in", 1)),
    *(("mieszkam w", 0), ("locuiesc ", 0), ("habite ", 0)),
)
"""A piece of each beginning of `_IN_PLACE`, with the number of characters before it there."""
_WHERE_I_LIVE = re.compile(
    r"\b(?:in|von|bei) (?P<place>[A-ZÄÖÜ][\w-]+), "
    r"(?:wo ich (?:\w+ )?(?:wohne|lebe)|auch dort zu ?[Hh]ause)"
)
_TOLD: Final = (", wo ich ", ", auch dort ")
"""One of these stands in each text that `_WHERE_I_LIVE` finds anything in."""
_PLANNED = re.compile(r"ueberleg|angenommen|haette gern|vielleicht")
_MOVED = re.compile(r"zieh|gezogen|\bzog|umzug|zurueckgekehrt")
_SOMEBODY = re.compile(
    r"\b(?:tochter|sohn|mann|frau|vater|mutter|juengst\w*|aeltest\w*|kind|bruder)\b"
)
_OTHER_NUMBER: Final = re.compile(
    r"(?:nr|nummer|rechnung|az|zeichen|vorgang|lauf|betrag|id)\W{0,3}$", re.IGNORECASE
)
_OLD: Final = re.compile(
    r"\b(?:alte[rns]?|alt:|bisherige[rns]?|frueher\w*|vorher|von)(?!\w)"
    r"(?:(?!\bnach\b|\bneu)[^.\n]){0,60}$"
)
_FOREIGN: Final = re.compile(
    r"(?:arbeitsagentur|agentur fuer arbeit|firma|gmbh|arbeitgeber|jobcenter|praxis|klinik"
    r"|krankenkasse|\b(?:bkk|ikk|aok)\b|kanzlei|bei der|beim)"
    r"(?:(?!(?<=[a-z]{4})(?<!str)\. [a-z])[^\n]){0,40}$"
)
_NEW: Final = re.compile(
    r"\b(?:neue[rns]?|neu:|jetzt|nun|ab sofort|ziehe|umgezogen|gezogen|post (?:bitte )?an)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """PLZ and place that belong together; either may be unknown."""

    plz: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    plz: str | None
    place: str | None
    score: int


def find(body: BodyParts, directory: Directory, *, mailbox: str) -> Whereabouts:
    """The most likely own address: a new one before an old one, the last before an earlier one.

    Only PLZ of the table count, so that amounts and numbers of five digits don't. A place
    without PLZ that is the addressed postbox's own ("nach Kassel" to Kassel@…) counts least.
    """
    text = body.new
    digits = [*_FIVE_DIGITS.finditer(text)]
    candidates = [
        *_addresses(text, digits, directory),
        *_lone(text, digits, directory),
        *_places(text, directory, mailbox),
        *(
            _Candidate(None, place, 5)
            for place in closing.places(f"{text}\n{body.signature}", directory)
        ),
        *_addresses(body.signature, [*_FIVE_DIGITS.finditer(body.signature)], directory),
    ]
    if not candidates:
        return Whereabouts()
    ranked = sorted(candidates, key=lambda candidate: candidate.score)
    best = ranked[-1] if ranked else None
    if best is not None and best.plz and best.place is None:
        best = _with_place(best, ranked, directory)
    return (
        Whereabouts(best.plz, best.place) if best is not None and best.score > 0 else Whereabouts()
    )


def _addresses(text: str, digits: _Digits, directory: Directory) -> Iterator[_Candidate]:
    for match in _each_once(_before_place(text, run.start()) for run in digits):
        rows = directory.by_plz(match["plz"])
        if rows:
            known = known_place(match["place"], directory)
            score = 10 + _context(text, match.start())
            yield _Candidate(match["plz"], known or rows[0].place, score)
        # The PLZ of a Postfach stands in no table of places.
        elif (known := known_place(match["place"], directory)) and _is_postfach(text, match):
            yield _Candidate(None, known, 9 + _context(text, match.start()))
    for match in _each_once(_behind_place(text, run) for run in digits):
        rows = directory.by_plz(match["plz"])
        known = known_place(match["place"], directory) if rows else None
        if known:
            yield _Candidate(match["plz"], known, 9 + _context(text, match.start()))


def _is_postfach(text: str, match: re.Match[str]) -> bool:
    return "ostfach" in text[max(0, match.start() - _LONGEST_POSTFACH_CHARS) : match.start()]


def _each_once(found: Iterable[re.Match[str] | None]) -> Iterator[re.Match[str]]:
    """Those that don't begin within the one before."""
    end = 0
    for match in found:
        if match and match.start() >= end:
            end = match.end()
            yield match


def _before_place(text: str, start: int) -> re.Match[str] | None:
    """The PLZ that begins there, with or without its `D-`, and the place behind it."""
    country = _COUNTRY.search(text, max(0, start - 3), start)
    match = _PLZ_PLACE.match(text, country.start()) if country else None
    return match or _PLZ_PLACE.match(text, start)


def _behind_place(text: str, digits: re.Match[str]) -> re.Match[str] | None:
    """The PLZ that ends with these digits, and the place before it."""
    start = max(0, digits.start() - _LONGEST_PLACE_CHARS)
    return _PLACE_PLZ.search(text, start, digits.end() + 1)


def _lone(text: str, digits: _Digits, directory: Directory) -> Iterator[_Candidate]:
    for run in digits:
        start = run.start()
        match = _LONE_PLZ.match(text, start)
        rows = directory.by_plz(match["plz"]) if match else ()
        if rows and not _OTHER_NUMBER.search(text[max(0, start - 24) : start]):
            places = {row.place for row in rows}
            place = rows[0].place if len(places) == 1 else None
            yield _Candidate(rows[0].plz, place, 6 + _context(text, start))


def _places(text: str, directory: Directory, mailbox: str) -> Iterator[_Candidate]:
    spoken = [one for one in _SPOKEN if one[0] in text]
    starts = sorted({start for word, before in spoken for start in _starts(text, word, before)})
    for match in _each_once(_IN_PLACE.match(text, start) for start in starts):
        named = match["place"]
        place = known_place(named, directory) or town_of_quarter(named, directory)
        if (
            place
            and not _comes_back(text, match)
            and (not match["moved"] or _is_own_move(text, match))
        ):
            score = 1 if place_key(place) == place_key(mailbox.partition("@")[0]) else 4
            yield _Candidate(None, place, score + _context(text, match.start()))

    if any(word in text for word in _TOLD):
        for told in _WHERE_I_LIVE.finditer(text):
            place = known_place(told["place"], directory)
            if place:
                yield _Candidate(None, place, 4 + _context(text, told.start()))


def _comes_back(text: str, match: re.Match[str]) -> bool:
    """Whether it tells of a trip that is over, or of the tax office's program."""
    left = match[0][:3] in {"aus", "Aus"} and text.startswith(" zurück", match.end())
    return left or match["place"] == "ELSTER"


def _starts(text: str, word: str, before: int) -> Iterator[int]:
    """Where a word stands, and `before` characters to the left of it."""
    at = text.find(word)
    while at >= 0:
        if at >= before:
            yield at - before
        at = text.find(word, at + 1)


def _is_own_move(text: str, match: re.Match[str]) -> bool:
    """Whether "nach …" tells where the sender lives now, not a trip, and nobody else's move."""
    before = fold(text[max(0, match.start() - 60) : match.start()])
    after = fold(text[match.end() : match.end() + 40])
    if _SOMEBODY.search(before) or _PLANNED.search(before):
        return False
    return bool(_MOVED.search(f"{before} {after}"))


def _with_place(best: _Candidate, others: Sequence[_Candidate], directory: Directory) -> _Candidate:
    """A PLZ of several places takes the one that is named elsewhere in the mail."""
    keys = {place_key(row.place) for row in directory.by_plz(best.plz)}
    named = [one.place for one in others if one.place and place_key(one.place) in keys]
    return _Candidate(best.plz, named[-1], best.score) if named else best


def _context(text: str, start: int) -> int:
    """Words shortly before: old and foreign addresses count down, new ones up."""
    before = fold(text[max(0, start - 90) : start])
    score = 0
    if _OLD.search(before):
        score -= 8
    if _FOREIGN.search(before):
        score -= 12
    if _NEW.search(before):
        score += 3
    return score
