"""Mail beside the way: where it stopped and why. Never a deletion; always with a way back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from store.database import rows
from store.database.engine import Tx
from store.database.statements import among, insert
from store.tables.ledger import aside as table
from store.tables.ledger import message


@dataclass(frozen=True, slots=True)
class SetAside:
    """One mail beside the way, with what a person recognises it by. `detail` holds no content."""

    id: int
    message_id: int
    step: str
    reason_code: str
    detail: str
    tries: int
    at: datetime
    postbox: str | None
    sender: str
    subject: str
    received_at: datetime
    size_bytes: int


_OF_ROW = ("id", "message_id", "step", "reason_code", "detail", "tries", "at")
_OF_MESSAGE = ("postbox", "sender", "subject", "received_at", "size_bytes")
_OPEN = table.c.resolved_at.is_(None)


def put(tx: Tx, message_id: int, *, step: str, reason_code: str, detail: str, now: datetime) -> int:
    """Set a mail aside; the row's id.

    If it lies aside already, the row gets the new reason. `tries` counts over all rows of the mail.
    """
    earlier = sa.select(sa.func.coalesce(sa.func.max(table.c.tries), 0) + 1).where(
        table.c.message_id == message_id
    )
    statement = insert(tx, table).values(
        message_id=message_id,
        step=step,
        reason_code=reason_code,
        detail=detail,
        tries=earlier.scalar_subquery(),
        at=now,
    )
    again = statement.on_conflict_do_update(
        index_elements=[table.c.message_id],
        index_where=sa.text("resolved_at IS NULL"),
        set_={
            "step": step,
            "reason_code": reason_code,
            "detail": detail,
            "tries": table.c.tries + 1,
            "at": now,
        },
    )
    row_id: int = tx.run(again.returning(table.c.id)).scalar_one()
    return row_id


@dataclass(frozen=True, slots=True)
class Choice:
    """Which mails aside are meant: of these regions (None: of all), this reason, this postbox.

    An empty `reason_code` or `postbox` means any. A mail of an unknown region is reached by who
    isn't limited to regions only.
    """

    regions: Collection[str] | None = None
    reason_code: str = ""
    postbox: str = ""

    def fits(self) -> sa.ColumnElement[bool]:
        """The condition on `aside` joined with `message`."""
        return sa.and_(
            among(message.c.region, self.regions),
            table.c.reason_code == self.reason_code if self.reason_code else sa.true(),
            message.c.postbox == self.postbox if self.postbox else sa.true(),
        )


ALL: Final = Choice()
"""Everything that lies aside."""


def listing(
    tx: Tx, *, limit: int, after: int | None = None, choice: Choice = ALL
) -> tuple[SetAside, ...]:
    """What lies aside now, newest first. `after` is the row id of the last one before."""
    statement = _joined().where(_OPEN, choice.fits()).order_by(table.c.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(table.c.id < after)
    return rows.all_as(tx, SetAside, statement)


def reasons(tx: Tx, *, choice: Choice = ALL) -> tuple[tuple[str, int], ...]:
    """How many lie aside for which reason, most first."""
    number = sa.func.count()
    statement = (
        sa.select(table.c.reason_code, number)
        .join(message, message.c.id == table.c.message_id)
        .where(_OPEN, choice.fits())
        .group_by(table.c.reason_code)
        .order_by(number.desc(), table.c.reason_code)
    )
    return tuple((reason, count) for reason, count in tx.run(statement))


def resolve(tx: Tx, message_id: int, *, resolution: str, now: datetime) -> None:
    """Note that the mail goes on, and how: `resolution` is "replayed" or "taken_in".

    Nothing happens if it does not lie aside.
    """
    tx.run(
        sa.update(table)
        .where(table.c.message_id == message_id, _OPEN)
        .values(resolved_at=now, resolution=resolution)
    )


def count(tx: Tx, *, choice: Choice = ALL) -> int:
    """How many mails lie aside now."""
    return sum(number for _, number in reasons(tx, choice=choice))


def _joined() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(
        *(table.c[name] for name in _OF_ROW), *(message.c[name] for name in _OF_MESSAGE)
    ).join(message, message.c.id == table.c.message_id)
