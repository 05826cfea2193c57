"""The seams of a mail's text: what is new, what is an earlier mail, signature, or disclaimer.

Works on whole lines: every line lands in exactly one part, in its order, so nothing is lost.
Source: label guide ("only in quoted earlier mail, in a signature or in a disclaimer does not
count"); own decision 0009 (shapes, measured on the training mails).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest import answers, form_lines, signature
from rules.mail import BodyParts

MAX_LINES = 5_000
"""Lines that are looked at; the rest goes with the last of them. Source: own decision 0009."""

MAX_FORM_LINES = 200
"""Lines of a form above the message that it brings; two at most in the 15,346 mails at hand.
Without an end each line that looks like a sender's would be held against all above it. Source:
own decision 0009."""

_ORIGINAL = re.compile(
    r"[\s*_]*-{2,}\s*(?:ursprüngliche|original|weitergeleitet\w*|forwarded|"
    r"e-?mail von|nachricht von)"
    r"[^\n]{0,60}?-{2,}[\s*_]*|(?:anfang der weitergeleiteten|begin forwarded)\s.{0,20}:\s*"
    r"|[\s*_]*-{2,}\s*ihre (?:nachricht|e-?mail)[^\n]{0,60}?-{2,}[\s*_]*",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"weitergeleitet|forwarded", re.IGNORECASE)
_ATTRIBUTION = re.compile(
    r"(?=.{0,250}\d)(?:"
    r"(?:am|on|le)\s.{3,200}?\b(?:schrieb|wrote|(?:hat|folgendes) geschrieben|a écrit)\b.{0,160}:"
    r"|(?:mo|di|mi|do|fr|sa|so)\w{3,9},\s\d\d?\.\s\w{3,9}\s\d{4},\s\d\d?:\d\d.{0,12}\svon\s.{2,160}>:"
    r"|.{2,160}\b(?:schrieb|wrote)\b\s(?:am|on|um)\s.{4,80}:"
    r"|.{2,160}<[^<>\s]{3,200}>\s(?:hat\s)?am\s.{4,80}\bgeschrieben\s?:"
    r"|in einer (?:e-?mail|nachricht) vom\s.{4,80}\bschreibt\s.{2,160}:"
    r"|(?:\d{4}-\d\d-\d\d|\d\d?\.\d\d?\.\d{2,4},? \d\d?:\d\d).{0,120}<[^<>\s]+@[^<>\s]+>:)",
    re.IGNORECASE,
)
_FOREIGN = re.compile(  # "W dniu … pisze:"; Horde names no day
    r"(?=.{0,250}\d).{3,250}[@<].{3,150}:|(?:zitat von|quoting)\s.{3,200}:", re.IGNORECASE
)
_WITH_ITS_TEXT = re.compile(
    r"\s*(?:am|on)\s.{3,80}\b(?:schrieb|wrote|hat)\b.{0,100}<[^<>\s]+@[^<>\s]+>[^:]{0,30}:\s\s.*",
    re.IGNORECASE,
)
"""As Yahoo on a phone runs the earlier mail on behind who wrote it."""
_GROUPWISE = re.compile(r">>>\s.{2,150}\d{1,2}:\d\d.{0,12}>>>\s*")
_ABOVE_THIS = re.compile(
    r"\W{0,60}(?:(?:bitte )?(?:geben|schreiben|antworten|tippen|erfassen) sie\b.{0,40}\b"
    r"(?:über|oberhalb)(?: von)? (?:dieser|der) (?:linie|zeile)\b.{0,30}|"
    r"(?:bitte )?(?:nicht )?unterhalb (?:dieser|der) (?:linie|zeile)\b.{0,40}|"
    r"(?:please )?(?:(?:type|write|enter) your )?reply above th(?:is|e) line\b.{0,30}|"
    r"(?:please )?do not write below this line\b.{0,30})\W{0,60}",
    re.IGNORECASE,
)
"""What ticket systems write between an answer and the mail it answers."""
_TOLD_IN_PROSE = re.compile(r"\b(?:mir|uns|ich|wir|me|us|i)\b", re.IGNORECASE)
_PROOF = re.compile(r"@|\d{1,2}:\d\d|schrieb\s+[^,.;!?]{2,60}:", re.IGNORECASE)
_FROM = re.compile(
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
_ABOVE_FIELDS = re.compile(r"\s*(?:_{5,}|-{5,})\s*")
_HEADING = re.compile(
    r"\s*(?:ursprüngliche|original)e?[ -]?(?:nachricht|mail|message)\s*:?\s*", re.IGNORECASE
)
_AGENCY = re.compile(r"arbeitsagentur|agentur für arbeit|jobcenter|familienkasse", re.IGNORECASE)
_STUB = re.compile(
    r"(?:siehe|s\.?) ?(?:unten|u\.|nachfolgend|weiter unten)?|s\. ?u\.?|fyi|wie besprochen|"
    r"(?:bitte )?zur? (?:kenntnis(?:nahme)?|info(?:rmation)?|bearbeitung|"
    r"weiteren (?:bearbeitung|verwendung|veranlassung))|z\.? ?k(?:tn)?\.?|"
    r"weitergeleitet|weiterleitung|"
    r"siehe (?:untenstehende|nachfolgende|weitergeleitete).{0,40}|"
    r"(?:ich |wir )?leiten? (?:ich )?(?:ihnen )?(?:die(?:se)? )?.{0,40}weiter|"
    r"(?:bitte )?um (?:weitere )?(?:veranlassung|bearbeitung|kenntnisnahme)(?: gebeten)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Seam:
    """Where an earlier mail begins, and where its text begins (after the header lines)."""

    first: int
    text: int
    forward: bool
    marked: bool  # its lines carry ">", so that others among them are new


def cut(text: str) -> BodyParts:
    """The text at its seams. Total; every line is in exactly one part, each part in order.

    An earlier mail counts as new if it was forwarded without a word of one's own: then it is the
    message. Answers between ">" lines are new.
    """
    lines = text.split("\n", MAX_LINES)
    labels = _quoted(text, lines)
    if "quoted" not in labels:
        labels = signature.labels(lines)
    else:
        own = [number for number, label in enumerate(labels) if label == "new"]
        for number, label in zip(own, signature.labels([lines[n] for n in own]), strict=True):
            labels[number] = label
    return _put_together(text, lines, labels)


def _put_together(text: str, lines: list[str], labels: list[str]) -> BodyParts:
    """Each part's lines in order, with the line ends they had."""
    parts = dict.fromkeys(labels, "")
    if parts.keys() == {"new"}:
        return BodyParts(text)
    for label in parts:
        own = [line for line, kind in zip(lines, labels, strict=True) if kind == label]
        parts[label] = "\n".join(own) + ("\n" if label != labels[-1] else "")
    return BodyParts(**{"new": "", **parts})


