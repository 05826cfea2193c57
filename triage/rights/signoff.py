"""That a person has looked at folder permissions: one folder, several, or all of an agency.

Each folder gets a date, a name and, where findings are open, a reason; with it stands what was
found then, so that the next look tells what is new. Source: R4, F57; own decisions 0039, 0081.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from rules.access import Caller
from rules.errors import Conflict, Refused
from store.rights import signoffs as rights_signoffs
from store.rights.signoffs import SignOff
from triage.house import House
from triage.rights import decisions, review
from triage.rights.decisions import Standing
from triage.rights.review import Part

COMMON = "-"
"""Instead of an agency's code: the folders that belong to none. Source: own decision 0039."""

FOLDERS_AT_ONCE = 1000
"""More than a region has. Source: own decision 0081."""


def agency(
    house: House,
    caller: Caller,
    postbox: str,
    code: str,
    *,
    reason: str = "",
    audit: int | None = None,
) -> None:
    """Sign off all folders of an agency and its lists; with open findings a reason is needed.

    `COMMON` stands for the folders that belong to no agency of the region, the inbox among them.
    `audit` is the look that the person has seen. Raises: Refused: `access.denied`,
    `postbox.unknown`, `rights.no_audit`, `agency.unknown`, `rights.reason_too_short`.
    Conflict: `rights.newer_audit`.
    """
    box = decisions.box_of(house, caller, postbox)
    here = {known.code for known in house.directory.by_region(box.region)}
    if code not in here and code != COMMON:
        raise Refused("agency.unknown", f"Agency {code!r} is not of this region.")
    unit = "" if code == COMMON else code
    with house.db.write() as tx:
        found = decisions.standing_in(tx, box, house.today())
        _require_seen(found, audit)
        mine = [one for one in review.parts(house, found) if one.agency == unit]
        _require_reason(mine, reason)
        blank = replace(_blank(house, caller, found, reason), agency=unit)
        by_folder = {"": blank} | {one.folder: _of(one, blank) for one in mine}
        every = frozenset(key for one in by_folder.values() for key in one.keys)
        row_id = rights_signoffs.put_agency(tx, postbox, replace(blank, keys=every))
        rights_signoffs.put(tx, postbox, by_folder.values(), signoff_id=row_id)
        details = {"agency": code, "audit": blank.audit_id, **_counted(mine)}
        decisions.note(tx, house, caller, "rights.signed_off", f"postbox:{postbox}", details)


def folders(
    house: House,
    caller: Caller,
    postbox: str,
    names: Collection[str],
    *,
    reason: str = "",
    audit: int | None = None,
) -> int:
    """Sign off these folders, all or none; how many. The reason is that of each of them.

    `audit` is the look that the person has seen. Raises: Refused: `access.denied`,
    `postbox.unknown`, `rights.no_audit`, `rights.no_folder`, `rights.folder_unknown`,
    `rights.reason_too_short`. Conflict: `rights.newer_audit`.
    """
    box = decisions.box_of(house, caller, postbox)
    wanted = set(names)
    if not wanted or len(wanted) > FOLDERS_AT_ONCE:
        raise Refused("rights.no_folder", "Name one folder or more.")
    with house.db.write() as tx:
        found = decisions.standing_in(tx, box, house.today())
        _require_seen(found, audit)
        mine = [one for one in review.parts(house, found) if one.folder in wanted - {""}]
        unknown = sorted(wanted - {one.folder for one in mine})
        if unknown:
            raise Refused(
                "rights.folder_unknown",
                f"The last audit did not see the folder {unknown[0]!r}; order another audit.",
                folder=unknown[0],
            )
        _require_reason(mine, reason)
        blank = _blank(house, caller, found, reason)
        rights_signoffs.put(tx, postbox, [_of(one, blank) for one in mine])
        details = {"audit": blank.audit_id, **_counted(mine)}
        decisions.note(tx, house, caller, "rights.signed_off", f"postbox:{postbox}", details)
    return len(mine)


def _blank(house: House, caller: Caller, found: Standing, reason: str) -> SignOff:
    """What all sign-offs of this deed have in common."""
    return SignOff(
        agency="",
        folder="",
        round_id=found.round.id if found.round else None,
        audit_id=decisions.audit_id(found),
        keys=frozenset(),
        reason=reason.strip(),
        at=house.clock(),
        actor=caller.name,
    )


def _of(part: Part, blank: SignOff) -> SignOff:
    keys = frozenset(one.key for one in (*part.open, *part.kept))
    return replace(blank, agency=part.agency, folder=part.folder, keys=keys)


def _require_seen(found: Standing, audit: int | None) -> None:
    """Nobody signs what a newer look has found meanwhile."""
    newest = decisions.audit_id(found)
    if audit is not None and audit != newest:
        raise Conflict(
            "rights.newer_audit",
            "The postbox was audited again since; look at the findings once more.",
        )


def _require_reason(mine: Sequence[Part], reason: str) -> None:
    if any(part.open for part in mine):
        decisions.require_reason(reason)


def _counted(mine: Sequence[Part]) -> dict[str, object]:
    return {
        "folders": sorted(part.folder for part in mine if part.folder),
        "open": sum(len(part.open) for part in mine),
    }
