"""A mail as the recognisers read it: folded, cut into sentences and heard once for all of them."""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from classify import lexicon, machine, numbers
from classify.numbers import IbanFound
from classify.text import fold, sentences
from rules.mail import ParsedMail

MAX_CHARS: Final = 6000
"""Longer texts are cut: who writes more says what it is about before that. Own decision 0025."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A folded stretch of text on one line, and the names of `lexicon.listen` in it.

    `said` is what it says, `hinted` what else it may hold: what was searched for in vain but may be
    found together with the next stretch, and the shapes of dates. `bits` are what `lexicon.listen`
    found it by, `count` counts the words (`lexicon.words_and_german`).
    """

    text: str
    said: frozenset[str]
    hinted: frozenset[str] = frozenset()
    bits: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """One mail, read. `new` is the judged beginning of the new text as it was written.

    `subject` is one stretch; `subject_sentences` is the same, cut. `sentences` are those of
    `new`. `text` is subject and new text, folded, with their line breaks; `said` is what is heard
    in any line of it, of the sections that are asked for of whole mails (`lexicon.hear_in_whole`).
    `iban` and `kundennummer` are those of all new text. `marks` are the machine's marks in the
    headers. `words` counts those of `text`, `german` the commonest German ones among them.
    """

    mail: ParsedMail
    new: str
    subject: Heard
    subject_sentences: tuple[Heard, ...]
    sentences: tuple[Heard, ...]
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
    subject = heard(fold(mail.subject))
    parts = sentences(mail.subject)
    text = f"{subject.text}\n{fold(new)}"
    said = _heard(sentences(new))
    bits = reduce(or_, [one.bits for one in said], subject.bits)
    words, german = lexicon.words_and_german(sum([one.count for one in (subject, *said)]))
    return Reading(
        mail=mail,
        new=new,
        subject=subject,
        subject_sentences=(subject,) if _is_whole(parts, mail.subject) else _heard(parts),
        sentences=said,
        text=text,
        # Line by line: in a long text a search through the whole costs milliseconds.
        said=lexicon.hear_in_whole(text, bits),
        iban=numbers.find_iban(mail.body.new),
        kundennummer=numbers.find_kundennummer(mail.body.new),
        marks=tuple(machine.marks_of_headers(mail)),
        words=words,
        german=german,
    )


def heard(folded: str) -> Heard:
    """A stretch with what is heard in it."""
    return Heard(folded, *lexicon.listen(folded))


def _is_whole(parts: tuple[str, ...], text: str) -> bool:
    """Whether the text is one sentence on one line, as nearly every subject is."""
    return len(parts) == 1 and len(parts[0]) == len(text) and "\n" not in text


def _heard(parts: tuple[str, ...]) -> tuple[Heard, ...]:
    """A sentence wrapped over several lines becomes one line. All are folded in one go."""
    if not parts:
        return ()
    lines = "\n".join([one.replace("\n", " ") for one in parts])
    return tuple([heard(line) for line in fold(lines).split("\n")])
