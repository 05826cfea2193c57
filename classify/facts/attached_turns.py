"""The turns that say "attached to this mail", each under the words that are searched for first.

A turn that only sends ("ich schicke den Schein") is no more than that: it may speak of later or of
another way. Source: own decision 0121.
"""

import re
from dataclasses import dataclass
from typing import Final

_WORD: Final = r"(?:[\w./&'-]+ )"
_PAPER: Final = (
    r"(?:[\w-]{0,40}(?:antrag|antraege|bescheinigung|kuendigung|abrechnung|nachweis|unterlagen|kopie"
    r"|vertrag|attest|krank(?:en)?meldung|gewerbe\w{1,30}meldung|schein|schreibung|formular|bogen|boegen"
    r"|bescheid|urkunde|ausweis|vollmacht|zeugnis|lebenslauf|beleg|dokument|scan|foto|bild"
    r"|screenshot|zettel|papier|auszug|auszueg|lohnstreifen|formblatt|vordruck|blaetter|ausdruck"
    r"|datei|quittung|rechnung|befund|gutachten|beschluss|erklaerung|fassung)\w{0,40}"
    r"|(?:\w+-)?\bau\b|(?<=\bdie )aus\b|(?<=\bbeide )aus\b|\bseiten? \d+)"
)
_PAPER_END: Final = _PAPER.replace(r"[\w-]{0,40}", "")
"""Where a turn begins with it: a search that tries each beginning of a word costs twice."""
CLAUSE_ENDS: Final = (
    r"(?=\s*(?:[.,;:!?)(|]|$|und\b|sowie\b|weil\b|da\b|damit\b|denn\b|aber\b|sonst\b))"
)
FILE: Final = r"(?:pdf|foto|scan|datei|bild|screenshot)"
ADDED: Final = (
    r"(?:(?:an|bei|dran|dazu|hinzu|rein)ge(?:haengt|hangen|fuegt|heftet|packt|klemmt|klebt|tackert)"
    r"|(?:bei|dazu)gelegt|beigeschlossen|mitge(?:schickt|sandt|sendet))"
)
_JOINS: Final = r"(?:an|bei|dazu|mit|dran|hinzu|rein)"
_NOW: Final = (
    r"(?:(?:ist|sind|kommt|kommen|nun|endlich|noch|nochmal|also|schon|jetzt|dann|bitte"
    r"|zur sicherheit|wie \w+) )"
)
_OF_FILE: Final = r"\.(?:pdf|jpe?g|png|heic|tiff?|docx?|odt)\b"


@dataclass(frozen=True, slots=True)
class Turn:
    """What says it, and how far it is believed.

    `sure` holds in a subject too. `vague` needs that nothing in the sentence is said to go another
    way, `only_sends` that nothing beside it speaks of another time either.
    """

    pattern: re.Pattern[str]
    sure: bool = False
    vague: bool = False
    only_sends: bool = False


def _turn(
    pattern: str, *needles: str, sure: bool = False, vague: bool = False, sends: bool = False
) -> list[tuple[str, Turn]]:
    turn = Turn(re.compile(pattern), sure, vague or sends, sends)
    return [(needle, turn) for needle in needles]


