"""Places that a mail names in a sentence: "ich wohne in …", "Grüße aus …", "nach … gezogen".

Said of the sender; of a trip, a plan, or somebody else's place they tell nothing.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from classify.facts.address_block import of_words
from classify.facts.place_names import known_place, town_of_quarter
from classify.text import fold
from rules.directory import Directory
from rules.placename import place_key

# Each word is looked back at from its end: so a search leaps from one first letter to the next.
_IN_PLACE = re.compile(
    r"(?:(?:[Aa]us(?<!\w[Aa]us)|us(?<!\wus)|[Uu]t(?<!\w[Uu]t))"
    r"(?: dem \w+en(?!\s\w+(?:wald|land)\b))?"
    r"|[Ww]ohnhaft(?<!\w[Ww]ohnhaft)(?: in|:)"
    r"|[Ww]ohn(?<!\w[Ww]ohn)(?:e|en|haft)? (?:[\w.]+ ){0,6}in"
    r"|[Ww]ohne(?<!\w[Ww]ohne)(?: aber)?(?=\s[A-ZÄÖÜ])|[Ll]ebe(?<!\w[Ll]ebe) (?:\w+ ){0,4}in"
    r"|[Ww]ohnung(?<!\w[Ww]ohnung)(?: \w+){0,3} in"
    r"|[Ww]ohnsitz(?<!\w[Ww]ohnsitz)(?: ist| bleibt)?(?: in)?"
    r"|(?:traße|tr\.|weg|gasse|platz|allee)\s\d{1,3}\s?[a-z]?(?:,| in)?"
    r"|[Bb]ei(?<!\w[Bb]ei) (?:uns|mir) in|[Ll]iving(?<!\w[Ll]iving) in|[Ll]ive(?<!\w[Ll]ive) in"
    r"|mieszkam w|locuiesc (?:în|in)|habite(?: à)?"
    r"|wieder(?<!\wwieder) in|zurück(?<!\wzurück) in|zu(?<!\wzu) Hause in"
    r"|[Gg]emeldet(?<!\w[Gg]emeldet) (?:bleibe?n? |bin |ich |wir |weiter\w* |noch ){0,4}in"
    r"|[Dd]aheim(?<!\w[Dd]aheim)(?: bei \w+ Eltern)? in|[Hh]ier(?<!\w[Hh]ier) (?:in|auf|aus)"
    r"|(?P<moved>nach(?<!\wnach))"
    r"|Wohn(?<!\wWohn)[Oo]rt(?::| ist| bleibt)|[Oo]rt(?<!\w[Oo]rt):)\s+"
    r"(?P<place>(?!\w+:)(?:(?:Bad|Sankt|St\.|Lutherstadt|Schwäbisch|Berlin) )?[A-ZÄÖÜ][\w-]+"
    r"(?:\s\([A-ZÄÖÜ][\w./ ]{1,20}\)|/[A-ZÄÖÜ]\w+"
    r"|\s(?:am|an der|im|in der|ob der|auf)\s[A-ZÄÖÜ]\w+)?)"
)
_SPOKEN: Final = (
    *(("us", 1), ("us ", 0), ("ut ", 0), ("Ut ", 0), ("ohnhaft", 1), ("ohn", 1), ("ebe", 1)),
    *(("wieder", 0), ("zurück", 0), ("zu Hause", 0), ("aheim ", 1), ("ier ", 1), ("nach", 0)),
    *(("rt:", 1), ("emeldet ", 1)),
    *(("Wohnort ", 0), ("traße ", 0), ("tr. ", 0), ("weg ", 0), ("gasse ", 0), ("platz ", 0)),
    *(("allee ", 0), ("ei uns in", 1), ("ei mir in", 1), ("iving in", 1), ("ive in", 1)),
    *(("mieszkam w", 0), ("locuiesc ", 0), ("habite ", 0)),
)
"""A piece of each beginning of `_IN_PLACE`, with the number of characters before it there."""
_WHERE_I_LIVE = re.compile(
    r"\b(?:in|von|bei) (?P<place>[\w-]+)(?:,| \(|,? und)? ?"
    r"(?:(?:da |dort )?wo ich (?:\w+ ){0,2}(?:wohne?|lebe)|auch dort zu ?[Hh]ause"
    r"|(?:ich |da )?(?:wohne?|lebe) (?:ich |auch |ja |selbst ){0,2}(?:da|dort|hier)\b)"
)
_LIVE_IN_SMALL = re.compile(
    r"\b(?:[Ww]ohne? (?:(?:ich|wir|jetzt|noch|ja|auch|weiter|hier|aber) ){0,3}in"
    r"|[Mm]ein [Ww]ohnort ist) (?P<place>[a-zäöü][\w-]{3,}(?: (?:am|an der|im|in der|ob der) \w+)?)"
)
_PLANNED = re.compile(
    r"ueberleg|angenommen|haette gern|vielleicht|geplant"
    r"|\b(?:moechte|will|wollen|falls|evtl|eventuell|wenn)\b|wuerde|koennt|abgeblasen"
)
_ANOTHERS_ORIGIN = re.compile(
    r"(?:\b(?:[Dd](?:er|ie|as|en|em)|(?:[KkMmSs]|\b)[Ee]in\w{0,2}|[Uu]nser\w{0,2})"
    r"\s(?:[a-zäöü]\w*\s)?(?!Gr[uü]|Gl[uü]ck|Neues|Bus\b|Zug\b)[A-ZÄÖÜ]\w+"
    r"|\b(?:d|ein|ne)e[rsmn] Frau(?:\s[A-ZÄÖÜ][\w.]+){0,2}|\bHerrn?(?:\s[A-ZÄÖÜ][\w.]+)?|\bPost"
    r"|\b(?:[Mm]ein|[Uu]nser|[Dd](?=er|ie))\w{0,2}\s[A-ZÄÖÜ]\w+\s(?:ist|kommt|stammt|war))\s$"
)
"""Before "aus …": whom or what it tells the origin of, if not the sender."""
_MOVED = re.compile(r"zieh|gezogen|\bzog|umzug|zurueckgekehrt")
_SENTENCE_END = re.compile(r"[.!?]\s")
_POST_GOES = re.compile(r"\bpost (?:\w+ ){0,4}$")
_SOMEBODY = re.compile(
    r"\b(?:tochter|sohn|mann|frau|vater|mutter|juengst\w*|aeltest\w*|kind|bruder)\b"
    r"|\bzieht\b"
)


def find(text: str, directory: Directory, *, mailbox: str) -> Iterator[tuple[str, int]]:
    """Each place with its weight: old and foreign ones count down, the postbox's own least."""
    spoken = [one for one in _SPOKEN if one[0] in text]
    starts = sorted({start for word, before in spoken for start in _starts(text, word, before)})
    for match in each_once(_IN_PLACE.match(text, start) for start in starts):
        named = match["place"]
        place = known_place(named, directory) or town_of_quarter(named, directory)
        if (
            place
            and not _comes_back(text, match)
            and (not match["moved"] or _is_own_move(text, match))
        ):
            score = 1 if place_key(place) == place_key(mailbox.partition("@")[0]) else 4
            yield place, score + of_words(text, match.start())

    yield from _lived_in(text, directory)


