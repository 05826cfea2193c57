"""The sender's own PLZ and place; never the agency's, the employer's, or the addressed postbox."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from classify.text import fold
from rules.directory import Directory
from rules.mail import BodyParts
from rules.placename import place_key

_PLZ_PLACE = re.compile(
    r"(?<![\d.,/-])(?:D-?\s?)?(?P<plz>\d{5})[ ,]{1,3}(?!(?:Euro|EUR)\b)(?P<place>[A-ZÄÖÜ][\w./()-]+"
    r"(?:\s(?:am|an der|a\.\s?d\.|im|in|ob der|bei|vor der)\s[A-ZÄÖÜ]\w+"
    r"|\s[A-ZÄÖÜ][\w()/.-]+)?)"
)
_PLACE_PLZ = re.compile(r"(?P<place>[A-ZÄÖÜ][\w-]+)\s*[,(:]?\s*(?P<plz>\d{5})(?!\d)")
_FIVE_DIGITS = re.compile(r"\d\d{4}")
_LONE_PLZ = re.compile(r"(?<![\w.,/-])(?P<plz>\d{5})(?![\d.,/-]\d|\d|\s?(?:euro|€))", re.IGNORECASE)
_IN_PLACE = re.compile(
    r"\b(?:[Aa]us(?: dem (?:\w+en )?)?|wohnhaft in|[Ww]ohn(?:e|en)? (?:\w+ ){0,3}in"
    r"|[Ll]ebe (?:\w+ )?in|[Ww]ohnung in|[Ww]ohnsitz|wieder in|zurück in|zu Hause in"
    r"|(?P<moved>nach)|(?:Wohn)?[Oo]rt:)\s+"
    r"(?P<place>[A-ZÄÖÜ][\w-]+(?:\s(?:am|an der|im|in der|ob der)\s[A-ZÄÖÜ]\w+)?)"
)
_MOVED = re.compile(r"zieh|gezogen|\bzog|umzug")
_SOMEBODY = re.compile(
    r"\b(?:tochter|sohn|mann|frau|vater|mutter|juengst\w*|aeltest\w*|kind|bruder)\b"
)
_OTHER_NUMBER: Final = re.compile(
    r"(?:nr|nummer|rechnung|az|zeichen|vorgang|lauf|betrag|id)\W{0,3}$", re.IGNORECASE
)
_OLD: Final = re.compile(
    r"\b(?:alte[rns]?|bisherige[rns]?|frueher\w*|vorher|von)\b"
    r"(?:(?!\bnach\b|\bneu)[^.\n]){0,60}$"
)
_FOREIGN: Final = re.compile(
    r"(?:arbeitsagentur|agentur fuer arbeit|firma|gmbh|arbeitgeber|jobcenter|praxis|klinik"
    r"|krankenkasse|kanzlei|bei der|beim)[^\n]{0,40}$"
)
_CLOSING_LINES: Final = 4
_SENTENCE_END = re.compile(r"(?<=[^\W\d]{2}[.!?)])\s+(?=[A-ZÄÖÜ])|[!?]\s+|\s[–|]\s")
_CUSTOMER_NUMBER = re.compile(r"\b\d{3}\s?[A-Z]\s?\d{3}\s?\d{3}\b")
_GREETING_LINE: Final = "gruss"
_GREETING: Final = re.compile(r"gruss|gruess|mfg|\blg\b|\bvg\b|dank|hochacht|bis dann|servus")
_NEW: Final = re.compile(
    r"\b(?:neue[rns]?|jetzt|nun|ab sofort|ziehe|umgezogen|gezogen|post (?:bitte )?an)\b"
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
    text, own = body.new, place_key(mailbox.partition("@")[0])
    candidates = [
        *_addresses(text, directory),
        *_lone(text, directory),
        *_places(text, directory, own),
        *_closing(f"{text}\n{body.signature}", directory),
        *_addresses(body.signature, directory),
    ]
    ranked = sorted(candidates, key=lambda candidate: candidate.score)
    best = ranked[-1] if ranked else None
    if best is not None and best.plz and best.place is None:
        best = _with_place(best, ranked, directory)
    return (
        Whereabouts(best.plz, best.place) if best is not None and best.score > 0 else Whereabouts()
    )


def _addresses(text: str, directory: Directory) -> Iterator[_Candidate]:
    if not _FIVE_DIGITS.search(text):
        return
    for pattern in (_PLZ_PLACE, _PLACE_PLZ):
        for match in pattern.finditer(text):
            rows = directory.by_plz(match["plz"])
            if rows:
                known = _known_place(match["place"], directory)
                if known or pattern is _PLZ_PLACE:
                    score = (10 if pattern is _PLZ_PLACE else 9) + _context(text, match.start())
                    yield _Candidate(match["plz"], known or rows[0].place, score)


def _lone(text: str, directory: Directory) -> Iterator[_Candidate]:
    for match in _LONE_PLZ.finditer(text):
        rows = directory.by_plz(match["plz"])
        if rows and not _OTHER_NUMBER.search(text[: match.start()][-24:]):
            places = {row.place for row in rows}
            place = rows[0].place if len(places) == 1 else None
            yield _Candidate(match["plz"], place, 6 + _context(text, match.start()))


def _places(text: str, directory: Directory, own: str) -> Iterator[_Candidate]:
    for match in _IN_PLACE.finditer(text):
        place = _known_place(match["place"], directory)
        if place and (not match["moved"] or _is_own_move(text, match)):
            score = 1 if place_key(place) == own else 4
            yield _Candidate(None, place, score + _context(text, match.start()))


def _is_own_move(text: str, match: re.Match[str]) -> bool:
    """Whether "nach …" tells where the sender lives now, not a trip, and nobody else's move."""
    before = fold(text[max(0, match.start() - 60) : match.start()])
    after = fold(text[match.end() : match.end() + 40])
    return bool(_MOVED.search(f"{before} {after}")) and not _SOMEBODY.search(before)


def _closing(text: str, directory: Directory) -> Iterator[_Candidate]:
    """A place under or beside the name: "Jens Allermann, Celle" or a last line of its own.

    The line right below the greeting is a name, even where a place is called the same. The name
    may stand behind the last sentence, in the same line.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for number in range(max(0, len(lines) - _CLOSING_LINES), len(lines)):
        before = lines[number - 1] if number else _GREETING_LINE
        line = _CUSTOMER_NUMBER.sub("", lines[number]).strip(" ,;|/")
        closing = _SENTENCE_END.split(line)[-1].strip()
        name, comma, last = closing.rpartition(",")
        last = last.strip()
        alone = not comma and len(closing.split()) <= 3 and not _GREETING.search(fold(before))
        beside = bool(comma) and len(name.split()) <= 5
        whole = last[:1].isupper() and _known_place(last, directory) == last
        if whole and ((alone and closing == line) or beside):
            yield _Candidate(None, last, 5)


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


def _known_place(written: str, directory: Directory) -> str | None:
    """The longest beginning of what was written that is a place, without trailing words."""
    words = written.rstrip(".,()").split()
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count]).rstrip(".,")
        if directory.by_place(name):
            return name
    return None
