"""Station 1, kept: what lies in a postbox is copied into the ledger before anything else happens.

The set of UIDs on the server minus the UIDs known in this epoch is what is new; there is no
high-water mark, so a pass that was killed heals itself in the next one.
Source: imap protocol, steps 1-4 (docs/reliability.md).
"""

from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import structlog

from rules.postbox import Fetched, Place, TooLarge
from store.database.engine import Tx
from store.mails import keeping, originals
from store.mails.keeping import Arrival, Kept
from store.mails.originals import Packing
from store.places import epochs, sightings
from store.processes import leases
from store.processes.leases import Lease
from store.trail import audit
from store.trail.audit import Note
from triage.batches import in_batches, with_made
from triage.house import House
from triage.known import perhaps_twice, putback, same_mail, set_back
from triage.known.connection_notes import ConnectionNotes
from triage.known.putback import Rest
from triage.marks import read as marks_read
from triage.ports import INBOX, Postbox

_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""No mail was received before. Source: own decision 0007, as of the Date of a mail."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ready:
    """Fingerprints of a batch by place; by fingerprint how mails are stored, if that was made."""

    hashes: Mapping[Place, str]
    packed: Mapping[str, Packing] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Received:
    """What one pass found: new messages, messages of an older epoch, and those put back by hand.

    `waiting` mails may be known ones whose move is in doubt; filing finds out, the next pass sees.
    `rests` are what the server left of filed ones (filing/leftovers.py).
    """

    kept: int
    adopted: int = 0
    put_back: int = 0
    waiting: int = 0
    rests: tuple[Rest, ...] = ()


def receive(
    house: House,
    box: Postbox,
    lease: Lease,
    *,
    region: str,
    until: datetime | None = None,
    waited: set[Place] | None = None,
) -> Received:
    """One pass over the INBOX, under the lease of the postbox. Idempotent.

    It gives way at `until` (aware UTC), whatever it has done: the next pass finds the others. What
    has `waited` in the passes before, which is noted there, comes last: else a pass that ends
    before it has asked for all of these again would never reach new mail.
    Raises: TryLater: the postbox or the database is away. Conflict: `lease.lost`.
    """
    again = set() if waited is None else waited
    epoch, new, is_renumbered = _unkept(house, box, lease, again)
    kept = adopted = put_back = waiting = 0
    rests: list[Rest] = []
    with closing(_readied(house, same_mail.fetch(house, box, INBOX, epoch, new))) as batches:
        for batch, ready in batches:
            hashes = {m.place: m.known_as or ready.hashes[m.place] for m in batch}
            strange = batch
            if is_renumbered:
                strange = _follow_epoch(house, box, lease, batch, hashes=hashes)
            adopted += len(batch) - len(strange)
            sifted = putback.sift(house, box, lease, strange, hashes=hashes)
            put_back += sifted.put_back
            waiting += len(sifted.waiting)
            rests += sifted.rests
            again.difference_update(mail.place for mail in batch)
            again.update(sifted.waiting)
            kept += keep_batch(
                house, lease, sifted.new, postbox=box.name, region=region, ready=ready
            )
            if until is not None and house.clock() >= until:
                break
    return Received(kept, adopted, put_back, waiting, tuple(rests))


def _unkept(
    house: House, box: Postbox, lease: Lease, waited: set[Place]
) -> tuple[str, tuple[str, ...], bool]:
    """The epoch of the INBOX, what lies there under unknown numbers, and whether others are known.

    What has `waited` comes last; only what lies there still is left in it. Nothing else of all
    that lies there is in memory afterwards.
    """
    view = box.view(INBOX)
    live = _live(house, box)
    if not set_back.numbers_hold(house, box, lease, view, live.get(view.epoch, frozenset())):
        live = _live(house, box)
    known = live.pop(view.epoch, frozenset())
    rests = ConnectionNotes.of(box).rests(view, now=house.clock())
    new = [uid for uid in view.uids if uid not in known and uid not in rests]
    late = {place.uid for place in waited if place.epoch == view.epoch}.intersection(new)
    waited.intersection_update(Place(INBOX, view.epoch, uid) for uid in late)
    return view.epoch, tuple(sorted(new, key=late.__contains__)), bool(live)


def _live(house: House, box: Postbox) -> dict[str, frozenset[str]]:
    with house.db.read() as tx:
        return sightings.live_uids(tx, box.name, folder=INBOX)


def _readied(
    house: House, found: Iterable[Fetched | TooLarge]
) -> Generator[tuple[list[Fetched | TooLarge], Ready], None, None]:
    """In batches, each with what can be made of it beside the keeping of the one before."""
    most = house.policy.batch_mails
    return with_made(in_batches(found, most=most, size=_size), _ready, most=most)