def _lived_in(text: str, directory: Directory) -> Iterator[tuple[str, int]]:
    """Where somebody says that he lives there, or in small letters in which place he does."""
    lives = "wohn" in text or "Wohn" in text or "lebe" in text or "dort zu" in text
    told = [*_LIVE_IN_SMALL.finditer(text)] if lives else []
    if lives and ("wo ich " in text or "hier" in text or " da" in text or "dort" in text):
        told += _WHERE_I_LIVE.finditer(text)
    for one in told:
        place = known_place(one["place"], directory)
        if place:
            place = place if place[:1].isupper() else place.title()
            yield place, 4 + of_words(text, one.start())


def _comes_back(text: str, match: re.Match[str]) -> bool:
    """Whether it tells of a trip that is over, of somebody else, or of the tax office's program."""
    if match[0][:3] not in {"aus", "Aus"}:
        return match["place"] == "ELSTER"
    before = text[max(0, match.start() - 40) : match.start()]
    is_anothers = _ANOTHERS_ORIGIN.search(before) is not None
    return is_anothers or text.startswith(" zurück", match.end()) or match["place"] == "ELSTER"


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
    after = fold(_SENTENCE_END.split(text[match.end() : match.end() + 40], maxsplit=1)[0])
    if _SOMEBODY.search(before) or _PLANNED.search(f"{before} {after}"):
        return False
    return bool(_MOVED.search(f"{before} {after}") or _POST_GOES.search(before))


def each_once(found: Iterable[re.Match[str] | None]) -> Iterator[re.Match[str]]:
    """Those that don't begin within the one before."""
    end = 0
    for match in found:
        if match and match.start() >= end:
            end = match.end()
            yield match
