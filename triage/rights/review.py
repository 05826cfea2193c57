"""How far the review of folder permissions is: each folder, then each agency.

A part is a folder, or what the lists of an agency are by themselves (empty folder). Source: R4,
F57; Weisung 202404002 no. 2; own decisions 0039, 0081.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from rules.rights.folder_findings import Finding, Key, is_kept, named, title
from rules.rights.folder_rights import agency_code
from store.rights.signoffs import SignOff
from triage.house import House
from triage.rights.decisions import Standing


class ReviewState(StrEnum):
    """How far the review is in the running round; the worst of its parts for an agency."""

    SIGNED = "signed"
    NEW_SINCE = "new_since"
    OPEN = "open"
    OVERDUE = "overdue"


REVIEW_WORDS: Final = {
    ReviewState.SIGNED: "abgezeichnet",
    ReviewState.NEW_SINCE: "Neues seit der Abzeichnung",
    ReviewState.OPEN: "noch nicht abgezeichnet",
    ReviewState.OVERDUE: "überfällig",
}

_WORST = (ReviewState.OVERDUE, ReviewState.OPEN, ReviewState.NEW_SINCE, ReviewState.SIGNED)


@dataclass(frozen=True, slots=True)
class Part:
    """One folder with what is found there, and what differs from when it was last signed off.

    `new` is open and was not there then, or is more by now; `gone` was there then and is no more.
    Both are empty where it was never signed off. `due` is the last day of the running round.
    """

    postbox: str
    agency: str
    folder: str
    open: tuple[Finding, ...]
    kept: tuple[Finding, ...]
    new: tuple[Finding, ...]
    gone: tuple[Key, ...]
    sign_off: SignOff | None
    state: ReviewState
    due: date | None

    @property
    def is_shown(self) -> bool:
        """Whether it counts for its agency: lists without a fault need no look of their own."""
        return bool(self.folder or self.open or self.kept)


def parts(house: House, standing: Standing) -> tuple[Part, ...]:
    """All folders of the last look, by agency and name; none where nobody ever looked."""
    here = codes(house, standing)
    by_part: dict[tuple[str, str], tuple[list[Finding], list[Finding]]] = {}
    if standing.audit is not None:
        for name in standing.audit.names:
            by_part[unit_of(name, here), name] = ([], [])
    for place, findings in enumerate((standing.open, standing.kept)):
        for one in findings:
            unit = one.agency if one.agency in here else ""
            by_part.setdefault((unit, one.folder), ([], []))[place].append(one)
    today = house.today()
    return tuple(
        _part(standing, unit, folder, found=by_part[unit, folder], today=today)
        for unit, folder in sorted(by_part)
    )


def codes(house: House, standing: Standing) -> frozenset[str]:
    """The agencies of the postbox's region."""
    return frozenset(agency.code for agency in house.directory.by_region(standing.box.region))


def unit_of(folder: str, here: frozenset[str]) -> str:
    """The agency that a folder belongs to, empty for those of none."""
    code = agency_code(folder)
    return code if code in here else ""


def by_agency(every: Iterable[Part]) -> Mapping[str, tuple[Part, ...]]:
    """The parts of each agency, in their order; of none under an empty code."""
    found: dict[str, list[Part]] = {}
    for part in every:
        found.setdefault(part.agency, []).append(part)
    return {agency: tuple(mine) for agency, mine in found.items()}


def of_agency(standing: Standing, agency: str, mine: Iterable[Part], today: date) -> ReviewState:
    """How far an agency is: as far as the last of its folders.

    One without folder and finding is as far as the sign-off of the agency itself.
    """
    states = {part.state for part in mine if part.is_shown}
    if not states:
        return _state(standing, standing.sign_offs.of(agency, ""), new=0, today=today)
    return next(state for state in _WORST if state in states)


def last_of(standing: Standing, agency: str, mine: Iterable[Part]) -> SignOff | None:
    """The newest sign-off of anything that belongs to an agency."""
    found = [part.sign_off for part in mine] + [standing.sign_offs.of(agency, "")]
    return max((one for one in found if one), key=lambda one: one.at, default=None)


def since(part: Part) -> str:
    """What differs from the last sign-off, in words; empty where there was none."""
    if part.sign_off is None:
        return ""
    told = [f"neu: {title(one.code)}, {named(one.subject)}" for one in part.new]
    told += [f"weg: {title(key.code)}, {named(key.subject)}" for key in part.gone]
    return "; ".join(told) or "unverändert"


def fields(part: Part) -> dict[str, object]:
    """The part as programs get it, over HTTP and from the command line."""
    signed = part.sign_off
    return {
        "folder": part.folder,
        "agency": part.agency,
        "state": part.state.value,
        "open": len(part.open),
        "kept": len(part.kept),
        "new": [{"code": one.code.value, "subject": one.subject} for one in part.new],
        "gone": [{"code": key.code.value, "subject": key.subject} for key in part.gone],
        "signed_at": signed.at if signed else None,
        "signed_by": signed.actor if signed else None,
        "reason": signed.reason if signed else "",
        "due": part.due,
    }


def _part(
    standing: Standing,
    agency: str,
    folder: str,
    *,
    found: tuple[list[Finding], list[Finding]],
    today: date,
) -> Part:
    left, kept = found
    signed = standing.sign_offs.of(agency, folder)
    seen = standing.sign_offs.seen(signed, folder)
    new = tuple(one for one in left if not is_kept(one, seen)) if signed else ()
    there = {one.key for one in (*left, *kept)}
    running = standing.round
    return Part(
        postbox=standing.box.name,
        agency=agency,
        folder=folder,
        open=tuple(left),
        kept=tuple(kept),
        new=new,
        gone=tuple(sorted(seen.keys() - there, key=lambda key: (key.code, key.subject))),
        sign_off=signed,
        state=_state(standing, signed, new=len(new), today=today),
        due=running.asked.region_due if running else None,
    )


def _state(standing: Standing, signed: SignOff | None, *, new: int, today: date) -> ReviewState:
    """A sign-off counts in its own round only; without a round the last one counts."""
    running = standing.round
    if signed is not None and (running is None or signed.round_id == running.id):
        return ReviewState.NEW_SINCE if new else ReviewState.SIGNED
    is_over = running is not None and running.asked.region_due < today
    return ReviewState.OVERDUE if is_over else ReviewState.OPEN
