"""Station 7 for postboxes: the wish "file into that folder" becomes a move, and a proof.

Intent first, with the watermark of the target; then one move; then the proof. What is in
doubt is looked for by content before anything is repeated, and only after the grace time,
because a dead worker's last command may still run on the server.
Source: imap protocol, steps 6-8 (docs/reliability.md).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import structlog

from rules.backoff import next_try
from rules.errors import Conflict, HouseError, Refused
from rules.ledger import OpState
from rules.postbox import EPOCH_CHANGED, FolderView, Place, Watermark
from store import halts, leases, ops
from store.leases import Lease
from store.ops import Op
from triage import filing_doubt, set_back
from triage.filing_doubt import Copy
from triage.house import House
from triage.ports import Postbox

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Filed:
    """What became of the operations of one pass."""

    done: int = 0
    doubtful: int = 0
    failed: int = 0


def file_due(house: House, box: Postbox, lease: Lease) -> Filed:
    """Carry out the filing operations that are due in this postbox, under its lease.

    One folder that can't be created or one move that is refused never stops the others.
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
    doubtful = [op for op in sure if op.state is OpState.SENT and _grace_is_over(house, lease, op)]
    seen: dict[Place, Copy] = {}
    settled = sum(_look_or_put_off(house, box, lease, op, seen) for op in doubtful)
    done, failed = _move_all(house, box, lease, fresh)
    return Filed(done=done + settled, doubtful=len(doubtful) - settled, failed=failed + unread)


def _sure(
    house: House, lease: Lease, due: tuple[Op, ...], unread: Collection[Place]
) -> tuple[list[Op], int]:
    """Acts whose numbers hold, and how many are put off because their mail can't be read."""
    blind = [op for op in due if op.src in unread]
    if blind:
        _put_off(house, lease, blind, Refused(set_back.UNREAD, "The mail can't be read just now."))
    return [op for op in due if op not in blind], len(blind)


def _known(due: Iterable[Op]) -> Iterator[Place]:
    """Numbers that the acts rely on: where the mails lie, and the watermarks of those in doubt."""
    for op in due:
        yield op.src
        if op.state is OpState.SENT and op.mark is not None:
            yield Place(op.dst_folder, op.mark.epoch, op.mark.next_uid)


def _grace_is_over(house: House, lease: Lease, op: Op) -> bool:
    """Whether no command of a dead or paused owner can be under way for this operation.

    Counted from the end of the dead owner's lease: until then he may have given it.
    """
    if op.sent_at is None:
        return False
    since = max(op.sent_at, lease.taken_over_from_until or op.sent_at)
    return since + timedelta(seconds=house.policy.grace_seconds) <= house.clock()


def _move_all(house: House, box: Postbox, lease: Lease, fresh: list[Op]) -> tuple[int, int]:
    """All intents in one commit, then the moves folder by folder, then all proofs in one commit."""
    marks, failed = _marks(house, box, lease, fresh)
    if not marks:
        return 0, failed
    with house.db.write() as tx:
        if not halts.may_write(tx, box.name):
            return 0, failed
        # A clerk may have changed a wish since it was read; the next round sees the new one.
        sent = ops.sent_many(tx, fresh, marks=marks, lease=lease, now=house.clock())
    places: list[tuple[Op, Place]] = []
    try:
        for folder in sorted({op.dst_folder for op in sent}):
            group = [op for op in sent if op.dst_folder == folder]
            failed += _move_group(house, box, lease, group, places)
    finally:
        # What moved before the connection broke is proven; it must not stay in doubt.
        _settle(house, lease, places)
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
        except Refused as exc:
            group = [op for op in fresh if op.dst_folder == folder]
            _put_off(house, lease, group, exc)
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
    places += _moved_at_once(house, box, lease, group)
    moved = {op.id for op, _ in places}
    for op in group:
        if op.id in moved:
            continue
        try:
            place = _move(house, box, lease, op)
        except (Refused, Conflict) as exc:
            _require_of_mail(exc)
            _put_off(house, lease, [op], exc)
            failed += 1
            continue
        if place is not None:
            places.append((op, place))
    return failed


def _move(house: House, box: Postbox, lease: Lease, op: Op) -> Place | None:
    """The command itself. The server asks for no fence, so whose time is over gives none.

    Raises: Conflict: `lease.lost`. TryLater, Refused: as `Postbox.move`.
    """
    leases.require_time(lease, now=house.clock())
    return box.move(op.src, op.dst_folder)


def _require_of_mail(exc: Refused | Conflict) -> None:
    """Raises: Conflict: all but a folder with new numbers, which stops the mails in it only."""
    if isinstance(exc, Conflict) and exc.code != EPOCH_CHANGED:
        raise exc


