"""The sender's own PLZ and place; never the agency's, the employer's, or the addressed postbox."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from classify.facts import (
    address_block,
    beside_name,
    closing,
    homes,
    letter_head,
    residence,
    said_places,
)
from classify.facts.place_names import known_place
from classify.facts.said_places import each_once
from rules.directory import Directory
from rules.mail import BodyParts
from rules.placename import place_key
from rules.routing import ISSUER_DIGITS
from rules.verdict import Home

_PLZ_PLACE = re.compile(
    r"(?<![\d.])(?:D-?\s?)?(?P<plz>\d{5})(?:[ ,]{1,3}|\s?[|/·–-]\s?)(?!(?:Euro|EUR)\b)"
    r"(?P<place>[A-ZÄÖÜ][\w./()-]+"
    r"(?:\s(?:am|an der|a\.\s?d\.|im|in|in der|ob der|bei|vor der|auf)\s[A-ZÄÖÜ]\w+"
    r"|\s\([A-ZÄÖÜ][\w./ ]{1,20}\)|\s[A-ZÄÖÜ][\w()/.-]+)?)"
)
_PLACE_PLZ = re.compile(
    r"(?P<place>(?:(?:Bad|Sankt|St\.|Schwäbisch)\s)?[A-ZÄÖÜ][\w-]+"
    r"(?:\s(?:am|an der|im|in der|ob der|[aio]\.\s?d\.)\s?[A-ZÄÖÜ]\w+\.?|\s?\([A-ZÄÖÜ][\w. ]+\))?)"
    r"\s*(?:[,(:|/–-]\s*)?(?:PLZ:?\s*)?(?P<plz>\d{5})(?!\d)"
)
_IN_SMALL = re.compile(r"[ ,|/–-]{1,3}(?P<place>[a-zäöü][\w-]+(?:\s(?:am|an der|im|in der)\s\w+)?)")
"""What stands behind a PLZ where all is written in small letters."""
_JOINED: Final = frozenset(",/|-")
"""A number of five digits right behind one of these is a PLZ only if its place bears it out."""
_LONGEST_POSTFACH_CHARS: Final = 60
_LONGEST_PLACE_CHARS: Final = 80
_COUNTRY = re.compile(r"D-?\s?$")
_FIVE_DIGITS = re.compile(r"\d\d{4}\d*")
_Digits = Sequence[re.Match[str]]
_LONE_PLZ = re.compile(
    r"(?<![\w.,/-])(?P<plz>\d{5})(?![\d.,/-]\d|\d| ?[/()–-]{0,2} ?\d{2}|\s?(?:euro|€))",
    re.IGNORECASE,
)
"""More digits behind it make it the area code of a telephone number."""
_OTHER_NUMBER: Final = re.compile(
    r"(?:nr|nummer|hr[ab]|rechnung|az|zeichen|vorgang|lauf|betrag|id|anliegen|formular"
    r"|ticket|referenz|code|kennung)\W{0,3}$",
    re.IGNORECASE,
)
_SAID: Final = 5
"""The score of a place with which the mail closes; what is said in passing has less."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """PLZ and place that belong together; either may be unknown.

    `home` is where the customer lives, if somebody else writes for him (`rules.verdict.Facts`).
    """

    plz: str | None = None
    place: str | None = None
    home: Home | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    plz: str | None
    place: str | None
    score: int
    office: bool = False


_NOWHERE: Final = _Candidate(None, None, 0)


def find(
    body: BodyParts,
    directory: Directory,
    *,
    mailbox: str,
    kundennummer: str | None = None,
    subject: str = "",
) -> Whereabouts:
    """The most likely own address: a new one before an old one, the last before an earlier one.

    Only PLZ of the table count, so that amounts and numbers of five digits don't. A place
    without PLZ that is the addressed postbox's own ("nach Kassel" to Kassel@…) counts least.
    The Kundennummer bears out a place that only stands beside a name. Source: own decision 0121.
    """
    text = body.new
    last = closing.last_lines(f"{text}\n{body.signature}")
    parts = closing.around_numbers(last)
    candidates = [
        *_addresses(text, directory),
        *[_Candidate(None, *said) for said in said_places.find(text, directory, mailbox=mailbox)],
        *[_Candidate(None, *said) for said in _lives(text, directory)],
        *[_Candidate(None, place, _SAID) for place in letter_head.places(text, directory)],
        *[_Candidate(None, place, _SAID) for place in closing.places(last, parts, directory)],
        *(_addresses(f"--\n{body.signature}", directory) if body.signature else ()),
    ] or [one for one in _addresses(subject, directory) if one.place and one.place in subject]
    ranked = sorted(candidates, key=lambda candidate: candidate.score)
    best = ranked[-1] if ranked and ranked[-1].score > 0 else _NOWHERE
    if best.plz and best.place is None:
        best = _with_place(best, ranked, directory)
    if best is _NOWHERE and kundennummer:
        issuer = directory.agency(kundennummer[:ISSUER_DIGITS])
        place = beside_name.place(last, parts, directory, issuer=issuer) if issuer else None
        best = _Candidate(None, place, _SAID) if place else best
    return Whereabouts(best.plz, best.place, _home(text, best, directory, kundennummer))


def _home(
    text: str, best: _Candidate, directory: Directory, kundennummer: str | None
) -> Home | None:
    """Where the customer lives, if the sender's own address doesn't tell it.

    An office's address tells the customer's agency only if that gave out his Kundennummer.
    """
    home = homes.of_customer(text, directory) if homes.may_tell(text) else None
    if home is None and best.office and kundennummer:
        issuer = directory.agency(kundennummer[:ISSUER_DIGITS])
        around = directory.agencies_of_plz(best.plz) or directory.by_place(best.place)
        return None if issuer in around else Home()
    return home


def _lives(text: str, directory: Directory) -> Iterator[tuple[str, int]]:
    for told in residence.find(text, directory):
        yield told.place, _SAID + address_block.of_words(text, told.start)


def _addresses(text: str, directory: Directory) -> Iterator[_Candidate]:
    digits = [*_FIVE_DIGITS.finditer(text)]
    if not digits:
        return
    for match in each_once(_before_place(text, run.start()) for run in digits):
        found = _of_plz_place(text, match, directory)
        if found:
            yield found
    for match in each_once(_behind_place(text, run) for run in digits):
        rows = directory.by_plz(match["plz"])
        known = known_place(match["place"], directory) if rows else None
        if known:
            weight = address_block.of_address(text, match.start(), match.end())
            yield _Candidate(match["plz"], known, 9 + weight.score, weight.office)
    yield from _lone(text, digits, directory)


def _of_plz_place(text: str, match: re.Match[str], directory: Directory) -> _Candidate | None:
    plz, known = match["plz"], known_place(match["place"], directory)
    rows = directory.by_plz(plz)
    between = text[match.end("plz") : match.start("place")].strip(" ,")
    joined = between or text[max(0, match.start() - 1) : match.start()] in _JOINED
    if joined and not (known and _belong(plz, known, directory)):
        return None
    if not known and _OTHER_NUMBER.search(text[max(0, match.start() - 24) : match.start()]):
        return None
    # The PLZ of a Postfach stands in no table of places.
    if not rows and not (known and _is_postfach(text, match)):
        return None
    weight = address_block.of_address(text, match.start(), match.end())
    if not rows:
        return _Candidate(None, known, 9 + weight.score, weight.office)
    return _Candidate(plz, known or rows[0].place, 10 + weight.score, weight.office)


def _belong(plz: str, place: str, directory: Directory) -> bool:
    """Whether a place of that name lies where the PLZ does."""
    return not set(directory.by_place(place)).isdisjoint(directory.agencies_of_plz(plz))


def _is_postfach(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - _LONGEST_POSTFACH_CHARS) : match.start()]
    return "ostfach" in before or "Pf " in before or "PF " in before


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
            place = rows[0].place if len(places) == 1 else _in_line(text, start, places)
            small = _IN_SMALL.match(text, run.end())
            named = known_place(small["place"], directory) if small else None
            if named and _belong(rows[0].plz, named, directory):
                place = named.title()
            weight = address_block.of_address(text, start, run.end())
            yield _Candidate(rows[0].plz, place, 6 + weight.score, weight.office)


def _in_line(text: str, start: int, places: Iterable[str]) -> str | None:
    """Which of the PLZ's places stands before it in its line: "Oststeinbek, Weg 14, 22113"."""
    before = text[max(0, start - _LONGEST_PLACE_CHARS) : start].rpartition("\n")[2]
    named = [one for one in places if one in before]
    return named[0] if len(named) == 1 else None


def _with_place(best: _Candidate, others: Sequence[_Candidate], directory: Directory) -> _Candidate:
    """A PLZ of several places takes the one that is named elsewhere in the mail."""
    keys = {place_key(row.place) for row in directory.by_plz(best.plz)}
    named = [one.place for one in others if one.place and place_key(one.place) in keys]
    return _Candidate(best.plz, named[-1], best.score) if named else best
