"""How many of the facts that a person read out were read out by the judge too."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from classify.corpus.lines import LabelledMail
from rules import facts as numbers
from rules.placename import place_key
from rules.verdict import Facts


@dataclass(frozen=True, slots=True)
class FactFigures:
    """One fact: mails in which a person read it, those we read right, those we read too many."""

    name: str
    stated: int
    right: int
    surplus: int


def check(lines: Sequence[LabelledMail], found: Sequence[Facts | None]) -> tuple[FactFigures, ...]:
    """One row a fact; mails without a judge's facts (foreign label sets) are left out."""
    pairs = [(line, facts) for line, facts in zip(lines, found, strict=True) if facts is not None]
    if not pairs:
        return ()
    rows = [
        _row(name, [(true_of(line), said_of(facts)) for line, facts in pairs])
        for name, true_of, said_of in _SINGLE
    ]
    keys = sorted({key for line, _ in pairs for key in line.dates})
    return (*rows, *(_row(key, list(_of_key(key, pairs))) for key in keys))


def _valid_iban(line: LabelledMail) -> str | None:
    """A wrong check digit may be meant; such a number is a defect, not a fact."""
    return numbers.iban(line.iban) if line.iban else None


def _place(line: LabelledMail) -> str | None:
    return _without_plz(line.place) if line.place else None


def _without_plz(place: str) -> str:
    """Some lines write "27570 Bremerhaven"."""
    return place_key(place.lstrip("0123456789 "))


_SINGLE: tuple[tuple[str, Callable[[LabelledMail], object], Callable[[Facts], object]], ...] = (
    ("kundennummer", lambda line: line.kundennummer, lambda facts: facts.kundennummer),
    ("iban", _valid_iban, lambda facts: facts.iban),
    ("place", _place, lambda facts: place_key(facts.place) if facts.place else None),
)


def _of_key(
    key: str, pairs: Sequence[tuple[LabelledMail, Facts]]
) -> Iterator[tuple[object, object]]:
    for line, facts in pairs:
        yield line.dates.get(key), facts.dates.get(key)


def _row(name: str, pairs: Sequence[tuple[object, object]]) -> FactFigures:
    stated = [(true, said) for true, said in pairs if true is not None]
    return FactFigures(
        name=name,
        stated=len(stated),
        right=sum(true == said for true, said in stated),
        surplus=sum(true is None and said is not None for true, said in pairs),
    )
