"""The linter of texts: what is wrong with one as it is typed, with line, remedy, error or hint.

An error keeps a text from being approved; a hint is for the eye of a person. What a text may not
say is in wording.py; here is what an editor needs beside each line.
Source: Weisung 202404002 no. 3; § 35 SGB I; DIN 5008; own decision 0052.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from rules.codes import Channel, Concern
from rules.errors import HouseError
from rules.rulesets.finding import Finding, Level, in_order
from rules.texts.approved import Text
from rules.texts.file import AFTER_CHECK, HEADER_KEYS, parse_text
from rules.texts.language import Language, parts_of
from rules.texts.placeholders import WHITELIST
from rules.texts.wording import GRADE, SENTENCE_WORDS, SIMPLE_GRADE, SIMPLE_WORDS, SUBJECT, lint

LINE_CHARACTERS: Final = 200
"""Longest paragraph. DIN 5008 leaves the breaking of mail lines to the reader's program, so only
the block counts. Source: house rule; the longest of 73 texts has 198 (2026-11-26)."""

VALID_YEARS: Final = 3
"""Longer than this nobody looks at a text again. Source: Weisung 202003006 no. 2.2 (work aids are
replaced "mit Stand"); house rule, all 73 texts run three years."""

GENERAL: Final = "allgemein"
"""Begins the ids of texts that fit every concern. Source: own decision 0023."""

_NAME: Final = re.compile(r"[a-z0-9_]{1,60}")
_BRACES: Final = re.compile(r"\{([^{}\n]*)\}|[{}]")
_BARE_LINK: Final = re.compile(r"(?i)https?:|\bwww\.|\b[a-z0-9-]{2,}\.(?:de|com|net|org|eu)\b")
_GLUED_LINK: Final = re.compile(r"\{link\}[^\s]")
_GROUND: Final = re.compile(r"Weisung \d{9}|§§? ?\d|\bEAO\b|Hausregel")
_REMEDIES: Final = {
    "disclosure": "Weglassen oder so allgemein sagen, dass Fremde nichts erfahren.",
    "disclosure.subject": f"„betreff: {SUBJECT}“ schreiben; Sperrbildschirme zeigen ihn.",
    "disclosure.single_topic": "Das Thema weglassen oder ein zweites daneben nennen.",
    "form.greeting": "Mit „Guten Tag,“ (englisch „Hello,“) und einer Leerzeile beginnen"
    " (DIN 5008).",
    "form.closing": "Genau einmal „Mit freundlichen Grüßen“ (englisch „Kind regards“) nach einer"
    " Leerzeile (DIN 5008).",
    "form.blanks": "Eine Leerzeile zwischen Absätzen, nie doppelte Leerzeichen (DIN 5008).",
    "style.abbreviation": "Ausschreiben.",
    "style.phrase": "Weglassen oder schlicht sagen.",
    "style.gender": "Beide Formen nennen, wie die Weisungen: „Kundinnen und Kunden“.",
    "style.gender_sign": "Beide Formen nennen, wie die Weisungen, ohne Stern und Doppelpunkt.",
    "style.du": "Mit „Sie“ anreden.",
    "style.sentence": f"Teilen; höchstens {SENTENCE_WORDS} Wörter je Satz, in einfacher Sprache"
    f" {SIMPLE_WORDS}.",
    "style.grade": f"Kürzere Wörter und Sätze; Ziel ist Stufe {GRADE:g} oder leichter, in einfacher"
    f" Sprache {SIMPLE_GRADE:g}.",
}
_SAID: Final = {
    "disclosure.subject": "Der Betreff darf nur sagen, wann die Nachricht kam.",
    "disclosure.single_topic": "Ein heikles Thema steht allein und verrät, worum es ging.",
    "form.greeting": "Die Anrede fehlt oder steht nicht am Anfang.",
    "form.closing": "Der Gruß fehlt oder steht mehrmals da.",
    "form.blanks": "Leerzeilen oder Leerzeichen sind doppelt.",
    "style.sentence": "Ein Satz ist zu lang.",
    "style.grade": "Der Text ist zu schwer zu lesen.",
}
_KINDS: Final = {
    "disclosure": "{} verrät Fremden zu viel.",
    "style.abbreviation": "{} ist eine Abkürzung.",
    "style.phrase": "{} ist eine Floskel.",
    "style.gender": "{} nennt nur eine Form.",
    "style.gender_sign": "{} ist schlecht vorzulesen.",
    "style.du": "{} duzt.",
}


def lint_text(
    typed: str, *, text_id: str, today: date, may_disclose: bool = True
) -> tuple[Finding, ...]:
    """All that is wrong with a typed text, by line; line 1 is its first header line.

    Only a text without errors of the codes `text.*` can be kept as a draft at all
    (`is_readable`). `today` is the local day. `may_disclose`: whether the house sends texts that
    disclose once it was compared who writes.

    Source: Weisung 202404002 no. 3; DIN 5008; own decisions 0051, 0052.
    """
    head, _, _ = typed.partition("\n\n")
    unread = [*_head(head.split("\n")), *_gaps(typed)]
    try:
        text = parse_text(typed.encode("utf-8", "replace"), id=text_id)
    except HouseError as exc:
        return in_order(unread or [_unread(exc)])
    offset = head.count("\n") + 2
    unread += _place(text, typed)
    if text.discloses and not may_disclose:
        unread.append(_not_allowed(typed))
    return in_order([*unread, *_said(text, offset), *_more(text, typed, offset, today=today)])


def is_readable(findings: Iterable[Finding]) -> bool:
    """Whether the typed text can be kept as a draft: header and gaps are in order.

    Source: own decision 0052.
    """
    return not any(found.code.startswith("text.") for found in findings)


def _head(lines: list[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        key, colon, value = line.partition(": ")
        if not colon or key not in HEADER_KEYS or key in seen:
            yield Finding(
                "text.header",
                number,
                f"„{line[:60]}“ ist keine bekannte Kopfzeile oder steht doppelt da.",
                f"Bekannt sind: {', '.join(sorted(HEADER_KEYS))}; dann Doppelpunkt, Leerzeichen.",
            )
            continue
        seen.add(key)
        if wrong := _wrong_value(key, value.strip()):
            yield Finding("text.header", number, wrong[0], wrong[1])


def _wrong_value(key: str, value: str) -> tuple[str, str] | None:
    words = [] if value == "alle" else [word.strip() for word in value.split(",")]
    known = {"anliegen": [*Concern], "kanal": [*Channel], "sprache": [*Language]}.get(key, words)
    if strange := [word for word in words if word not in known]:
        return f"„{strange[0]}“ gibt es nicht.", f"Möglich: alle, {', '.join(sorted(known))}."
    if key in {"gueltig_ab", "gueltig_bis"}:
        try:
            date.fromisoformat(value)
        except ValueError:
            return f"„{value}“ ist kein Tag.", "Als JJJJ-MM-TT schreiben, zum Beispiel 2027-01-31."
    if key in {"version", "zu_fassung"} and not value.isdecimal():
        return f"„{value}“ ist keine Fassung.", "Eine ganze Zahl ab 1 schreiben."
    if key == "offenbarend" and value not in {"nein", AFTER_CHECK}:
        return (
            f"„{value}“ gibt es nicht: Was etwas offenbart, geht nie ohne Abgleich hinaus.",
            f"„offenbarend: nein“ oder „offenbarend: {AFTER_CHECK}“.",
        )
    return None


def _gaps(typed: str) -> Iterator[Finding]:
    for found in _BRACES.finditer(typed):
        if found[1] not in WHITELIST:
            yield Finding(
                "text.placeholder_unknown",
                typed.count("\n", 0, found.start()) + 1,
                f"„{found[0][:40]}“ ist kein bekannter Platzhalter.",
                f"Bekannt sind: {', '.join(f'{{{name}}}' for name in WHITELIST)}.",
            )


def fits_folder(text: Text, folder: str) -> bool:
    """Whether a text lies where its concerns say. Source: own decision 0023."""
    return not text.concerns if folder == GENERAL else folder in text.concerns


def _place(text: Text, typed: str) -> Iterator[Finding]:
    """The id begins with a concern that the text is for, or says that it is for all."""
    folder, _, name = parts_of(text.id)[0].partition(".")
    if not fits_folder(text, folder) or not _NAME.fullmatch(name):
        yield Finding(
            "text.path",
            _line_of(typed, "anliegen"),
            f"Die Kennung „{text.id}“ und „anliegen“ passen nicht zusammen.",
            f"Kennung: ein Anliegen des Textes oder „{GENERAL}“ (dann „anliegen: alle“), Punkt,"
            " Name aus Kleinbuchstaben, Ziffern, Unterstrich; ein Zweittext dahinter .en oder"
            " .einfach.",
        )


def _not_allowed(typed: str) -> Finding:
    return Finding(
        "disclosure.not_allowed",
        _line_of(typed, "offenbarend"),
        "Dieses Haus sendet keine Texte, die etwas offenbaren.",
        "„offenbarend: nein“ schreiben; sonst entscheidet die Verwaltung (replies.disclosing).",
    )


def _unread(exc: HouseError) -> Finding:
    remedies = {
        "text.body": "Nach dem Kopf eine Leerzeile, dann der Text; ohne Leerzeilen am Ende.",
        "text.encoding": "Steuerzeichen entfernen; am besten als reinen Text einfügen.",
        "text.header": "Kopf wie im Beispiel schreiben; es fehlt etwas, Tage sind vertauscht, oder"
        " „sprache“ und „zu_fassung“ passen nicht zur Kennung.",
    }
    remedy = remedies.get(exc.code, "Kopf und Text wie im Beispiel schreiben.")
    return Finding(exc.code, 0, "Der Text ist so nicht lesbar.", remedy)


def _said(text: Text, offset: int) -> Iterator[Finding]:
    """What wording.py remarks, in German and with the line of the whole text."""
    for remark in lint(text):
        area = remark.code.partition(".")[0]
        quoted = re.match(r"„[^“]*“", remark.message)
        pattern = _KINDS.get(remark.code) or _KINDS.get(area)
        said = _SAID.get(remark.code) or (pattern or "{}").format(quoted[0] if quoted else "Etwas")
        remedy = _REMEDIES.get(remark.code) or _REMEDIES[area]
        yield Finding(remark.code, remark.line + offset if remark.line else 0, said, remedy)


def _more(text: Text, typed: str, offset: int, *, today: date) -> Iterator[Finding]:
    yield from _links(typed, offset)
    for number, line in enumerate(text.body.split("\n"), start=offset + 1):
        if len(line) > LINE_CHARACTERS:
            said = f"Der Absatz hat {len(line)} Zeichen, mehr als {LINE_CHARACTERS}."
            yield Finding("form.paragraph", number, said, "Teilen.", level=Level.WARNING)
    if not _GROUND.search(text.source):
        yield Finding(
            "source.missing",
            _line_of(typed, "quelle"),
            "Die Quelle nennt keine Weisung und keine Vorschrift.",
            "Zum Beispiel „Weisung 202404002 Nr. 3“ oder „§ 38 SGB III“; sonst „Hausregel: …“.",
        )
    yield from _days(text, typed, today)


def _links(typed: str, offset: int) -> Iterator[Finding]:
    for number, line in enumerate(typed.split("\n"), start=1):
        if number > offset and (found := _BARE_LINK.search(line)):
            yield Finding(
                "link.bare",
                number,
                f"„{found[0]}“ ist eine Adresse im Text; sie veraltet unbemerkt.",
                "{link} schreiben; das Haus setzt die geltende Adresse ein.",
            )
        if _GLUED_LINK.search(line):
            said = "Hinter {link} steht ein Zeichen; Mailprogramme nehmen es in die Adresse auf."
            yield Finding("link.glued", number, said, "{link} allein in die Zeile setzen.")


def _days(text: Text, typed: str, today: date) -> Iterator[Finding]:
    line = _line_of(typed, "gueltig_bis")
    if text.valid_to < today:
        said = "Die Gültigkeit ist schon zu Ende."
        yield Finding("validity.past", line, said, "„gueltig_bis“ in die Zukunft legen.")
    if (text.valid_to - text.valid_from).days > VALID_YEARS * 366:
        said = f"Der Text gilt länger als {VALID_YEARS} Jahre, ohne dass ihn jemand ansieht."
        yield Finding("validity.long", line, said, "Kürzer fassen.", level=Level.WARNING)


def _line_of(typed: str, key: str) -> int:
    return next((n for n, line in enumerate(typed.split("\n"), 1) if line.startswith(f"{key}:")), 0)