BY_NEEDLE: Final[tuple[tuple[str, Turn], ...]] = (
    *_turn(r"\banbei\b(?! nichts)", "anbei", sure=True),
    *_turn(
        rf"\b(?:im|als|in|s\.|siehe|vgl\.) {_WORD}{{0,2}}anh(?:ang|aengen)\b|\banhang:"
        rf"|\banhaengend|\((?:s\. |siehe )?anhang\)|\banhang {_WORD}{{0,2}}dran\b",
        *("anhang", "anhaeng"),
        sure=True,
    ),
    *_turn(
        rf"^anhang(?:\.?$|, | \d: ?\w)|^\W*anhaenge\W+\S.*{_OF_FILE}"
        r"|\b(?:der|die|das) (?:hier )?anhaengt\b",
        *("anhang", "anhaeng"),
    ),
    *_turn(
        rf"\b(?:als|in der|in den|s\.|siehe|vgl\.) {_WORD}?anlagen?\b(?! (?:[a-z]|eks|kdu|sv)\b)"
        r"|\(anlagen?\b|\bder anlage\b(?! (?:zu|fuer|[a-z]|eks|kdu|sv)\b)"
        r"|\banlagen?(?: vorhanden)?[.\s|=:]*(?:[1-9]\d?\b|ja\b)|\banlagen?: ?[a-z]",
        "anlage",
        sure=True,
    ),
    *_turn(
        rf"\b(?:mit|nebst|samt|inkl\.?) {_WORD}?anlagen?\b(?! [a-z]\b)",
        "anlage",
        sure=True,
        vague=True,
    ),
    *_turn(r"(?:^|[,;|] ?)anlagen?\b(?: ?:|\.?$| gem\b)", "anlage"),
    *_turn(
        r"^\W*(?:(?:sorry|ups|oh|hoppla|entschuldigung|mist)\W+)?(?:anhang|anlage) vergessen\b",
        " vergessen",
        sure=True,
    ),
    *_turn(rf"\b{ADDED}", *("ange", "beige", "mitge", "dazuge", "drange", "reinge"), sure=True),
    *_turn(r"\bbeiliegend|\bbeiliegt\b", "beilieg", sure=True),
    *_turn(
        r"\banliegend(?:e[nmrs]?)?\b(?! (?:grundst|haeus|nachbar|strass))", "anliegend", sure=True
    ),
    *_turn(
        rf"\b(?:siehe|s\.|vgl\.) {_WORD}?{FILE}\w{{0,3}}\b", *("siehe", "s. ", "vgl. "), sure=True
    ),
    *_turn(
        rf"{_PAPER_END},? (?:siehe unten|s\. ?u\.)", *("siehe unten", "s. u", "s.u"), vague=True
    ),
    *_turn(
        rf"\b(?:lieg|haeng)(?:t|en) {_WORD}{{0,5}}(?:an|bei|dabei|mit dran){CLAUSE_ENDS}"
        rf"|\bhaeng(?:e|en|t)? {_WORD}{{0,6}}"
        r"(?:dran|an (?:diese|die) (?:e-?mail|mail|nachricht))\b",
        *("lieg", "haeng"),
    ),
    *_turn(
        rf"\b(?:haeng|fueg|leg|schick|send|heft|klemm)e?(?:n wir)? {_WORD}{{0,12}}{_JOINS}"
        rf"{CLAUSE_ENDS}|\bwir {_WORD}{{1,8}}(?:haeng|fueg|leg)en {_WORD}{{0,8}}(?:an|bei)"
        rf"{CLAUSE_ENDS}",
        *("haeng", "fueg", "leg", "schick", "send", "heft", "klemm"),
    ),
    *_turn(
        rf"\bhiermit {_WORD}{{0,3}}(?:erhalt|bekomm|send|schick|uebersend|ueberreich|uebermitt"
        rf"|reich)\w* {_WORD}{{0,7}}{_PAPER}\b"
        rf"|\bhiermit lege (?:ich|wir) {_WORD}{{0,4}}{_PAPER} [^.]*\bvor\b"
        rf"|\b(?:reich|schick|send|uebersend|ueberreich)\w* {_WORD}{{0,8}}hiermit\b",
        "hiermit",
        vague=True,
    ),
    *_turn(
        rf"\b(?:uebersend|ueberreich|uebermitte?l)e?n? (?:ich|wir) {_WORD}{{0,8}}{_PAPER}\b"
        rf"|\b(?:ich|wir) (?:uebersend|ueberreich|uebermitte?l)e?n? {_WORD}{{0,8}}{_PAPER}\b",
        *("uebersend", "ueberreich", "uebermitt"),
        sends=True,
    ),
    *_turn(
        rf"\b(?:schicken?|schick|senden?|reichen?) (?:ich|wir) {_WORD}{{0,8}}{_PAPER}\b"
        rf"|\b(?:ich|wir) (?:schicken?|schick|senden?|reichen?) {_WORD}{{0,8}}{_PAPER}\b"
        rf"|{_PAPER_END} {_WORD}{{0,8}}(?:sende|schicke|reiche)(?: ich|n wir) "
        rf"{_WORD}{{0,5}}zurueck\b",
        *("schick", "send", "reiche"),
        sends=True,
    ),
    *_turn(
        rf"\bhier {_NOW}{{0,4}}(?:mein|die|der|das|den|unser)\w* (?:[\w-]+ ){{0,3}}{_PAPER}\b",
        "hier",
        sure=True,
        vague=True,
    ),
    # What ends or goes on otherwise is done with at its beginning.
    *_turn(
        r"\A(?=.*\bhier (?:ist|sind) (?:er|sie|es))"
        rf".*{_PAPER_END}[^.]*\bhier (?:ist|sind) (?:er|sie|es)(?: nochmal)?{CLAUSE_ENDS}"
        rf"|\A(?=.* hier\W*$).*{_PAPER_END} (?:(?:ist|sind|auch|jetzt|nochmal) ){{0,2}}hier\W*$",
        "hier",
        sure=True,
        vague=True,
    ),
    *_turn(
        rf"(?:^|[.,;:!?–>-] |\b(?:daher|darum|deshalb|und|hallo|tag|morgen) )hier {_NOW}{{0,4}}"
        rf"(?:(?:eine?[nr]?|ne) )?(?:[\w-]+ )?{_PAPER}\b",
        "hier",
        sends=True,
    ),
    *_turn(
        rf"\bals {FILE}\b|\b{_PAPER} (?:ist |sind )?(?:im|in|auf) (?:dem )?{FILE}\b",
        *(f" {word}" for word in ("pdf", "foto", "scan", "datei", "bild", "screenshot")),
        vague=True,
    ),
    *_turn(
        rf"\((?:als |siehe )?{FILE}s?\)", *("pdf)", "foto)", "fotos)", "scan)", "bild)"), vague=True
    ),
    *_turn(
        rf"{_PAPER_END} (?:(?:ist|is|sind|liegt|haengt|hier|auch|mit|hinten|jetzt|schon) ){{0,3}}"
        r"(?:dran|dabei|mit drin)\b(?!,| sein| gewesen| haben)"
        rf"|\b(?:er|sie|es) ist hier (?:dran|dabei){CLAUSE_ENDS}|\bklemmt hier dran\b",
        *(" dran", "dabei", "mit drin"),
        sure=True,
        vague=True,
    ),
    *_turn(
        r"\b(?:kommt|komm\w*|reich\w*|schick\w*|send\w*|erhalt\w*|bekomm\w*) "
        rf"{_WORD}{{0,8}}mit dieser (?:e-?mail|mail|nachricht)\b",
        "mit dieser ",
        vague=True,
    ),
    *_turn(
        rf"^\W*(?:nachweise?|datei(?:en)?)\W+(?:\S+{_OF_FILE}|[1-9]\d? datei)",
        "datei",
        "nachweis",
        vague=True,
    ),
    *_turn(
        rf"\bunter (?:vorlage|beifuegung) {_WORD}{{0,6}}(?:vollmacht|urkunde)"
        r"|\bvollmachtsvorlage\b",
        "vorlage",
        "beifuegung",
    ),
    *_turn(
        r"\b(?:attached|enclosed|in allegato|pieces? jointes?|w zalaczniku|u prilogu|ekte)\b",
        *("attached", "enclosed", "allegato", "joint", "zalacz", "prilog", "ekte"),
    ),
)
"""One of these words stands in whatever announces an attachment; a search for each is cheap."""
