"""What a plan of folder permissions rests on: what a person has read, and what should be.

Between proposal and deed days may pass: lists change, somebody keeps a finding, a restore gives the
number to another plan. Source: own decision 0129.
"""

from datetime import datetime
from typing import Final

from rules.errors import Conflict, Refused
from rules.rights.folder_acl import Naming
from rules.rights.folder_rights import Should
from rules.rights.plan import UNDO_FOR, Change, outdated
from store.database.engine import Tx
from store.rights import audits as rights_audits
from store.rights import lists as rights_lists
from store.rights.plans import StoredPlan
from store.trail import audit as trail
from triage import as_read
from triage.house import House, PostboxPlan

OUTDATED: Final = "rights.plan_outdated"
BUSY: Final = "rights.busy"
LEASE_SECONDS: Final = 900
"""One look or plan at a time in a postbox; a plan of a region takes minutes at most.

Source: own decision 0039.
"""


def should_in(tx: Tx, house: House, region: str, *, naming: Naming) -> tuple[int | None, Should]:
    """What the region's postbox is held against now, and the row of the lists it comes from."""
    lists_id, book = rights_lists.book(tx, region)
    rules = house.policy.rights
    return lists_id, Should(
        region,
        house.directory,
        book,
        naming,
        exempt=rules.exempt,
        common=rules.common_folders,
    )


def require_due(
    tx: Tx, house: House, box: PostboxPlan, changes: tuple[Change, ...], *, naming: Naming
) -> None:
    """Each change is still what a look would ask for. Raises: Conflict: `rights.plan_outdated`."""
    _, should = should_in(tx, house, box.region, naming=naming)
    today = house.today()
    kept = {one.key: one.finding for one in rights_audits.keeps(tx, box.name, today=today)}
    late = outdated(changes, should, kept)
    if late:
        raise Conflict(
            OUTDATED,
            f"Something else holds for {late[0].folder!r} since the proposal: lists, settings, or a"
            " finding that is kept. Look again and make a new plan.",
            folder=late[0].folder,
        )


def require_read(tx: Tx, stored: StoredPlan, seen: str) -> None:
    """The plan is the one whose hash is `seen`; empty: the number alone names it.

    Raises: Conflict: `rights.plan_changed`, `rights.plan_not_named`: as `as_read.require`.
    """
    as_read.require(
        tx,
        seen,
        bears=stored.hash,
        told=lambda: trail.of_subject(tx, subject(stored.id)),
        changed=Conflict(
            "rights.plan_changed",
            f"Plan {stored.id} is not the one that was read; nothing was changed. Look at it"
            " again.",
            plan=stored.id,
        ),
        unnamed=Conflict(
            "rights.plan_not_named",
            f"Plan {stored.id} was made after the database was restored, and another one may have"
            " had its number before. Give the hash that was read.",
            plan=stored.id,
        ),
    )


def require_as_approved(tx: Tx, stored: StoredPlan) -> None:
    """The plan is the one that was approved, as the trail tells.

    An older version of the program noted no hash: then there is nothing to compare.
    Raises: Conflict: `rights.plan_changed`.
    """
    told = trail.of_subject(tx, subject(stored.id), actions={"rights.plan_approved"})
    approved = str(told[-1].details.get("hash", "")) if told else ""
    if approved and approved != stored.hash:
        raise Conflict(
            "rights.plan_changed",
            f"Plan {stored.id} is not the one that was approved; nothing was changed. Look again"
            " and make a new plan.",
            plan=stored.id,
        )


def subject(plan_id: int) -> str:
    """How the trail names a plan."""
    return f"rights_plan:{plan_id}"


def lease_name(postbox: str) -> str:
    """What is held by who looks at a postbox's permissions or changes them."""
    return f"rights:{postbox}"


def busy(postbox: str) -> Conflict:
    """Somebody is at it just now."""
    return Conflict(
        BUSY, f"The rights of {postbox} are being read or changed just now; repeat it later."
    )


def require_in_time(stored: StoredPlan, now: datetime) -> None:
    """It may still be taken back, by one person alone. Raises: Refused: `rights.undo_late`."""
    if stored.undo_until is not None and stored.undo_until < now:
        raise Refused(
            "rights.undo_late",
            f"Plan {stored.id} could be undone for {UNDO_FOR.days} days. Put who shall have rights"
            " again on the lists, audit anew and propose a plan.",
            plan=stored.id,
            days=UNDO_FOR.days,
        )
