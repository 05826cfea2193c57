"""What admins ask and decide about folder permissions; each for the postboxes of his regions.

The deeds themselves are in rights/work.py. Source: R4, F56, F57; own decisions 0039, 0040.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from rules import access
from rules.access import Caller, Permission
from rules.errors import Conflict, Refused
from rules.reasons import SHORTEST, is_too_short
from rules.rights.folder_findings import Finding, Key
from rules.rights.folder_levels import in_words
from rules.rights.folder_rights import open_findings
from rules.rights.plan import make_plan
from store.database.engine import Tx
from store.processes import leases
from store.rights import audits as rights_audits
from store.rights import lists as rights_lists
from store.rights import plans as rights_plans
from store.rights import signoffs as rights_signoffs
from store.rights.audits import Audit, Keep
from store.rights.lists import Reported, RunningRound
from store.rights.plans import Order, OrderKind, PlanState, StoredPlan, StoredStep
from store.rights.signoffs import SignOffs
from store.trail import audit as trail
from triage.house import House, PostboxPlan
from triage.rights import basis

KEEP_LONGEST: Final = timedelta(days=366)
"""A decision to keep is looked at again after a year at the latest. Source: own decision 0039."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the permissions of one postbox stand: the last look and what was decided about it.

    `open` asks for a deed; `kept` stays by a person's decision. `overtaken` is a plan that became
    void and that none has followed.
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
    overtaken: StoredPlan | None = None

    @property
    def is_stale(self) -> bool:
        """Whether lists were reported, or followed, after the look, which is held against older.

        Source: own decision 0129.
        """
        look, lists = self.audit, self.reported
        if look is None or lists is None:
            return False
        return look.lists_id != lists.id or lists.at > look.at


def boxes(house: House, caller: Caller) -> tuple[PostboxPlan, ...]:
    """The postboxes of the caller's regions. Raises: Refused: `access.denied`."""
    access.require(caller, Permission.REVIEW_RIGHTS)
    return tuple(box for box in house.policy.postboxes if access.may_see_region(caller, box.region))


def box_of(house: House, caller: Caller, postbox: str) -> PostboxPlan:
    """That postbox, if it lies in the caller's regions.

    Raises: Refused: `access.denied`, `postbox.unknown`.
    """
    yours = boxes(house, caller)
    found = next((box for box in yours if box.name == postbox), None)
    if found is None:
        names = ", ".join(box.name for box in yours)
        raise Refused(
            "postbox.unknown", f"There is no postbox {postbox!r} in your regions; yours: {names}."
        )
    return found


def standing(house: House, caller: Caller, postbox: str) -> Standing:
    """How one postbox stands. Raises: Refused: `access.denied`, `postbox.unknown`."""
    box = box_of(house, caller, postbox)
    with house.db.read() as tx:
        return standing_in(tx, box, house.today())


def standings(house: House, caller: Caller) -> tuple[Standing, ...]:
    """How all postboxes of the caller's regions stand, in the configured order.

    Raises: Refused: `access.denied`.
    """
    mine, today = boxes(house, caller), house.today()
    with house.db.read() as tx:
        return tuple(standing_in(tx, box, today) for box in mine)


def order(
    house: House,
    caller: Caller,
    postbox: str,
    kind: OrderKind,
    *,
    plan_id: int | None = None,
    seen: str = "",
) -> int:
    """Ask a worker to look, to carry out an approved plan, or to undo one; the order's number.

    `seen` is the hash of the plan that the person has read; empty: the number alone names it.
    Raises: Refused: `access.denied`, `postbox.unknown`, `plan.unknown`,
    `rights.not_approved`, `rights.read_only`, `rights.undo_late`. Conflict:
    `rights.plan_changed`, `rights.plan_not_named`.
    """
    box = box_of(house, caller, postbox)
    now = house.clock()
    with house.db.write() as tx:
        rights_plans.alone(tx, postbox)
        if kind != "audit":
            stored = _plan_of(tx, postbox, plan_id or 0)
            basis.require_read(tx, stored, seen)
            _require_deed(house, box, stored, kind)
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
        rights_plans.alone(tx, postbox)
        found = standing_in(tx, box, house.today())
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
        made = rights_plans.one(tx, plan_id)
        details = {"postbox": postbox, "audit": look_id, "hash": made.hash, **counts}
        note(tx, house, caller, "rights.plan_proposed", basis.subject(plan_id), details)
    return plan_id


