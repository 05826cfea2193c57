"""Is an attachment announced, and is one there?

What says that something is attached is grammar, not a word: "liegt bei" ends a clause, "liegt bei
mir" doesn't. Source: own decision 0121.
"""

import re
from typing import Final

from classify.reading import Reading
from rules.mail import Attachment, ParsedMail

_LOGO = re.compile(
    r"^(?:image\d+|logo|signatur|unterschrift_mail|banner|icon)\b.*\.(?:png|gif|jpe?g|svg)$"
)
_SIGNATURE_FILES = (
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
)
_LOGO_MAX_BYTES = 20_000

_PAPER: Final = (
    r"(?:\w*(?:antrag|antraege|bescheinigung|kuendigung|abrechnung|nachweis|unterlagen|kopie|vertrag"
    r"|attest|kranken?meldung|gewerbe\w+meldung|schein|schreibung|formular|bogen|bescheid|urkunde"
    r"|ausweis|vollmacht|zeugnis|lebenslauf|beleg|dokument|scan|foto|bild|screenshot|zettel|papier"
    r"|auszug|lohnstreifen|formblatt|vordruck|blaetter)\w*|\baus?|\bseiten? \d+)"
)
_CLAUSE_ENDS: Final = r"(?=\s*(?:[.,;:!?)(]|$|und\b|sowie\b))"
_FILE: Final = r"(?:pdf|foto|scan|datei|bild|screenshot)"
_ADDED: Final = (
    r"(?:angehaengt|angehangen|angefuegt|beigefuegt|beigelegt|mitge(?:schickt|sandt|sendet))"
)
_SURE: Final = (
    r"\banbei\b(?! nichts)|\b(?:im|als|s\.|siehe|vgl\.) (?:\w+ )?anh(?:ang|aengen)\b|\banhang:"
    r"|\b(?:als|in der|in den|s\.|siehe|vgl\.|mit|nebst|samt|inkl\.?) "
    r"(?:\w+ )?anlagen?\b(?! [a-z]\b)"
    r"|\(anlagen?\b|\bder anlage\b(?! (?:zu|fuer))"
    r"|\banlagen?(?: vorhanden)?[.\s|=:]*(?:[1-9]\d?\b|ja\b)|\banlagen?: ?[a-z]"
    rf"|\b(?:anhaengend|beiliegend)|\b{_ADDED}"
    r"|\banliegend(?:e[nrs]?)?\b(?! (?:grundst|haeus|nachbar|strass))"
    rf"|\b(?:siehe|s\.|vgl\.) (?:\w+ )?{_FILE}\w{{0,3}}\b"
)
"""Also in a subject."""
_SENDS: Final = r"(?:(?:haeng|fueg|leg|schick|send)e?|(?:haeng|fueg|leg|schick|send)en wir)"
_TELLS: Final = re.compile(
    rf"{_SURE}|(?:^|[,;|] ?)anlagen?\b(?: ?:|\.?$| gem\b)|^anhang\.?$"
    rf"|\b(?:lieg|haeng)(?:t|en) (?:\w+ ){{0,5}}(?:an|bei|dabei){_CLAUSE_ENDS}"
    rf"|\b{_SENDS} (?:\w+ ){{0,12}}(?:an|bei|dazu|mit){_CLAUSE_ENDS}"
    r"|\bhaeng(?:e|en|t)? (?:\w+ ){0,6}(?:dran|an (?:diese|die) (?:e-?mail|mail|nachricht))\b"
    r"|\bhiermit (?:\w+ ){0,2}"
    r"(?:erhalt|bekomm|send|schick|uebersend|ueberreich|uebermitt|reich)\w* "
    rf"(?:\w+ ){{0,5}}{_PAPER}\b"
    rf"|\b(?:uebersende|ueberreiche)n? (?:ich|wir) (?:\w+ ){{0,6}}{_PAPER}\b"
    r"|\bhier (?:(?:ist|sind|kommt|kommen|nun|endlich|noch|also|schon) ){0,2}"
    rf"(?:mein|die|der|das|den|unser)\w* (?:\w+ ){{0,2}}{_PAPER}\b|\bals {_FILE}\b"
    r"|\b(?:attached|enclosed|in allegato|pieces? jointes?|w zalaczniku|u prilogu|ekte)\b"
)
_NOT_IN_THIS_MAIL: Final = re.compile(
    r"\b(?:ihr|eur)e[mnrs]? (?:\w+ ){0,3}(?:anhang|anhaenge|anlagen?|angehaengt\w*)\b"
    r"|\banhang (?:der|meiner) (?:letzten|vorigen|ersten)\b"
    r"|\b(?:ihrem|eurem) (?:schreiben|brief|bescheid|mail|e-mail) (?:\w+ ){0,5}(?:bei|an)"
    rf"|\b{_ADDED} gewesen\b|\b(?:war|waren|hatten?) (?:\w+ ){{0,6}}{_ADDED}"
    rf"|\blag(?:en)? (?:\w+ ){{0,6}}(?:an|bei){_CLAUSE_ENDS}"
    r"|(?:streit|konflikt)\w* (?:\w+ )?beigelegt"
    r"|\b(?:nichts?|kein\w*|nie) (?:\w+ ){0,2}"
    rf"(?:anhaengen|oeffnen|anfuegen|{_ADDED}|(?:an|bei){_CLAUSE_ENDS})"
    r"|\ban(?:lagen?|hang)\)?(?: vorhanden)?\s*[|:=>]+[\s.|]*(?:0|null|keine?r?|nein|[-–])?\W*$"
    r"|^\W*anlagen?\s*\.{3,}\W*$"
    r"|^\W*anlagen?\W+(?:0|null|keine|nein)\b"
    r"|\b(?:0|null|keine) anlagen|<anlagen?/?>|attached below"
    r"|\b(?:bitte|gern\w*|koennten?|koennt|brauch\w*|braeucht\w*|benoetig\w*|besten|liebsten"
    rf"|reicht|sofort) (?:[^.,]{{0,60}} )?als {_FILE}\b"
    rf"|\b(?:vorab|nur noch|schon) als {_FILE}\b|\bals {_FILE}\b.*\?$"
    rf"|\bhabe?n? (?:\w+ ){{0,6}}als {_FILE}\b(?! (?:{_ADDED}|dran|geschickt|gesendet))"
    r"|\bsobald\b"
    r"|\bhaeng(?:e|en|t)? "
    r"(?:(?:\w+ ){0,3}noch (?:\w+ ){0,2}|(?:\w+ ){0,2}(?:herz|eine[rs]?|was) )dran\b"
)
_ASKED: Final = re.compile(
    r"\b(?:soll|kann|muss|darf|wie|wo|haben sie)\b[^.]*"
    rf"\b(?:anhaengen|beifuegen|beilegen|{_ADDED})\b.*\?$"
)
_IN_SUBJECT: Final = re.compile(_SURE)
_REPLY: Final = re.compile(r"\s*(?:aw|re|antw|antwort|sv)\s*:")
_ALONG: Final = re.compile(
    rf"{_PAPER} (?:(?:ist|sind|liegt|hier|auch|mit) ){{0,3}}(?:dran|dabei)\b"
    r"(?!,| sein| gewesen| haben)"
)
_NEEDLES: Final = (
    *("anbei", "anhang", "anlage", "angeh", "fueg", "beigel", "beilieg", "anlieg", "haeng"),
    *("liegt ", "liegen ", "siehe", "s. ", "mitge", "hiermit", "dabei", "dran", "uebersend"),
    *("ueberreich", "attached", "enclosed", "hier mein", "hier d", "hier ist", "hier sind"),
    *("hier noch", "als pdf", "als foto", "als scan", "als datei", "als bild", "lege ", "leg "),
    *("schicke ", "schick ", "sende ", "schicken wir", "senden wir", "ekte", "prilogu"),
)
"""One of these stands in whatever announces an attachment; searching for each is far cheaper."""


