"""After an older state of the memory was restored: what came since is found again.

Run once, by hand, before a worker starts. Mail in the INBOX comes in by itself. What was filed
since is known by nobody: it is taken in where it lies, and stays there. What was to leave when the
backup was made may have left: a person decides. Source: own decision 0071.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from rules.access import Caller, Permission, require
from rules.errors import Conflict
from rules.local_day import BERLIN
from rules.postbox import Fetched, Place, TooLarge
from store.doors import sessions
from store.mails import ledger
from store.places import ownership, sightings
from store.processes import leases
from store.processes.leases import Lease
from store.sending import outgoing_restored
from store.trail import audit, restores
from triage import follow_moves, leasing, receive, reconcile, rounds
from triage.answers import draft_reply
from triage.house import House
from triage.known import same_mail
from triage.marks import outlook_correction
from triage.ports import INBOX, Postbox
from triage.postboxes import postbox_name

BATCH_MAILS: Final = 50
"""As batches.BATCH_BYTES says: batches above are no faster."""

BACKLOG: Final = timedelta(hours=72)
"""Mail received that long before the backup is looked at, too: it may have waited in the INBOX over
a long weekend and been filed later, servers count in seconds, and clocks differ. Found by the
drill; own decision 0071."""

LEASE_SECONDS: Final = 600
"""Renewed at each batch; long, because nobody else works after a restore. Own decision 0071."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reread:
    """What was found in one postbox. `taken_in`: kept anew where they lie.

    `followed`: known mail at another place. `drafts`: answers in the drafts folder that may have
    been sent since, and stay until a person lays them there anew. `copies`: strangers whose bytes a
    message has that lies elsewhere; `older`: strangers of more than `BACKLOG` before it. Both are
    left alone.
    """

    postbox: str
    taken_in: int = 0
    followed: int = 0
    copies: int = 0
    older: int = 0
    drafts: int = 0


def hold_back(house: House, caller: Caller) -> int:
    """What waited to leave when the backup was made becomes a dead letter; how many.

    It may have left since, and must not reach anybody twice. `postlotse outbox list` names it,
    `replay` sends it. Hand-overs stay: the eAkte knows their keys. Idempotent. Everybody has to
    sign in again, also where the state came back by other means than `backup restore`.
    """
    require(caller, Permission.MANAGE_POSTBOXES)
    now = house.clock()
    with house.db.write() as tx:
        held = outgoing_restored.hold_back(tx, now=now)
        sessions.drop_all(tx)
        audit.add(
            tx,
            caller.name,
            action=restores.HELD_BACK,
            subject=restores.SUBJECT,
            details={"held_back": held},
            at=now,
        )
    return held


def reread(
    house: House,
    caller: Caller,
    box: Postbox,
    *,
    region: str,
    since: datetime,
    leave_out: frozenset[str] = frozenset(),
) -> Reread:
    """Take in what lies in any folder, came since then or in the `BACKLOG` before, and is unknown.

    `since` (aware UTC) is when the backup began. `leave_out` are folders
    of sent mail, of drafts. Nothing in the postbox is moved or marked.
    Idempotent; killed anywhere, run it again.
    Raises: Conflict: `postbox.in_use`: a worker serves it. TryLater: the postbox is away.
    """
    require(caller, Permission.MANAGE_POSTBOXES)
    lease = _lease(house, box.name)
    try:
        return _reread(house, box, lease, region=region, since=since, leave_out=leave_out)
    finally:
        with house.db.write() as tx:
            leases.release(tx, lease, now=house.clock())


