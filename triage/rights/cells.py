"""What stands in the cells of the matrix of agencies and rights, in a few words.

Source: R4, F56; own decisions 0038, 0039.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.rights.distribution import DistributionList, ListBook
from rules.rights.folder_acl import ANONYMOUS, DEFAULT, Naming, list_key
from rules.rights.folder_findings import Code, Finding
from rules.rights.folder_levels import in_words
from rules.rights.list_findings import NO_FOLDER
from triage.rights.decisions import Standing


class CellState(StrEnum):
    """What a cell says; the page gives each a sign and a word."""

    OK = "ok"
    NONE = "none"
    MISSING = "missing"
    DIFFERENT = "different"
    SURPLUS = "surplus"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its state, in a few words."""

    state: CellState
    words: str


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
_EVERYBODY: Final = frozenset({DEFAULT.key, ANONYMOUS.key})
_SINGLE: Final = frozenset({Code.SURPLUS, Code.DIRECT, Code.LEFT_LIST, Code.ORPHAN})
_UNKNOWN: Final = Cell(CellState.UNKNOWN, "noch nicht geprüft")
_NOT_JUDGED: Final = Cell(CellState.UNKNOWN, "nicht beurteilbar")
_NOT_REPORTED: Final = Cell(CellState.MISSING, "nicht gemeldet")
_NO_FOLDER: Final = Cell(CellState.UNKNOWN, "kein Ordner")
_SHORT: Final = {
    Code.MISSING: "fehlt",
    Code.TOO_LOW: "zu niedrig",
    Code.TOO_HIGH: "zu hoch",
    Code.UNKNOWN_LEVEL: "unbekannte Stufe",
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


def kind(one: Finding) -> Code:
    """What an inherited finding is counted as: it is the same deed as its cause.

    Source: own decision 0038.
    """
    return one.cause or one.code


def cells(
    standing: Standing, found: list[Finding], kept: list[Finding]
) -> tuple[Cell, Cell, Cell, Cell]:
    """Lists of the agency, of the Service Center, everybody, single accounts.

    Source: own decision 0038.
    """
    if standing.audit is None:
        return (_UNKNOWN, _UNKNOWN, _UNKNOWN, _UNKNOWN)
    own, region, everybody, single = _by_column(standing, found)
    unread = [one for one in found if one.code is Code.NOT_READABLE]
    if any(_is_without_folder(one) for one in (*found, *kept)):
        return (_of_lists(own, unread), _NO_FOLDER, _NO_FOLDER, _NO_FOLDER)
    blind_region = any(one.code is Code.REGION_WITHOUT_LIST for one in standing.audit.findings)
    blind = blind_region or any(one.code is Code.AGENCY_WITHOUT_LIST for one in (*found, *kept))
    looks = (
        _of_lists(own, unread),
        _NOT_REPORTED if blind_region and not region else _of_lists(region, unread),
        _everybody(everybody, unread),
        _NOT_JUDGED if blind and not single else _single(single, unread),
    )
    later = (len(part) for part in _by_column(standing, kept))
    a, b, c, d = (_with_kept(cell, number) for cell, number in zip(looks, later, strict=True))
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
    reported = ListBook(standing.reported.lists if standing.reported else ())
    shared = _keys(reported.of_region(standing.box.region))
    lists = _keys(one for one in reported.lists if one.agency)

    def is_of(one: Finding, subjects: frozenset[str]) -> bool:
        """What is not understood stands where the account would."""
        return one.code is Code.UNKNOWN_LEVEL and one.subject in subjects

    own = [
        one
        for one in found
        if one.code in _OWN
        or (kind(one) in _OF_A_LIST and one.subject not in shared)
        or is_of(one, lists - shared)
    ]
    region = [
        one
        for one in found
        if one.code is Code.REGION_WITHOUT_LIST
        or (kind(one) in _OF_A_LIST and one.subject in shared)
        or is_of(one, shared)
    ]
    everybody = [one for one in found if kind(one) is Code.OPEN_TO_ALL or is_of(one, _EVERYBODY)]
    elsewhere = shared | lists | _EVERYBODY
    single = [
        one
        for one in found
        if kind(one) in _SINGLE or (one.code is Code.UNKNOWN_LEVEL and one.subject not in elsewhere)
    ]
    return own, region, everybody, single


def _keys(lists: Iterable[DistributionList]) -> frozenset[str]:
    return frozenset(list_key(one.address, naming) for one in lists for naming in Naming)


def _of_lists(found: list[Finding], unread: list[Finding]) -> Cell:
    if found:
        kinds = list(dict.fromkeys(_SHORT[kind(one)] for one in found))
        missing = any(kind(one) in {Code.MISSING, Code.AGENCY_WITHOUT_LIST} for one in found)
        state = CellState.MISSING if missing else CellState.DIFFERENT
        return Cell(state, ", ".join(kinds))
    return _unread(unread) or Cell(CellState.OK, "wie gemeldet")


def _everybody(found: list[Finding], unread: list[Finding]) -> Cell:
    if found:
        # What is known to be open comes first.
        worst = min(found, key=lambda one: one.has is None)
        if worst.has is None:
            return Cell(CellState.UNREADABLE, _SHORT[Code.UNKNOWN_LEVEL])
        return Cell(CellState.SURPLUS, f"offen: {in_words(worst.has)}")
    return _unread(unread) or Cell(CellState.NONE, "keine")


def _single(found: list[Finding], unread: list[Finding]) -> Cell:
    accounts = {one.subject for one in found if kind(one) in _SINGLE}
    riddles = {one.subject for one in found if one.code is Code.UNKNOWN_LEVEL}
    if accounts:
        return Cell(CellState.SURPLUS, f"{len(accounts)} zu viel")
    if riddles:
        return Cell(CellState.UNREADABLE, _SHORT[Code.UNKNOWN_LEVEL])
    return _unread(unread) or Cell(CellState.NONE, "keine")


def _unread(unread: list[Finding]) -> Cell | None:
    return Cell(CellState.UNREADABLE, "nicht lesbar") if unread else None
