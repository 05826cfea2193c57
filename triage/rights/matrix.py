"""The matrix of agencies and rights: a row each agency, and the figures above them.

Source: R4, F56, F57; own decisions 0038, 0039.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rules.rights.folder_findings import Code, Finding
from store.rights.signoffs import SignOff
from triage.house import House
from triage.rights import review as rights_review
from triage.rights.cells import Cell, cells, kind
from triage.rights.decisions import Standing
from triage.rights.review import Part, ReviewState


@dataclass(frozen=True, slots=True)
class Row:
    """One agency, or (code empty) the folders that belong to none. `new` are unseen findings.

    `sign_off` is the newest of its parts; `review` is that of the last of them.
    """

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
    parts: tuple[Part, ...]

    @property
    def has_findings(self) -> bool:
        """Whether anything asks for a deed."""
        return bool(self.findings)

    @property
    def folders(self) -> tuple[Part, ...]:
        """Its folders, without what its lists are."""
        return tuple(part for part in self.parts if part.folder)

    @property
    def folders_signed(self) -> int:
        """How many of them are signed off, with nothing new since."""
        return sum(part.state is ReviewState.SIGNED for part in self.folders)


@dataclass(frozen=True, slots=True)
class Sums:
    """The figures above the matrix; agencies only, all folders, and findings by kind."""

    agencies: int
    signed: int
    clean_unsigned: int
    with_findings: int
    new: int
    overdue: int
    folders: int
    folders_signed: int
    folders_overdue: int
    kinds: tuple[tuple[Code, int], ...]


COMMON_NAME: Final = "Gemeinsame und fremde Ordner"


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
    kinds = {code: sum(kind(one) is code for one in findings) for code in Code}
    folders = [part for row in counted for part in row.folders]
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
        folders=len(folders),
        folders_signed=sum(part.state is ReviewState.SIGNED for part in folders),
        folders_overdue=sum(part.state is ReviewState.OVERDUE for part in folders),
        kinds=tuple((code, number) for code, number in kinds.items() if number),
    )


def has_kind(row: Row, code: str) -> bool:
    """Whether the row has a finding of that kind; any row for an empty code."""
    return not code or any(kind(one).value == code for one in row.findings)


def _of_postbox(house: House, standing: Standing) -> list[Row]:
    names = {agency.code: agency.name for agency in house.directory.by_region(standing.box.region)}
    names[""] = COMMON_NAME
    mine = rights_review.by_agency(rights_review.parts(house, standing))
    return [_row(house, standing, (code, names[code]), mine.get(code, ())) for code in names]


def _row(house: House, standing: Standing, who: tuple[str, str], parts: tuple[Part, ...]) -> Row:
    code, name = who
    # Findings of folders first, as they were told: the lists' own come after.
    told = sorted(parts, key=lambda part: part.folder == "")
    found = [one for part in told for one in part.open]
    kept = [one for part in told for one in part.kept]
    return Row(
        standing.box.name,
        standing.box.region,
        code,
        name,
        *cells(standing, found, kept),
        is_read=standing.audit is not None,
        findings=tuple(found),
        kept=tuple(kept),
        new=sum(len(part.new) for part in parts),
        review=rights_review.of_agency(standing, code, parts, house.today()),
        sign_off=rights_review.last_of(standing, code, parts),
        parts=parts,
    )