def _moved_at_once(
    house: House, box: Postbox, lease: Lease, group: list[Op]
) -> list[tuple[Op, Place]]:
    """Moved in sets, one for each source folder; those with a proof.

    A set that is refused as a whole is tried mail by mail: one of them is the reason.
    """
    places: list[tuple[Op, Place]] = []
    for source in sorted({(op.src_folder, op.src_epoch) for op in group}):
        ops_here = [op for op in group if (op.src_folder, op.src_epoch) == source]
        leases.require_time(lease, now=house.clock())
        try:
            found = box.move_many(tuple(op.src for op in ops_here), ops_here[0].dst_folder)
        except (Refused, Conflict) as exc:
            _require_of_mail(exc)
            continue
        places += [(op, found[op.src]) for op in ops_here if op.src in found]
    return places


def _settle(house: House, lease: Lease, places: list[tuple[Op, Place]]) -> None:
    """All proofs in one commit; where one of them is not taken, each by itself.

    Raises: Conflict: `lease.lost`; `place.taken`, `op.step`, after all others were written.
    """
    if not places:
        return
    try:
        with house.db.write() as tx:
            ops.done_many(tx, places, lease=lease, now=house.clock())
    except (Conflict, Refused) as exc:
        if len(places) == 1 or exc.code == "lease.lost":
            raise
        log.warning("op.proofs_again", mails=len(places), code=exc.code)
    else:
        return
    _settle_each(house, lease, places)


def _settle_each(house: House, lease: Lease, places: list[tuple[Op, Place]]) -> None:
    failure: HouseError | None = None
    for one in places:
        try:
            _settle(house, lease, [one])
        except (Conflict, Refused) as exc:
            failure = exc
    if failure is not None:
        raise failure


def _look_or_put_off(
    house: House, box: Postbox, lease: Lease, op: Op, seen: dict[Place, Copy]
) -> int:
    """As `_look`; a folder that was removed or numbered anew puts this one off, not the others."""
    try:
        return _look(house, box, lease, op, seen)
    except (Refused, Conflict) as exc:
        _require_of_mail(exc)
        _put_off(house, lease, [op], exc)
        return 0


def _look(house: House, box: Postbox, lease: Lease, op: Op, seen: dict[Place, Copy]) -> int:
    """Settle one operation whose outcome is unknown; 1 if it is settled now."""
    source = box.view(op.src_folder)
    copies = filing_doubt.in_target(house, box, op, seen=seen)
    if copies:
        rest = _rest(house, box, op, source=source, copies=len(copies), seen=seen)
        if _is_moved(house, box, lease, op, rest=rest, copies=len(copies)):
            _settle(house, lease, [(op, copies[0])])
            return 1
    if _lies_in(source, op):
        return _again(house, box, lease, op)
    renumbered = filing_doubt.numbered_anew(house, box, lease, op, source=source, seen=seen)
    if renumbered is not None:
        return _again(house, box, lease, renumbered)
    log.warning("op.lost", postbox=box.name, op=op.id, message=op.message_id)
    with house.db.write() as tx:
        ops.lost(tx, op.id, error_code="op.lost", lease=lease, now=house.clock())
    return 1


def _rest(
    house: House,
    box: Postbox,
    op: Op,
    *,
    source: FolderView,
    copies: int,
    seen: dict[Place, Copy],
) -> Place | None:
    """Where the mail still lies in the source, or what a cut move left of it there."""
    if _lies_in(source, op):
        return op.src
    return filing_doubt.left_behind(house, box, op, source=source, copies=copies, seen=seen)


def _is_moved(
    house: House, box: Postbox, lease: Lease, op: Op, *, rest: Place | None, copies: int
) -> bool:
    """Whether it is the mail that lies in the target; `rest`, what a cut move left, is removed."""
    if rest != op.src:
        if rest is not None and not filing_doubt.came_after(box, op):
            return False
    # Where a move is one step, what lies in the source was never moved, whatever lies elsewhere.
    elif box.moves_whole() or not filing_doubt.has_surplus(house, box, op, copies=copies):
        return False
    if rest is not None:
        filing_doubt.remove_leftover(house, box, lease, op, at=rest)
    return True


def _lies_in(source: FolderView, op: Op) -> bool:
    return source.epoch == op.src_epoch and op.src_uid in source.uids


def _again(house: House, box: Postbox, lease: Lease, op: Op) -> int:
    """Give the command once more, the first watermark kept; 1 if it is proven now."""
    first = op.mark or box.watermark(op.dst_folder)
    with house.db.write() as tx:
        # The next owner counts his grace time from this repetition.
        ops.sent(tx, op.id, mark=first, lease=lease, now=house.clock())
    moved = _move(house, box, lease, op)
    if moved is not None:
        _settle(house, lease, [(op, moved)])
    return int(moved is not None)


def _put_off(house: House, lease: Lease, group: list[Op], exc: HouseError) -> None:
    """A target or a move that can't be had: try again later, then give up with the reason."""
    log.warning("op.refused", folder=group[0].dst_folder, code=exc.code, mails=len(group))
    now = house.clock()
    with house.db.write() as tx:
        for op in group:
            wait = next_try(op.tries + 1, house.backoff)
            if wait is None:
                ops.refused(tx, op.id, error_code=exc.code, lease=lease, now=now)
                continue
            at = now + timedelta(seconds=wait)
            ops.later(tx, op.id, error_code=exc.code, next_try_at=at, lease=lease, now=now)
