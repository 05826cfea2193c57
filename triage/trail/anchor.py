"""The trail's head, noted once a day in a file outside the database.

Whoever may write to the database can forge a whole new chain; he can't change a file that lies
elsewhere, or that only grows. Each line names its predecessor, so that the file itself can't lose
one unseen. A restore of an older database looks like a trail that was cut off; restore_record.py
tells them apart. Source: F52, N20; BSI Mindeststandard Protokollierung und Detektion v2.1; own
decisions 0055, 0130.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import structlog

from rules.local_day import local_day
from store.database.engine import Database, Tx
from store.trail import audit
from store.trail.audit import Entry
from triage.trail import anchor_file, restore_record
from triage.trail.anchor_file import Anchor

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not fit: `line` of the file (from 1, without torn ones), and a stable code.

    `anchor.unreadable`, `anchor.line_missing` (the file was changed), `anchor.behind` (lines are
    gone from its end, or nobody notes them); `trail.truncated` (the entry is gone from the end),
    `trail.rewritten` (another entry stands there). `trail.set_back`: one of these two, and the
    trail itself tells of a restore since. `trail.restored` differs from nothing: it says in which
    line somebody has recorded a restore, so that the lines that it took differ no more.
    """

    line: int
    seq: int
    code: str


def note(database: Database, path: Path, *, now: datetime) -> bool:
    """Append the head of the sealed chain, once a local day; whether it was done now. Durable.

    Several workers may share the file. An empty trail has no head. A line that a full disk or a cut
    of the power left half written was never noted, and is marked as torn.
    Raises: TryLater: `anchor.disk`, `store.away`. Refused: `anchor.unreadable`.
    """
    day = local_day(now)
    with database.read() as tx:
        seq, digest = audit.head(tx)
    if not seq:
        return False
    with anchor_file.locked(path) as file:
        noted = file.read()
        lines = anchor_file.whole(noted)
        if lines and not _is_due(anchor_file.read(lines[-1], len(lines)), day):
            return False
        line = Anchor(day.isoformat(), seq, digest, anchor_file.digest(lines))
        anchor_file.add(file, noted, line)
    anchor_file.sync_folder(path)
    log.info("trail.anchored", seq=seq, hash=digest)
    return True


def _is_due(last: Anchor, day: date) -> bool:
    """Not on the day of the last line, nor before it, where a clock is late by some hours.

    A last line of days to come is a clock's that was wrong then: waiting for that day, nothing
    would be noted until then.
    """
    noted = date.fromisoformat(last.day)
    return noted < day or noted > day + timedelta(days=1)


def check(database: Database, path: Path) -> tuple[Finding, ...]:
    """Hold the trail against each line of the file; empty if all fit.

    The chain itself is checked by `audit.verify`; this finds what was forged as a whole or cut off.
    Raises: Refused: `anchor.missing`, `anchor.unreadable`. TryLater: `store.away`, `anchor.disk`.
    """
    # Before the file is read: a line that is noted meanwhile is none that was behind.
    with database.read() as tx:
        head = audit.last_sealed(tx)
    lines = anchor_file.lines_of(path)
    anchors = [anchor_file.read(line, number) for number, line in enumerate(lines, start=1)]
    found = [
        Finding(number, one.seq, "anchor.line_missing")
        for number, one in enumerate(anchors, start=1)
        if one.before != anchor_file.digest(lines[: number - 1])
    ]
    with database.read() as tx:
        found += _against_trail(tx, anchors)
    found += _behind(head, anchors)
    return tuple(sorted(found, key=lambda one: one.line))


def _against_trail(tx: Tx, anchors: Sequence[Anchor]) -> list[Finding]:
    stood = restore_record.held_against(tx, anchors)
    found = [Finding(number, anchors[number - 1].seq, "trail.restored") for number in stood.records]
    for gap in stood.gaps:
        code = "trail.set_back" if gap.is_told else ""
        found += [
            Finding(number, anchors[number - 1].seq, code or stood.misfits[number])
            for number in range(gap.first, gap.last + 1)
        ]
    return found


def _behind(head: Entry | None, anchors: Sequence[Anchor]) -> list[Finding]:
    """The job that seals entries notes the head right afterwards: no seal is younger than a line.

    By local days, as the lines are.
    """
    noted = anchors[-1].day if anchors else ""
    if head is None or local_day(head.at).isoformat() <= noted:
        return []
    return [Finding(len(anchors), head.seal_seq or 0, "anchor.behind")]
