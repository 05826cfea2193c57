"""A worker's turn at an outgoing row: claimed, then delivered, put off or given up.

Every write carries the fence of its claim: who lost it writes nothing. Source: own decision 0005.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from rules.errors import Conflict
from store.database import sealed
from store.database.engine import Tx
from store.sending import outgoing
from store.sending.outgoing import COLUMNS, Outgoing
from store.tables.ledger import OutgoingState
from store.tables.ledger import outgoing as table


def claim(  # noqa: PLR0913 - whose rows, who takes them, and for how long
    tx: Tx,
    *,
    kinds: Collection[str],
    worker: str,
    now: datetime,
    limit: int,
    lease_seconds: int,
    of: Collection[str] = (),
    none_of: Collection[str] = (),
) -> tuple[Outgoing, ...]:
    """Take up to `limit` rows that are due, longest due first; also those of dead workers.

    Counts as a try: what kills its worker each time grows old, too. `of` and `none_of` are the
    beginnings of keys, as `begins` tells them: only of these, and of none of those.
    """
    if not kinds:
        return ()
    until = now + timedelta(seconds=lease_seconds)
    named = [sa.or_(*(_has_begin(begin) for begin in of))] if of else []
    wanted = [table.c.next_try_at <= now, *named, *(~_has_begin(begin) for begin in none_of)]
    due = _longest_due(sorted(set(kinds)), wanted, limit)
    statement = (
        sa.update(table)
        .where(table.c.id.in_(sa.select(due.c.id)))
        .values(
            state=OutgoingState.CLAIMED,
            claimed_by=worker,
            claimed_until=until,
            # One index serves both: a claim that is over is due again like a new row.
            next_try_at=until,
            tries=table.c.tries + 1,
            fence=table.c.fence + 1,
        )
        .returning(*COLUMNS)
    )
    return tuple(sorted(sealed.all_as(tx, Outgoing, statement), key=lambda row: row.id))


def _longest_due(
    kinds: Sequence[str], wanted: Sequence[sa.ColumnElement[bool]], limit: int
) -> sa.CTE:
    """Ids of the rows that are due longest, of these kinds; locked, with some that come later.

    Each kind is read in the order of its own index: thousands of another kind that wait (answers
    while the smarthost is away) are not looked at on the way to a hand-over.
    """
    parts = (
        sa.select(table.c.id, table.c.next_try_at)
        .where(table.c.kind == kind, *wanted)
        .order_by(table.c.next_try_at, table.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .subquery(f"of_{number}")
        for number, kind in enumerate(kinds)
    )
    together = sa.union_all(*(sa.select(part) for part in parts)).subquery("together")
    return (
        sa.select(together.c.id)
        .order_by(together.c.next_try_at, together.c.id)
        .limit(limit)
        # A plain IN (SELECT … LIMIT) may be run once for each row by PostgreSQL's planner, and
        # then takes more than the limit; a common table that is kept is run once.
        .cte("due")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )


def waiting(tx: Tx, kind: str, begin: str, *, limit: int) -> int:
    """How many rows of one receiver have not left yet and are no dead letters, `limit` at most."""
    some = (
        sa.select(table.c.id)
        .where(table.c.next_try_at.is_not(None), table.c.kind == kind, _has_begin(begin))
        .limit(limit)
        .subquery()
    )
    return int(tx.run(sa.select(sa.func.count()).select_from(some)).scalar_one())


def begins(kind: str, name: str) -> str:
    """How the keys of one receiver begin; behind it come two parts, the event's number and seal."""
    return f"{kind}-{name}-"


def _has_begin(begin: str) -> sa.ColumnElement[bool]:
    """A name may begin another ("sc" and "sc-nord"), so the parts behind it are counted."""
    key = table.c.idempotency_key
    return sa.and_(key.startswith(begin, autoescape=True), key.not_like(f"{begin}%-%-%"))


def sent(tx: Tx, outgoing_id: int, *, fence: int, answer: str, now: datetime) -> None:
    """Delivered; `answer` is the server's last line.

    Raises: Refused: `outgoing.unknown`. Conflict: `outgoing.claim_lost`.
    """
    values = {
        "state": OutgoingState.SENT,
        "answer": answer,
        "sent_at": now,
        "next_try_at": None,
        "error_code": "",
    }
    _write(tx, outgoing_id, fence=fence, values=values)


def later(tx: Tx, outgoing_id: int, *, fence: int, error_code: str, next_try_at: datetime) -> None:
    """Not delivered, try again then.

    Raises: Refused: `outgoing.unknown`. Conflict: `outgoing.claim_lost`.
    """
    values = {
        "state": OutgoingState.NEW,
        "error_code": error_code,
        "next_try_at": next_try_at,
    }
    _write(tx, outgoing_id, fence=fence, values=values)


def due_again(
    tx: Tx,
    kind: str,
    *,
    codes: Collection[str] = (),
    but_for: Collection[str] = (),
    but_for_rows: Collection[int] = (),
    now: datetime,
) -> None:
    """Rows of a kind that were put off are due, oldest first: of these codes, or of all but those.

    `but_for_rows` are ids, a few. Their code goes, so that the next one is known to be news.
    """
    code = table.c.error_code
    wanted = code.in_(sorted(codes)) if codes else code.not_in(["", *sorted(but_for)])
    waiting = (
        sa.select(table.c.id)
        .where(
            table.c.next_try_at > now,
            table.c.kind == kind,
            table.c.state == OutgoingState.NEW,
            wanted,
            *([table.c.id.not_in(sorted(but_for_rows))] if but_for_rows else []),
        )
        # Two workers at once would wait for each other's rows.
        .with_for_update(skip_locked=True)
        .cte("waiting")
    )
    tx.run(
        sa.update(table)
        .where(table.c.id.in_(sa.select(waiting.c.id)))
        .values(next_try_at=table.c.created_at, error_code="")
    )


def dead(tx: Tx, outgoing_id: int, *, fence: int, error_code: str, now: datetime) -> None:
    """Refused for good or tried too often; for people.

    Raises: Refused: `outgoing.unknown`. Conflict: `outgoing.claim_lost`.
    """
    values = {
        "state": OutgoingState.DEAD,
        "error_code": error_code,
        "next_try_at": None,
        "done_at": now,
    }
    _write(tx, outgoing_id, fence=fence, values=values)


def _is_claimed(fence: int) -> sa.ColumnElement[bool]:
    return sa.and_(table.c.state == OutgoingState.CLAIMED, table.c.fence == fence)


def _was_forgotten(fence: int) -> sa.ColumnElement[bool]:
    """A lower fence than one that was given out: a standby without that claim is the primary."""
    return sa.and_(table.c.state == OutgoingState.NEW, table.c.fence < fence)


def _write(tx: Tx, outgoing_id: int, *, fence: int, values: Mapping[str, Any]) -> None:
    """A worker's write, good only under the fence of its own claim."""
    statement = (
        sa.update(table)
        .where(
            table.c.id == outgoing_id,
            sa.or_(_is_claimed(fence), _was_forgotten(fence)),
        )
        .values({"claimed_by": None, "claimed_until": None, **values})
    )
    if not tx.run(statement).rowcount:
        state = outgoing.get(tx, outgoing_id).state.value
        raise Conflict(
            "outgoing.claim_lost",
            f"Outgoing row {outgoing_id} is {state} and not claimed under fence {fence};"
            " another worker has it, or its receipt came. Leave it.",
            outgoing_id=outgoing_id,
            state=state,
        )
