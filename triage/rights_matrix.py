"""The matrix of agencies and rights: what stands in each cell, in words, and how far the review is.

Source: R4, F56, F57; own decisions 0038, 0039.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.distribution import ListBook
from rules.folder_acl import Naming, list_key
from rules.folder_findings import Code, Finding
from rules.folder_levels import in_words
from rules.list_findings import NO_FOLDER
from store.rights_audits import SignOff
from triage.house import House
from triage.rights import Standing


class CellState(StrEnum):
    """What a cell says; the page gives each a sign and a word."""

    OK = "ok"
    NONE = "none"
    MISSING = "missing"
    DIFFERENT = "different"
    SURPLUS = "surplus"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


class ReviewState(StrEnum):
    """How far the review of an agency is in the running round."""

    SIGNED = "signed"
    NEW_SINCE = "new_since"
    OPEN = "open"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its state, in a few words."""

    state: CellState
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One agency, or (code empty) the folders that belong to none. `new` are unseen findings."""

    postbox: str
    region: str
    code: str
    name: str
    own_list: Cell
    region_list: Cell
    everybody: Cell
    single: Cell
    is_read: bool
    findings: tuple[Finding, ...]
    kept: tuple[Finding, ...]
    new: int
    review: ReviewState
    sign_off: SignOff | None

    @property
    def has_findings(self) -> bool:
        """Whether anything asks for a deed."""
        return bool(self.findings)


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures above the matrix; agencies only, and findings by kind."""

    agencies: int
    signed: int
    clean_unsigned: int
    with_findings: int
    new: int
    overdue: int
    kinds: tuple[tuple[Code, int], ...]


COMMON_NAME: Final = "Gemeinsame und fremde Ordner"
_OWN: Final = frozenset(
    {
        Code.AGENCY_WITHOUT_LIST,
        Code.LIST_WITHOUT_FOLDER,
        Code.MERGED_AGENCY,
        Code.SHARED_LIST,
        Code.MEMBER_WITHOUT_ADDRESS,
        Code.CIRCULAR,
        Code.NESTED,
        Code.FOLDER_WITHOUT_AGENCY,
    }
)
_OF_A_LIST: Final = frozenset({Code.MISSING, Code.TOO_LOW, Code.TOO_HIGH})
_SINGLE: Final = frozenset({Code.SURPLUS, Code.DIRECT, Code.LEFT_LIST, Code.ORPHAN})
_UNKNOWN: Final = Cell(CellState.UNKNOWN, "noch nicht geprüft")
_NOT_JUDGED: Final = Cell(CellState.UNKNOWN, "nicht beurteilbar")
_NOT_REPORTED: Final = Cell(CellState.MISSING, "nicht gemeldet")
_NO_FOLDER: Final = Cell(CellState.UNKNOWN, "kein Ordner")
_SHORT: Final = {
    Code.MISSING: "fehlt",
    Code.TOO_LOW: "zu niedrig",
    Code.TOO_HIGH: "zu hoch",
    Code.AGENCY_WITHOUT_LIST: "nicht gemeldet",
    Code.REGION_WITHOUT_LIST: "nicht gemeldet",
    Code.LIST_WITHOUT_FOLDER: "kein Ordner",
    Code.MERGED_AGENCY: "zusammengelegt",
    Code.SHARED_LIST: "geteilt",
    Code.MEMBER_WITHOUT_ADDRESS: "Mitglied ohne Adresse",
    Code.CIRCULAR: "im Kreis",
    Code.NESTED: "verschachtelt",
    Code.FOLDER_WITHOUT_AGENCY: "ohne Agentur",
}


def rows(house: House, standings: Iterable[Standing]) -> tuple[Row, ...]:
    """A row each agency of each postbox, and one for folders of none; what is wrong comes first."""
    found = [row for standing in standings for row in _of_postbox(house, standing)]
    return tuple(
        sorted(found, key=lambda row: (not row.has_findings, row.code or "999", row.postbox))
    )


def sums(every: Iterable[Row]) -> Sums:
    """The figures of these rows."""
    counted = tuple(every)
    mine = [row for row in counted if row.code]
    findings = [one for row in counted for one in row.findings]
    kinds = {code: sum(_kind(one) is code for one in findings) for code in Code}
    return Sums(
        agencies=len(mine),
        signed=sum(row.review is ReviewState.SIGNED for row in mine),
        clean_unsigned=sum(
            row.is_read and not row.has_findings and row.review is not ReviewState.SIGNED
            for row in mine
        ),
        with_findings=sum(row.has_findings for row in mine),
        new=sum(row.new for row in counted),
        overdue=sum(row.review is ReviewState.OVERDUE for row in mine),
        kinds=tuple((code, number) for code, number in kinds.items() if number),
    )


def has_kind(row: Row, code: str) -> bool:
    """Whether the row has a finding of that kind; any row for an empty code."""
    return not code or any(_kind(one).value == code for one in row.findings)


def _kind(one: Finding) -> Code:
    """What an inherited finding is counted as: it is the same deed as its cause."""
    return one.cause or one.code


def _of_postbox(house: House, standing: Standing) -> list[Row]:
    names = {agency.code: agency.name for agency in house.directory.by_region(standing.box.region)}
    names[""] = COMMON_NAME
    by_unit: dict[str, tuple[list[Finding], list[Finding]]] = {code: ([], []) for code in names}
    for place, findings in enumerate((standing.open, standing.kept)):
        for one in findings:
            by_unit[one.agency if one.agency in names else ""][place].append(one)
    return [_row(house, standing, (code, names[code]), *by_unit[code]) for code in names]


