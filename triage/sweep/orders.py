"""Station 8, done: orders to delete, by a preview or by name.

Preview (sweep/preview.py), order, run, proof. A preview never writes; an order is bound to it by
its hash; a run asks the rules once more for each message (sweep/run.py); the proof reads back
(sweep/proof.py).
Source: Weisung 202404002 "Regelungen"; § 84 SGB X; Art. 17 DSGVO; F51, N10; own decision 0054.
"""

import json
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

import structlog

from rules.access import Caller, Permission, require, require_person
from rules.errors import Conflict, Refused
from rules.ledger import LedgerState
from rules.retention import on_order
from rules.sweep import BASIS_WORDS, OrderBasis, plan_hash, rules_line
from store.database.engine import Tx
from store.deletion import retention as ended_mail
from store.deletion import sweep_plans
from store.deletion.sweep_plans import PlanState, StoredPlan
from store.trail import audit
from triage import as_read
from triage.house import House
from triage.sweep import holds as sweep_holds
from triage.sweep.preview import Preview, decided, foreseen, named, row_of, tallied

LISTED = 200
"""Plans and holds shown at most. Source: own decision 0054."""

log = structlog.get_logger()


def preview(house: House, caller: Caller) -> Preview:
    """What may be deleted today and what may not, by postbox, agency and reason. Writes nothing.

    Raises: Refused: `access.denied`.
    """
    require(caller, Permission.RUN_RETENTION)
    return foreseen(house, caller.whole_regions)


def order(house: House, caller: Caller, *, hash_: str) -> int:
    """Order exactly what the preview of that hash showed; the plan's number.

    A worker carries it out, or `postlotse sweep run`.

    Raises: Refused: `access.denied`, `sweep.nothing`. Conflict: `sweep.changed`: by now the rules
    give another plan; look again.
    """
    require(caller, Permission.RUN_RETENTION)
    found = foreseen(house, caller.whole_regions)
    if found.hash != hash_:
        raise Conflict(
            "sweep.changed",
            "Something has changed since the preview. Look at the preview again.",
        )
    if not found.rows:
        raise Refused("sweep.nothing", "Nothing may be deleted today.")
    return put(house, found, actor=caller.name, regions=caller.whole_regions)


def put(house: House, found: Preview, *, actor: str, regions: Collection[str] | None) -> int:
    """Write an ordered plan with its rows and its trail entry in one commit; its number."""
    now = house.clock()
    values = {
        "kind": "retention",
        "state": PlanState.ORDERED.value,
        "hash": found.hash,
        "day": found.day,
        "regions": None if regions is None else sorted(regions),
        "rules": json.loads(rules_line(found.rules)),
        "counts": [asdict(one) for one in found.tallies],
        "made_at": now,
        "made_by": actor,
    }
    with house.db.write() as tx:
        plan_id = sweep_plans.put(tx, values, found.rows)
        details = {"hash": found.hash, "mails": len(found.rows)}
        _note(tx, actor, "sweep.ordered", plan_id, details=details, now=now)
    log.info("sweep.ordered", plan=plan_id, mails=len(found.rows))
    return plan_id


def propose(
    house: House,
    caller: Caller,
    message_ids: Collection[int],
    *,
    basis: OrderBasis,
    reference: str,
) -> int:
    """Propose to delete these messages before their period; another person approves.

    Holds, open work and missing receipts are respected when it runs. The plan's number.
    Raises: Refused: `access.denied`, `sweep.nothing`, `sweep.reference`.
    """
    require(caller, Permission.RUN_RETENTION)
    now, today = house.clock(), house.today()
    rules = on_order(BASIS_WORDS[basis])
    with house.db.write() as tx:
        found = [
            one
            for one in ended_mail.of_ids(tx, message_ids)
            if one.state is not LedgerState.DELETED
        ]
        rows = tuple(row_of(one) for one in found)
        if not rows:
            raise Refused("sweep.nothing", "Nothing is kept any more about what was asked for.")
        answers = decided(tx, named(found), today, rules=rules)
        values = {
            "kind": basis.value,
            "state": PlanState.PROPOSED.value,
            "hash": plan_hash(rows, day=today, rules=rules),
            "day": today,
            "regions": None if caller.whole_regions is None else sorted(caller.whole_regions),
            "rules": json.loads(rules_line(rules)),
            "counts": [asdict(one) for one in tallied(answers)],
            "reference": sweep_holds.checked_reference(reference),
            "made_at": now,
            "made_by": caller.name,
        }
        plan_id = sweep_plans.put(tx, values, rows)
        details = {"basis": basis.value, "hash": values["hash"], "mails": len(rows)}
        _note(tx, caller.name, "sweep.proposed", plan_id, details=details, now=now)
    return plan_id


