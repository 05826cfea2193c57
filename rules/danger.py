"""Words of danger to the own life: the item says so at once and goes out before all others.

Nothing else follows by itself: no answer, no call, no note in another system. A false alarm costs a
minute of reading, a missed one may cost a life; so the list is wide and the guard against negation
narrow: only the plain denial right before the word counts.
Source: facts section 10 (danger to self: at once); word list: Hausregel, own decision 0051.
"""

import re
from functools import lru_cache
from typing import Final

from rules.placename import fold

SELF_HARM: Final = "self_harm"
"""The alert of an item. Source: own decision 0051."""

_WORDS: Final = re.compile(
    r"\b(?:"
    r"suizid\w*|selbstmord\w*|selbsttoetung\w*|freitod|selbstverletz\w*|"
    r"(?:mich|sich) (?:\w+ ){0,3}(?:umbring\w+|umzubringen|toeten|aufhaeng\w+|erhaeng\w+|"
    r"erschiess\w+|vergift\w+)|"
    r"bring\w* (?:ich )?mich (?:\w+ ){0,2}um\b|"
    r"(?:mir|sich|ih[rm]) (?:\w+ ){0,2}das leben (?:zu )?nehm\w+|"
    r"nehme? (?:ich )?mir (?:\w+ )?das leben|"
    r"(?:mir|sich) (?:et)?was an(?:tun|tue|zutun|getan)|tue? (?:ich )?mir (?:et)?was an|"
    r"(?:mein\w* )leben (?:\w+ ){0,2}(?:ein ende|beend\w+)|leben ein ende|"
    r"(?:will|moechte|kann|mag) (?:\w+ ){0,2}nicht (?:mehr|laenger|weiter) leben|"
    r"nicht mehr leben (?:will|moechte|kann|mag)|"
    r"(?:will|moechte) (?:\w+ ){0,2}(?:nur noch )?(?:sterben|tot sein)|"
    r"(?:lieber|besser|am besten|am liebsten) (?:\w+ ){0,3}(?:tot|sterben)\b|"
    r"(?:waere? ich|ich waere?) (?:\w+ ){0,2}tot\b|"
    r"(?:will|moechte|wollte) (?:\w+ ){0,3}nicht mehr (?:aufwachen|da sein|existieren)|"
    r"(?:will|kann|mag|moechte) (?:\w+ ){0,3}nicht (?:mehr )?weiterleben|"
    r"schluss (?:\w+ ){0,2}mit (?:dem|meinem) leben|aus dem leben (?:scheid\w+|geh\w+)|"
    r"(?:allem|dem ganzen|meinem leben|mir) (?:\w+ ){0,2}ein ende (?:\w+ )?"
    r"(?:mach\w*|setz\w*|bereit\w*)|"
    r"lebensmuede\w*|(?:ich )?ritze? mich\b|mir die pulsadern|ohne mich besser dran|"
    r"tabletten (?:\w+ ){0,3}(?:auf einmal|alle geschluckt)|"
    r"spring\w* (?:\w+ ){0,3}(?:von der bruecke|vom dach|aus dem fenster|vor den zug)|vor den zug|"
    r"(?:das leben|alles|es) (?:\w+ ){0,2}(?:hat|macht|habe) (?:\w+ )?keinen sinn mehr|"
    r"keinen ausweg mehr|"
    r"abschiedsbrief|letzter brief von mir|ihr seht mich nie wieder|amok\w*|"
    r"suicid\w*|kill(?:ing)? my ?self|end (?:my|this) life|(?:want|wish) to die|"
    r"wish i (?:was|were) dead|hurt(?:ing)? my ?self|do ?n.?t want to live|not want to live|"
    r"intihar\w*|kendimi oldur\w*|yasamak istemiyorum|samoboj\w*|zabic sie|zabije sie|"
    r"nie chce (?:\w+ )?zyc|sinucid\w*|ma omor|samoubi\w*|ubit cu se|ubicu se"
    r")"
)
_SIGNS: Final = re.compile(
    r"suizid|suicid|selbstmord|freitod|selbstverletz|toet|aufhaeng|erhaeng|erschiess|vergift|"
    r"bring|leben|antu|anzutun|angetan|\btue?$|sterben|\btot\b|aufwachen|existieren|\britze?$|"
    r"pulsadern|tabletten|spring|\bsinn$|ausweg|abschiedsbrief|\bseht$|amok|"
    r"kill|life|wish|want|hurt|intihar|kendimi|yasamak|samoboj|zabi|zyc|sinucid|omor|samoubi|ubi[tc]"
)
_SIGNS_OF_TWO: Final = ("da sein", "ein ende", "vor den zug", "besser dran", "letzter brief")
"""One of the first stands in a word, or one of the second in the text, of whatever `_WORDS` finds.
A search for so many ways begins anew at each word; the first are asked once a word."""
_KNOWN_WORDS: Final = 16_384
"""How many words are remembered; as many as the judge keeps of each kind, about. Decision 0043."""
_LONGEST_KNOWN_CHARS: Final = 40
"""Longer ones are rare, and many of them would fill the memory. Own decision 0043."""

