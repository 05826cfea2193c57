"""What admins ask and decide about folder permissions; each for the postboxes of his regions.

The deeds themselves are in rights/work.py. Source: R4, F56, F57; own decisions 0039, 0040.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from rules import access
from rules.access import Caller, Permission
from rules.errors import Refused
from rules.rights.folder_findings import Finding, Key
from rules.rights.folder_rights import open_findings
from rules.rights.plan import make_plan
from store import audit as trail
from store.engine import Tx
from store.rights import audits as rights_audits
from store.rights import lists as rights_lists
from store.rights import plans as rights_plans
from store.rights import signoffs as rights_signoffs
from store.rights.audits import Audit, Keep
from store.rights.lists import Reported, RunningRound
from store.rights.plans import Order, OrderKind, PlanState, StoredPlan, StoredStep
from store.rights.signoffs import SignOffs
from triage.house import House, PostboxPlan

REASON_SHORTEST: Final = 10
"""Characters of a reason that says something. Source: own decision 0039."""

KEEP_LONGEST: Final = timedelta(days=366)
"""A decision to keep is looked at again after a year at the latest. Source: own decision 0039."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the permissions of one postbox stand: the last look and what was decided about it.

    `open` asks for a deed; `kept` stays by a person's decision.
    """

    box: PostboxPlan
    audit: Audit | None
    open: tuple[Finding, ...]
    kept: tuple[Finding, ...]
    keeps: Mapping[Key, Keep]
    sign_offs: SignOffs
    plan: StoredPlan | None
    reported: Reported | None
    round: RunningRound | None
    orders: tuple[Order, ...]
    last_failure: str


def boxes(house: House, caller: Caller) -> tuple[PostboxPlan, ...]:
    """The postboxes of the caller's regions. Raises: Refused: `access.denied`."""
    access.require(caller, Permission.REVIEW_RIGHTS)
    return tuple(box for box in house.policy.postboxes if access.may_see_region(caller, box.region))


def box_of(house: House, caller: Caller, postbox: str) -> PostboxPlan:
    """That postbox, if it lies in the caller's regions.

    Raises: Refused: `access.denied`, `postbox.unknown`.
    """
    found = next((box for box in boxes(house, caller) if box.name == postbox), None)
    if found is None:
        raise Refused(
            "postbox.unknown",
            "There is no such postbox in your regions. Remedy: name one of yours.",
        )
    return found


def standing(house: House, caller: Caller, postbox: str) -> Standing:
    """How one postbox stands. Raises: Refused: `access.denied`, `postbox.unknown`."""
    box = box_of(house, caller, postbox)
    with house.db.read() as tx:
        return standing_in(tx, box, house.local_now().date())


def standings(house: House, caller: Caller) -> tuple[Standing, ...]:
    """How all postboxes of the caller's regions stand, in the configured order.

    Raises: Refused: `access.denied`.
    """
    mine, today = boxes(house, caller), house.local_now().date()
    with house.db.read() as tx:
        return tuple(standing_in(tx, box, today) for box in mine)


def order(
    house: House, caller: Caller, postbox: str, kind: OrderKind, *, plan_id: int | None = None
) -> int:
    """Ask a worker to look, to carry out an approved plan, or to undo one; the order's number.

    Raises: Refused: `access.denied`, `postbox.unknown`, `plan.unknown`,
    `rights.not_approved`, `rights.read_only`.
    """
    box = box_of(house, caller, postbox)
    now = house.clock()
    with house.db.write() as tx:
        if kind != "audit":
            _require_deed(house, box, _plan_of(tx, postbox, plan_id or 0), kind)
        order_id = rights_plans.order(
            tx, postbox, kind, plan_id=plan_id, actor=caller.name, now=now
        )
        note(tx, house, caller, f"rights.{kind}_ordered", f"postbox:{postbox}", {"plan": plan_id})
    return order_id


def propose(house: House, caller: Caller, postbox: str) -> int:
    """Make a plan of what the last look leaves open; its number.

    Raises: Refused: `access.denied`, `postbox.unknown`, `rights.no_audit`, `rights.empty_plan`,
    `rights.plan_waits`: an approved one is not carried out yet.
    """
    box = box_of(house, caller, postbox)
    now = house.clock()
    with house.db.write() as tx:
        found = standing_in(tx, box, house.local_now().date())
        look_id = audit_id(found)
        if found.plan and found.plan.state is PlanState.APPROVED:
            raise Refused(
                "rights.plan_waits",
                f"Plan {found.plan.id} is approved and not carried out; carry it out first.",
                plan=found.plan.id,
            )
        plan = make_plan(found.open)
        if not plan.changes:
            raise Refused("rights.empty_plan", "There is nothing that a plan could put right.")
        plan_id = rights_plans.propose(
            tx, look_id, plan, place=(box.name, box.region), actor=caller.name, now=now
        )
        counts = {deed.name.lower(): number for deed, number in plan.counts().items()}
        details = {"postbox": postbox, "audit": look_id, **counts}
        note(tx, house, caller, "rights.plan_proposed", f"rights_plan:{plan_id}", details)
    return plan_id


def plan(house: House, caller: Caller, plan_id: int) -> tuple[StoredPlan, tuple[StoredStep, ...]]:
    """A plan with the folders that were begun. Raises: Refused: `plan.unknown`."""
    with house.db.read() as tx:
        stored = rights_plans.one(tx, plan_id)
        box_of(house, caller, stored.postbox)
        return stored, rights_plans.steps(tx, plan_id)