def is_announced(reading: Reading) -> bool:
    """Whether subject or new text say that something is attached to this very mail.

    Not announced is what comes by post or was sent by the doctor (eAU): that mail is complete
    without an attachment. The subject of an answer is the other's. Source: § 311 SGB III (since
    2024); facts section 1; F29; own decision 0121.
    """
    if not _may_tell(reading.text):
        return False
    subject = reading.subject.text
    if _IN_SUBJECT.search(subject) and not _REPLY.match(subject) and not _denied(subject):
        return True
    for sentence in reading.sentences:
        if "attachment.elsewhere" in sentence.said or not _may_tell(sentence.text):
            continue
        if _tells(sentence.text) and not _denied(sentence.text):
            return True
    return False


def _may_tell(text: str) -> bool:
    for needle in _NEEDLES:  # noqa: SIM110 - a loop makes no calls
        if needle in text:
            return True
    return False


def _tells(sentence: str) -> bool:
    if _TELLS.search(sentence):
        return True
    return ("dran" in sentence or "dabei" in sentence) and bool(_ALONG.search(sentence))


def _denied(sentence: str) -> bool:
    """Whether it speaks of another mail's attachment, of none, or asks for one."""
    return bool(_NOT_IN_THIS_MAIL.search(sentence) or _ASKED.search(sentence))


def real_attachments(mail: ParsedMail) -> tuple[Attachment, ...]:
    """The attachments that carry something: no small inline logos, no signature files."""
    return tuple(part for part in mail.attachments if not _is_decoration(part))


def _is_decoration(part: Attachment) -> bool:
    if part.content_type in _SIGNATURE_FILES:
        return True
    small_inline = part.inline and part.size_bytes <= _LOGO_MAX_BYTES
    return small_inline and bool(_LOGO.match(part.name.lower()))