_OTHER_SCRIPTS: Final = re.compile(
    r"самоуби\w*|самогуб\w*|суицид\w*|суїцид\w*|покончу? с собой|накладу на себе руки|"
    r"не хочу (?:\w+ )?жить|не хочу (?:\w+ )?жити|убью себя|вб.ю себе|"
    r"انتحار|سأنتحر|أقتل نفسي|لا أريد العيش|خودکشی|خودم را میکشم",
    re.IGNORECASE,
)
"""The same in scripts that folding leaves nothing of. Denials are not looked for."""
_OTHER_SCRIPT: Final = re.compile(r"[\u0400-\u06ff]")
"""A letter of one of these scripts: Cyrillic and Arabic."""

_CAN_BE_DENIED: Final = re.compile(
    r"^(?:suizid|selbstmord|selbsttoetung|freitod|selbstverletz|lebensmuede|amok|"
    r"abschiedsbrief)|"
    r"(?:umzubringen|zu (?:toeten|nehmen|vergiften)|anzutun|aufzuhaengen)$"
)
"""What a denial before it can be about: a noun, or an infinitive with "zu". Before a verb in the
first person ("Ich kann nicht mehr und bringe mich um") it is about something else."""
_DENIED: Final = re.compile(
    r"(?:\b(?:kein\w*|ohne|weder|nie|niemals|nicht)"
    r"(?: (?:mehr |jemals |wirklich |etwa )?(?:an|ueber|von|zu|zum|mit)(?: \w+)?)?"
    r"(?: (?:akut|konkret|ernst|irgend|jeglich)\w*)? |"
    r"\bkein\w* (?:gedank\w*|absicht\w*|plaene?) (?:an|zu|zum|fuer|auf)(?: \w+)? |"
    r"\b(?:nicht|niemals|nie) (?:vor|daran|die absicht),?(?: \w+){0,2} )$"
)
_DENIED_AFTER: Final = re.compile(
    r"^(?: \w+){0,2} (?:ist|war|kommt|steht)(?: \w+){0,2} nicht (?:in frage|zur debatte|gemeint)"
)
_OTHER_SENSE: Final = re.compile(
    r"^(?:suizid|selbstmord)(?:praevention|beauftragt|forschung)\w*|^amok(?:alarm|uebung)\w*"
)
_LOOK_BACK: Final = 40


def found(text: str) -> tuple[str, ...]:
    """The words that alarm, folded, in their order and each once; empty where nothing does.

    Other languages: what their speakers say of it most often; other scripts come last, unfolded.

    Source: facts section 10; own decision 0051.
    """
    stretches = fold(text).split()
    folded = " ".join(stretches)
    words: list[str] = []
    if any(map(_may_alarm, stretches)) or any(sign in folded for sign in _SIGNS_OF_TWO):
        words = [hit[0] for hit in _WORDS.finditer(folded) if not _harmless(folded, hit)]
    if _OTHER_SCRIPT.search(text):
        words += [hit[0].lower() for hit in _OTHER_SCRIPTS.finditer(" ".join(text.split()))]
    return tuple(dict.fromkeys(words))


def in_mail(subject: str, new: str) -> tuple[str, ...]:
    """As `found`, of subject and new text; a denial in the one is none of the other.

    Source: own decision 0051.
    """
    return found(f"{subject}. {new}")


def _may_alarm(stretch: str) -> bool:
    return _has_sign(stretch) if len(stretch) > _LONGEST_KNOWN_CHARS else _known(stretch)


def _has_sign(stretch: str) -> bool:
    return _SIGNS.search(stretch) is not None


_known = lru_cache(maxsize=_KNOWN_WORDS)(_has_sign)


def alert_of(text: str) -> str:
    """The alert for an item with that text, or empty. Source: own decision 0051."""
    return SELF_HARM if found(text) else ""


def _harmless(text: str, hit: re.Match[str]) -> bool:
    before = text[max(0, hit.start() - _LOOK_BACK) : hit.start()]
    # A denial ends with its sentence.
    before = re.split(r"[.!?;:]", before)[-1]
    after = text[hit.end() : hit.end() + _LOOK_BACK]
    denied = bool(_CAN_BE_DENIED.search(hit[0]) and _DENIED.search(before))
    return denied or bool(_DENIED_AFTER.match(after)) or bool(_OTHER_SENSE.match(hit[0]))
