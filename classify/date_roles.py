"""What the days in a mail mean: begin and end of an AU, first day of work, move, absence, birth.

A day gets its role from the words before it ("seit", "bis") and from what its sentence is about.
Keys are those of `rules.verdict.Facts.dates`. Source: label guide, "Facts".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from classify import lexicon
from classify.dates import find_dates
from classify.reading import Heard, Reading
from rules.codes import Concern

_BEFORE_CHARS: Final = 34
_PHRASES: Final = lexicon.phrases("dates")


@dataclass(frozen=True, slots=True)
class _Spec:
    """For one concern: the keys of first and last day, and the concepts that speak of it."""

    first: str
    last: str
    concepts: tuple[str, ...]


_SPECS: Final[MappingProxyType[Concern, _Spec]] = MappingProxyType(
    {
        Concern.AU: _Spec(
            "au_from", "au_to", ("krank", "au_schein", "klinik", "kind_krank", "gesund")
        ),
        Concern.ARBEITSAUFNAHME: _Spec(
            "job_start", "job_end", ("job_beginnt", "ausbildung", "selbst")
        ),
        Concern.NEBENEINKOMMEN: _Spec("job_start", "job_end", ("nebenjob", "lohn")),
        Concern.ANSCHRIFT_NAME: _Spec("move_date", "", ("umzug", "strasse", "plz_ort")),
        Concern.ORTSABWESENHEIT: _Spec("absence_from", "absence_to", ("urlaub",)),
        Concern.ARBEITSUCHEND: _Spec("", "job_end", ("kuendigung", "job_endet", "arbeitsuchend")),
        Concern.ARBEITSLOS: _Spec("unemployed_from", "job_end", ("arbeitslos", "kuendigung")),
    }
)


@dataclass(frozen=True, slots=True)
class _Day:
    """A day with what its sentence says, the words before it, and whether it ends something."""

    day: date
    said: frozenset[str]
    before: str
    until: bool


def find_roles(reading: Reading, *, concerns: Sequence[Concern], today: date) -> dict[str, date]:
    """The days that the mail gives for the found concerns, and the date of birth.

    `today` is the local day of the mail. The first fitting day wins; a last day before its
    first day is dropped.
    """
    days = [*_days(reading.sentences, today), *_days(reading.subject_sentences, today)]
    found: dict[str, date] = {}
    for item in days:
        if _PHRASES["birth_before"].search(item.before) or (item.day.year < today.year - 15):
            found.setdefault("birth_date", item.day)
    usable = [item for item in days if item.day not in found.values()]
    for concern in concerns:
        spec = _SPECS.get(concern)
        if spec is not None:
            _assign(found, spec, usable)
    return _in_order(found)


def _days(sentences: Sequence[Heard], today: date) -> Iterator[_Day]:
    for sentence in sentences:
        for found in find_dates(sentence, today=today):
            before = sentence.text[max(0, found.start - _BEFORE_CHARS) : found.start]
            until = bool(_PHRASES["until_before"].search(before))
            yield _Day(found.day, sentence.said, before, until=until)


def _assign(found: dict[str, date], spec: _Spec, days: Sequence[_Day]) -> None:
    fitting = [item for item in days if not item.said.isdisjoint(spec.concepts)]
    if not spec.first:
        fitting = sorted(fitting, key=lambda item: not _ends_work(item))
    for item in fitting or days:
        key = spec.last if _is_last(item, spec) else spec.first
        if key:
            found.setdefault(key, item.day)
    # The end may stand in a line of its own, as forms print it.
    for item in days:
        if spec.last and item.until and item.day not in found.values():
            found.setdefault(spec.last, item.day)


def _is_last(item: _Day, spec: _Spec) -> bool:
    if item.until or not spec.first:
        return True
    return spec.last == "job_end" and _ends_work(item)


def _ends_work(item: _Day) -> bool:
    return item.until or bool(_PHRASES["end_before"].search(item.before))


def _in_order(found: dict[str, date]) -> dict[str, date]:
    for spec in _SPECS.values():
        first, last = found.get(spec.first), found.get(spec.last)
        if first and last and last < first and spec.last != "job_end":
            del found[spec.last]
    return found
