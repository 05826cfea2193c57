"""The wish that a sent answer lie in the postbox's folder of sent mail. Source: own decision 0053.

Ordered in the commit that notes the sending; carried out under the lease of the postbox. The mark
is written before the command, so that a cut one is looked for and never repeated blindly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.postbox import Watermark
from store.database import rows
from store.database.engine import Tx
from store.database.statements import insert
from store.processes import leases
from store.processes.leases import Lease
from store.tables.text import sent_copy as table


@dataclass(frozen=True, slots=True)
class SentCopy:
    """One copy to be laid. `tries` counts how often it was put off."""

    outgoing_id: int
    postbox: str
    folder: str
    mark_epoch: str | None
    mark_next_uid: str | None
    tries: int
    next_try_at: datetime | None
    done_at: datetime | None
    error_code: str

    @property
    def mark(self) -> Watermark | None:
        """The folder before the first command; None while there was none."""
        if self.mark_epoch is None or self.mark_next_uid is None:
            return None
        return Watermark(self.folder, self.mark_epoch, self.mark_next_uid)


_COLUMNS = rows.columns(SentCopy, table)


def want(tx: Tx, outgoing_id: int, *, postbox: str, folder: str, now: datetime) -> None:
    """Wish for a copy; one that is wished for or laid already stays as it is."""
    statement = insert(tx, table).values(
        outgoing_id=outgoing_id, postbox=postbox, folder=folder, next_try_at=now, created_at=now
    )
    tx.run(statement.on_conflict_do_nothing())


def due(tx: Tx, postbox: str, *, now: datetime, limit: int) -> tuple[SentCopy, ...]:
    """Copies to lay now, the oldest first."""
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.postbox == postbox, table.c.next_try_at <= now)
        .order_by(table.c.next_try_at, table.c.outgoing_id)
        .limit(limit)
    )
    return rows.all_as(tx, SentCopy, statement)


def of_row(tx: Tx, outgoing_id: int) -> SentCopy | None:
    """The copy of a sent answer, or None where none was wished for."""
    statement = sa.select(*_COLUMNS).where(table.c.outgoing_id == outgoing_id)
    return rows.one_as(tx, SentCopy, statement)


def begun(
    tx: Tx, copy: SentCopy, *, mark: Watermark, again_at: datetime, lease: Lease, now: datetime
) -> None:
    """The command goes out next; a cut one is looked for from `again_at` on. The first mark stays.

    Raises: Conflict: `lease.lost`.
    """
    first = copy.mark or mark
    values = {
        "mark_epoch": first.epoch,
        "mark_next_uid": first.next_uid,
        "next_try_at": again_at,
    }
    _write(tx, copy, values, lease=lease, now=now)


def done(tx: Tx, copy: SentCopy, *, lease: Lease, now: datetime) -> None:
    """It lies there. Raises: Conflict: `lease.lost`."""
    values = {"done_at": now, "next_try_at": None, "error_code": ""}
    _write(tx, copy, values, lease=lease, now=now)


def put_off(
    tx: Tx,
    copy: SentCopy,
    *,
    error_code: str,
    again_at: datetime | None,
    lease: Lease,
    now: datetime,
) -> None:
    """Refused; again then, or given up where `again_at` is None. Raises: Conflict: `lease.lost`."""
    values = {"error_code": error_code, "next_try_at": again_at, "tries": copy.tries + 1}
    _write(tx, copy, values, lease=lease, now=now)


def _write(
    tx: Tx, copy: SentCopy, values: Mapping[str, object], *, lease: Lease, now: datetime
) -> None:
    leases.hold(tx, lease, now=now)
    tx.run(sa.update(table).where(table.c.outgoing_id == copy.outgoing_id).values(values))
