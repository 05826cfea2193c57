"""The header lines of an earlier mail, "Von: … Gesendet: … An: … Betreff: …", in many languages.

A portal's form, the days of an illness and a route look like them and are none.
"""

import re
from typing import Final

from ingest.seams import form_lines, signature

MAX_FORM_LINES: Final = 200
"""Lines of a form above the message that it brings; two at most in the 15,346 mails at hand.
Without an end each line that looks like a sender's would be held against all above it. Source:
own decision 0009."""

SENDER = re.compile(
    r"[ \t*]*(?:von|from|de|de la|da|od|kimden|від|от|من|van|feladó|από|från|fra|nga|از)"
    r"\*?\s?:[\s*]*\S",
    re.IGNORECASE,
)
# As Outlook writes "sent" and "to" in the languages of those who write to the agencies most.
_ABROAD = (
    "wysłano|data|do|gönderildi|gönderme tarihi|tarih|kime|надіслано|дата|кому|отправлено|"
    "изпратено|до|inviato|a|enviado|enviado el|para|trimis|către|تم الإرسال|إلى|"
    "verzonden|aan|elküldve|címzett|odesláno|odoslané|komu|poslano|prima|za|στάλθηκε|προς|skickat|"
    "till|sendt|til|dërguar|për|ارسال شده|به"
)
_FIELD = re.compile(
    r"[\s*_]*(?:gesendet|datum|sent|date|an|to|cc|kopie|betreff|subject|antwort an|reply-to|envoyé|"
    rf"{_ABROAD}|temat|konu|тема|oggetto|asunto|subiect|относно|الموضوع|objet|onderwerp|"
    r"assunto|tárgy|předmět|predmet|θέμα|ämne|emne|subjekti|موضوع|"
    r"priorität|wichtigkeit|importance|anlagen?|attachments?|von|from|absender)"
    r"(?: am| um)?[\s*_]*:",
    re.IGNORECASE,
)
_SENT_OR_TO = re.compile(
    rf"[\s*_]*(?:gesendet|datum|sent|date|an|to|envoyé|{_ABROAD})(?: am| um)?[\s*_]*:",
    re.IGNORECASE,
)
_BY_A_PROGRAM = re.compile(r"@|\d:\d\d")
_PERSON = re.compile(r"[\s*_]*(?:von|from|an|to)\b", re.IGNORECASE)
_STATION = re.compile(r"bahnhof\b|\b(?:hbf|flughafen)\b", re.IGNORECASE)
_DAY_FIRST = re.compile(
    r"[^:@]{1,12}:[\s*]*(?:\w{3,12},?\s)?\d\d?(?:\.|\s?(?:st|nd|rd|th|er))?\s(?:(?:of|de)\s)?"
    r"[^\W\d_]{3,12}\b[^@:]*",
    re.IGNORECASE,
)
"""Source: people who were ill "Od: 3 lutego", "Do: 14 lutego"; nobody's name begins so."""
DRAWN = re.compile(r"\s*(?:_{5,}|-{5,})\s*")
"""The line that Outlook draws above the block."""
_HEADING = re.compile(
    r"\s*(?:ursprüngliche|original)e?[ -]?(?:nachricht|mail|message)\s*:?\s*", re.IGNORECASE
)


def starts(lines: list[str], number: int) -> bool:
    """A block "Von: … Gesendet: … An: … Betreff: …", perhaps under a drawn line.

    Mail programs name the time or the receiver. A block without them is an earlier mail only under
    sentences: in the form of a portal ("Von: Mia Kern", "Betreff: …") the message follows.
    """
    if DRAWN.fullmatch(lines[number]) and number + 1 < len(lines):
        number += 1
    if not SENDER.match(lines[number]):
        return False
    block = [lines[number], *filter(_FIELD.match, lines[number + 1 : number + 5])]
    if any(map(form_lines.is_span, block)) or _is_of_the_sender(block):
        return False
    if len(block) == 1 or any(map(_SENT_OR_TO.match, block)) or "@" in block[0]:
        return len(block) > 1
    return number > MAX_FORM_LINES or not form_lines.are_form(lines[:number])


def _is_of_the_sender(block: list[str]) -> bool:
    """The days of an illness in any language, a route, or the head of a letter with its address.

    Programs write neither, but the address of a mail or the minute.
    """
    if _DAY_FIRST.fullmatch(block[0][:100]):
        return True
    if any(map(_BY_A_PROGRAM.search, block)):
        return False
    ends = [*filter(_PERSON.match, block)]
    return any(signature.FACTS.search(line) or _STATION.search(line) for line in ends)


def first_line(lines: list[str], number: int) -> int:
    """Some programs write the time, or more, above the sender, and a heading without dashes."""
    above = next((n for n in range(number, 0, -1) if not _FIELD.match(lines[n - 1])), 0)
    first = max(above, number - 3)
    return first - 1 if first and _HEADING.fullmatch(lines[first - 1][:100]) else first


def end(lines: list[str], number: int) -> int:
    """The first line after the header lines of an earlier mail, between which may be gaps."""
    last, position = number, number
    while position < len(lines) and position - last < 3:
        if _FIELD.match(lines[position]) or DRAWN.fullmatch(lines[position]):
            last = position + 1
        elif lines[position].strip() and last > number:
            break
        position += 1
    return last
