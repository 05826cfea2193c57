"""What a look at the folders found is written into the ledger, in one commit.

A mail under a new number goes on; one that a person moved takes its item along; one that nobody
finds any more is gone, and one that turns up is what it was before. The look is in reconcile.py.
Source: imap protocol, step 9 (docs/reliability.md); F11, F12; own decisions 0030, 0105.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from rules.postbox import Place
from store.database.engine import Tx
from store.desk import items
from store.mails import ledger
from store.places import epochs, given_twice, moves, ownership, sightings
from store.places.sightings import Sighting
from store.processes import leases
from store.processes.leases import Lease
from store.trail import audit
from triage.house import House
from triage.known import putback
from triage.marks import outlook_correction
from triage.receive import numbered_anew

GONE_AFTER_ABSENCES = 2
"""A mail is gone when two looks in a row did not find it: a move may be seen half. Source: imap
protocol, "human deletes it" (docs/reliability.md)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one look at all managed folders found.

    `renumbered` mails lie where they lay, under new numbers. `unfinished`: there was more to read
    than fits into one look; nothing was counted as missing, and none followed to another folder.
    """

    moved_by_hand: int = 0
    gone_by_hand: int = 0
    found_again: int = 0
    strangers: int = 0
    renumbered: int = 0
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What differs: places that should hold mail, do so again, or hold mail of no message.

    Where a number in an `untold` folder was let go, its mail may lie at one not read yet.
    """

    absent: list[Sighting]
    present: list[int]
    unknown: list[tuple[Place, str]]
    unfinished: bool
    untold: Collection[str]


def follow(house: House, postbox: str, lease: Lease, look: Look) -> Reconciled:
    """Write it down, under the lease of the postbox. Raises: Conflict: `lease.lost`. TryLater."""
    now = house.clock()
    read = [(place, digest) for place, digest in look.unknown if digest]
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        sightings.mark_present(tx, look.present, now=now)
        owners = ownership.owners(tx, postbox, found=dict(read))
        missing = epochs.by_bytes(tx, look.absent)
        # What was read may be a copy of what was not: nobody moved anything then.
        known = epochs.matched(missing, read, owners=owners, by_hand=not look.unfinished)
        renumbered = _follow_known(house, tx, postbox, known, now=now)
        strangers = [one for one in read if one[0] not in known]
        again = _count_found_again(tx, postbox, strangers, owners=owners, now=now)
        gone = 0 if look.unfinished else _mark_gone(house, tx, _unfound(missing, look))
    result = Reconciled(
        moved_by_hand=len(known) - renumbered,
        gone_by_hand=gone,
        found_again=again,
        strangers=len(look.unknown) - len(known) - again,
        renumbered=renumbered,
        unfinished=look.unfinished,
    )
    if result != Reconciled():
        log.info(
            "postbox.reconciled",
            postbox=postbox,
            moved=result.moved_by_hand,
            gone=gone,
            again=again,
        )
    return result


def _follow_known(
    house: House, tx: Tx, postbox: str, known: Mapping[Place, Sighting], *, now: datetime
) -> int:
    """Each missing message lies where it was found; how many only have a new number."""
    found = [seen.message_id for seen in known.values()]
    # Before their wishes: in this order a clerk's deed has them, too.
    items.wait_for(tx, *found)
    ledger.lock_many(tx, found)
    folders = [
        place.folder for place, seen in known.items() if _goes_on(house, tx, seen, place, now=now)
    ]
    for folder, mails in Counter(folders).items():
        numbered_anew(tx, postbox, folder=folder, mails=mails, now=now)
    return len(folders)


def _count_found_again(
    tx: Tx,
    postbox: str,
    strangers: Iterable[tuple[Place, str]],
    *,
    owners: Mapping[Place, int],
    now: datetime,
) -> int:
    again = 0
    for place, digest in strangers:
        # A place belongs to one message for good: no twin of it may lie there.
        own = {owners[place]} if place in owners else None
        again += found_again(tx, postbox, place, digest, own=own, now=now)
    return again


def _unfound(missing: Mapping[str, Iterable[Sighting]], look: Look) -> list[Sighting]:
    """The places whose mail was found nowhere, and could have been."""
    return [
        seen
        for line in missing.values()
        for seen in line
        if not (given_twice.is_let_go(seen.epoch) and seen.folder in look.untold)
    ]


def _goes_on(house: House, tx: Tx, seen: Sighting, place: Place, *, now: datetime) -> bool:
    """The message lies at `place` now. True if only its number is new; else a person moved it."""
    moves.move(tx, seen.message_id, to=place, now=now)
    if seen.folder == place.folder and seen.epoch != place.epoch:
        return True
    putback.welcome(tx, seen.message_id, "mail.moved_by_hand", folder=place.folder, now=now)
    outlook_correction.moved(house, tx, seen.message_id, folder=place.folder)
    return False


def found_again(
    tx: Tx, postbox: str, place: Place, digest: str, *, own: set[int] | None, now: datetime
) -> bool:
    """Whether a message that lay nowhere lies there now: put back by hand.

    In the caller's transaction, under the lease. `own`: only these may lie at that place.
    """
    lost = sightings.nowhere(tx, postbox, sha256=digest)
    back = next((one for one in lost if own is None or one in own), None)
    if back is not None:
        ledger.lock_many(tx, [back])
        moves.move(tx, back, to=place, now=now)
        putback.welcome(tx, back, "mail.found_again", folder=place.folder, now=now)
    return back is not None


def _mark_gone(house: House, tx: Tx, missing: list[Sighting]) -> int:
    counted = sightings.mark_absent(tx, [seen.id for seen in missing])
    over = [seen.id for seen in counted if seen.absences >= GONE_AFTER_ABSENCES]
    gone = sightings.mark_gone(tx, over)
    now = house.clock()
    for message_id in gone:
        ledger.take_out(tx, message_id, now=now)
        audit.add(
            tx,
            "worker",
            action="mail.gone_by_hand",
            subject=f"message:{message_id}",
            details={},
            at=now,
        )
    return len(gone)
