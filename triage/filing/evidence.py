"""What the postbox says of a move whose outcome is unknown: by content, never by what was sent.

Nothing here gives up or repeats (filing/unproven.py). Source: imap protocol, 6 to 8
(docs/reliability.md); own decisions 0105, 0107.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from rules.postbox import Fetched, FolderView, Place, TooLarge
from store.acts import ops
from store.acts.ops import Op
from store.mails import ledger
from store.mails.ledger import Message
from store.places import epochs, moves, ownership, sightings
from store.processes import leases
from store.processes.leases import Lease
from triage.filing import steps
from triage.house import House
from triage.known import same_mail
from triage.known.connection_notes import ConnectionNotes
from triage.ports import Postbox

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Copy:
    """What lies at a place: enough to tell one mail from another.

    `size_bytes` is None where its line ends are other ones than those that were kept.
    """

    place: Place
    size_bytes: int | None
    sha256: str
    received_at: datetime


def in_target(house: House, box: Postbox, op: Op, *, seen: dict[Place, Copy]) -> list[Place]:
    """Places in the target, at or above the watermark, at which the mail may lie.

    `seen` is what this pass has read: acts in doubt share their candidates, each is fetched once.
    Raises: TryLater, Refused: as `Postbox.view`. Conflict: `postbox.epoch_changed`.
    """
    view = box.view(op.dst_folder)
    if op.mark is not None and view.follows(op.mark):
        equal = _equal(house, box, op, view=view, uids=box.since(op.mark), seen=seen)
    else:
        equal = _not_of_others(house, box, op, view=view, seen=seen)
    return [mail.place for mail in equal]


def numbered_anew(
    house: House,
    box: Postbox,
    lease: Lease,
    op: Op,
    *,
    source: FolderView,
    seen: dict[Place, Copy],
) -> Op | None:
    """The act from where the mail lies now, if its folder got new numbers and it was never moved.

    Under the old numbers nothing moves any more, so no command of anybody can be under way. Where
    the numbers are the same, a mail under another one was put there by a person, and stays.
    Raises: TryLater. Conflict: `lease.lost`, `postbox.epoch_changed`.
    """
    if source.epoch == op.src_epoch:
        return None
    here = _not_of_others(house, box, op, view=source, seen=seen)
    if not here:
        return None
    now = house.clock()
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        came = ledger.locked(tx, op.message_id).received_at
        found = min(here, key=lambda mail: mail.received_at != came)
        moves.move(tx, op.message_id, to=found.place, src=op.src, now=now)
        return ops.get(tx, op.id)


def left_behind(
    house: House,
    box: Postbox,
    op: Op,
    *,
    source: FolderView,
    copies: int,
    seen: dict[Place, Copy],
) -> Place | None:
    """What a cut move left in the source, under a new number: it has the mail's time of arrival.

    Only if one more lies in both folders than equal mails are in doubt; a byte-identical mail that
    came later has another time, and stays. Raises: TryLater. Conflict: `postbox.epoch_changed`.
    """
    if source.epoch == op.src_epoch:
        return None
    with house.db.read() as tx:
        twins = [twin.message_id for twin in ops.doubtful_twins(tx, op)]
        came = {one: ledger.message(tx, one).received_at for one in twins}
    equal = _not_of_others(house, box, op, view=source, seen=seen)
    here = [mail for mail in equal if mail.received_at in came.values()]
    if copies + len(here) <= len(twins):
        return None
    own = (mail.place for mail in here if mail.received_at == came[op.message_id])
    return next(own, None)


def came_after(box: Postbox, op: Op) -> bool:
    """Whether what lies above its watermark in the target surely came after the act was begun."""
    return op.mark is not None and box.view(op.dst_folder).follows(op.mark)


def came_with(house: House, op: Op, copy: Copy) -> bool:
    """Whether the copy has the mail's own time of arrival, as a move leaves it.

    So has one that a person made: then that one is the mail, and lies where it has to.
    """
    return copy.received_at == _arrival(house, op)


def likeliest_first(
    house: House, op: Op, copies: list[Place], *, seen: dict[Place, Copy]
) -> list[Place]:
    """Those that arrived when the mail did, then the others, each in their order."""
    came = _arrival(house, op)
    return sorted(copies, key=lambda place: seen[place].received_at != came)


def _arrival(house: House, op: Op) -> datetime:
    with house.db.read() as tx:
        return ledger.message(tx, op.message_id).received_at


def _not_of_others(
    house: House, box: Postbox, op: Op, *, view: FolderView, seen: dict[Place, Copy]
) -> list[Copy]:
    """Those in a whole folder with new numbers that the mail may be.

    Of those with equal content, as many belong to messages that lay there under older numbers.
    """
    equal = _equal(house, box, op, view=view, uids=view.uids, seen=seen)
    with house.db.read() as tx:
        sha256 = ledger.message(tx, op.message_id).sha256
        others = epochs.of_older_epoch(
            tx, box.name, folder=view.folder, epoch=view.epoch, hashes={sha256}
        )
    return equal[len(others.get(sha256, ())) :]


def _equal(
    house: House,
    box: Postbox,
    op: Op,
    *,
    view: FolderView,
    uids: tuple[str, ...],
    seen: dict[Place, Copy],
) -> list[Copy]:
    """Those of `uids` that have equal content and that are and were no other message's place."""
    with house.db.read() as tx:
        row = ledger.message(tx, op.message_id)
        free = sightings.unclaimed_in(tx, box.name, folder=view.folder, epoch=view.epoch, uids=uids)
        places = [Place(view.folder, view.epoch, uid) for uid in free]
        owners = ownership.owners(tx, box.name, found=dict.fromkeys(places, row.sha256))
    mine = [p for p in places if owners.get(p, op.message_id) == op.message_id]
    ConnectionNotes.of(box).forget(seen, of="copies")
    unread = tuple(place.uid for place in mine if place not in seen)
    for mail in same_mail.fetch(house, box, view.folder, view.epoch, unread) if unread else ():
        seen[mail.place] = _copy(mail)
    return [seen[place] for place in mine if place in seen and _is_it(row, seen[place])]