def _quoted(text: str, lines: list[str]) -> list[str]:
    """For each line "new" or "quoted"."""
    labels = ["new"] * len(lines)
    if ">" in text:
        labels = ["quoted" if ">" in line and _is_marked(line) else "new" for line in lines]
    seams = list(_seams(lines, _likely(text, lines)))
    for seam in seams:
        stop = seam.text if seam.marked else len(lines)
        labels[seam.first : stop] = ["quoted"] * (stop - seam.first)
        if not seam.marked:
            break
    return _forwarded_is_new(lines, labels, seams)


def _is_marked(line: str) -> bool:
    bare = line.lstrip(" \t")
    if line.startswith(">From "):  # no quotation: a mailbox file marks a sentence so
        return False
    return bare.startswith(">") and not bare.rstrip().endswith("<<")


def _seams(lines: list[str], likely: set[int]) -> Iterator[_Seam]:
    """All beginnings of earlier mails, in order."""
    after = 0
    for number in sorted(likely):
        if not after <= number < len(lines):
            continue
        if _is_marked(lines[number]) and not _GROUPWISE.fullmatch(lines[number][:250]):
            continue
        seam = _seam_at(lines, number)
        if seam:
            yield seam
            after = max(seam.text, number + 1)


def _likely(text: str, lines: list[str]) -> set[int]:
    """Lines where an earlier mail may begin; the expressions need not look at the others."""
    found: set[int] = set()
    for number, line in enumerate(lines):
        if ":" not in line:
            continue
        if line.rstrip()[-1] == ":":  # of an attribution over up to three lines
            found.update((number - 2, number - 1, number))
        if _FROM.match(line):  # or the drawn line above it
            found.update((number - 1, number))
    if ">:  " in text:
        found.update(number for number, line in enumerate(lines) if ">:  " in line)
    if "--" in text:
        found.update(number for number, line in enumerate(lines) if "--" in line)
    if ">" in text:
        found.update(_above_marks(lines))
    lower = text.lower()
    if "this line" in lower or "the line" in lower or "linie" in lower or "zeile" in lower:
        found.update(n for n, line in enumerate(lines) if _says_above(line))
    return found


