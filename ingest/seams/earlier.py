"""Where an earlier mail begins in a text, and where its own text does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.seams import head
from ingest.seams.marks import is_marked, is_next_marked

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
    r"\s*(?:am|on)\s.{3,80}\b(?:schrieb|wrote|hat)\b.{0,100}<[^<>\s@]{1,200}@[^<>\s]{1,200}>[^:]{0,30}:\s\s.*",
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


@dataclass(frozen=True, slots=True)
class Seam:
    """Where an earlier mail begins, and where its text begins (after the header lines)."""

    first: int
    text: int
    forward: bool
    marked: bool  # its lines carry ">", so that others among them are new


def seams(lines: list[str], text: str) -> Iterator[Seam]:
    """All beginnings of earlier mails among the lines of the text, in order."""
    after = 0
    for number in sorted(_likely(text, lines)):
        if not after <= number < len(lines):
            continue
        if is_marked(lines[number]) and not _GROUPWISE.fullmatch(lines[number][:250]):
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
        if head.SENDER.match(line):  # or the drawn line above it
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
        if number and is_marked(line) and not is_marked(lines[number - 1]):
            yield from range(max(number - 4, 0), number)


def _says_above(line: str) -> bool:
    return len(line) < 200 and bool(_ABOVE_THIS.fullmatch(line))


def _seam_at(lines: list[str], number: int) -> Seam | None:
    line = lines[number]
    if _GROUPWISE.fullmatch(line[:250]) or (">:  " in line and _WITH_ITS_TEXT.match(line)):
        return Seam(number, number + 1, forward=False, marked=False)
    if _says_above(line):
        # At the top it is the head of a mail that such a system sent itself.
        first = number - 1 if number and head.DRAWN.fullmatch(lines[number - 1]) else number
        is_below = any(above.strip() for above in lines[:first])
        return Seam(first, number + 1, forward=False, marked=False) if is_below else None
    if len(line) < 300 and _ORIGINAL.fullmatch(line):
        text = head.end(lines, number + 1)
        return Seam(number, text, bool(_FORWARDED.search(line)), is_next_marked(lines, text))
    if head.starts(lines, number):
        text = head.end(lines, number)
        first = head.first_line(lines, number)
        return Seam(first, text, forward=False, marked=is_next_marked(lines, text))
    return _attribution(lines, number)


def _attribution(lines: list[str], number: int) -> Seam | None:
    """A line "Am … schrieb …:", which mailers wrap over up to three."""
    if not lines[number].strip() or len(lines[number]) > 300:
        return None
    joined = ""
    for count, line in enumerate(lines[number : number + 3], 1):
        if is_marked(line) or not line.strip():
            return None
        joined = f"{joined} {line.strip()}".strip()
        marked = is_next_marked(lines, number + count)
        if marked and not joined.endswith(":") and _ATTRIBUTION.fullmatch(f"{joined[:400]}:"):
            return Seam(number, number + count, forward=False, marked=True)
        if not joined.endswith(":"):
            continue
        if _ATTRIBUTION.fullmatch(joined[:400]):
            told = _TOLD_IN_PROSE.search(joined) or not _PROOF.search(joined)
            return None if told and not marked else Seam(number, number + count, False, marked)
        if marked and count < 3 and _FOREIGN.fullmatch(joined[:400]):
            return Seam(number, number + count, forward=False, marked=True)
    return None


def is_forward_heading(line: str) -> bool:
    """Whether it is a "---- Weitergeleitete Nachricht ----" alone on its line."""
    return bool(_ORIGINAL.fullmatch(line) and _FORWARDED.search(line))
