"""Plans for folder permissions from proposal to deed, their steps, and orders to a worker."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import sqlalchemy as sa

from rules.errors import Conflict, Refused
from rules.rights.folder_acl import FolderAcl
from rules.rights.plan import UNDO_FOR, Change, Plan
from store.database import statements
from store.database.engine import Tx
from store.database.statements import insert
from store.rights.json import acl_from, acl_to, change_from, change_to
from store.tables.rights import rights_order
from store.tables.rights import rights_plan as table
from store.tables.rights import rights_step as step_table


class PlanState(StrEnum):
    """How far a plan has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPLIED = "applied"
    STOPPED = "stopped"
    UNDONE = "undone"
    VOID = "void"


class StepState(StrEnum):
    """How far one folder has come. `noted`: the postbox may or may not have been touched."""

    NOTED = "noted"
    DONE = "done"
    FAILED = "failed"


StepKind = Literal["apply", "undo"]
OrderKind = Literal["audit", "apply", "undo"]


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan with its life so far."""

    id: int
    audit_id: int
    postbox: str
    region: str
    state: PlanState
    made_at: datetime
    made_by: str
    decided_at: datetime | None
    decided_by: str | None
    ended_at: datetime | None
    plan: Plan
    reason: str = ""

    @property
    def undo_until(self) -> datetime | None:
        """Until when it may be taken back, where it was carried out (aware UTC)."""
        return None if self.ended_at is None else self.ended_at + UNDO_FOR

    @property
    def hash(self) -> str:
        """Names what a person has read: the postbox, each change in order, what is left out.

        SHA-256 in 64 hex digits. Source: own decision 0129.
        """
        said = [self.postbox, [change_to(one) for one in self.plan.changes], self.plan.blocked]
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredStep:
    """One folder: what stood there before, and what shall stand there after."""

    folder: str
    kind: StepKind
    state: StepState
    at: datetime
    error_code: str
    before: FolderAcl
    after: FolderAcl


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker shall do."""

    id: int
    postbox: str
    kind: OrderKind
    plan_id: int | None
    at: datetime
    actor: str


def propose(
    tx: Tx, audit_id: int, plan: Plan, *, place: tuple[str, str], actor: str, now: datetime
) -> int:
    """Put a plan for a postbox and its region (`place`); plans not approved yet become void."""
    postbox, region = place
    void_proposals(tx, postbox, now=now)
    statement = sa.insert(table).values(
        audit_id=audit_id,
        postbox=postbox,
        region=region,
        state=PlanState.PROPOSED.value,
        made_at=now,
        made_by=actor,
        changes=[change_to(one) for one in plan.changes],
        blocked=list(plan.blocked),
    )
    row_id: int = tx.run(statement.returning(table.c.id)).scalar_one()
    return row_id


def alone(tx: Tx, postbox: str) -> None:
    """Nobody else proposes, decides, orders or keeps something in this postbox meanwhile.

    Until the transaction ends; before anything is read that the decision rests on. Without it two
    proposals would wait side by side, or one beside a plan that was approved at that moment.
    """
    statements.alone(tx, f"rights:{postbox}")


def void_proposals(tx: Tx, postbox: str, *, now: datetime) -> None:
    """What was proposed before and not approved counts no more."""
    tx.run(
        sa.update(table)
        .where(table.c.postbox == postbox, table.c.state == PlanState.PROPOSED.value)
        .values(state=PlanState.VOID.value, ended_at=now)
    )


def proposed(tx: Tx, postbox: str) -> StoredPlan | None:
    """The plan that waits for a second person; None where none does."""
    return _last(tx, table.c.postbox == postbox, table.c.state == PlanState.PROPOSED.value)


def rest_on(tx: Tx, plan_id: int, audit_id: int) -> None:
    """A newer look asks for the very same changes: the proposal rests on that one from now on."""
    tx.run(sa.update(table).where(table.c.id == plan_id).values(audit_id=audit_id))


def one(tx: Tx, plan_id: int) -> StoredPlan:
    """A plan. Raises: Refused: `plan.unknown`."""
    row = tx.run(_plans().where(table.c.id == plan_id)).one_or_none()
    if row is None:
        raise unknown(plan_id)
    return _plan(row)


def unknown(plan_id: int) -> Refused:
    """There is no such plan, or none for who asks."""
    return Refused("plan.unknown", f"There is no plan {plan_id}, or none for you.", plan=plan_id)


def newest(tx: Tx, postbox: str) -> StoredPlan | None:
    """The last plan of a postbox that is not void."""
    return _last(tx, table.c.postbox == postbox, table.c.state != PlanState.VOID.value)


def overtaken(tx: Tx, postbox: str) -> StoredPlan | None:
    """The last plan of a postbox, if it became void; None where it did not."""
    found = _last(tx, table.c.postbox == postbox)
    return found if found and found.state is PlanState.VOID else None


