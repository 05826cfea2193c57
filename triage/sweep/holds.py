"""What is kept back from deletion, and what somebody has looked at while it lay aside.

A hold waits for the commit of a run that is deleting just now; from then on it holds.
Source: F51; own decision 0054.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Protocol

from rules.access import Caller, Permission, may_see_region, require
from rules.errors import Conflict, Refused
from rules.ledger import LedgerState
from rules.sweep import REFERENCE_MAX_CHARS
from store.database.engine import Tx
from store.deletion import holds
from store.deletion.holds import Hold, NewHold, Seen
from store.mails import ledger
from store.places import sightings
from store.processes import leases
from store.trail import audit
from store.trail.audit import Entry
from store.upkeep import postbox_names
from triage import as_read
from triage.house import House

LEASE = "sweep"
"""One deletion run at a time in the whole house. Source: own decision 0054."""

LISTED = 200
"""Holds shown at most. Source: own decision 0054."""


class _Read(Protocol):
    """One of the two lists of store/deletion/holds.py."""

    def __call__(
        self, tx: Tx, *, limit: int, regions: Collection[str | None] | None, after: int | None
    ) -> tuple[Hold, ...]: ...


def hold(house: House, caller: Caller, new: NewHold) -> int:
    """Keep a message, or all of a postbox, back from deletion; the hold's number.

    A run that is deleting just now finishes its commit first; then it holds.
    Raises: Refused: `access.denied`, `mail.unknown`, `mail.deleted`, `postbox.unknown`,
    `hold.target`, `sweep.reference`.
    """
    require(caller, Permission.RUN_RETENTION)
    if (new.message_id is None) == (new.postbox is None):
        raise Refused(
            "hold.target", "A hold is on one message or on one postbox; name one of the two."
        )
    now = house.clock()
    checked = replace(new, reference=checked_reference(new.reference))
    with house.db.write() as tx:
        if new.message_id is not None:
            _lock_message(tx, caller, new.message_id)
        else:
            _require_postbox(house, tx, caller, new.postbox or "")
            leases.wait_for(tx, LEASE)
        hold_id = holds.place(tx, checked, actor=caller.name, now=now)
        audit.add(
            tx,
            caller.name,
            action="hold.placed",
            subject=_subject(new),
            details={"hold": hold_id, "kind": new.kind.value, "reference": checked.reference},
            at=now,
        )
    return hold_id


def release(house: House, caller: Caller, hold_id: int, *, seen: str = "") -> None:
    """The hold is over.

    `seen` is the reference of the hold that the person has read; empty: the number alone names it.
    Raises: Refused: `access.denied`, `hold.unknown`. Conflict: `hold.changed`: another hold has
    that number by now; `hold.not_named`: without `seen`, and the number may have been another's
    before a restore.
    """
    require(caller, Permission.RUN_RETENTION)
    now = house.clock()
    with house.db.write() as tx:
        found = _visible(house, caller, tx, hold_id)
        subject = _subject(found)
        _require_read(tx, found, seen)
        holds.release(tx, hold_id, actor=caller.name, now=now)
        audit.add(
            tx,
            caller.name,
            action="hold.released",
            subject=subject,
            details={"hold": hold_id},
            at=now,
        )


def in_force(house: House, caller: Caller, hold_id: int) -> Hold:
    """That hold. Raises: Refused: `access.denied`, `hold.unknown`."""
    require(caller, Permission.RUN_RETENTION)
    with house.db.read() as tx:
        return _visible(house, caller, tx, hold_id)


def _visible(house: House, caller: Caller, tx: Tx, hold_id: int) -> Hold:
    found = holds.get(tx, hold_id)
    if not _reaches(house, caller, tx, found):
        raise Refused("hold.unknown", f"There is no hold {hold_id} (any more).", hold=hold_id)
    return found


def _subject(of: Hold | NewHold) -> str:
    return f"message:{of.message_id}" if of.message_id else f"postbox:{of.postbox}"


def _require_read(tx: Tx, found: Hold, seen: str) -> None:
    as_read.require(
        tx,
        seen,
        bears=found.reference,
        told=lambda: _placed(tx, found),
        changed=Conflict(
            "hold.changed",
            f"Hold {found.id} is not the one that you have read, and stays. Read the list again.",
            hold=found.id,
        ),
        unnamed=Conflict(
            "hold.not_named",
            f"Hold {found.id} was placed after a restore of the database; before it the number may"
            " have been another hold's. Send the reference that you have read.",
            hold=found.id,
        ),
    )


def _placed(tx: Tx, found: Hold) -> Iterator[Entry]:
    """What the trail tells of its placing, also under the names its postbox had before."""
    names = postbox_names.former(tx, found.postbox) if found.postbox else ()
    for subject in (_subject(found), *[f"postbox:{name}" for name in names]):
        for entry in audit.of_subject(tx, subject, actions={"hold.placed"}):
            if entry.details["hold"] == found.id:
                yield entry


def holds_in_force(
    house: House, caller: Caller, *, limit: int = LISTED, after: int | None = None
) -> tuple[Hold, ...]:
    """Holds that the caller may see, newest first; fewer than `limit` on the last page only.

    `after` is the number of the last one of the page before. Raises: Refused: `access.denied`.
    """
    return _listing(house, caller, holds.in_force, limit=limit, after=after)


def holds_over(
    house: House, caller: Caller, *, limit: int = LISTED, after: int | None = None
) -> tuple[Hold, ...]:
    """Holds that somebody released, with when and by whom; as `holds_in_force`."""
    return _listing(house, caller, holds.over, limit=limit, after=after)


def _listing(
    house: House, caller: Caller, read: _Read, *, limit: int, after: int | None
) -> tuple[Hold, ...]:
    require(caller, Permission.RUN_RETENTION)
    shown: list[Hold] = []
    with house.db.read() as tx:
        while len(shown) < limit:
            found = read(tx, limit=limit, regions=caller.whole_regions, after=after)
            shown += [one for one in found if _reaches(house, caller, tx, one)]
            if len(found) < limit:
                break
            after = found[-1].id
    return tuple(shown[:limit])


def see(house: House, caller: Caller, *, reason_code: str, until: int) -> Seen:
    """A person has looked at what lies aside for that reason, up to message `until`.

    Only what a list has shown to the caller counts (aside.note_shown). Without it nothing that lies
    aside is ever deleted. Raises: Refused: `access.denied`.
    """
    require(caller, Permission.RUN_RETENTION)
    with house.db.write() as tx:
        found = holds.see(
            tx,
            reason_code=reason_code,
            regions=caller.whole_regions,
            until=until,
            actor=caller.name,
        )
        audit.add(
            tx,
            caller.name,
            action="aside.seen",
            subject=f"reason:{reason_code}",
            details={"mails": found.mails, "not_shown": found.not_shown, "until": until},
            at=house.clock(),
        )
    return found


def checked_reference(reference: str) -> str:
    """The file number, without outer blanks.

    Raises: Refused: `sweep.reference`: empty, too long, or with an @.
    """
    kept = reference.strip()
    if not kept or len(kept) > REFERENCE_MAX_CHARS or "@" in kept:
        raise Refused(
            "sweep.reference",
            f"A reference of 1 to {REFERENCE_MAX_CHARS} characters is needed, without names and"
            " addresses.",
            longest=REFERENCE_MAX_CHARS,
        )
    return kept


def _lock_message(tx: Tx, caller: Caller, message_id: int) -> None:
    """Whoever deletes it just now has committed when this returns, or waits for us."""
    row = ledger.locked(tx, message_id)
    if not may_see_region(caller, row.region):
        raise ledger.unknown(message_id)
    if row.state is LedgerState.DELETED:
        raise Refused(
            "mail.deleted",
            f"The content of message {message_id} is deleted already.",
            message_id=message_id,
        )


def _require_postbox(house: House, tx: Tx, caller: Caller, postbox: str) -> None:
    """Configured, or one whose mails are here still: its name may be gone from the configuration.

    Such a one is no region's.
    """
    regions = {box.name: box.region for box in house.policy.postboxes}
    is_here = postbox in regions or sightings.is_known(tx, postbox)
    if not is_here or not may_see_region(caller, regions.get(postbox)):
        raise Refused(
            "postbox.unknown", "There is no such postbox; use a name of the configuration."
        )


def _reaches(house: House, caller: Caller, tx: Tx, found: Hold) -> bool:
    """Whether the held thing lies in the caller's regions."""
    if found.message_id is not None:
        return may_see_region(caller, ledger.message(tx, found.message_id).region)
    regions = {box.name: box.region for box in house.policy.postboxes}
    return may_see_region(caller, regions.get(found.postbox or ""))