def approve(house: House, caller: Caller, plan_id: int) -> None:
    """Approve a plan that somebody else has made.

    Raises: Refused: `access.denied`, `access.machine`, `plan.unknown`, `rights.same_person`.
    Conflict: `rights.plan_state`.
    """
    access.require(caller, Permission.REVIEW_RIGHTS)
    access.require_person(caller)
    _decide(house, caller, plan_id, PlanState.APPROVED)


def reject(house: House, caller: Caller, plan_id: int) -> None:
    """Put a proposed plan aside; whoever made it may do so too. Raises: as `approve`."""
    _decide(house, caller, plan_id, PlanState.REJECTED)


def keep(house: House, caller: Caller, postbox: str, key: Key, *, reason: str, until: date) -> None:
    """Let a finding stay until that day, with a reason.

    Raises: Refused: `access.denied`, `postbox.unknown`, `finding.unknown`,
    `rights.reason_too_short`, `rights.keep_day`.
    """
    box = box_of(house, caller, postbox)
    today = house.local_now().date()
    require_reason(reason)
    if not today <= until <= today + KEEP_LONGEST:
        raise Refused(
            "rights.keep_day", "The day lies between today and a year from today; choose another."
        )
    with house.db.write() as tx:
        found = standing_in(tx, box, today)
        if key not in {one.key for one in (*found.open, *found.kept)}:
            raise Refused(
                "finding.unknown", "This finding is not there any more; look at the newest audit."
            )
        rights_audits.keep(
            tx, postbox, key, reason=reason.strip(), until=until, actor=caller.name,
            now=house.clock(),
        )  # fmt: skip
        rights_plans.void_proposals(tx, postbox, now=house.clock())
        details = {"code": key.code.value, "folder": key.folder, "until": until.isoformat()}
        note(tx, house, caller, "rights.finding_kept", f"postbox:{postbox}", details)


def standing_in(tx: Tx, box: PostboxPlan, today: date) -> Standing:
    """How a postbox stands, in the caller's transaction."""
    found = rights_audits.newest(tx, box.name)
    keeps = {one.key: one for one in rights_audits.keeps(tx, box.name, today=today)}
    left, kept = open_findings(found.findings if found else (), keeps)
    return Standing(
        box=box,
        audit=found,
        open=left,
        kept=kept,
        keeps=keeps,
        sign_offs=rights_signoffs.newest(tx, box.name),
        plan=rights_plans.newest(tx, box.name),
        reported=rights_lists.newest(tx, box.region),
        round=rights_lists.running_round(tx, box.region),
        orders=rights_plans.open_orders(tx, box.name),
        last_failure=rights_plans.last_failure(tx, box.name),
    )


def _decide(house: House, caller: Caller, plan_id: int, state: PlanState) -> None:
    now = house.clock()
    with house.db.write() as tx:
        stored = rights_plans.one(tx, plan_id)
        box_of(house, caller, stored.postbox)
        if state is PlanState.APPROVED and stored.made_by == caller.name:
            raise Refused(
                "rights.same_person",
                "Who proposed the plan does not approve it; a second person has to.",
            )
        rights_plans.decide(tx, plan_id, state, actor=caller.name, now=now)
        note(
            tx, house, caller, f"rights.plan_{state.value}", f"rights_plan:{plan_id}",
            {"postbox": stored.postbox},
        )  # fmt: skip


def _plan_of(tx: Tx, postbox: str, plan_id: int) -> StoredPlan:
    stored = rights_plans.one(tx, plan_id)
    if stored.postbox != postbox:
        raise Refused("plan.unknown", f"There is no plan {plan_id}.", plan=plan_id)
    return stored


def _require_deed(house: House, box: PostboxPlan, stored: StoredPlan, kind: OrderKind) -> None:
    if box.is_observed or not house.policy.rights.may_write:
        raise Refused(
            "rights.read_only",
            "Rights are only read here. To carry a plan out, set rights.mode to 'write'.",
        )
    if kind == "apply" and stored.state is not PlanState.APPROVED:
        raise Refused(
            "rights.not_approved",
            f"Plan {stored.id} is not approved; a second person approves it.",
            plan=stored.id,
        )
    if kind == "undo" and stored.state not in {PlanState.APPLIED, PlanState.STOPPED}:
        raise Refused(
            "rights.nothing_to_undo",
            f"Plan {stored.id} changed nothing that could be taken back.",
            plan=stored.id,
        )


def audit_id(found: Standing) -> int:
    """The last look. Raises: Refused: `rights.no_audit`."""
    if found.audit is None:
        raise Refused(
            "rights.no_audit", "This postbox has not been audited yet; order an audit first."
        )
    return found.audit.id


def require_reason(reason: str) -> None:
    """Raises: Refused: `rights.reason_too_short`."""
    if len(reason.strip()) < REASON_SHORTEST:
        raise Refused(
            "rights.reason_too_short",
            f"A reason of at least {REASON_SHORTEST} characters is needed here.",
            shortest=REASON_SHORTEST,
        )


def note(
    tx: Tx,
    house: House,
    caller: Caller,
    action: str,
    subject: str,
    details: Mapping[str, object],
) -> None:
    """A line of the trail in the caller's transaction."""
    trail.add(tx, caller.name, action=action, subject=subject, details=details, at=house.clock())