def _reread(
    house: House,
    box: Postbox,
    lease: Lease,
    *,
    region: str,
    since: datetime,
    leave_out: frozenset[str],
) -> Reread:
    receive.receive(house, box, lease, region=region)
    lease, followed = _followed(house, box, lease)
    taken = copies = older = 0
    for folder in sorted(set(box.folders()) - leave_out - {INBOX}):
        for batch in _strangers(house, box, folder):
            lease = leasing.renewed(house, lease, seconds=LEASE_SECONDS)
            fresh = [mail for mail in batch if mail.received_at >= since - BACKLOG]
            older += len(batch) - len(fresh)
            hashes = {mail.place: same_mail.name(mail) for mail in fresh}
            unknown, found = _sifted(house, box, lease, fresh, hashes=hashes)
            followed += found
            copies += len(fresh) - len(unknown) - found
            taken += receive.keep_batch(
                house, lease, unknown, postbox=box.name, region=region, ready=receive.Ready(hashes)
            )
            _sort_where_it_lies(
                house, box.name, {mail.place: hashes[mail.place] for mail in unknown}
            )
    lease = leasing.renewed(house, lease, seconds=LEASE_SECONDS)
    drafts = draft_reply.hold_back(house, box, lease)
    result = Reread(box.name, taken, followed, copies, older, drafts)
    log.info("postbox.reread", postbox=box.name, taken_in=taken, copies=copies, older=older)
    return result


def _followed(house: House, box: Postbox, lease: Lease) -> tuple[Lease, int]:
    """Look until all strangers were read, each once; the lease, and how many mails were moved."""
    read: dict[Place, str] = {}
    moved, unfinished = 0, True
    while unfinished:
        lease = leasing.renewed(house, lease, seconds=LEASE_SECONDS)
        look = reconcile.reconcile(house, box, lease, read=read)
        moved, unfinished = moved + look.moved_by_hand, look.unfinished
    return lease, moved


def _strangers(house: House, box: Postbox, folder: str) -> Iterator[list[Fetched | TooLarge]]:
    view = box.view(folder)
    with house.db.read() as tx:
        free = sightings.unclaimed_in(tx, box.name, folder=folder, epoch=view.epoch, uids=view.uids)
    for start in range(0, len(free), BATCH_MAILS):
        uids = free[start : start + BATCH_MAILS]
        yield list(same_mail.fetch(house, box, folder, view.epoch, uids))


def _sifted(
    house: House,
    box: Postbox,
    lease: Lease,
    batch: list[Fetched | TooLarge],
    *,
    hashes: dict[Place, str],
) -> tuple[list[Fetched | TooLarge], int]:
    """Those that nobody knows; known ones that lay nowhere are followed, and counted."""
    with house.db.read() as tx:
        known = {sha for sha, _ in ledger.known_in(tx, box.name, hashes=hashes.values())}
    back = [
        mail
        for mail in batch
        if hashes[mail.place] in known and _follow(house, box.name, lease, mail.place, hashes)
    ]
    return [mail for mail in batch if hashes[mail.place] not in known], len(back)


def _follow(
    house: House, postbox: str, lease: Lease, place: Place, hashes: dict[Place, str]
) -> bool:
    now = house.clock()
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        return follow_moves.found_again(tx, postbox, place, hashes[place], own=None, now=now)


def _sort_where_it_lies(house: House, postbox: str, mails: Mapping[Place, str]) -> None:
    """Sorted at once, and left in the folder: a person may have chosen it since the backup."""
    with house.db.read() as tx:
        ids = ownership.owners(tx, postbox, found=mails)
    for place, message_id in ids.items():
        if not rounds.sort_guarded(house, message_id):
            continue
        with house.db.write() as tx:
            outlook_correction.moved(house, tx, message_id, folder=place.folder)


def _lease(house: House, postbox: str) -> Lease:
    with house.db.write() as tx:
        postbox_name.require_kept(tx, postbox)
        lease = leases.take(
            tx,
            f"postbox:{postbox}",
            owner=f"reread-{house.clock().isoformat()}",
            now=house.clock(),
            seconds=LEASE_SECONDS,
        )
        until = leases.end_of(tx, f"postbox:{postbox}")
    if lease is None:
        free_at = until.astimezone(BERLIN).isoformat(" ", "seconds")
        raise Conflict(
            "postbox.in_use",
            f"{postbox} is served by a worker, or was when the backup was made. Stop all workers,"
            f" and repeat it once their lease has run out, at {free_at}.",
            postbox=postbox,
            until=until.isoformat(),
        )
    return lease
