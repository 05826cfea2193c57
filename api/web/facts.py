"""The rows "Angaben aus der Mail": label, value as shown, value as copied."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.web import days, words

_RANGES: Final = (
    ("au_from", "au_to", "AU von – bis"),
    ("absence_from", "absence_to", "Abwesend von – bis"),
)


@dataclass(frozen=True, slots=True)
class FactRow:
    """One thing read out of the mail. `key` is the shortcut that copies it, or empty."""

    label: str
    value: str
    copied: str
    note: str = ""
    key: str = ""


def fact_rows(facts: Mapping[str, Any]) -> tuple[FactRow, ...]:
    """Rows for what was readable, in the order in which it is needed; nothing for the rest."""
    return tuple(_rows(facts))


def code_rows(concerns: Iterable[str], codes: Mapping[str, str]) -> tuple[FactRow, ...]:
    """The Kontaktcode of each concern, as people book it elsewhere; each code once.

    Source: Weisung 202001001 no. 2.1; R13.
    """
    found: dict[str, list[str]] = {}
    for concern in concerns:
        if concern in codes:
            found.setdefault(codes[concern], []).append(words.concern(concern))
    return tuple(
        FactRow(f"Kontaktcode für {', '.join(named)}", code, code) for code, named in found.items()
    )


def _rows(facts: Mapping[str, Any]) -> Iterator[FactRow]:
    if number := facts.get("kundennummer"):
        yield FactRow("Kundennummer", number, number, key="c")
    if iban := facts.get("iban"):
        # The judge gives no IBAN with wrong check digits (rules/verdict.py, Facts).
        yield FactRow("IBAN", _grouped(iban), iban, note="Prüfziffer stimmt")
    yield from _date_rows(facts.get("dates") or {})
    if phone := facts.get("phone"):
        yield FactRow("Telefon", phone, phone)
    if where := " ".join(filter(None, (facts.get("plz"), facts.get("place")))):
        yield FactRow("PLZ und Ort", where, where)


def _date_rows(dates: Mapping[str, str]) -> Iterator[FactRow]:
    rest = dict(dates)
    for first, last, label in _RANGES:
        if first in rest and last in rest:
            span = f"{days.short_day(rest.pop(first))} – {days.short_day(rest.pop(last))}"
            yield FactRow(label, span, span)
    for code, day in rest.items():
        yield FactRow(words.DATES.get(code, code), days.day(day), days.short_day(day))


def _grouped(iban: str) -> str:
    """In groups of four, as it is printed. Source: ISO 13616-1, section 6 (print format)."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
