"""A trail that a restore set back: told from one that was cut off, and recorded by a person.

After a restore the lines of the anchor file name entries that are gone, as after a forgery, and
nothing in the database can prove which. So a person records it: sealed in the trail, and in the
file itself, where whoever may write to the database only can't. Source: own decision 0130.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from rules.access import Caller, Permission, require
from rules.errors import Refused, TryLater
from rules.local_day import local_day
from store.database.engine import Database, Tx
from store.processes import leases
from store.trail import audit, restores
from store.trail.audit import Entry
from triage.sweep.holds import checked_reference
from triage.trail import anchor_file
from triage.trail.anchor_file import Anchor

ACTION: Final = "trail.restored"
SUBJECT: Final = "trail"

SEAL_BATCH: Final = 1000
LEASE_SECONDS: Final = 60
"""As rounds.py has them."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines of the file, from `first` to `last`, that name entries which are not there.

    `is_told`: between the lines around it the trail tells of a restore. A forger may write that,
    too: it is a question to a person, no answer.
    """

    first: int
    last: int
    is_told: bool


@dataclass(frozen=True, slots=True)
class Held:
    """The file against the trail: `misfits` by line with their code, recorded ones left out.

    `records` are the lines that record a restore, of which nothing is gone by now.
    """

    misfits: Mapping[int, str]
    records: tuple[int, ...]
    gaps: tuple[Gap, ...]


def held_against(tx: Tx, anchors: Sequence[Anchor]) -> Held:
    """What differs, what somebody has recorded, and where the trail tells of a restore."""
    misfits = {
        number: code for number, one in enumerate(anchors, start=1) if (code := _compared(tx, one))
    }
    records = tuple(
        number
        for number, one in enumerate(anchors, start=1)
        if one.gone and number not in misfits and _is_sealed(tx, number, one)
    )
    for number in records:
        for first, last in anchors[number - 1].gone:
            for recorded in range(first, min(last, number - 1) + 1):
                misfits.pop(recorded, None)
    return Held(misfits, records, _gaps(tx, anchors, misfits))


def record(
    database: Database,
    path: Path,
    caller: Caller,
    *,
    reference: str,
    clock: Callable[[], datetime],
) -> tuple[Gap, ...]:
    """Record that the lines which differ were left by a restore; which ones, empty: none differ.

    In the trail, sealed, and in the file. Told by each check from then on. Killed in between, do
    it again. What the trail tells no restore of is refused, and stays a finding.
    Raises: Refused: `access.denied`, `sweep.reference`, `trail.not_a_restore`, `anchor.*`.
    TryLater: `anchor.disk`, `store.away`, `trail.busy`.
    """
    require(caller, Permission.MANAGE_POSTBOXES)
    because = checked_reference(reference)
    with anchor_file.locked(path) as file:
        noted = file.read()
        lines = anchor_file.whole(noted)
        anchors = [anchor_file.read(line, number) for number, line in enumerate(lines, start=1)]
        now = clock()
        with database.write() as tx:
            gaps = _required(held_against(tx, anchors))
            if not gaps:
                return ()
            gone = tuple((one.first, one.last) for one in gaps)
            above = anchor_file.digest(lines)
            details = {"line": len(lines) + 1, "above": above, "gone": gone, "reference": because}
            entry = _sealed(tx, caller, details, now)
        day = local_day(now).isoformat()
        line = Anchor(day, entry.seal_seq or 0, entry.hash or "", above, gone)
        anchor_file.add(file, noted, line)
    log.info("trail.restore_recorded", line=len(lines) + 1, seq=line.seq, hash=line.hash)
    return gaps


def entry_of(tx: Tx, seq: int) -> Entry | None:
    """The entry of the trail that a recording line names."""
    found = audit.sealed_after(tx, seq - 1, limit=1)
    return found[0] if found and found[0].seal_seq == seq else None


def _compared(tx: Tx, anchor: Anchor) -> str:
    """The code of what differs, or an empty text."""
    stands = audit.hash_at(tx, anchor.seq)
    if stands is None:
        return "trail.truncated"
    return "" if stands == anchor.hash else "trail.rewritten"


def _is_sealed(tx: Tx, number: int, anchor: Anchor) -> bool:
    """Whether the trail says the same as the line: nobody has added it to the file alone."""
    entry = entry_of(tx, anchor.seq)
    if entry is None or entry.action != ACTION:
        return False
    told = entry.details
    gone = [list(one) for one in anchor.gone]
    return (told["line"], told["above"], told["gone"]) == (number, anchor.before, gone)


def _gaps(tx: Tx, anchors: Sequence[Anchor], misfits: Mapping[int, str]) -> tuple[Gap, ...]:
    restored = restores.all_told(tx) if misfits else ()
    found: list[Gap] = []
    for number in sorted(misfits):
        goes_on = bool(found) and found[-1].last == number - 1
        first = found.pop().first if goes_on else number
        found.append(Gap(first, number, is_told=_is_told(anchors, restored, first, number)))
    return tuple(found)


def _is_told(anchors: Sequence[Anchor], restored: Sequence[Entry], first: int, last: int) -> bool:
    """Whether an entry of a restore stands behind the line above, and before the one below.

    What waits for its seal comes behind all.
    """
    after = anchors[first - 2].seq if first > 1 else 0
    until = anchors[last].seq if last < len(anchors) else None
    return any(
        until is None if one.seal_seq is None else after < one.seal_seq <= (until or one.seal_seq)
        for one in restored
    )


def _required(held: Held) -> tuple[Gap, ...]:
    untold = [gap for gap in held.gaps if not gap.is_told]
    if untold:
        raise Refused(
            "trail.not_a_restore",
            f"Lines {untold[0].first} to {untold[0].last} of the anchor file differ, and the trail"
            " tells of no restore there. Run `postlotse backup reread` after a restore; else take"
            " it for a forgery.",
            lines=[(one.first, one.last) for one in untold],
        )
    return held.gaps


def _sealed(tx: Tx, caller: Caller, details: Mapping[str, object], now: datetime) -> Entry:
    """The entry, with its seal: all that waited is sealed with it, in one transaction."""
    lease = leases.take(tx, "keep_order", owner=caller.name, now=now, seconds=LEASE_SECONDS)
    if lease is None:
        raise TryLater("trail.busy", "A worker keeps order just now; repeat it in a minute.")
    audit.add(tx, caller.name, action=ACTION, subject=SUBJECT, details=details, at=now)
    while audit.seal(tx, limit=SEAL_BATCH):
        pass
    leases.release(tx, lease, now=now)
    return audit.of_subject(tx, SUBJECT, actions={ACTION})[-1]