def _last(tx: Tx, *which: sa.ColumnElement[bool]) -> StoredPlan | None:
    row = tx.run(_plans().where(*which).order_by(table.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _plan(row)


def advance(
    tx: Tx, plan_id: int, state: PlanState, *, allowed: Collection[PlanState], now: datetime
) -> None:
    """A new state, from one of `allowed`. Raises: Conflict: `rights.plan_state`."""
    values: dict[str, object] = {"state": state.value}
    if state not in {PlanState.PROPOSED, PlanState.APPROVED}:
        values["ended_at"] = now
    statement = (
        sa.update(table)
        .where(table.c.id == plan_id, table.c.state.in_([one.value for one in allowed]))
        .values(**values)
        .returning(table.c.id)
    )
    if tx.run(statement).one_or_none() is None:
        raise Conflict(
            "rights.plan_state",
            f"Plan {plan_id} has gone on since. Load it again, then decide.",
            plan=plan_id,
        )


def decide(  # noqa: PLR0913 - a decision has these parts
    tx: Tx,
    plan_id: int,
    state: PlanState,
    *,
    before: PlanState,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Approve what is proposed, or reject it, or what was approved and not begun.

    `reason` is kept with the decision.
    Raises: Conflict: `rights.plan_state`: it is no longer as it was `before`, or further.
    """
    may = {PlanState.PROPOSED}
    if state is PlanState.REJECTED:
        may.add(PlanState.APPROVED)
    advance(tx, plan_id, state, allowed=may & {before}, now=now)
    tx.run(
        sa.update(table)
        .where(table.c.id == plan_id)
        .values(decided_at=now, decided_by=actor, reason=reason)
    )


def note_step(
    tx: Tx, plan_id: int, *, kind: StepKind, before: FolderAcl, after: FolderAcl, now: datetime
) -> None:
    """Note what will be done to a folder, before it is done. A second note replaces the first."""
    values = {"state": StepState.NOTED.value, "at": now, "error_code": ""}
    statement = insert(tx, step_table).values(
        plan_id=plan_id,
        folder=before.folder,
        kind=kind,
        before=acl_to(before),
        after=acl_to(after),
        **values,
    )
    tx.run(
        statement.on_conflict_do_update(
            index_elements=["plan_id", "folder", "kind"],
            set_=values | {"before": acl_to(before), "after": acl_to(after)},
        )
    )


def end_step(
    tx: Tx, plan_id: int, folder: str, *, kind: StepKind, error_code: str, now: datetime
) -> None:
    """How it went; an empty code means that the folder was read again and is as it should be."""
    state = StepState.FAILED if error_code else StepState.DONE
    tx.run(
        sa.update(step_table)
        .where(
            step_table.c.plan_id == plan_id,
            step_table.c.folder == folder,
            step_table.c.kind == kind,
        )
        .values(state=state.value, error_code=error_code, at=now)
    )


def steps(tx: Tx, plan_id: int) -> tuple[StoredStep, ...]:
    """The folders of a plan that were begun, in their order."""
    c = step_table.c
    statement = (
        sa.select(c.folder, c.kind, c.state, c.at, c.error_code, c.before, c.after)
        .where(c.plan_id == plan_id)
        .order_by(c.id)
    )
    return tuple(
        StoredStep(
            row.folder,
            row.kind,
            StepState(row.state),
            row.at,
            row.error_code,
            acl_from(row.before),
            acl_from(row.after),
        )
        for row in tx.run(statement)
    )


def order(
    tx: Tx, postbox: str, kind: OrderKind, *, plan_id: int | None, actor: str, now: datetime
) -> int:
    """Order something of a worker; an open order of that kind and plan stands for it."""
    same = (kind, plan_id)
    known = next(
        (one.id for one in open_orders(tx, postbox) if (one.kind, one.plan_id) == same), None
    )
    if known is not None:
        return known
    statement = sa.insert(rights_order).values(
        postbox=postbox, kind=kind, plan_id=plan_id, at=now, actor=actor
    )
    row_id: int = tx.run(statement.returning(rights_order.c.id)).scalar_one()
    return row_id


def open_orders(tx: Tx, postbox: str) -> tuple[Order, ...]:
    """What waits for a worker, oldest first."""
    c = rights_order.c
    statement = (
        sa.select(c.id, c.postbox, c.kind, c.plan_id, c.at, c.actor)
        .where(c.postbox == postbox, c.done_at.is_(None))
        .order_by(c.id)
    )
    return tuple(Order(*row) for row in tx.run(statement))


def last_failure(tx: Tx, postbox: str) -> str:
    """The code with which the newest ended order failed, or nothing."""
    c = rights_order.c
    statement = (
        sa.select(c.error_code)
        .where(c.postbox == postbox, c.done_at.is_not(None))
        .order_by(c.id.desc())
        .limit(1)
    )
    return str(tx.run(statement).scalar_one_or_none() or "")


def end_order(tx: Tx, order_id: int, *, error_code: str, now: datetime) -> None:
    """It was tried; it is not tried again by itself."""
    tx.run(
        sa.update(rights_order)
        .where(rights_order.c.id == order_id)
        .values(done_at=now, error_code=error_code)
    )


def _plans() -> sa.Select[*tuple[Any, ...]]:
    c = table.c
    return sa.select(
        c.id,
        c.audit_id,
        c.postbox,
        c.region,
        c.state,
        c.made_at,
        c.made_by,
        c.decided_at,
        c.decided_by,
        c.ended_at,
        c.changes,
        c.blocked,
        c.reason,
    )


def _plan(row: sa.Row[*tuple[Any, ...]]) -> StoredPlan:
    changes: tuple[Change, ...] = tuple(change_from(one) for one in row.changes)
    return StoredPlan(
        row.id,
        row.audit_id,
        row.postbox,
        row.region,
        PlanState(row.state),
        row.made_at,
        row.made_by,
        row.decided_at,
        row.decided_by,
        row.ended_at,
        Plan(changes, tuple(row.blocked)),
        row.reason,
    )