def _follow_epoch(
    house: House,
    box: Postbox,
    lease: Lease,
    batch: list[Fetched | TooLarge],
    *,
    hashes: Mapping[Place, str],
) -> list[Fetched | TooLarge]:
    """The server numbered the folder anew: known mail is found again by its content; the others.

    Rows that find no mail are left to the reconciliation, and hold up no new mail meanwhile.
    """
    place = batch[0].place
    found = {mail.place.uid: hashes[mail.place] for mail in batch}
    now = house.clock()
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        adopted = epochs.adopt_epoch(
            tx, box.name, folder=place.folder, epoch=place.epoch, found=found, now=now
        )
        if adopted:
            numbered_anew(tx, box.name, folder=place.folder, mails=len(adopted), now=now)
    return [mail for mail in batch if mail.place.uid not in adopted]


def numbered_anew(tx: Tx, postbox: str, *, folder: str, mails: int, now: datetime) -> None:
    """Tell trail and log that so many mails were found again under new numbers."""
    audit.add(
        tx,
        "worker",
        action="postbox.new_epoch",
        subject=f"postbox:{postbox}",
        details={"folder": folder, "adopted": mails},
        at=now,
    )
    log.warning("postbox.new_epoch", postbox=postbox, folder=folder, adopted=mails)


def fingerprint(mail: Fetched | TooLarge) -> str:
    """SHA-256 of the bytes that came; under which one it is known, `same_mail.name` tells."""
    return originals.fingerprint(mail.kept)


def _ready(batch: list[Fetched | TooLarge]) -> Ready:
    """What of a batch can be made before its turn; needs neither postbox nor database."""
    hashes = {mail.place: fingerprint(mail) for mail in batch}
    packed = [originals.pack(mail.kept) for mail in batch]
    return Ready(hashes, dict(zip(hashes.values(), packed, strict=True)))


def keep_batch(
    house: House,
    lease: Lease,
    batch: list[Fetched | TooLarge],
    *,
    postbox: str,
    region: str,
    ready: Ready,
) -> int:
    """One commit for the batch: originals, ledger rows, sightings, audit entries; how many new.

    `ready` knows the fingerprints of all its mails. Raises: Conflict: `lease.lost`.
    """
    if not batch:
        return 0
    now = house.clock()
    with house.db.write() as tx:
        arrivals = [
            _arrival(mail, postbox=postbox, region=region, ready=ready, now=now) for mail in batch
        ]
        answers = keeping.keep_many(tx, arrivals, now=now, lease=lease)
        new = [(mail, kept) for mail, kept in zip(batch, answers, strict=True) if kept.is_new]
        marked = [(kept.message_id, mail.marks) for mail, kept in new]
        marks_read.brought_along(house, tx, marked, postbox=postbox)
        audit.add_many(tx, "worker", (_note(m, kept, postbox) for m, kept in new), at=now)
        numbers = [(mail, kept.message_id) for mail, kept in new]
        perhaps_twice.note(tx, numbers, postbox=postbox, now=now)
    if new:
        # Batch by batch: a pass that breaks off later has kept these all the same.
        log.info("mail.kept", postbox=postbox, mails=len(new))
    return len(new)


def _arrival(
    mail: Fetched | TooLarge, *, postbox: str, region: str, ready: Ready, now: datetime
) -> Arrival:
    sha256 = ready.hashes[mail.place]
    return Arrival(
        data=mail.kept,
        received_at=_received(mail.received_at, now),
        source="postbox",
        postbox=postbox,
        region=region,
        place=mail.place,
        size_bytes=mail.size_bytes,
        sha256=sha256,
        packed=ready.packed.get(sha256),
        reason=mail.reason if isinstance(mail, TooLarge) else "",
    )


def _received(told: datetime, now: datetime) -> datetime:
    """When the mail was received, as the postbox says; now, where that can't be true.

    A program that lays a mail into a folder may name a time to come, for which alarm and line would
    wait, or none, which reads as 1970: due since then, and so written to the customer.
    """
    return told if _EARLIEST <= told <= now else now


def _note(mail: Fetched | TooLarge, kept: Kept, postbox: str) -> Note:
    details = {"sha256": kept.sha256, "postbox": postbox, "twins": len(kept.twin_ids)}
    if isinstance(mail, TooLarge):
        details |= {"only_head": mail.reason, "size_bytes": mail.size_bytes}
    return Note("mail.kept", f"message:{kept.message_id}", details)


def _size(mail: Fetched | TooLarge) -> int:
    return len(mail.kept)
