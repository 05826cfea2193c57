"""What is handed on about folder permissions as tables: reported lists, chain, findings, matrix.

Without members of lists. Source: Weisung 202404002 no. 3; F57; own decision 0040.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from rules.access import Caller
from rules.local_day import local_day
from rules.rights.distribution_csv import write_rows
from rules.rights.folder_findings import Finding, meaning, named, remedy, title
from rules.rights.folder_levels import GERMAN, in_words
from rules.rights.reporting_chain import Link, Step
from triage.house import House
from triage.rights import matrix as rights_matrix
from triage.rights import reporting, review
from triage.rights.decisions import Standing
from triage.rights.matrix import Row
from triage.rights.review import REVIEW_WORDS, Part, since

CHAIN_WORDS: Final = {
    Step.AGENCY: "Agentur meldet",
    Step.DIRECTION: "Regionaldirektion fasst zusammen",
    Step.REGION: "Service Center bestätigt",
}


@dataclass(frozen=True, slots=True)
class Table:
    """One table with its title; cells are texts as a person reads them."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_csv(self) -> str:
        """With semicolons, and nothing that a spreadsheet takes for a formula."""
        return write_rows(self.header, self.rows)


def consolidated(house: House, caller: Caller, region: str) -> Table:
    """The lists of a region by agency, for Regionaldirektion and Service Center.

    Raises: Refused: `access.denied`, `region.unknown`.
    """
    found = reporting.reported(house, caller, region)
    rows: list[tuple[str, ...]] = []
    for agency in house.directory.by_region(region):
        mine = [one for one in (found.lists if found else ()) if one.agency == agency.code]
        told = [(one.address, GERMAN[one.level]) for one in mine] or [("nicht gemeldet", "")]
        unit = (agency.regionaldirektion, agency.code, agency.name)
        rows += [(*unit, *pair) for pair in told]
    header = ("regionaldirektion", "agentur", "name", "verteiler", "stufe")
    return Table("Verteiler", header, tuple(rows))


def chain(house: House, caller: Caller, region: str) -> Table:
    """The reporting chain of the running round: each step with day, last day, who, what is missing.

    Raises: Refused: `access.denied`, `region.unknown`.
    """
    header = (
        *("schritt", "einheit", "name", "frist", "stand", "am", "vermerkt von"),
        *("begründung", "es fehlen"),
    )
    links = reporting.links(house, caller, region)
    return Table("Meldekette", header, tuple(_link(one) for one in links))


def findings(found: Iterable[Standing]) -> Table:
    """The findings of these postboxes, open and kept."""
    rows: list[tuple[str, ...]] = []
    for standing in found:
        rows += [_finding(one, "offen") for one in standing.open]
        rows += [_finding(one, "belassen") for one in standing.kept]
    header = (
        *("stand", "agentur", "ordner", "befund", "wer", "ist", "soll", "bedeutung", "was nun"),
    )
    return Table("Befunde", header, tuple(rows))


def matrix(house: House, found: Iterable[Standing]) -> Table:
    """The matrix of agencies and rights as on the page, by postbox and agency."""
    every = rights_matrix.rows(house, found)
    ordered = sorted(every, key=lambda row: (row.postbox, row.code or "999"))
    header = (
        *("postfach", "agentur", "name", "verteiler der agentur", "verteiler des service centers"),
        *("standard und anonym", "einzelne konten", "befunde", "neu seit abzeichnung"),
        *("prüfung", "abgezeichnet am", "begründung"),
    )
    return Table("Matrix", header, tuple(_matrix_row(row) for row in ordered))


def folders(house: House, found: Iterable[Standing]) -> Table:
    """Each folder with its last sign-off, and what differs since, by postbox and agency."""
    parts = (part for one in found for part in review.parts(house, one) if part.is_shown)
    header = (
        *("postfach", "agentur", "ordner", "befunde", "prüfung", "frist", "abgezeichnet am"),
        *("von", "begründung", "seither"),
    )
    return Table("Ordner", header, tuple(_folder_row(part) for part in parts))


def _folder_row(part: Part) -> tuple[str, ...]:
    signed = part.sign_off
    return (
        *(part.postbox, part.agency, part.folder or "Verteiler", str(len(part.open))),
        REVIEW_WORDS[part.state],
        _day(part.due) if part.due else "",
        _day(local_day(signed.at)) if signed else "",
        signed.actor if signed else "",
        signed.reason if signed else "",
        since(part),
    )


def _link(one: Link) -> tuple[str, ...]:
    state = "erledigt" if one.mark else "überfällig" if one.is_overdue else "offen"
    done = (_day(one.mark.on), one.mark.by, one.mark.note) if one.mark else ("", "", "")
    unit = (CHAIN_WORDS[one.step], one.unit, one.name)
    return (*unit, _day(one.due), state, *done, ", ".join(one.open_units))


def _finding(one: Finding, state: str) -> tuple[str, ...]:
    return (
        state,
        one.agency,
        one.folder,
        title(one.code),
        named(one.subject),
        "" if one.has is None else in_words(one.has),
        "" if one.wanted is None else in_words(one.wanted),
        meaning(one),
        remedy(one.code),
    )


def _matrix_row(row: Row) -> tuple[str, ...]:
    cells = (row.own_list, row.region_list, row.everybody, row.single)
    signed = row.sign_off
    return (
        *(row.postbox, row.code, row.name),
        *(cell.words for cell in cells),
        str(len(row.findings)),
        str(row.new),
        REVIEW_WORDS[row.review],
        _day(local_day(signed.at)) if signed else "",
        signed.reason if signed else "",
    )


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"
