"""Filling in an archive: its mails go the way of all mail, at a set pace, each of them once.

A mail that the ledger has for that postbox already is left alone, so that a run that was
cancelled or killed is simply started again. The archive is only read.
Source: F64; own decision 0032.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from ingest.archive import ArchiveMail, LeftOut, received_at
from ingest.head_only import HEAD_LIMIT_BYTES, head_of
from rules.access import Caller, Permission, may_see_region, require
from rules.errors import Conflict, Refused
from rules.postbox import TooLarge
from store.mails import keeping, ledger, originals
from store.mails import same_mail as store
from store.mails.keeping import Arrival, Kept
from store.trail import audit
from store.trail.audit import Note
from triage.batches import in_batches
from triage.house import House, PostboxPlan
from triage.known import same_head
from triage.ports import Postbox
from triage.postboxes import postbox_name

BATCH_MAILS = 50
"""As rounds.SORT_BATCH."""
BATCHES_A_MINUTE = 12
"""Commits a minute at least, where a pace is set: it is a flow, not a surge."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast new mails may come in; None means as fast as they can be kept.

    `wait` waits for some seconds and says True if the run is to end (`threading.Event.wait`).
    `seconds` is a clock that never goes back.
    """

    mails_a_minute: int | None
    wait: Callable[[float], bool]
    seconds: Callable[[], float] = time.monotonic

    @property
    def batch_mails(self) -> int:
        """Mails a commit."""
        if self.mails_a_minute is None:
            return BATCH_MAILS
        return max(1, min(BATCH_MAILS, self.mails_a_minute // BATCHES_A_MINUTE))

    def pause(self, kept: int, *, since: float) -> bool:
        """Wait until `kept` mails since then are no more than the pace allows; True: end now."""
        if self.mails_a_minute is None:
            return self.wait(0)
        return self.wait(max(0.0, since + 60 * kept / self.mails_a_minute - self.seconds()))


@dataclass(frozen=True, slots=True)
class ByHead:
    """A mail that was kept by its head: where the rest lies, why, and which message it is."""

    name: str
    code: str
    message_id: int


@dataclass(slots=True)
class Progress:
    """How far a run is. `known`: the ledger had it. `left_out`: with the code of the reason.

    `by_head` are those of the kept ones of which only the head came.
    """

    kept: int = 0
    known: int = 0
    by_head: list[ByHead] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    is_cancelled: bool = False

    @property
    def seen(self) -> int:
        """All mails of the archive that the run has come to."""
        return self.kept + self.known + len(self.left_out)


def plan_of(house: House, caller: Caller, postbox: str) -> PostboxPlan:
    """The configured postbox of that name, in the caller's regions.

    Raises: Refused: `access.denied`, `postbox.unknown`.
    """
    require(caller, Permission.MANAGE_POSTBOXES)
    yours = [box for box in house.policy.postboxes if may_see_region(caller, box.region)]
    for box in yours:
        if box.name == postbox:
            return box
    names = ", ".join(box.name for box in yours)
    raise Refused(
        "postbox.unknown",
        f"There is no postbox {postbox!r} in your regions; yours: {names}.",
        postbox=postbox,
    )


def fill_in(
    house: House,
    caller: Caller,
    mails: Iterable[ArchiveMail | LeftOut],
    *,
    plan: PostboxPlan,
    pace: Pace,
    told: Callable[[Progress], None],
) -> Progress:
    """Keep what the ledger doesn't have for this postbox; durable batch by batch. Idempotent.

    `told` is called after each commit. Ends early, before a commit, where `pace.wait` says so.
    Raises: TryLater: `store.away`; what was kept until then stays kept.
    """
    progress, since = Progress(), pace.seconds()
    with house.db.write() as tx:
        postbox_name.require_kept(tx, plan.name)
        store.note_archive(tx, plan.name, actor=caller.name, now=house.clock())
    readable = _readable(mails, progress)
    for batch in in_batches(readable, most=pace.batch_mails, size=_size):
        if pace.pause(progress.kept, since=since):
            progress.is_cancelled = True
            break
        new = _keep(house, caller, batch, plan)
        progress.kept += len(new)
        progress.known += len(batch) - len(new)
        progress.by_head += [ByHead(m.name, m.reason, k.message_id) for m, k in new if m.reason]
        told(progress)
    told(progress)
    return progress


def of_folder(box: Postbox, folder: str, *, house: House) -> Iterator[ArchiveMail]:
    """The mails of a folder of a postbox, oldest first, which is only read.

    Raises: TryLater: the postbox is away. Refused: no such folder.
    """
    view = box.view(folder)
    for start in range(0, len(view.uids), BATCH_MAILS):
        for mail in box.fetch(folder, view.epoch, view.uids[start : start + BATCH_MAILS]):
            reason = mail.reason if isinstance(mail, TooLarge) else ""
            at = min(mail.received_at, house.clock())
            yield ArchiveMail(
                f"{folder}/{mail.place.uid}",
                mail.kept,
                received_at(mail.kept, at_most=at),
                reason,
                mail.size_bytes,
            )


def _readable(mails: Iterable[ArchiveMail | LeftOut], progress: Progress) -> Iterator[ArchiveMail]:
    for mail in mails:
        if isinstance(mail, LeftOut):
            progress.left_out.append(mail)
        else:
            yield mail


def _size(mail: ArchiveMail) -> int:
    return len(mail.data)


def _keep(
    house: House, caller: Caller, batch: list[ArchiveMail], plan: PostboxPlan
) -> list[tuple[ArchiveMail, Kept]]:
    """One commit; those that were new. A second run beside this one is seen and waited for."""
    try:
        return _keep_new(house, caller, batch, plan)
    except Conflict as exc:
        if exc.code != "store.conflict":
            raise
    # The other run has just committed one of them; now it is known.
    return _keep_new(house, caller, batch, plan)


def _keep_new(
    house: House, caller: Caller, batch: list[ArchiveMail], plan: PostboxPlan
) -> list[tuple[ArchiveMail, Kept]]:
    by_content = {
        _identities(mail): mail for mail in reversed(batch) if not _is_here_whole(house, mail, plan)
    }
    now = house.clock()
    with house.db.write() as tx:
        wanted = {digest for identities in by_content for digest, _ in identities}
        known = ledger.known_in(tx, plan.name, hashes=wanted)
        new = [
            mail
            for identities, mail in reversed(by_content.items())
            if known.isdisjoint(identities)
        ]
        arrivals = [_arrival(mail, _identity(mail.data, mail.size_bytes), plan) for mail in new]
        answers = keeping.keep_many(tx, arrivals, now=now)
        found = list(zip(new, answers, strict=True))
        notes = (_note(mail, kept, plan) for mail, kept in found)
        audit.add_many(tx, caller.name, notes, at=now)
    return found


def _is_here_whole(house: House, mail: ArchiveMail, plan: PostboxPlan) -> bool:
    """Whether all of a mail of which only the head came is here: the limit was higher, or is."""
    if not mail.reason:
        return False
    head = head_of(mail.data[:HEAD_LIMIT_BYTES])
    at, size = [mail.received_at], mail.size_bytes
    return bool(same_head.whole(house, plan.name, head, size_bytes=size, at=at))


def _arrival(mail: ArchiveMail, identity: tuple[str, int], plan: PostboxPlan) -> Arrival:
    return Arrival(
        data=mail.data,
        received_at=mail.received_at,
        source="backfill",
        postbox=plan.name,
        region=plan.region,
        size_bytes=mail.size_bytes,
        sha256=identity[0],
        delivery_key=content_key(plan.name, *identity, is_head=bool(mail.reason)),
        reason=mail.reason,
    )


def _note(mail: ArchiveMail, kept: Kept, plan: PostboxPlan) -> Note:
    details: dict[str, str | int] = {"sha256": kept.sha256, "postbox": plan.name}
    if mail.reason:
        details |= {"only_head": mail.reason, "size_bytes": mail.size_bytes}
    return Note("mail.filled_in", f"message:{kept.message_id}", details)


def _identity(data: bytes, size_bytes: int) -> tuple[str, int]:
    """What tells mails apart: equal heads may have unequal bodies. Source: own decision 0108."""
    return originals.fingerprint(data), size_bytes


def _identities(mail: ArchiveMail) -> frozenset[tuple[str, int]]:
    """All under which it may be known: with other line ends, or by its head only.

    An archive on disk mostly ends lines with LF, a server with CRLF; and the limit may have been
    lower when it was first read. Source: own decisions 0108, 0126.
    """
    if mail.reason:
        head = head_of(mail.data[:HEAD_LIMIT_BYTES])
        whole = [(mail.data, mail.size_bytes), (head, mail.size_bytes)]
    else:
        whole = [(form, len(form)) for form in {mail.data, *same_head.forms(mail.data)}]
        whole += same_head.heads(mail.data)
    return frozenset(_identity(data, size) for data, size in whole)


def content_key(postbox: str, digest: str, size_bytes: int, *, is_head: bool) -> str:
    """What makes a mail of an archive the same in a second run: the postbox and the bytes."""
    size = f"\n{size_bytes}" if is_head else ""
    return sha256(f"backfill\n{postbox}\n{digest}{size}".encode()).hexdigest()
