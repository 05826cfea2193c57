"""Deletion plans that are carried out: the plan, its rows, and how each of them ended.

A plan is written whole, in one commit; a row is `planned` until it is erased or kept with a code.
Source: F51; own decision 0054.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from rules.errors import Conflict, Refused
from rules.sweep import PlanRow
from store.database import rows
from store.database.engine import Tx
from store.tables.sweep import sweep_plan as table
from store.tables.sweep import sweep_row


class PlanState(StrEnum):
    """How far a plan is. `proposed` waits for a second person, `ordered` for a worker."""

    PROPOSED = "proposed"
    ORDERED = "ordered"
    DONE = "done"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with its life so far. `regions` None: of all; `counts` is the preview's, as JSON."""

    id: int
    kind: str
    state: PlanState
    hash: str
    day: date
    regions: list[str] | None
    rules: dict[str, Any]
    counts: list[dict[str, Any]]
    reference: str
    made_at: datetime
    made_by: str
    approved_by: str | None
    ended_at: datetime | None


_COLUMNS = rows.columns(StoredPlan, table)


def put(tx: Tx, values: Mapping[str, Any], planned: Sequence[PlanRow]) -> int:
    """Write a plan with its rows; its number. `values` are columns of the table."""
    plan_id: int = tx.run(sa.insert(table).values(values).returning(table.c.id)).scalar_one()
    if planned:
        tx.run(
            sa.insert(sweep_row),
            [
                {"plan_id": plan_id, "message_id": row.message_id, "state": "planned"}
                for row in planned
            ],
        )
    return plan_id


def get(tx: Tx, plan_id: int) -> StoredPlan:
    """The plan. Raises: Refused: `sweep.unknown`."""
    found = _one(tx, sa.select(*_COLUMNS).where(table.c.id == plan_id))
    if found is None:
        raise unknown(plan_id)
    return found


def unknown(plan_id: int) -> Refused:
    """The error for a number that no plan of the caller has."""
    return Refused("sweep.unknown", f"There is no deletion run {plan_id}.", plan=plan_id)


def oldest_ordered(tx: Tx) -> StoredPlan | None:
    """The next plan to carry out, or None."""
    statement = sa.select(*_COLUMNS).where(table.c.state == sa.literal_column("'ordered'"))
    return _one(tx, statement.order_by(table.c.id).limit(1))


def listing(tx: Tx, *, limit: int, after: int | None = None) -> tuple[StoredPlan, ...]:
    """Plans, newest first. `after` is the number of the last one of the page before."""
    statement = sa.select(*_COLUMNS).order_by(table.c.id.desc()).limit(limit)
    if after is not None:
        statement = statement.where(table.c.id < after)
    return tuple(_typed(row) for row in tx.run(statement))


def scheduled_on(tx: Tx, day: date) -> bool:
    """Whether the worker has made its plan of that local day already."""
    statement = sa.select(table.c.id).where(table.c.day == day, table.c.made_by == "worker")
    return tx.run(statement.limit(1)).first() is not None


def advance(
    tx: Tx, plan_id: int, state: PlanState, *, before: PlanState, more: Mapping[str, Any]
) -> None:
    """From one state to the next. Raises: Refused: `sweep.unknown`. Conflict: `sweep.state`."""
    statement = (
        sa.update(table)
        .where(table.c.id == plan_id, table.c.state == before.value)
        .values(state=state.value, **more)
    )
    if not tx.run(statement).rowcount:
        found = get(tx, plan_id).state
        raise Conflict(
            "sweep.state",
            f"Run {plan_id} is {found.value}, not {before.value}; load it again.",
            plan=plan_id,
            state=found.value,
        )


def planned(tx: Tx, plan_id: int, *, limit: int) -> tuple[int, ...]:
    """The messages of the next batch, in the order of the plan."""
    statement = (
        sa.select(sweep_row.c.message_id)
        .where(sweep_row.c.plan_id == plan_id, sweep_row.c.state == sa.literal_column("'planned'"))
        .order_by(sweep_row.c.id)
        .limit(limit)
    )
    return tuple(tx.run(statement).scalars())


def waiting(tx: Tx) -> int:
    """How many messages of ordered plans are still to be looked at."""
    statement = (
        sa.select(sa.func.count())
        .select_from(sweep_row.join(table))
        .where(
            table.c.state == sa.literal_column("'ordered'"),
            sweep_row.c.state == sa.literal_column("'planned'"),
        )
    )
    number: int = tx.run(statement).scalar_one()
    return number


def end_rows(tx: Tx, plan_id: int, ended: Mapping[int, str], *, now: datetime) -> None:
    """How messages of the plan ended: "" is erased, anything else the code of why not."""
    values = [
        {
            "of_message": message_id,
            "to_state": "kept" if code else "erased",
            "to_code": code,
            "to_at": now,
        }
        for message_id, code in ended.items()
    ]
    if values:
        statement = (
            sa.update(sweep_row)
            .where(
                sweep_row.c.plan_id == plan_id,
                sweep_row.c.message_id == sa.bindparam("of_message"),
            )
            .values(
                state=sa.bindparam("to_state"),
                code=sa.bindparam("to_code"),
                at=sa.bindparam("to_at"),
            )
        )
        tx.run(statement, values)


def outcome(tx: Tx, plan_id: int) -> dict[tuple[str, str], int]:
    """How many rows by (state, code)."""
    statement = (
        sa.select(sweep_row.c.state, sweep_row.c.code, sa.func.count())
        .where(sweep_row.c.plan_id == plan_id)
        .group_by(sweep_row.c.state, sweep_row.c.code)
    )
    return {(state, code): number for state, code, number in tx.run(statement)}


def erased_ids(tx: Tx, plan_id: int, *, after: int, limit: int) -> tuple[int, ...]:
    """The messages that the plan erased, by id; `after` is the last one of the page before."""
    statement = (
        sa.select(sweep_row.c.message_id)
        .where(
            sweep_row.c.plan_id == plan_id,
            sweep_row.c.state == "erased",
            sweep_row.c.message_id > after,
        )
        .order_by(sweep_row.c.message_id)
        .limit(limit)
    )
    return tuple(tx.run(statement).scalars())


def _one(tx: Tx, statement: sa.Executable) -> StoredPlan | None:
    row = tx.run(statement).one_or_none()
    return None if row is None else _typed(row)


def _typed(row: sa.Row[*tuple[Any, ...]]) -> StoredPlan:
    values = row._asdict()
    return StoredPlan(**{**values, "state": PlanState(values["state"])})
