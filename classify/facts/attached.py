"""Is an attachment announced, and is one there?

What says that something is attached is grammar, not a word: "liegt bei" ends a clause, "liegt bei
mir" doesn't. Source: own decision 0121.
"""

import re
from collections.abc import Sequence
from typing import Final

from classify.facts.attached_turns import ADDED, BY_NEEDLE, CLAUSE_ENDS, FILE, Turn
from classify.reading import Heard, Reading
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

_NOT_IN_THIS_MAIL: Final = re.compile(
    r"\b(?:ihr|eur)e[mnrs]? (?:\w+ ){0,3}(?:anhang|anhaenge|anlagen?|angehaengt\w*)\b"
    r"|\banhang (?:der|meiner) (?:letzten|vorigen|ersten)\b"
    r"|\b(?:ihrem|eurem) (?:schreiben|brief|bescheid|mail|e-mail) (?:\w+ ){0,5}(?:bei|an)"
    rf"|\b{ADDED} gewesen\b|\b(?:war|waren|hatten?) (?:\w+ ){{0,6}}{ADDED}"
    rf"|\blag(?:en)? (?:\w+ ){{0,6}}(?:an|bei){CLAUSE_ENDS}"
    r"|(?:streit|konflikt)\w* (?:\w+ )?beigelegt"
    r"|\b(?:nichts?|kein\w*|nie) (?:\w+ ){0,2}"
    rf"(?:anhaengen|oeffnen|anfuegen|{ADDED}|(?:an|bei){CLAUSE_ENDS})"
    r"|\ban(?:lagen?|hang)\)?(?: vorhanden)?\s*[|:=>]+[\s.|]*(?:0|null|keine?r?|nein|[-–])?\W*$"
    r"|^\W*anlagen?\s*\.{3,}\W*$"
    r"|^\W*anlagen?\W+(?:0|null|keine|nein)\b"
    r"|\b(?:0|null|keine) anlagen|<anlagen?/?>|attached below"
    r"|\b(?:bitte|gern\w*|koennten?|koennt|brauch\w*|braeucht\w*|benoetig\w*|besten|liebsten"
    rf"|reicht|sofort) (?:[^.,]{{0,60}} )?als {FILE}\b"
    rf"|\b(?:vorab|nur noch|schon) als {FILE}\b|\bals {FILE}\b.*\?$"
    rf"|\bhabe?n? (?:\w+ ){{0,6}}als {FILE}\b(?! (?:{ADDED}|dran|geschickt|gesendet))"
    r"|\bsobald\b|\bhaenge sich\b|\bhat (?:[\w.]+ ){0,5}drange"
    rf"|\bkeine[nr]? an(?:hang|lage)|{ADDED} war|\bhatten?\b[^,;]*\b(?:anhang|anlagen?|anbei)\b"
    r"|\banbei hatte\b|\bnicht (?:im anhang|als anlage)\b"
    r"|\banhang (?:\w+ ){0,5}nicht (?:schick|send)"
    r"|\b(?:gestern|letzte\w*|bereits|schon|am [\d. ]+) (?:\S+ ){0,4}(?:im anhang|als anlage) "
    r"(?:ge|ueber)(?:schickt|sendet|sandt|mailt|mittelt)"
    r"|\b(?:zuschrift|schreiben|brief|mail|nachricht|antrag) vom [\d. ]+"
    r"\W{0,2}(?:mit|samt|nebst) (?:\w+ ){0,2}anlagen?\b"
    r"|\b(?:schicken|senden) sie (?:mir|uns)\b[^,;]*\banlagen?\b"
    r"|\b(?:brauch\w*|benoetig\w*|muss|soll)\b.*\b(?:im|als|in den) an(?:hang|lage)\b.*\?$"
    r"|\bhaeng(?:e|en|t)? "
    r"(?:(?:\w+ ){0,3}noch (?:\w+ ){0,2}|(?:\w+ ){0,2}(?:herz|eine[rs]?|was) )dran\b"
)
_ASKED: Final = re.compile(
    r"\b(?:soll|kann|muss|darf|wie|wo|haben sie)\b[^.]*"
    rf"\b(?:anhaengen|beifuegen|beilegen|{ADDED})\b.*\?$"
)
_REPLY: Final = re.compile(r"\s*(?:aw|re|antw|antwort|sv)\s*:", re.IGNORECASE)
"""Before the subject of an answer: the other's words. It isn't heard (classify/reading.py)."""
_ANOTHER_TIME: Final = re.compile(
    r"\b(?:uebermorgen|(?<!guten )morgen|naechste\w*|sobald|wenn|falls|demnaechst|bald|dann|werde"
    r"|wuerde\w*|koennte\w*|will|soll\w*|muss|hatte\w*|gestern|letzte (?:woche|mail)|damals"
    r"|bereits|kein\w*|nicht|ohne|wo|wohin|wann|welche\w*|von dort|gern"
    r"|bitte (?:schick|send|um)\w*|auf (?:papier|wunsch)"
    r"|gesammelt)\b|\?$"
)
_ELSEWHERE: Final = "attachment.elsewhere"
_BETWEEN_CLAUSES: Final = re.compile(r"[,;(–] ")


def is_announced(reading: Reading) -> bool:
    """Whether subject or new text say that something is attached to this very mail.

    Not announced is what comes by post or was sent by the doctor (eAU): that mail is complete
    without an attachment. The subject of an answer is the other's. Source: § 311 SGB III (since
    2024); facts section 1; F29; own decision 0121.
    """
    text = reading.text
    heard = [pair for pair in BY_NEEDLE if pair[0] in text]
    if not heard:
        return False
    sure = [pair for pair in heard if pair[1].sure]
    if sure and _is_said((reading.subject,), sure) and not is_answer(reading):
        return True
    return _is_said(reading.sentences, heard)


def is_answer(reading: Reading) -> bool:
    """Whether the subject is that of a mail which is answered: somebody else's words, perhaps."""
    return _REPLY.match(reading.mail.subject) is not None


def _is_said(sentences: Sequence[Heard], heard: Sequence[tuple[str, Turn]]) -> bool:
    for sentence in sentences:
        text = sentence.text
        for needle, turn in heard:
            if needle in text and (found := turn.pattern.search(text)):
                if turn.vague and _ELSEWHERE in sentence.said:
                    continue
                if turn.only_sends and _is_at_another_time(text, found):
                    continue
                if not _denied(text):
                    return True
                break
    return False


def _is_at_another_time(sentence: str, found: re.Match[str]) -> bool:
    """Looked for in the clause of what was found only."""
    start = max(sentence.rfind(mark, 0, found.start()) for mark in ",;(")
    behind = _BETWEEN_CLAUSES.search(sentence, found.end())
    end = behind.start() if behind else len(sentence)
    return bool(_ANOTHER_TIME.search(sentence[start + 1 : end]))


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