def _row(
    house: House,
    standing: Standing,
    who: tuple[str, str],
    found: list[Finding],
    kept: list[Finding],
) -> Row:
    code, name = who
    sign_off = standing.sign_offs.get(code)
    seen = sign_off.keys if sign_off else frozenset()
    new = sum(one.key not in seen for one in found)
    return Row(
        standing.box.name,
        standing.box.region,
        code,
        name,
        *_cells(standing, found, kept),
        is_read=standing.audit is not None,
        findings=tuple(found),
        kept=tuple(kept),
        new=new if sign_off else 0,
        review=_review(house, standing, sign_off, new),
        sign_off=sign_off,
    )


def _review(house: House, standing: Standing, sign_off: SignOff | None, new: int) -> ReviewState:
    running = standing.round
    counts = sign_off is not None and (running is None or sign_off.round_id == running.id)
    if counts:
        return ReviewState.NEW_SINCE if new else ReviewState.SIGNED
    if running and running.asked.region_due < house.local_now().date():
        return ReviewState.OVERDUE
    return ReviewState.OPEN


def _cells(
    standing: Standing, found: list[Finding], kept: list[Finding]
) -> tuple[Cell, Cell, Cell, Cell]:
    if standing.audit is None:
        return (_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN)
    own, region, everybody, single = _by_column(standing, found)
    unread = [one for one in found if one.code is Code.NOT_READABLE]
    if any(_is_without_folder(one) for one in (*found, *kept)):
        return (_of_lists(own, unread), _NO_FOLDER, _NO_FOLDER, _NO_FOLDER)
    blind_region = any(one.code is Code.REGION_WITHOUT_LIST for one in standing.audit.findings)
    blind = blind_region or any(one.code is Code.AGENCY_WITHOUT_LIST for one in (*found, *kept))
    cells = (
        _of_lists(own, unread),
        _NOT_REPORTED if blind_region and not region else _of_lists(region, unread),
        _everybody(everybody, unread),
        _NOT_JUDGED if blind and not single else _single(single, unread),
    )
    later = (len(part) for part in _by_column(standing, kept))
    a, b, c, d = (_with_kept(cell, number) for cell, number in zip(cells, later, strict=True))
    return a, b, c, d


def _with_kept(cell: Cell, number: int) -> Cell:
    """Where nothing is open, but something stays by decision, the cell says so."""
    is_quiet = cell.state in {CellState.OK, CellState.NONE}
    return Cell(CellState.OK, f"{number} belassen") if is_quiet and number else cell


def _is_without_folder(one: Finding) -> bool:
    return one.code is Code.LIST_WITHOUT_FOLDER or (
        one.code is Code.AGENCY_WITHOUT_LIST and one.about == NO_FOLDER
    )


def _by_column(
    standing: Standing, found: list[Finding]
) -> tuple[list[Finding], list[Finding], list[Finding], list[Finding]]:
    shared = _region_keys(standing)
    own = [
        one
        for one in found
        if one.code in _OWN or (_kind(one) in _OF_A_LIST and one.subject not in shared)
    ]
    region = [
        one
        for one in found
        if one.code is Code.REGION_WITHOUT_LIST
        or (_kind(one) in _OF_A_LIST and one.subject in shared)
    ]
    everybody = [one for one in found if _kind(one) is Code.OPEN_TO_ALL]
    single = [one for one in found if _kind(one) in _SINGLE or one.code is Code.UNKNOWN_LEVEL]
    return own, region, everybody, single


def _region_keys(standing: Standing) -> frozenset[str]:
    book = ListBook(standing.reported.lists if standing.reported else ())
    return frozenset(
        list_key(one.address, naming)
        for one in book.of_region(standing.box.region)
        for naming in Naming
    )


def _of_lists(found: list[Finding], unread: list[Finding]) -> Cell:
    if found:
        kinds = list(dict.fromkeys(_SHORT[_kind(one)] for one in found))
        missing = any(_kind(one) in {Code.MISSING, Code.AGENCY_WITHOUT_LIST} for one in found)
        state = CellState.MISSING if missing else CellState.DIFFERENT
        return Cell(state, ", ".join(kinds))
    return _unread(unread) or Cell(CellState.OK, "wie gemeldet")


def _everybody(found: list[Finding], unread: list[Finding]) -> Cell:
    if found:
        return Cell(CellState.SURPLUS, f"offen: {in_words(found[0].has)}")
    return _unread(unread) or Cell(CellState.NONE, "keine")


def _single(found: list[Finding], unread: list[Finding]) -> Cell:
    accounts = {one.subject for one in found if _kind(one) in _SINGLE}
    riddles = {one.subject for one in found if one.code is Code.UNKNOWN_LEVEL}
    if accounts:
        return Cell(CellState.SURPLUS, f"{len(accounts)} zu viel")
    if riddles:
        return Cell(CellState.UNREADABLE, "unbekannte Stufe")
    return _unread(unread) or Cell(CellState.NONE, "keine")


def _unread(unread: list[Finding]) -> Cell | None:
    return Cell(CellState.UNREADABLE, "nicht lesbar") if unread else None