def plan(house: House, caller: Caller, plan_id: int) -> tuple[StoredPlan, tuple[StoredStep, ...]]:
    """A plan with the folders that were begun. Raises: Refused: `plan.unknown`."""
    with house.db.read() as tx:
        return _visible(tx, house, caller, plan_id), rights_plans.steps(tx, plan_id)


def require_read(house: House, caller: Caller, plan_id: int, *, seen: str) -> None:
    """The plan is the one that was read. Raises: as `plan`. Conflict: `rights.plan_changed`."""
    stored, _ = plan(house, caller, plan_id)
    with house.db.read() as tx:
        basis.require_read(tx, stored, seen)


def approve(house: House, caller: Caller, plan_id: int, *, seen: str = "") -> None:
    """Approve a plan that somebody else has made.

    `seen` is the hash of the plan that the person has read; empty: the number alone names it.
    Raises: Refused: `access.denied`, `access.machine`, `plan.unknown`, `rights.same_person`.
    Conflict: `rights.plan_state`, `rights.plan_changed`, `rights.plan_not_named`.
    """
    access.require(caller, Permission.REVIEW_RIGHTS)
    access.require_person(caller)
    _decide(house, caller, plan_id, PlanState.APPROVED, seen=seen)


def reject(
    house: House, caller: Caller, plan_id: int, *, seen: str = "", reason: str | None = None
) -> None:
    """Put a plan aside that has touched no folder; whoever made it may do so too.

    `reason` tells who proposed it what is to be done otherwise; who takes his own plan back may
    leave it empty. None: a program from before reasons, which can't give one.
    Raises: as `approve`; Refused: `rights.reason_too_short`.
    """
    _decide(house, caller, plan_id, PlanState.REJECTED, seen=seen, reason=reason)


def keep(  # noqa: PLR0913 - a decision has these parts
    house: House,
    caller: Caller,
    postbox: str,
    key: Key,
    *,
    reason: str,
    until: date,
    seen: str | None = None,
) -> None:
    """Let a finding stay until that day, with a reason.

    `seen` is what the person has read of it (`as_read`); None: the key alone names it.
    Raises: Refused: `access.denied`, `postbox.unknown`, `finding.unknown`,
    `rights.reason_too_short`, `rights.keep_day`. Conflict: `rights.finding_changed`.
    """
    box = box_of(house, caller, postbox)
    today = house.today()
    require_reason(reason)
    if not today <= until <= today + KEEP_LONGEST:
        raise Refused(
            "rights.keep_day", "The day lies between today and a year from today; choose another."
        )
    with house.db.write() as tx:
        rights_plans.alone(tx, postbox)
        found = standing_in(tx, box, today)
        about = next((one for one in (*found.open, *found.kept) if one.key == key), None)
        if about is None:
            raise Refused(
                "finding.unknown", "This finding is not there any more; look at the newest audit."
            )
        if seen is not None and seen != as_read(about):
            raise Conflict(
                "rights.finding_changed",
                "The finding is not what was read any more; nothing was kept. Look at it again.",
            )
        rights_audits.keep(
            tx, postbox, about, reason=reason.strip(), until=until, actor=caller.name,
            now=house.clock(),
        )  # fmt: skip
        rights_plans.void_proposals(tx, postbox, now=house.clock())
        details = {"code": key.code.value, "folder": key.folder, "until": until.isoformat()}
        note(tx, house, caller, "rights.finding_kept", f"postbox:{postbox}", details)


