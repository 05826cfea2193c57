"""The ledger follows what people and servers do in a postbox: moved, deleted, put back by hand.

Sets are compared, folder by folder; what is missing here and new there is matched by content.
Nothing is written to the postbox and nothing is deleted: a mail that nobody finds any more stays
in the ledger with its bytes, and its item stays open.
Source: imap protocol, step 9 (docs/reliability.md); F11, F12.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from rules.errors import Refused
from rules.postbox import Fetched, FolderView, Place
from store import audit, epochs, leases, ledger, ops, originals, sightings
from store.engine import Tx
from store.leases import Lease
from store.sightings import Sighting
from triage import putback
from triage.house import House
from triage.ports import Postbox
from triage.receive import INBOX

GONE_AFTER_ABSENCES = 2
"""A mail is gone when two looks in a row did not find it: a move may be seen half. Source: imap
protocol, "human deletes it" (docs/reliability.md)."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one look at all managed folders found."""

    moved_by_hand: int = 0
    gone_by_hand: int = 0
    found_again: int = 0
    strangers: int = 0


def reconcile(house: House, box: Postbox, lease: Lease) -> Reconciled:
    """Compare all folders in which the ledger knows mail with the postbox, under its lease.

    Idempotent. `strangers` are mails in managed folders that never came through the INBOX;
    they are counted, and left where a person put them.
    Raises: TryLater: the postbox is away. Conflict: `lease.lost`.
    """
    with house.db.read() as tx:
        managed = {*sightings.folders(tx, box.name), *sightings.folders_of_gone(tx, box.name)}
        known = {f: sightings.live(tx, box.name, folder=f) for f in sorted(managed)}
        in_doubt = ops.in_doubt(tx, box.name)
    absent: list[Sighting] = []
    present: list[int] = []
    unknown: list[Place] = []
    for folder, seen in known.items():
        view = _view(box, folder)
        here = set(view.uids)
        missing = [s for s in seen if s.epoch == view.epoch and s.uid not in here]
        # Where one lies that we may have moved ourselves is for filing to find.
        absent += [s for s in missing if s.message_id not in in_doubt]
        present += [s.id for s in seen if s.uid in here and s.absences]
        unknown += _unknown(house, box, view)
    if absent:
        # Somebody moved or deleted: only then are the folders searched that we never used.
        for folder in set(box.folders()) - known.keys():
            unknown += _unknown(house, box, _view(box, folder))
    return _follow(house, box, lease, absent=absent, present=present, unknown=unknown)


def _view(box: Postbox, folder: str) -> FolderView:
    """The folder now; one that was removed by hand holds nothing."""
    try:
        return box.view(folder)
    except Refused:
        log.warning("folder.missing", postbox=box.name, folder=folder)
        return FolderView(folder, "", ())


def _unknown(house: House, box: Postbox, view: FolderView) -> list[Place]:
    """What lies there and no message of the ledger does; new mail in the INBOX is not ours."""
    if view.folder == INBOX:
        return []
    with house.db.read() as tx:
        free = sightings.unclaimed_in(
            tx, box.name, folder=view.folder, epoch=view.epoch, uids=view.uids
        )
    return [Place(view.folder, view.epoch, uid) for uid in free]


def _follow(
    house: House,
    box: Postbox,
    lease: Lease,
    *,
    absent: list[Sighting],
    present: list[int],
    unknown: list[Place],
) -> Reconciled:
    found = [(place, digest) for place in unknown if (digest := _digest(box, place))]
    now = house.clock()
    missing = {seen.message_id: seen for seen in absent}
    moved = again = 0
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        sightings.mark_present(tx, present, now=now)
        owners = sightings.owners(tx, box.name, places=[place for place, _ in found])
        for place, digest in found:
            # A place belongs to one message for good: no twin of it may lie there.
            own = {owners[place]} if place in owners else None
            message_id = epochs.adopt_moved(
                tx,
                box.name,
                place=place,
                sha256=digest,
                candidates=missing.keys() if own is None else own & missing.keys(),
                now=now,
            )
            if message_id is not None:
                moved += 1
                del missing[message_id]
                putback.welcome(tx, message_id, "mail.moved_by_hand", folder=place.folder, now=now)
            else:
                again += _found_again(tx, box.name, place, digest, own=own, now=now)
        gone = _mark_gone(house, tx, list(missing.values()))
    result = Reconciled(
        moved_by_hand=moved,
        gone_by_hand=gone,
        found_again=again,
        strangers=len(found) - moved - again,
    )
    if result != Reconciled():
        log.info("postbox.reconciled", postbox=box.name, moved=moved, gone=gone, again=again)
    return result


def _found_again(
    tx: Tx, postbox: str, place: Place, digest: str, *, own: set[int] | None, now: datetime
) -> bool:
    """Whether a message that lay nowhere lies there now: put back by hand."""
    lost = sightings.nowhere(tx, postbox, sha256=digest) if digest else ()
    back = next((one for one in lost if own is None or one in own), None)
    if back is not None:
        sightings.move(tx, back, to=place, now=now)
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


def _digest(box: Postbox, place: Place) -> str:
    for mail in box.fetch(place.folder, place.epoch, (place.uid,)):
        if isinstance(mail, Fetched):
            return originals.fingerprint(mail.data)
    return ""
