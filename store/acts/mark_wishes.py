"""The wish that our marks stand on a mail: written with the deed, carried out by a worker later.

To wish takes no lease of the postbox; to carry out is written under its fence. A mark is a state
and no step, so only the newest wish counts, and an unproven command may be given again.
Source: own decision 0046.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.marks import OwnMark
from store.database import compiled, rows
from store.database.engine import Tx
from store.database.statements import parts
from store.processes import leases
from store.processes.leases import Lease
from store.tables.mark import mark_wish as table


@dataclass(frozen=True, slots=True)
class MarkWish:
    """Our marks on one message; the three lists are words of `OwnMark` with commas.

    `sent` is None where no command is in doubt; `tries` counts how often it was put off.
    """

    message_id: int
    postbox: str
    wanted: str
    shown: str
    sent: str | None
    sent_at: datetime | None
    tries: int
    next_try_at: datetime | None
    error_code: str

    @property
    def ours(self) -> frozenset[OwnMark]:
        """Marks that may stand there by our own doing."""
        return words(self.wanted) | words(self.shown) | words(self.sent or "")

    @property
    def is_settled(self) -> bool:
        """Nothing is due and nothing in doubt: what is shown is what we left there."""
        return self.next_try_at is None and self.sent is None


_COLUMNS = rows.columns(MarkWish, table)


def words(text: str) -> frozenset[OwnMark]:
    """The marks in one of the lists of a `MarkWish`: words joined by commas."""
    return frozenset(OwnMark(word) for word in text.split(",") if word)


def text_of(marks: Iterable[OwnMark]) -> str:
    """Marks as such a list, in alphabetical order."""
    return ",".join(sorted(mark.value for mark in marks))


def want(tx: Tx, message_id: int, *, marks: frozenset[OwnMark], now: datetime) -> None:
    """Wish for exactly these marks of ours, in the transaction of the deed. Idempotent.

    Nothing happens for mail that came out of no postbox, and where they are wished for already.
    """
    if not marks:
        # No row is made to say that a mail bears no mark.
        statement = sa.update(table).where(table.c.message_id == message_id, table.c.wanted != "")
        tx.run(statement.values(wanted="", changed_at=now, tries=0, next_try_at=now))
        return
    want_each(tx, [message_id], marks=marks, now=now)


def want_each(
    tx: Tx, message_ids: Iterable[int], *, marks: frozenset[OwnMark], now: datetime
) -> None:
    """As `want`, the same marks for many messages; written in the order of the ids.

    `marks` is not empty.
    """
    ids = compiled.listed(sorted(message_ids))
    values = {"given": ids, "marks": text_of(marks), "now": now}
    compiled.run_planned_anew(tx, _WANT[tx.dialect], values)


def _want_in(engine: str) -> sa.TextClause:
    """Rows are written in the order of the ids, so that two callers can't deadlock.

    PostgreSQL gets the ids as an array: of a list of JSON its planner can't see how short it is.
    """
    among = {
        "postgresql": "= ANY (CAST(translate(:given, '[]', '{}') AS bigint[]))",
        "sqlite": "IN (SELECT value FROM json_each(:given))",
    }
    words = sa.text(
        "INSERT INTO mark_wish (message_id, postbox, wanted, changed_at, next_try_at)"  # noqa: S608 - our own
        " SELECT id, postbox, CAST(:marks AS TEXT), :now, :now FROM message"
        f" WHERE id {among[engine]} AND postbox IS NOT NULL ORDER BY id"
        " ON CONFLICT (message_id) DO UPDATE SET wanted = excluded.wanted,"
        " changed_at = excluded.changed_at, tries = 0, next_try_at = excluded.next_try_at"
        " WHERE mark_wish.wanted <> excluded.wanted"
    )
    return words.bindparams(sa.bindparam("now", type_=table.c.changed_at.type))


_WANT = {engine: _want_in(engine) for engine in compiled.ENGINES}


def found_on(
    tx: Tx, marks: Iterable[tuple[int, str, frozenset[OwnMark]]], *, now: datetime
) -> None:
    """New messages (id, postbox) that bear marks of ours, as copies do: they are to be taken off.

    In the transaction in which the messages are kept.
    """
    new = [
        {
            "message_id": message_id,
            "postbox": postbox,
            "wanted": "",
            "shown": text_of(found),
            "changed_at": now,
            "next_try_at": now,
        }
        for message_id, postbox, found in marks
    ]
    if new:
        tx.run(sa.insert(table), new)


def due(tx: Tx, postbox: str, *, now: datetime, limit: int) -> tuple[MarkWish, ...]:
    """What is to be marked now, longest due first."""
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.postbox == postbox, table.c.next_try_at <= now)
        .order_by(table.c.next_try_at, table.c.message_id)
        .limit(limit)
    )
    return rows.all_as(tx, MarkWish, statement)


def of_messages(tx: Tx, message_ids: Iterable[int]) -> dict[int, MarkWish]:
    """The wishes of these messages, those that have one."""
    found: dict[int, MarkWish] = {}
    for part in parts(message_ids):
        statement = sa.select(*_COLUMNS).where(table.c.message_id.in_(part))
        found |= {wish.message_id: wish for wish in rows.all_as(tx, MarkWish, statement)}
    return found


def sent_many(
    tx: Tx, message_ids: Sequence[int], *, lease: Lease, now: datetime
) -> tuple[MarkWish, ...]:
    """The commands go out next, committed before; the wishes as they stand now, by message.

    Raises: Conflict: `lease.lost`.
    """
    leases.hold(tx, lease, now=now)
    found: list[MarkWish] = []
    for part in parts(sorted(message_ids)):
        statement = (
            sa.update(table)
            .where(table.c.message_id.in_(part), table.c.fence <= lease.fence)
            .values(sent=table.c.wanted, sent_at=now, fence=lease.fence)
            .returning(*_COLUMNS)
        )
        found += rows.all_as(tx, MarkWish, statement)
    return tuple(sorted(found, key=lambda wish: wish.message_id))


def done_many(tx: Tx, sent: Iterable[MarkWish], *, lease: Lease, now: datetime) -> None:
    """They stand on the mails, proven. A wish that came meanwhile is due at once.

    Raises: Conflict: `lease.lost`.
    """
    leases.hold(tx, lease, now=now)
    again = sa.case((table.c.wanted == table.c.sent, sa.null()), else_=now)
    for part in parts(sorted(wish.message_id for wish in sent)):
        tx.run(
            _under(lease, part).values(
                shown=table.c.sent,
                sent=None,
                sent_at=None,
                tries=0,
                error_code="",
                next_try_at=again,
            )
        )


def put_off(
    tx: Tx,
    sent: MarkWish,
    *,
    error_code: str,
    next_try_at: datetime | None,
    lease: Lease,
    now: datetime,
) -> None:
    """The server refused: tried again at `next_try_at`, or never (None). Nothing is in doubt.

    A wish that was changed meanwhile is due at once. Raises: Conflict: `lease.lost`.
    """
    leases.hold(tx, lease, now=now)
    when = sa.literal(next_try_at, table.c.next_try_at.type)
    tx.run(
        _under(lease, [sent.message_id]).values(
            sent=None,
            sent_at=None,
            tries=table.c.tries + 1,
            error_code=error_code,
            next_try_at=sa.case((table.c.wanted == table.c.sent, when), else_=now),
        )
    )


def taken_off(
    tx: Tx, message_id: int, *, left: frozenset[OwnMark], lease: Lease, now: datetime
) -> None:
    """A person took marks of ours off; these are left. Nothing is set again.

    Raises: Conflict: `lease.lost`.
    """
    leases.hold(tx, lease, now=now)
    tx.run(
        sa.update(table)
        .where(
            table.c.message_id == message_id,
            table.c.fence <= lease.fence,
            table.c.sent.is_(None),
        )
        .values(shown=text_of(left), fence=lease.fence)
    )


def _under(lease: Lease, message_ids: Sequence[int]) -> sa.Update:
    """Those that this very owner has sent."""
    return sa.update(table).where(
        table.c.message_id.in_(message_ids),
        table.c.fence == lease.fence,
        table.c.sent.is_not(None),
    )
