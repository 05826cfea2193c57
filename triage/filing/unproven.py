"""A move that was sent and not proven is settled: it is proven now, given again, or lost.

Only after the grace time, because a dead worker's last command may still run on the server. What
the postbox says of it is in filing/evidence.py.
Source: imap protocol, step 6 (docs/reliability.md); own decisions 0105, 0107.
"""

from collections.abc import Iterable
from datetime import timedelta

import structlog

from rules.errors import Conflict, Refused, TryLater
from rules.postbox import FolderView, Place
from store.acts import op_steps
from store.acts.ops import Op
from store.processes.leases import Lease
from triage.filing import evidence, steps
from triage.filing.evidence import Copy
from triage.house import House
from triage.known import set_back
from triage.known.connection_notes import ConnectionNotes
from triage.ports import Postbox

log = structlog.get_logger()


def settle_all(house: House, box: Postbox, lease: Lease, sent: Iterable[Op]) -> tuple[int, int]:
    """Of those whose grace time is over: how many are settled now, and how many stay in doubt.

    Raises: Conflict: `lease.lost`. TryLater: the postbox is away.
    """
    doubtful = [op for op in sent if _grace_is_over(house, lease, op)]
    seen: dict[Place, Copy] = {}
    settled = sum(_look_or_put_off(house, box, lease, op, seen) for op in doubtful)
    return settled, len(doubtful) - settled


def _grace_is_over(house: House, lease: Lease, op: Op) -> bool:
    """Whether no command of a dead or paused owner can be under way for this operation.

    Counted from the end of the dead owner's lease: until then he may have given it.
    """
    if op.sent_at is None:
        return False
    since = max(op.sent_at, lease.taken_over_from_until or op.sent_at)
    return since + timedelta(seconds=house.policy.grace_seconds) <= house.clock()


def _look_or_put_off(
    house: House, box: Postbox, lease: Lease, op: Op, seen: dict[Place, Copy]
) -> int:
    """As `_look`; a folder that was removed or numbered anew puts this one off, not the others."""
    try:
        return _look(house, box, lease, op, seen)
    except (Refused, Conflict) as exc:
        steps.require_of_mail(exc)
        steps.put_off(house, lease, [op], exc)
        return 0
    except TryLater as exc:
        steps.require_of_folder(exc)
        steps.put_off(house, lease, [op], exc)
        return 0


def _look(house: House, box: Postbox, lease: Lease, op: Op, seen: dict[Place, Copy]) -> int:
    """Settle one operation whose outcome is unknown; 1 if it is settled now."""
    source = box.view(op.src_folder)
    read_on = ConnectionNotes.of(box)
    copies = evidence.in_target(house, box, op, seen=seen)
    if copies:
        rest = _rest(house, box, op, source=source, copies=len(copies), seen=seen)
        copies = evidence.likeliest_first(house, op, copies, seen=seen)
        if _is_moved(house, box, op, rest=rest, copies=copies, seen=seen):
            if rest is not None:
                if not read_on.are_of(box, source.epoch):
                    return 0  # what was read as the copy may be another mail by now
                evidence.remove_leftover(house, box, lease, op, at=rest)
            steps.settle(house, lease, [(op, copies[0])])
            return 1
    if _lies_in(source, op):
        return _again(house, box, lease, op)
    renumbered = evidence.numbered_anew(house, box, lease, op, source=source, seen=seen)
    if renumbered is not None:
        return _again(house, box, lease, renumbered)
    log.warning("op.lost", postbox=box.name, op=op.id, message=op.message_id)
    with house.db.write() as tx:
        op_steps.lost(tx, op.id, error_code="op.lost", lease=lease, now=house.clock())
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
    return evidence.left_behind(house, box, op, source=source, copies=copies, seen=seen)


def _is_moved(
    house: House,
    box: Postbox,
    op: Op,
    *,
    rest: Place | None,
    copies: list[Place],
    seen: dict[Place, Copy],
) -> bool:
    """Whether it is the mail that lies in the target; then `rest` is what a cut move left."""
    if rest != op.src:
        is_new = rest is None or evidence.came_after(box, op)
        return is_new or evidence.came_with(house, op, seen[copies[0]])
    # Where a move is one step, what lies in the source was never moved, whatever lies elsewhere.
    return not box.moves_whole() and evidence.has_surplus(house, box, op, copies=len(copies))


def _lies_in(source: FolderView, op: Op) -> bool:
    return source.epoch == op.src_epoch and op.src_uid in source.uids


def _again(house: House, box: Postbox, lease: Lease, op: Op) -> int:
    """Give the command once more, the first watermark kept; 1 if it is proven now.

    Unless its number names another mail since the target was read, on a new connection perhaps.
    """
    looked = set_back.look(house, box, lease, [op.src])
    if not looked.held or op.src in looked.unread:
        return 0
    first = op.mark or box.watermark(op.dst_folder)
    with house.db.write() as tx:
        # The next owner counts his grace time from this repetition.
        act = op_steps.sent(tx, op.id, mark=first, lease=lease, now=house.clock())
    if act is None or act.src != op.src:
        return 0  # let go since it was read: the next pass knows where it lies
    moved = steps.move(house, box, lease, op)
    if moved is not None:
        steps.settle(house, lease, [(op, moved)])
    return int(moved is not None)