def _copy(mail: Fetched | TooLarge) -> Copy:
    size_bytes = None if mail.known_as else mail.size_bytes
    return Copy(mail.place, size_bytes, same_mail.name(mail), mail.received_at)


def _is_it(row: Message, found: Copy) -> bool:
    """Equal bytes; of a mail whose body was never fetched, an equal head and an equal size."""
    return found.size_bytes in {None, row.size_bytes} and found.sha256 == row.sha256


def has_surplus(house: House, box: Postbox, op: Op, *, copies: int) -> bool:
    """Whether one more lies in source and target than there are equal mails in doubt.

    Then one of them stands twice: a move was cut between copy and removal. Without that, the
    copy in the target is a byte-identical twin's, and this mail was never moved.
    """
    with house.db.read() as tx:
        twins = ops.doubtful_twins(tx, op)
    return copies + sum(_lies(box, twin.src) for twin in twins) > len(twins)


def _lies(box: Postbox, place: Place) -> bool:
    view = box.view(place.folder)
    return view.epoch == place.epoch and place.uid in view.uids


def remove_leftover(house: House, box: Postbox, lease: Lease, op: Op, *, at: Place) -> None:
    """Finish a move that was cut after the copy. A crash right after it is looked at again.

    What the server does not remove is known at the next pass for what it is (filing/leftovers.py).
    """
    with house.db.write() as tx:
        leases.hold(tx, lease, now=house.clock())
        sha256 = ledger.message(tx, op.message_id).sha256
    if steps.remove(house, box, at, sha256):
        log.info("op.finished", postbox=box.name, op=op.id, message=op.message_id)
