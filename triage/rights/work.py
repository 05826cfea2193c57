"""What is done with the folder permissions of a postbox: looked at, changed by plan, put back.

Read, compare, note durably, write, read again, compare: one folder after the other; the first
that isn't as it should be stops the plan. Source: R4, F56; own decision 0039.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import structlog

from rules.errors import Conflict, HouseError, Refused
from rules.rights.folder_rights import audit
from rules.rights.plan import Change, make_plan, undone
from store.database.engine import Tx
from store.processes import halts, leases
from store.rights import audits as rights_audits
from store.rights import plans as rights_plans
from store.rights.plans import PlanState, StepState, StoredPlan, StoredStep
from store.trail import audit as trail
from triage import halting, leasing
from triage.house import House, PostboxPlan
from triage.ports import FolderRights
from triage.rights import basis, decisions
from triage.rights.run import Outcome, Run, carry_out

LEASE_SECONDS = basis.LEASE_SECONDS
_UNDOABLE = frozenset({PlanState.APPLIED, PlanState.STOPPED, PlanState.APPROVED})

log = structlog.get_logger()


def look(house: House, actor: str, rights: FolderRights) -> int:
    """Read all folders, note what differs; the number of the audit. Changes nothing.

    Raises: Refused: `postbox.unknown`, and as the postbox. TryLater. Conflict: `rights.busy`.
    """
    plan = postbox_plan(house, rights.name)
    with _alone(house, rights.name, actor):
        acls = rights.read(rights.folders())
        now = house.clock()  # before the lists are read: those that come later are newer
        with house.db.read() as tx:
            lists_id, should = basis.should_in(tx, house, plan.region, naming=rights.naming)
        findings = audit(acls, should)
        with house.db.write() as tx:
            rights_plans.alone(tx, plan.name)
            audit_id = rights_audits.put(
                tx,
                plan.name,
                acls,
                findings,
                region=plan.region,
                lists_id=lists_id,
                actor=actor,
                now=now,
            )
            _keep_proposal(tx, house, plan, audit_id)
            trail.add(
                tx,
                actor,
                action="rights.audited",
                subject=f"postbox:{plan.name}",
                details={"audit": audit_id, "folders": len(acls), "findings": len(findings)},
                at=now,
            )
    log.info("rights.audited", postbox=plan.name, folders=len(acls), findings=len(findings))
    return audit_id


def _keep_proposal(tx: Tx, house: House, box: PostboxPlan, audit_id: int) -> None:
    """What waits for a second person stays while a new look asks for the same; else it is void.

    A look each night must not take from a person what another one has read. Source: own decision
    0149.
    """
    waiting = rights_plans.proposed(tx, box.name)
    if waiting is None:
        return
    found = decisions.standing_in(tx, box, house.today())
    if replace(waiting, plan=make_plan(found.open)).hash == waiting.hash:
        rights_plans.rest_on(tx, waiting.id, audit_id)
    else:
        rights_plans.void_proposals(tx, box.name, now=house.clock())


def apply(house: House, actor: str, rights: FolderRights, plan_id: int) -> Outcome:
    """Carry out an approved plan; a plan that was cut off goes on where it was.

    One that rests on what holds no more (`rights.plan_outdated`) becomes void, or stops where it
    has begun already. Raises: Refused: `rights.read_only`, `plan.unknown`, `rights.not_approved`.
    Conflict: `rights.busy`, `rights.plan_changed`, `rights.plan_state`, `lease.lost`.
    TryLater: the database is away.
    """
    box = _box_for_writing(house, rights.name)
    with _alone(house, rights.name, actor) as go_on:
        stored, steps = _plan_of(house, box, plan_id)
        if stored.state is not PlanState.APPROVED:
            raise Refused(
                "rights.not_approved",
                f"Plan {plan_id} is not approved; a second person approves it.",
                plan=plan_id,
            )
        work = {folder: stored.plan.of_folder(folder) for folder in stored.plan.folders()}
        run = Run(house, actor, rights, plan_id, "apply", go_on, _due(house, box, rights))
        outcome = _late(house, run, stored, steps) or carry_out(run, work)
        state = PlanState.STOPPED if outcome.code else PlanState.APPLIED
        if outcome.code == basis.OUTDATED and not outcome.done and not steps:
            state = PlanState.VOID
        _end(house, actor, stored, outcome, state)
    return outcome


def _due(
    house: House, box: PostboxPlan, rights: FolderRights
) -> Callable[[Tx, tuple[Change, ...]], None]:
    return lambda tx, changes: basis.require_due(tx, house, box, changes, naming=rights.naming)


def _late(
    house: House, run: Run, stored: StoredPlan, steps: tuple[StoredStep, ...]
) -> Outcome | None:
    """How a plan ends before its first folder, where what it rests on holds no more."""
    done = {step.folder for step in steps if (step.kind, step.state) == ("apply", StepState.DONE)}
    left = tuple(change for change in stored.plan.changes if change.folder not in done)
    try:
        with house.db.read() as tx:
            basis.require_as_approved(tx, stored)
            run.require_due(tx, left)
    except Conflict as exc:
        if exc.code != basis.OUTDATED:
            raise
        return Outcome((), str(exc.details["folder"]), exc.code)
    return None


def undo(house: House, actor: str, rights: FolderRights, plan_id: int) -> Outcome:
    """Put back what a plan has changed, the last folder first.

    Raises: Refused: `rights.read_only`, `plan.unknown`, `rights.nothing_to_undo`,
    `rights.undo_late`. Conflict: `rights.busy`, `rights.plan_state`, `lease.lost`. TryLater: the
    database is away.
    """
    box = _box_for_writing(house, rights.name)
    with _alone(house, rights.name, actor) as go_on:
        stored, steps = _plan_of(house, box, plan_id)
        # One that failed may have been written to, in part or otherwise than it was asked.
        begun = [step.folder for step in steps if step.kind == "apply"]
        if stored.state not in _UNDOABLE or not begun:
            raise Refused(
                "rights.nothing_to_undo",
                f"Plan {plan_id} changed nothing that could be taken back.",
                plan=plan_id,
            )
        basis.require_in_time(stored, house.clock())
        work = {folder: undone(stored.plan.of_folder(folder)) for folder in reversed(begun)}
        run = Run(house, actor, rights, plan_id, "undo", go_on, lambda *_: None)
        outcome = carry_out(run, work)
        state = PlanState.STOPPED if outcome.code else PlanState.UNDONE
        _end(house, actor, stored, outcome, state)
    return outcome


def orders(house: House, worker: str, desks: Mapping[str, Callable[[], FolderRights]]) -> int:
    """Do what pages have ordered, each once; how many. One order that fails stops no other.

    Raises: TryLater: the database is away.
    """
    done = 0
    for postbox, open_rights in desks.items():
        with house.db.read() as tx:
            may_write = halts.may_write(tx, postbox)
            waiting = rights_plans.open_orders(tx, postbox)
        if not may_write:
            # The others wait; looking goes on.
            waiting = tuple(order for order in waiting if order.kind == "audit")
        for order in waiting:
            name = f"rights_orders:{postbox}"
            with leasing.taken(house, name, worker, seconds=LEASE_SECONDS) as lease:
                is_ours = lease is not None and _is_open(house, order)
                done += int(is_ours and _tried(house, order, open_rights))
    return done


def _is_open(house: House, order: rights_plans.Order) -> bool:
    """Whether nobody has done it since it was read."""
    with house.db.read() as tx:
        return order.id in {one.id for one in rights_plans.open_orders(tx, order.postbox)}


def _tried(
    house: House, order: rights_plans.Order, open_rights: Callable[[], FolderRights]
) -> bool:
    """Carry out one order and note how it went; False where somebody else is at it just now."""
    code = _obeyed(house, order, open_rights)
    if code == basis.BUSY:
        return False
    with house.db.write() as tx:
        rights_plans.end_order(tx, order.id, error_code=code, now=house.clock())
    return True


def _obeyed(
    house: House, order: rights_plans.Order, open_rights: Callable[[], FolderRights]
) -> str:
    """Carry out one order; an empty text, or the code of what went wrong."""
    try:
        rights = open_rights()
        try:
            if order.kind == "audit" or order.plan_id is None:
                look(house, order.actor, rights)
                return ""
            deed = apply if order.kind == "apply" else undo
            outcome = deed(house, order.actor, rights, order.plan_id)
            look(house, order.actor, rights)
            return outcome.code
        finally:
            rights.close()
    except HouseError as exc:
        log.warning("rights.order_failed", postbox=order.postbox, kind=order.kind, code=exc.code)
        return exc.code


def postbox_plan(house: House, postbox: str) -> PostboxPlan:
    """The configured postbox of that name. Raises: Refused: `postbox.unknown`."""
    found = next((box for box in house.policy.postboxes if box.name == postbox), None)
    if found is None:
        raise Refused("postbox.unknown", f"There is no postbox {postbox!r} in the configuration.")
    return found


def _box_for_writing(house: House, postbox: str) -> PostboxPlan:
    box = postbox_plan(house, postbox)
    if box.is_observed or not house.policy.rights.may_write:
        raise Refused(
            "rights.read_only",
            "Rights are only read here. To carry a plan out, set rights.mode to 'write'; a postbox"
            " that is only observed stays untouched.",
        )
    return box


def _plan_of(
    house: House, box: PostboxPlan, plan_id: int
) -> tuple[StoredPlan, tuple[StoredStep, ...]]:
    """Read while nobody else works there: what was read before may be over."""
    with house.db.read() as tx:
        halting.require_running(tx)
        stored = rights_plans.one(tx, plan_id)
        if stored.postbox != box.name:
            raise rights_plans.unknown(plan_id)
        return stored, rights_plans.steps(tx, plan_id)


@contextmanager
def _alone(house: House, postbox: str, owner: str) -> Iterator[Callable[[Tx], object]]:
    """Nobody else looks at or changes the permissions of this postbox meanwhile.

    What it gives prolongs that, or raises Conflict `lease.lost`: it took too long between two.
    """
    name = basis.lease_name(postbox)
    with leasing.taken(house, name, owner, seconds=LEASE_SECONDS) as lease:
        if lease is None:
            raise basis.busy(postbox)
        yield lambda tx: leases.renew(tx, lease, now=house.clock(), seconds=LEASE_SECONDS)


def _end(house: House, actor: str, stored: StoredPlan, outcome: Outcome, state: PlanState) -> None:
    now = house.clock()
    with house.db.write() as tx:
        rights_plans.advance(tx, stored.id, state, allowed=[stored.state], now=now)
        trail.add(
            tx,
            actor,
            action=f"rights.plan_{state.value}",
            subject=basis.subject(stored.id),
            details={
                "postbox": stored.postbox,
                "hash": stored.hash,
                "folders": len(outcome.done),
                "stopped_at": outcome.stopped_at,
                "code": outcome.code,
            },
            at=now,
        )
    log.info("rights.plan_ended", postbox=stored.postbox, plan=stored.id, state=state.value)
