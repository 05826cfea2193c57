"""Station 7 for postboxes: the wish "file into that folder" becomes a move, and a proof.

Intent first, with the watermark of the target; then one move; then the proof. What is in
doubt is looked for by content before anything is repeated (filing/unproven.py).
Source: imap protocol, steps 6-8 (docs/reliability.md).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from rules.errors import Conflict, Refused, TryLater
from rules.ledger import OpState
from rules.postbox import Place, Watermark
from store.acts import op_steps, ops
from store.acts.ops import Op
from store.processes import halts, leases
from store.processes.leases import Lease
from triage.filing import steps, unproven
from triage.house import House
from triage.known import set_back
from triage.ports import Postbox


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of the operations of one pass."""

    done: int = 0
    doubtful: int = 0
    failed: int = 0


def file_due(house: House, box: Postbox, lease: Lease) -> Filed:
    """Carry out the filing operations that are due in this postbox, under its lease.

    One folder that can't be created or takes nothing, or one move that is refused, never stops the
    others.
    Raises: TryLater: the postbox is away (what was sent stays in doubt and is looked for).
    """
    with house.db.read() as tx:
        if not halts.may_write(tx, box.name):
            return Filed()
        due = ops.due(tx, box.name, now=house.clock(), limit=house.policy.batch_mails)
    looked = set_back.look(house, box, lease, _known(due))
    if not looked.held:
        return Filed(doubtful=len(due))  # the acts are others now; the next pass reads them
    sure, unread = _sure(house, lease, due, looked.unread)
    fresh = [op for op in sure if op.state is OpState.NEW]
    sent = [op for op in sure if op.state is OpState.SENT]
    settled, doubtful = unproven.settle_all(house, box, lease, sent)
    # What was in doubt was read meanwhile, and that may have taken a new connection.
    if sent and not set_back.look(house, box, lease, (op.src for op in fresh)).held:
        return Filed(done=settled, doubtful=doubtful, failed=unread)
    done, failed = _move_all(house, box, lease, fresh)
    return Filed(done=done + settled, doubtful=doubtful, failed=failed + unread)


def _sure(
    house: House, lease: Lease, due: tuple[Op, ...], unread: Collection[Place]
) -> tuple[list[Op], int]:
    """Acts whose numbers hold, and how many are put off because their mail can't be read."""
    blind = [op for op in due if op.src in unread]
    if blind:
        why = Refused(set_back.UNREAD, "The mail can't be read just now.")
        steps.put_off(house, lease, blind, why)
    return [op for op in due if op not in blind], len(blind)


def _known(due: Iterable[Op]) -> Iterator[Place]:
    """Numbers that the acts rely on: where the mails lie, and the watermarks of those in doubt."""
    for op in due:
        yield op.src
        if op.state is OpState.SENT and op.mark is not None:
            yield Place(op.dst_folder, op.mark.epoch, op.mark.next_uid)


def _move_all(house: House, box: Postbox, lease: Lease, fresh: list[Op]) -> tuple[int, int]:
    """All intents in one commit, then the moves folder by folder, then all proofs in one commit."""
    marks, failed = _marks(house, box, lease, fresh)
    if not marks:
        return 0, failed
    with house.db.write() as tx:
        if not halts.may_write(tx, box.name):
            return 0, failed
        # A clerk may have changed a wish since it was read; the next round sees the new one.
        sent = op_steps.sent_many(tx, fresh, marks=marks, lease=lease, now=house.clock())
    places: list[tuple[Op, Place]] = []
    try:
        for folder in sorted({op.dst_folder for op in sent}):
            group = [op for op in sent if op.dst_folder == folder]
            failed += _move_group(house, box, lease, group, places)
    finally:
        # What moved before the connection broke is proven; it must not stay in doubt.
        steps.settle(house, lease, places)
    return len(places), failed


def _marks(
    house: House, box: Postbox, lease: Lease, fresh: list[Op]
) -> tuple[dict[str, Watermark], int]:
    """The targets before the moves, and how many acts are put off because theirs can't be had."""
    marks: dict[str, Watermark] = {}
    failed = 0
    for folder in sorted({op.dst_folder for op in fresh}):
        try:
            marks[folder] = mark(house, box, folder)
        except (Refused, TryLater) as exc:
            if isinstance(exc, TryLater):
                steps.require_of_folder(exc)
            group = [op for op in fresh if op.dst_folder == folder]
            steps.put_off_folder(house, box, lease, group, exc)
            failed += len(group)
    return marks, failed


def mark(house: House, box: Postbox, folder: str) -> Watermark:
    """The watermark of a folder, which is made only where asking for it fails.

    Raises: Refused, TryLater: as `Postbox.watermark`.
    """
    try:
        return box.watermark(folder)
    except Refused:
        if not house.policy.create_folders:
            raise
    box.ensure_folder(folder)
    return box.watermark(folder)


def _move_group(
    house: House, box: Postbox, lease: Lease, group: list[Op], places: list[tuple[Op, Place]]
) -> int:
    """Move into one folder and add what is proven to `places`; the number of refused moves."""
    failed = 0
    at_once = _moved_at_once(house, box, lease, group)
    places += [(op, place) for op in group if (place := at_once.get(op.id))]
    for op in group:
        if op.id in at_once:
            continue  # proven, or in doubt: given again it might leave a second copy
        try:
            place = steps.move(house, box, lease, op)
        except (Refused, Conflict) as exc:
            steps.require_of_mail(exc)
            steps.put_off(house, lease, [op], exc)
            failed += 1
            continue
        except TryLater as exc:
            steps.require_of_folder(exc)
            # Sent, perhaps moved: they are looked for, as what a crash left.
            rest = [op for op in group[group.index(op) :] if op.id not in at_once]
            steps.put_off_folder(house, box, lease, rest, exc)
            return failed + len(rest)
        if place is not None:
            places.append((op, place))
    return failed


def _moved_at_once(
    house: House, box: Postbox, lease: Lease, group: list[Op]
) -> dict[int, Place | None]:
    """Moved in sets, one for each source folder, by act; None where the server gave no proof.

    A set that is refused as a whole is tried mail by mail: one of them is the reason.
    """
    places: dict[int, Place | None] = {}
    for source in sorted({(op.src_folder, op.src_epoch) for op in group}):
        ops_here = [op for op in group if (op.src_folder, op.src_epoch) == source]
        leases.require_time(lease, now=house.clock())
        try:
            found = box.move_many(tuple(op.src for op in ops_here), ops_here[0].dst_folder)
        except (Refused, Conflict) as exc:
            steps.require_of_mail(exc)
            continue
        except TryLater as exc:
            steps.require_of_folder(exc)
            continue
        places |= {op.id: found[op.src] for op in ops_here if op.src in found}
    return places
