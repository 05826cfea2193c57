"""A mail as the recognisers read it: folded, cut into sentences and heard once for all of them."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from classify import courtesy, lexicon, machine
from classify.facts import numbers
from classify.facts.numbers import IbanFound
from classify.text import fold, sentences
from rules.mail import ParsedMail

NAME: Final = "qqnm"
"""Stands for a name. It holds no piece of a German word."""
_SOMEBODY = re.compile(
    r"\b((?:(?<!ine )(?<!iner )(?<!die )(?<!der )(?<!als )frau|herrn?|hrn?\.) )"
    r"(?:prof\. )?(?:dr\. )?(?:(?:von|van|de|al|el|zu[rm]?)(?: de[rnm])? )?"
    r"(?!(?:und|oder|ist|hat|war|wird|der|die|das|von|zu|mit|sehr)\b)[a-z][a-z'-]{2,}"
)
"""A name behind a title: the clerk who is greeted may be called Krankenhagen."""

_PASSED_ON = re.compile(r"(?:(?:re|aw|antw|wg|fwd?|sv|tr)(?:\[\d+\])?: ?)+", re.IGNORECASE)
"""What mail programs put before a subject; the same mail is asked about with and without."""

MAX_CHARS: Final = 6000
"""Longer texts are cut: who writes more says what it is about before that. Own decision 0025."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A folded stretch of text on one line, and the names of `lexicon.listen` in it.

    `said` is what it says, `hinted` what else it may hold: what was searched for in vain but may be
    found together with the next stretch, and the shapes of dates.
    """

    text: str
    said: frozenset[str]
    hinted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reading:
    """One mail, read. `new` is the judged beginning of the new text as it was written.

    `subject` is one stretch; `subject_sentences` is the same, cut. `sentences` are those of
    `new`, `written` the same as they stand there. `text` is subject and new text, folded, with
    their line breaks; `said` is what is heard in any line of it, of the sections that are asked for
    of whole mails (`lexicon.hear_in_whole`). `iban` and `kundennummer` are those of all new text.
    `marks` are the machine's marks in the headers. `words` counts those of `text`, `german` the
    commonest German ones among them.
    """

    mail: ParsedMail
    new: str
    subject: Heard
    subject_sentences: tuple[Heard, ...]
    sentences: tuple[Heard, ...]
    written: tuple[str, ...]
    text: str
    said: frozenset[str]
    iban: IbanFound
    kundennummer: str | None
    marks: tuple[str, ...]
    words: int
    german: int

    @property
    def is_cut(self) -> bool:
        """Whether there is more new text than was read."""
        return len(self.mail.body.new) > len(self.new)


def of(mail: ParsedMail) -> Reading:
    """Read a mail. Total; texts over `MAX_CHARS` on their beginning."""
    new = mail.body.new[:MAX_CHARS]
    called = mail.subject
    if found := _PASSED_ON.match(called):
        called = called[found.end() :]
    subject, parts = fold(called), sentences(called)
    written = sentences(new)
    folded, heard_in = _on_lines(written), new
    if empty := courtesy.among(folded, subject=subject):
        folded = ["" if number in empty else one for number, one in enumerate(folded)]
        heard_in = _without(new, written, empty)
    text = _SOMEBODY.sub(rf"\1{NAME}", f"{subject}\n{fold(heard_in)}")
    lines, bits, count = _listened([subject, *folded])
    words, german = lexicon.words_and_german(count)
    return Reading(
        mail=mail,
        new=new,
        subject=lines[0],
        subject_sentences=lines[:1] if _is_whole(parts, called) else _heard(parts),
        sentences=lines[1:],
        written=written,
        text=text,
        # Line by line: in a long text a search through the whole costs milliseconds.
        said=lexicon.hear_in_whole(text, bits),
        iban=numbers.find_iban(mail.body.new),
        kundennummer=numbers.find_kundennummer(mail.body.new),
        marks=tuple(machine.marks_of_headers(mail)),
        words=words,
        german=german,
    )


def _without(text: str, parts: Sequence[str], left_out: Collection[int]) -> str:
    """The text without some of its parts, which stand in it in their order."""
    kept, done, at = [], 0, 0
    for number, part in enumerate(parts):
        at = text.index(part, at)
        if number in left_out:
            kept.append(text[done:at])
            done = at + len(part)
        at += len(part)
    return "".join([*kept, text[done:]])


def heard(folded: str) -> Heard:
    """A stretch with what is heard in it."""
    return _listened([folded])[0][0]


def _listened(lines: Sequence[str]) -> tuple[tuple[Heard, ...], int, int]:
    """Each with what is heard in it; and bits and count of all, as `lexicon.listen` gives them."""
    said, bits, count = lexicon.listen(lines)
    return (
        tuple([Heard(line, *of_line) for line, of_line in zip(lines, said, strict=True)]),
        bits,
        count,
    )


def _is_whole(parts: tuple[str, ...], text: str) -> bool:
    """Whether the text is one sentence on one line, as nearly every subject is."""
    return len(parts) == 1 and len(parts[0]) == len(text) and "\n" not in text


def _heard(parts: tuple[str, ...]) -> tuple[Heard, ...]:
    return _listened(_on_lines(parts))[0] if parts else ()


def _on_lines(parts: tuple[str, ...]) -> list[str]:
    """Sentences folded, all in one go; one that is wrapped over several lines becomes one line."""
    if not parts:
        return []
    folded = fold("\n".join([one.replace("\n", " ") for one in parts]))
    return _SOMEBODY.sub(rf"\1{NAME}", folded).split("\n")
