"""Counts of items for the live overview. No person, no time of a person (promise 8)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from rules.item import EakteState, ItemState
from store.database import rows
from store.database.engine import Tx
from store.database.statements import among, spelled
from store.tables.ledger import item as table

_Code = sa.ColumnElement[str | None]
_CLOSED: sa.ColumnElement[str] = sa.literal_column(f"'{ItemState.CLOSED.value}'")
"""Spelled out, so that SQLite sees that the partial indexes fit."""


@dataclass(frozen=True, slots=True)
class AgencyLine:
    """One agency's open items now. `oldest` is the receipt of the oldest waiting one (aware UTC).

    `due_today` and `overdue` count all open items by their due day.
    """

    agency_code: str | None
    region: str
    waiting: int
    held: int
    parked: int
    pending: int
    due_today: int
    overdue: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is open now. `concerns` are waiting items by first concern, most first.

    `near` counts open items by their due day, from today on, nearest first.
    """

    lines: tuple[AgencyLine, ...]
    concerns: tuple[tuple[str, int], ...]
    near: tuple[tuple[date, int], ...]


@dataclass(frozen=True, slots=True)
class _Heap:
    """Open items of one agency, state and concern."""

    agency_code: str | None
    state: ItemState
    concern: str
    number: int
    oldest: datetime
    region: str


def standing(
    tx: Tx, *, agency_codes: Collection[str | None] | None, today: date, until: date
) -> Standing:
    """Open items counted: a line for each agency that has some, by code, clearing first.

    All agencies where codes are None. `today` and `until` are local days. Reads two indexes and no
    row, so that 100,000 open items take some 15 ms.
    """
    heaps = _heaps(tx, agency_codes)
    dues = _dues(tx, agency_codes, until)
    codes = sorted({heap.agency_code for heap in heaps}, key=lambda code: code or "")
    waiting: dict[str, int] = {}
    for heap in heaps:
        if heap.state is ItemState.WAITING:
            waiting[heap.concern] = waiting.get(heap.concern, 0) + heap.number
    near: dict[date, int] = {}
    for _, day, number in dues:
        if day >= today:
            near[day] = near.get(day, 0) + number
    return Standing(
        tuple(_line(code, heaps, dues, today) for code in codes),
        tuple(sorted(waiting.items(), key=lambda pair: (-pair[1], pair[0]))),
        tuple(sorted(near.items())),
    )


def _line(
    code: str | None,
    heaps: tuple[_Heap, ...],
    dues: tuple[tuple[str | None, date, int], ...],
    today: date,
) -> AgencyLine:
    mine = [heap for heap in heaps if heap.agency_code == code]
    numbers = dict.fromkeys(ItemState, 0)
    for heap in mine:
        numbers[heap.state] += heap.number
    days = [(day, number) for its, day, number in dues if its == code]
    waiting = [heap.oldest for heap in mine if heap.state is ItemState.WAITING]
    return AgencyLine(
        agency_code=code,
        region=min(heap.region for heap in mine),
        waiting=numbers[ItemState.WAITING],
        held=numbers[ItemState.HELD],
        parked=numbers[ItemState.PARKED],
        pending=numbers[ItemState.PENDING],
        due_today=sum(number for day, number in days if day == today),
        overdue=sum(number for day, number in days if day < today),
        oldest=min(waiting, default=None),
    )


def _heaps(tx: Tx, codes: Collection[str | None] | None) -> tuple[_Heap, ...]:
    """The clearing folder apart: an index finds NULL only where it is asked for."""
    code = table.c.agency_code
    found: tuple[_Heap, ...] = ()
    if codes is None or None in codes:
        found = _heaps_of(tx, code.is_(None), lambda inside, _: inside.is_(None))
    named = None if codes is None else [one for one in codes if one is not None]
    where = sa.and_(code.is_not(None), among(code, named))
    return (*found, *_heaps_of(tx, where, lambda inside, heap: inside == heap))


def _heaps_of(
    tx: Tx,
    where: sa.ColumnElement[bool],
    same_agency: Callable[[_Code, _Code], sa.ColumnElement[bool]],
) -> tuple[_Heap, ...]:
    """On SQLite the heaps first (it jumps from one to the next), then each by its piece.

    In one GROUP BY it would compare every entry with the one before: twice as long. PostgreSQL
    jumps nowhere, so there the GROUP BY reads the index once instead of twice.
    """
    keys = (table.c.agency_code, table.c.state, table.c.first_concern)
    if tx.dialect == "postgresql":
        told = (sa.func.count(), sa.func.min(table.c.received_at), sa.func.min(table.c.region))
        grouped = sa.select(*keys, *told).where(_is_open(), where).group_by(*keys)
        return rows.all_as(tx, _Heap, grouped)
    heap = sa.select(*keys).where(_is_open(), where).distinct().subquery("heap")
    inside = table.alias("inside")
    piece = (
        sa.select()
        .select_from(inside)
        .where(
            inside.c.state != _CLOSED,
            same_agency(inside.c.agency_code, heap.c.agency_code),
            inside.c.state == heap.c.state,
            inside.c.first_concern == heap.c.first_concern,
        )
        .correlate(heap)
    )
    oldest = piece.order_by(inside.c.received_at).limit(1)
    return rows.all_as(
        tx,
        _Heap,
        sa.select(
            *heap.c,
            piece.add_columns(sa.func.count()).scalar_subquery(),
            oldest.add_columns(inside.c.received_at).scalar_subquery(),
            oldest.add_columns(inside.c.region).scalar_subquery(),
        ),
    )


def _dues(
    tx: Tx, codes: Collection[str | None] | None, until: date
) -> tuple[tuple[str | None, date, int], ...]:
    """Open items by agency and due day, up to `until`."""
    statement = (
        sa.select(table.c.agency_code, table.c.due_on, sa.func.count())
        .where(_is_open(), table.c.due_on <= until, among(table.c.agency_code, codes))
        .group_by(table.c.agency_code, table.c.due_on)
    )
    return tuple((code, day, count) for code, day, count in tx.run(statement))


def closed_between(
    tx: Tx, *, agency_codes: Collection[str | None] | None, since: datetime, until: datetime
) -> int:
    """Items closed in `[since, until)`."""
    return _count(
        tx,
        spelled(table.c.state, ItemState.CLOSED),
        table.c.closed_at >= since,
        table.c.closed_at < until,
        among(table.c.agency_code, agency_codes),
    )


def receipts_open(tx: Tx, *, agency_codes: Collection[str | None] | None) -> int:
    """Items whose hand-over is on its way and has no receipt yet."""
    return _count(
        tx,
        spelled(table.c.eakte, EakteState.SENT),
        _is_open(),
        among(table.c.agency_code, agency_codes),
    )


def _is_open() -> sa.ColumnElement[bool]:
    return table.c.state != _CLOSED


def _count(tx: Tx, *conditions: sa.ColumnElement[bool]) -> int:
    number: int = tx.run(
        sa.select(sa.func.count()).select_from(table).where(*conditions)
    ).scalar_one()
    return number