def approve(house: House, caller: Caller, plan_id: int, *, seen: str = "") -> None:
    """A second person says yes: from now on it is ordered.

    `seen` is the hash of the plan that the person has read; empty: the number alone names it.
    Raises: Refused: `access.denied`, `access.machine`, `sweep.unknown`, `sweep.own_plan`.
    Conflict: `sweep.state`; `sweep.changed`: another plan has that number by now;
    `sweep.not_named`: without `seen`, and the number may have been another's before a restore.
    """
    require(caller, Permission.RUN_RETENTION)
    require_person(caller)
    _decide(house, caller, plan_id, PlanState.ORDERED, seen=seen)


def reject(house: House, caller: Caller, plan_id: int, *, seen: str = "") -> None:
    """Nothing is deleted by this plan. Whoever made it may take it back himself.

    Raises: Refused: `access.denied`, `sweep.unknown`. Conflict: as `approve`.
    """
    _decide(house, caller, plan_id, PlanState.VOID, seen=seen)


def plans(
    house: House, caller: Caller, *, limit: int = LISTED, after: int | None = None
) -> tuple[StoredPlan, ...]:
    """Plans of the caller's regions, newest first; fewer than `limit` on the last page only.

    `after` is the number of the last one of the page before. Raises: Refused: `access.denied`.
    """
    require(caller, Permission.RUN_RETENTION)
    shown: list[StoredPlan] = []
    with house.db.read() as tx:
        while len(shown) < limit:
            found = sweep_plans.listing(tx, limit=limit, after=after)
            shown += [plan for plan in found if _may_see(caller, plan)]
            if len(found) < limit:
                break
            after = found[-1].id
    return tuple(shown[:limit])


def plan_of(house: House, caller: Caller, plan_id: int) -> StoredPlan:
    """A plan that the caller may see. Raises: Refused: `access.denied`, `sweep.unknown`."""
    require(caller, Permission.RUN_RETENTION)
    with house.db.read() as tx:
        plan = sweep_plans.get(tx, plan_id)
    if not _may_see(caller, plan):
        raise sweep_plans.unknown(plan_id)
    return plan


def _decide(house: House, caller: Caller, plan_id: int, state: PlanState, *, seen: str) -> None:
    plan = plan_of(house, caller, plan_id)
    with house.db.read() as tx:
        _require_read(tx, plan, seen)
    if state is PlanState.ORDERED and plan.made_by == caller.name:
        raise Refused("sweep.own_plan", "Only a second person may approve this run.", plan=plan_id)
    now = house.clock()
    action = "sweep.approved" if state is PlanState.ORDERED else "sweep.rejected"
    with house.db.write() as tx:
        more = {"approved_at": now, "approved_by": caller.name}
        sweep_plans.advance(tx, plan_id, state, before=PlanState.PROPOSED, more=more)
        _note(tx, caller.name, action, plan_id, details={"hash": plan.hash}, now=now)


def _require_read(tx: Tx, plan: StoredPlan, seen: str) -> None:
    as_read.require(
        tx,
        seen,
        bears=plan.hash,
        told=lambda: audit.of_subject(tx, f"sweep:{plan.id}"),
        changed=Conflict(
            "sweep.changed",
            f"Run {plan.id} is not the one that you have read. Nothing was changed. Read the list"
            " again.",
            plan=plan.id,
        ),
        unnamed=Conflict(
            "sweep.not_named",
            f"Run {plan.id} was ordered after a restore of the database; before it the number may"
            " have been another run's. Send the hash that you have read.",
            plan=plan.id,
        ),
    )


def _may_see(caller: Caller, plan: StoredPlan) -> bool:
    if caller.whole_regions is None:
        return True
    return plan.regions is not None and set(plan.regions) <= caller.whole_regions


def _note(
    tx: Tx, actor: str, action: str, plan_id: int, *, details: dict[str, object], now: datetime
) -> None:
    audit.add(tx, actor, action=action, subject=f"sweep:{plan_id}", details=details, at=now)
