"""Marks that people set on mails in the postbox, as found; each setting is one row for good.

Written under the lease of the postbox, by `triage/marks/read.py`, and with a mail that comes with
marks. Figures are counts by agency, mark and day; no person stands here. Own decision 0046.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.item import ItemState
from rules.marks import OPEN_MATTERS, Outcome
from store.database import rows
from store.database.engine import Tx
from store.database.statements import among, parts, spelled
from store.tables.ledger import item
from store.tables.mark import mark_seen as table


@dataclass(frozen=True, slots=True)
class NewMark:
    """A mark as found. `effect` is empty for one that nobody configured."""

    message_id: int
    postbox: str
    mark: str
    effect: str
    outcome: Outcome
    agency_code: str | None


@dataclass(frozen=True, slots=True)
class SeenMark:
    """A mark that was found; `gone_at` is when it was taken off again (aware UTC)."""

    id: int
    message_id: int
    mark: str
    effect: str
    outcome: str
    at: datetime
    gone_at: datetime | None


@dataclass(frozen=True, slots=True)
class LastRead:
    """Of one postbox: when a mark was last found, how many since, and what waits for a person."""

    at: datetime | None
    marks: int
    open_matters: int


@dataclass(frozen=True, slots=True)
class MarkCount:
    """How often a mark was set; `mark` is empty for all that nobody configured together."""

    agency_code: str | None
    mark: str
    count: int


_COLUMNS = rows.columns(SeenMark, table)


def add_many(tx: Tx, new: Iterable[NewMark], *, now: datetime) -> None:
    """Note marks that were found for the first time."""
    values = [
        {
            "message_id": one.message_id,
            "postbox": one.postbox,
            "mark": one.mark,
            "effect": one.effect,
            "outcome": one.outcome.value,
            "agency_code": one.agency_code,
            "at": now,
        }
        for one in new
    ]
    if values:
        tx.run(sa.insert(table), values)


def taken_off(tx: Tx, mark_ids: Iterable[int], *, now: datetime) -> None:
    """Note that these were found no more."""
    for part in parts(mark_ids):
        tx.run(sa.update(table).where(table.c.id.in_(part)).values(gone_at=now))


def standing(tx: Tx, message_ids: Iterable[int]) -> dict[int, tuple[SeenMark, ...]]:
    """The marks of people that stand on these messages, as last found; only those that have any."""
    found: dict[int, tuple[SeenMark, ...]] = {}
    for part in parts(message_ids):
        statement = (
            sa.select(*_COLUMNS)
            .where(table.c.message_id.in_(part), table.c.gone_at.is_(None))
            .order_by(table.c.id)
        )
        for one in rows.all_as(tx, SeenMark, statement):
            found[one.message_id] = (*found.get(one.message_id, ()), one)
    return found


def of_message(tx: Tx, message_id: int) -> tuple[SeenMark, ...]:
    """All marks that people ever set on a message, oldest first."""
    statement = sa.select(*_COLUMNS).where(table.c.message_id == message_id).order_by(table.c.id)
    return rows.all_as(tx, SeenMark, statement)


def last_read(tx: Tx, postbox: str, *, since: datetime) -> LastRead:
    """What was read in a postbox; `marks` counts those since that moment."""
    set_by_people = sa.and_(table.c.postbox == postbox, table.c.outcome != Outcome.BROUGHT.value)
    newest = sa.select(table.c.at).where(set_by_people).order_by(table.c.at.desc()).limit(1)
    number = sa.select(sa.func.count()).where(set_by_people, table.c.at >= since)
    matters = (
        sa.select(sa.func.count(sa.distinct(table.c.message_id)))
        .join(item, item.c.message_id == table.c.message_id)
        .where(
            table.c.postbox == postbox,
            table.c.gone_at.is_(None),
            table.c.outcome.in_(sorted(one.value for one in OPEN_MATTERS)),
            ~spelled(item.c.state, ItemState.CLOSED),
        )
    )
    return LastRead(
        tx.run(newest).scalar_one_or_none(),
        tx.run(number).scalar_one(),
        tx.run(matters).scalar_one(),
    )


def counts(
    tx: Tx, *, agency_codes: Collection[str | None] | None, since: datetime, until: datetime
) -> tuple[MarkCount, ...]:
    """Settings in `[since, until)` by agency and mark, without those a mail brought along."""
    name = sa.case((table.c.effect == "", ""), else_=table.c.mark).label("name")
    statement = (
        sa.select(table.c.agency_code, name, sa.func.count())
        .where(
            table.c.at >= since,
            table.c.at < until,
            table.c.outcome != Outcome.BROUGHT.value,
            among(table.c.agency_code, agency_codes),
        )
        .group_by(table.c.agency_code, name)
    )
    found = [MarkCount(*row) for row in tx.run(statement)]
    return tuple(sorted(found, key=lambda one: (one.agency_code or "", one.mark)))


def erase(tx: Tx, message_id: int) -> None:
    """What people typed goes with the content of the mail; configured names stay for figures."""
    tx.run(
        sa.update(table)
        .where(table.c.message_id == message_id, table.c.effect == "")
        .values(mark="")
    )