def _above_marks(lines: list[str]) -> Iterator[int]:
    """Lines of GroupWise, and those above marked ones, where an attribution may lack its colon."""
    for number, line in enumerate(lines):
        if line.startswith(">>> "):
            yield number
        if number and _is_marked(line) and not _is_marked(lines[number - 1]):
            yield from range(max(number - 4, 0), number)


def _says_above(line: str) -> bool:
    return len(line) < 200 and bool(_ABOVE_THIS.fullmatch(line))


def _seam_at(lines: list[str], number: int) -> _Seam | None:
    line = lines[number]
    if _GROUPWISE.fullmatch(line[:250]) or (">:  " in line and _WITH_ITS_TEXT.match(line)):
        return _Seam(number, number + 1, forward=False, marked=False)
    if _says_above(line):
        # At the top it is the head of a mail that such a system sent itself.
        first = number - 1 if number and _ABOVE_FIELDS.fullmatch(lines[number - 1]) else number
        is_below = any(above.strip() for above in lines[:first])
        return _Seam(first, number + 1, forward=False, marked=False) if is_below else None
    if len(line) < 300 and _ORIGINAL.fullmatch(line):
        text = _after_fields(lines, number + 1)
        return _Seam(number, text, bool(_FORWARDED.search(line)), _next_is_marked(lines, text))
    if _starts_fields(lines, number):
        text = _after_fields(lines, number)
        first = _first_field(lines, number)
        return _Seam(first, text, forward=False, marked=_next_is_marked(lines, text))
    return _attribution(lines, number)


def _starts_fields(lines: list[str], number: int) -> bool:
    """A block "Von: … Gesendet: … An: … Betreff: …", perhaps under a drawn line.

    Mail programs name the time or the receiver. A block without them is an earlier mail only under
    sentences: in the form of a portal ("Von: Mia Kern", "Betreff: …") the message follows.
    """
    if _ABOVE_FIELDS.fullmatch(lines[number]) and number + 1 < len(lines):
        number += 1
    if not _FROM.match(lines[number]):
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


def _first_field(lines: list[str], number: int) -> int:
    """Some programs write the time, or more, above the sender, and a heading without dashes."""
    above = next((n for n in range(number, 0, -1) if not _FIELD.match(lines[n - 1])), 0)
    first = max(above, number - 3)
    return first - 1 if first and _HEADING.fullmatch(lines[first - 1][:100]) else first


def _after_fields(lines: list[str], number: int) -> int:
    """The first line after the header lines of an earlier mail, between which may be gaps."""
    last, position = number, number
    while position < len(lines) and position - last < 3:
        if _FIELD.match(lines[position]) or _ABOVE_FIELDS.fullmatch(lines[position]):
            last = position + 1
        elif lines[position].strip() and last > number:
            break
        position += 1
    return last


def _attribution(lines: list[str], number: int) -> _Seam | None:
    """A line "Am … schrieb …:", which mailers wrap over up to three."""
    if not lines[number].strip() or len(lines[number]) > 300:
        return None
    joined = ""
    for count, line in enumerate(lines[number : number + 3], 1):
        if _is_marked(line) or not line.strip():
            return None
        joined = f"{joined} {line.strip()}".strip()
        marked = _next_is_marked(lines, number + count)
        if marked and not joined.endswith(":") and _ATTRIBUTION.fullmatch(f"{joined[:400]}:"):
            return _Seam(number, number + count, forward=False, marked=True)
        if not joined.endswith(":"):
            continue
        if _ATTRIBUTION.fullmatch(joined[:400]):
            told = _TOLD_IN_PROSE.search(joined) or not _PROOF.search(joined)
            return None if told and not marked else _Seam(number, number + count, False, marked)
        if marked and count < 3 and _FOREIGN.fullmatch(joined[:400]):
            return _Seam(number, number + count, forward=False, marked=True)
    return None