def as_read(one: Finding) -> str:
    """What a person reads of a finding besides who and where: the rights there are, in words."""
    return one.about if one.has is None else in_words(one.has)


def standing_in(tx: Tx, box: PostboxPlan, today: date) -> Standing:
    """How a postbox stands, in the caller's transaction."""
    found = rights_audits.newest(tx, box.name)
    keeps = {one.key: one for one in rights_audits.keeps(tx, box.name, today=today)}
    kept_as = {key: one.finding for key, one in keeps.items()}
    left, kept = open_findings(found.findings if found else (), kept_as)
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
        overtaken=rights_plans.overtaken(tx, box.name),
    )


def _decide(
    house: House,
    caller: Caller,
    plan_id: int,
    state: PlanState,
    *,
    seen: str,
    reason: str | None = None,
) -> None:
    now, why = house.clock(), (reason or "").strip()
    with house.db.write() as tx:
        rights_plans.alone(tx, _visible(tx, house, caller, plan_id).postbox)
        stored = rights_plans.one(tx, plan_id)
        basis.require_read(tx, stored, seen)
        if state is PlanState.APPROVED and stored.made_by == caller.name:
            raise Refused(
                "rights.same_person",
                "Who proposed the plan does not approve it; a second person has to.",
            )
        if reason is not None and (why or stored.made_by != caller.name):
            require_reason(why)
        if state is PlanState.REJECTED and stored.state is PlanState.APPROVED:
            _require_untouched(tx, stored, now)
        rights_plans.decide(
            tx, plan_id, state, before=stored.state, actor=caller.name, now=now, reason=why
        )
        note(
            tx, house, caller, f"rights.plan_{state.value}", basis.subject(plan_id),
            {"postbox": stored.postbox, "hash": stored.hash},
        )  # fmt: skip


def _require_untouched(tx: Tx, stored: StoredPlan, now: datetime) -> None:
    """Nobody carries the plan out, and nobody has begun to.

    Raises: Conflict: `rights.busy`, `rights.plan_state`.
    """
    name = basis.lease_name(stored.postbox)
    if name not in leases.pass_through(tx, [name], now=now, seconds=basis.LEASE_SECONDS):
        raise basis.busy(stored.postbox)
    if rights_plans.steps(tx, stored.id):
        raise Conflict(
            "rights.plan_state",
            f"Plan {stored.id} has changed folders already. Carry it out to its end, or undo it.",
            plan=stored.id,
        )


def _visible(tx: Tx, house: House, caller: Caller, plan_id: int) -> StoredPlan:
    """A plan of the caller's regions; of others not even that it is there is told.

    Raises: Refused: `access.denied`, `plan.unknown`.
    """
    mine = {box.name for box in boxes(house, caller)}
    stored = rights_plans.one(tx, plan_id)
    if stored.postbox not in mine:
        raise rights_plans.unknown(plan_id)
    return stored


def _plan_of(tx: Tx, postbox: str, plan_id: int) -> StoredPlan:
    stored = rights_plans.one(tx, plan_id)
    if stored.postbox != postbox:
        raise rights_plans.unknown(plan_id)
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
    if kind == "undo":
        basis.require_in_time(stored, house.clock())


def audit_id(found: Standing) -> int:
    """The last look. Raises: Refused: `rights.no_audit`."""
    if found.audit is None:
        raise Refused(
            "rights.no_audit", "This postbox has not been audited yet; order an audit first."
        )
    return found.audit.id


def require_reason(reason: str) -> None:
    """Raises: Refused: `rights.reason_too_short`."""
    if is_too_short(reason):
        raise Refused(
            "rights.reason_too_short",
            f"A reason of at least {SHORTEST} characters is needed here.",
            shortest=SHORTEST,
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
