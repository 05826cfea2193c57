"""The ledger follows what people and servers do in a postbox: moved, deleted, put back by hand.

Sets are compared, folder by folder; what is missing here and new there is matched by content
(follow_moves.py). Nothing is written to the postbox and nothing is deleted: a mail that nobody
finds any more stays in the ledger with its bytes, and its item stays open.
Source: imap protocol, step 9 (docs/reliability.md); F11, F12.
"""

from collections.abc import Collection
from dataclasses import dataclass

import structlog

from rules.errors import Refused
from rules.postbox import FolderView, Place, is_numbered
from store.acts import ops
from store.places import sightings
from store.places.sightings import Sighting
from store.processes.leases import Lease
from triage import follow_moves, leasing
from triage.follow_moves import Look, Reconciled
from triage.house import House
from triage.known import same_mail, set_back
from triage.known.connection_notes import ConnectionNotes
from triage.ports import INBOX, Postbox

READ_A_LOOK = 200
"""Strangers whose bytes are read in one look, which keeps new mail waiting; the next look goes on.
Own decision 0030. As many known mails are read again after a new connection, all folders together,
but at least five of each. Own decision 0112."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Seen:
    """Of what lies in a folder according to the ledger: what is missing there, and what is not.

    `present` are those that were missing before. `known` are numbers of the folder's epoch, and
    `lowest` the lowest of them that is there; both are empty where places are no numbers.
    """

    missing: list[Sighting]
    present: list[int]
    known: frozenset[str]
    lowest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the folders of a postbox hold and lack; gathered folder by folder."""

    absent: list[Sighting]
    present: list[int]
    unknown: list[Place]
    untold: set[str]


def reconcile(
    house: House, box: Postbox, lease: Lease, *, read: dict[Place, str] | None = None
) -> Reconciled:
    """Compare all folders in which the ledger knows mail with the postbox, under its lease.

    Idempotent. `strangers` are mails in managed folders that never came through the INBOX;
    they are counted, and left where a person put them. They are read only while something is
    missing or gone; `read` remembers their fingerprints from look to look, because a folder may
    hold thousands of them, but those of numbers on one connection only.
    The lease is prolonged from folder to folder. Raises: TryLater: the postbox is away. Conflict:
    `lease.lost`.
    """
    memory = {} if read is None else read
    with house.db.read() as tx:
        gone_from = sightings.folders_of_gone(tx, box.name) | ops.targets_of_gone(tx, box.name)
        managed = {*sightings.folders(tx, box.name), *gone_from}
        in_doubt = ops.in_doubt(tx, box.name)
    found = _in_all_folders(house, box, lease, managed, in_doubt=in_doubt)
    # After the folders were read: before, there may be no connection to note it on.
    ConnectionNotes.of(box).forget(memory, of="strangers")
    is_searched = bool(found.absent or gone_from)
    unread = [p for p in found.unknown if p not in memory] if is_searched else []
    memory.update(_digests(house, box, unread[:READ_A_LOOK]))
    look = Look(
        absent=found.absent,
        present=found.present,
        unknown=[(place, memory.get(place, "")) for place in found.unknown],
        unfinished=len(unread) > READ_A_LOOK,
        untold=found.untold,
    )
    lease = leasing.in_time(house, lease)
    return follow_moves.follow(house, box.name, lease, look)


def _in_all_folders(
    house: House,
    box: Postbox,
    lease: Lease,
    managed: set[str],
    *,
    in_doubt: Collection[int],
) -> _Found:
    """What the folders hold and lack; all of them are asked only where something is missing."""
    found = _Found([], [], [], set())
    share = max(set_back.RUN, READ_A_LOOK // max(len(managed), 1))
    for folder in sorted(managed):
        # One after the other: a postbox may hold two million mails.
        lease = leasing.in_time(house, lease)
        view = _view(box, folder)
        if view is None:
            continue
        seen = _seen(house, box, lease, view, most=share)
        # Where one lies that we may have moved ourselves is for filing to find.
        found.absent.extend(s for s in seen.missing if s.message_id not in in_doubt)
        found.present.extend(seen.present)
        found.unknown.extend(_unknown(house, box, view))
        if ConnectionNotes.of(box).has_unread(folder, seen.lowest):
            found.untold.add(folder)
    if found.absent:
        # Somebody moved or deleted: only then are the folders searched that we never used.
        for folder in set(box.folders()) - managed:
            lease = leasing.in_time(house, lease)
            view = _view(box, folder)
            found.unknown.extend(_unknown(house, box, view) if view else ())
    return found


def _seen(house: House, box: Postbox, lease: Lease, view: FolderView, *, most: int) -> _Seen:
    """What lies in the folder according to the ledger, whose numbers name what they named.

    Of those below the newest, `most` more are tried than by the last look on this connection.
    """
    seen = _compared(house, box, view)
    notes = ConnectionNotes.of(box)
    is_first = not notes.is_compared(view.folder)
    notes.compare_again_if_grown(view)
    held = set_back.numbers_hold(house, box, lease, view, seen.known)
    # The first look on a connection, which tries each folder's newest, is long enough without.
    if held and (is_first or set_back.go_down(house, box, lease, view, seen.known, most=most)):
        return seen
    return _compared(house, box, view)


def _compared(house: House, box: Postbox, view: FolderView) -> _Seen:
    here, numbered = frozenset(view.uids), is_numbered(view.epoch)
    missing: list[Sighting] = []
    present: list[int] = []
    known: set[str] = set()
    with house.db.read() as tx:
        for page in sightings.live_pages(tx, box.name, folder=view.folder):
            lying = [s for s in page if s.epoch == view.epoch and s.uid in here]
            missing += [s for s in page if s.epoch != view.epoch or s.uid not in here]
            present += [s.id for s in lying if s.absences]
            known.update(s.uid for s in page if numbered and s.epoch == view.epoch)
    lowest = min(known & here, key=int, default=None)
    return _Seen(missing, present, frozenset(known), () if lowest is None else (lowest,))


def _view(box: Postbox, folder: str) -> FolderView | None:
    """The folder now; one that was removed by hand holds nothing. None: it can't be read."""
    try:
        return box.view(folder)
    except Refused as exc:
        if exc.code != "postbox.folder_missing":
            log.warning("folder.unreadable", postbox=box.name, folder=folder, code=exc.code)
            return None
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


def _digests(house: House, box: Postbox, places: list[Place]) -> dict[Place, str]:
    """The fingerprint of what lies at each place; empty where it went away or can't be read."""
    found = dict.fromkeys(places, "")
    for folder, epoch in sorted({(place.folder, place.epoch) for place in places}):
        uids = tuple(p.uid for p in places if (p.folder, p.epoch) == (folder, epoch))
        for mail in same_mail.fetch(house, box, folder, epoch, uids):
            found[mail.place] = same_mail.name(mail)
    return found