def _next_is_marked(lines: list[str], number: int) -> bool:
    return any(
        _is_marked(line) for line in [x for x in lines[number : number + 4] if x.strip()][:1]
    )


def _forwarded_is_new(lines: list[str], labels: list[str], seams: list[_Seam]) -> list[str]:
    """Of a mail without words of its own, the forwarded text becomes the new one.

    Under a portal's notice its header lines do, too: they are the portal's.
    """
    if not seams:
        begin = _forwarded_in_marks(lines, labels)
        return _marked_forward(lines, labels, begin) if begin else _form_alone(lines, labels)
    first = seams[0]
    if first.marked and not first.forward:
        return labels
    own = [lines[n] for n in range(len(lines)) if labels[n] == "new" and lines[n].strip()]
    of_portal = any(map(form_lines.is_notice, own)) and form_lines.are_form(own)
    is_empty = of_portal or signature.is_only_courtesy(own, _STUB)
    if not is_empty and not answers.is_announced("\n".join(own)):
        return labels
    at = _innermost(lines, seams) if is_empty and not of_portal else 0
    head, start = lines[seams[at].first : seams[at].text], seams[at].text
    stop = seams[at + 1].first if at + 1 < len(seams) else len(lines)
    if not seams[at].forward and _AGENCY.search(" ".join(head).split("An:")[0]):
        # An empty answer to the agency's own mail, unless somebody writes below it.
        start = answers.below(lines, start, stop) if not at else stop
    elif not is_empty:
        return labels
    elif first.marked:
        return _marked_forward(lines, labels, first.first + 1)
    elif of_portal:
        start = first.first
    for number in range(start, stop):
        labels[number] = "quoted" if _is_marked(lines[number]) else "new"
    return labels


def _innermost(lines: list[str], seams: list[_Seam]) -> int:
    """Which of the seams begins what was forwarded, and forwarded again without a word."""
    at = 0
    while at + 1 < len(seams) and not (seams[at].marked or seams[at + 1].marked):
        between = lines[seams[at].text : seams[at + 1].first]
        if not signature.is_only_courtesy(between, _STUB):
            break
        at += 1
    return at


def _forwarded_in_marks(lines: list[str], labels: list[str]) -> int:
    """Behind the line with which a Mac begins what it forwards, marked like the rest; 0 if none is.

    Only where nobody says a word of his own beside it.
    """
    at = next((n for n, label in enumerate(labels) if label == "quoted"), len(lines))
    if at == len(lines):
        return 0
    bare = lines[at].lstrip("> ")
    if len(bare) > 300 or not (_ORIGINAL.fullmatch(bare) and _FORWARDED.search(bare)):
        return 0
    own = [line for line, label in zip(lines, labels, strict=True) if label == "new"]
    return at + 1 if signature.is_only_courtesy([x for x in own if x.strip()], _STUB) else 0


def _marked_forward(lines: list[str], labels: list[str], begin: int) -> list[str]:
    """As an iPhone forwards: each line is marked once; what the forwarded mail quoted, twice."""
    bare = [line[1:].removeprefix(" ") if line.startswith(">") else line for line in lines]
    for number in range(_after_fields(bare, begin), len(lines)):
        if lines[number].startswith(">"):
            labels[number] = "quoted" if _is_marked(bare[number]) else "new"
    return labels


def _form_alone(lines: list[str], labels: list[str]) -> list[str]:
    """Under a form without a sentence, marked lines that nobody is said to have written are its."""
    if "quoted" not in labels:
        return labels
    own = [n for n, label in enumerate(labels) if label == "new" and lines[n].strip()]
    if not own or own[-1] > labels.index("quoted"):
        return labels
    return ["new"] * len(lines) if form_lines.are_form(lines[n] for n in own) else labels
