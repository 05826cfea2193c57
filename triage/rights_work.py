"""What is done with the folder permissions of a postbox: looked at, changed by plan, put back.

Read, compare, note durably, write, read again, compare: one folder after the other; the first
that isn't as it should be stops the plan. Source: R4, F56; own decision 0039.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from rules.errors import Conflict, HouseError, Refused
from rules.folder_acl import FolderAcl, Naming, Principal, access
from rules.folder_levels import Rights
from rules.folder_rights import Should, audit
from rules.rights_plan import Change, Deed, applied, differs, undone
from store import audit as trail
from store import halts, leases, rights_audits, rights_lists, rights_plans
from store.rights_plans import PlanState, StepKind, StepState, StoredPlan
from triage import halting
from triage.house import House, PostboxPlan
from triage.ports import FolderRights

LEASE_SECONDS = 900
"""One look or plan at a time in a postbox; a plan of a region takes minutes at most.

Source: own decision 0039.
"""

_CHANGED = "rights.changed_meanwhile"
_NOT_AS_WRITTEN = "rights.not_as_written"
_BUSY = "rights.busy"
_NOT_UNDERSTOOD = "rights.unknown_level"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a plan went: folders done, and the one that stopped it with its code, if one did."""

    done: tuple[str, ...]
    stopped_at: str = ""
    code: str = ""


def should_of(house: House, region: str, *, naming: Naming) -> tuple[int | None, Should]:
    """What the region's postbox is held against now, and the row of the lists it comes from."""
    with house.db.read() as tx:
        lists_id, book = rights_lists.book(tx, region)
    rules = house.policy.rights
    return lists_id, Should(
        region,
        house.directory,
        book,
        naming,
        exempt=rules.exempt,
        common=rules.common_folders,
    )


def look(house: House, actor: str, rights: FolderRights) -> int:
    """Read all folders, note what differs; the number of the audit. Changes nothing.

    Raises: Refused: `postbox.unknown`, and as the postbox. TryLater. Conflict: `rights.busy`.
    """
    plan = postbox_plan(house, rights.name)
    with _alone(house, rights.name, actor):
        acls = rights.read(rights.folders())
        lists_id, should = should_of(house, plan.region, naming=rights.naming)
        findings = audit(acls, should)
        now = house.clock()
        with house.db.write() as tx:
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
            rights_plans.void_proposals(tx, plan.name, now=now)
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


def apply(house: House, actor: str, rights: FolderRights, plan_id: int) -> Outcome:
    """Carry out an approved plan; a plan that was cut off goes on where it was.

    Raises: Refused: `rights.read_only`, `plan.unknown`, `rights.not_approved`.
    Conflict: `rights.busy`, `rights.plan_state`. TryLater: the database is away.
    """
    stored = _plan_for_writing(house, rights.name, plan_id)
    if stored.state is not PlanState.APPROVED:
        raise Refused(
            "rights.not_approved",
            f"Plan {plan_id} ist nicht freigegeben. Eine zweite Person gibt ihn frei.",
            plan=plan_id,
        )
    work = {folder: stored.plan.of_folder(folder) for folder in stored.plan.folders()}
    with _alone(house, rights.name, actor):
        outcome = _carry_out(_Run(house, actor, rights, plan_id, "apply"), work)
        state = PlanState.STOPPED if outcome.code else PlanState.APPLIED
        _end(house, actor, stored, outcome, state)
    return outcome


def undo(house: House, actor: str, rights: FolderRights, plan_id: int) -> Outcome:
    """Put back what a plan has changed, the last folder first.

    Raises: Refused: `rights.read_only`, `plan.unknown`, `rights.nothing_to_undo`.
    Conflict: `rights.busy`, `rights.plan_state`. TryLater: the database is away.
    """
    stored = _plan_for_writing(house, rights.name, plan_id)
    with house.db.read() as tx:
        begun = [
            step.folder
            for step in rights_plans.steps(tx, plan_id)
            if step.kind == "apply" and step.state is not StepState.FAILED
        ]
    if stored.state not in {PlanState.APPLIED, PlanState.STOPPED, PlanState.APPROVED} or not begun:
        raise Refused(
            "rights.nothing_to_undo",
            f"Plan {plan_id} hat nichts geändert, was zurückzunehmen wäre.",
            plan=plan_id,
        )
    work = {folder: undone(stored.plan.of_folder(folder)) for folder in reversed(begun)}
    with _alone(house, rights.name, actor):
        outcome = _carry_out(_Run(house, actor, rights, plan_id, "undo"), work)
        state = stored.state if outcome.code else PlanState.UNDONE
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
            with _only_worker(house, postbox, worker) as is_mine:
                done += int(is_mine and _tried(house, order, open_rights))
    return done


def _tried(
    house: House, order: rights_plans.Order, open_rights: Callable[[], FolderRights]
) -> bool:
    """Carry out one order and note how it went; False where somebody else is at it just now."""
    code = _obeyed(house, order, open_rights)
    if code == _BUSY:
        return False
    with house.db.write() as tx:
        rights_plans.end_order(tx, order.id, error_code=code, now=house.clock())
    return True


@contextmanager
def _only_worker(house: House, postbox: str, worker: str) -> Iterator[bool]:
    """Whether this worker carries out the orders for the postbox just now."""
    name, now = f"rights_orders:{postbox}", house.clock()
    with house.db.write() as tx:
        lease = leases.take(tx, name, owner=worker, now=now, seconds=LEASE_SECONDS)
    yield lease is not None
    if lease is not None:
        with house.db.write() as tx:
            leases.release(tx, lease, now=house.clock())


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
        raise Refused("postbox.unknown", f"Ein Postfach {postbox!r} ist nicht eingerichtet.")
    return found


def _plan_for_writing(house: House, postbox: str, plan_id: int) -> StoredPlan:
    box = postbox_plan(house, postbox)
    if box.is_observed or not house.policy.rights.may_write:
        raise Refused(
            "rights.read_only",
            "Rechte werden hier nur gelesen. Zum Ausführen rights.mode auf „write“ setzen; ein"
            " Postfach, das nur beobachtet wird, bleibt unberührt.",
        )
    with house.db.read() as tx:
        halting.require_running(tx)
        stored = rights_plans.one(tx, plan_id)
    if stored.postbox != postbox:
        raise Refused("plan.unknown", f"Einen Plan {plan_id} gibt es nicht.")
    return stored


@contextmanager
def _alone(house: House, postbox: str, owner: str) -> Iterator[None]:
    """Nobody else looks at or changes the permissions of this postbox meanwhile."""
    name, now = f"rights:{postbox}", house.clock()
    with house.db.write() as tx:
        lease = leases.take(tx, name, owner=owner, now=now, seconds=LEASE_SECONDS)
    if lease is None:
        raise Conflict(
            _BUSY,
            f"Die Rechte von {postbox} werden gerade gelesen oder geändert; später wiederholen.",
        )
    try:
        yield
    finally:
        with house.db.write() as tx:
            leases.release(tx, lease, now=house.clock())


@dataclass(frozen=True, slots=True)
class _Run:
    """One plan on its way, forwards or backwards."""

    house: House
    actor: str
    rights: FolderRights
    plan_id: int
    kind: StepKind

    def now(self) -> datetime:
        """By the clock of the house."""
        return self.house.clock()


def _carry_out(run: _Run, work: Mapping[str, tuple[Change, ...]]) -> Outcome:
    done: list[str] = []
    for folder, changes in work.items():
        code = _one_folder(run, folder, changes)
        if code:
            log.warning("rights.plan_stopped", postbox=run.rights.name, plan=run.plan_id, code=code)
            return Outcome(tuple(done), folder, code)
        done.append(folder)
    return Outcome(tuple(done))


def _one_folder(run: _Run, folder: str, changes: tuple[Change, ...]) -> str:
    """One folder; an empty text when it was read again and is as it should be, else a code."""
    try:
        before = _read(run.rights, folder)
        has = {who: rights or frozenset() for who, rights in access(before.entries).items()}
        if all(has.get(c.principal, frozenset()) == c.after for c in changes):
            _already_done(run, folder, changes)
            return ""
        if any(has.get(c.principal, frozenset()) != c.before for c in changes):
            return _CHANGED
        after = applied(before, changes)
        with run.house.db.write() as tx:
            halting.require_running(tx)
            rights_plans.note_step(
                tx, run.plan_id, kind=run.kind, before=before, after=after, now=run.now()
            )
        run.rights.write(folder, {change.principal: change.after for change in changes})
        wrong = differs(_read(run.rights, folder), _expected(after))
    except HouseError as exc:
        code = exc.code
    else:
        code = _NOT_AS_WRITTEN if wrong else ""
    _end_step(run, folder, changes, code)
    return code


def _read(rights: FolderRights, folder: str) -> FolderAcl:
    """The folder now. Raises: Refused: it can't be read, or not understood."""
    (acl,) = rights.read([folder])
    if acl.unreadable:
        raise Refused(acl.unreadable, f"{folder}: Rechte nicht lesbar.")
    if any(rights is None for rights in access(acl.entries).values()):
        raise Refused(_NOT_UNDERSTOOD, f"{folder}: Ein Eintrag lässt sich nicht deuten.")
    return acl


def _expected(acl: FolderAcl) -> dict[Principal, Rights]:
    return {who: rights or frozenset() for who, rights in access(acl.entries).items()}


def _already_done(run: _Run, folder: str, changes: tuple[Change, ...]) -> None:
    """What is there already: written before a crash, and now noted so; or done by hand.

    What a person did by hand is none of this plan's deeds: no step is noted, and none undone.
    """
    with run.house.db.read() as tx:
        steps = rights_plans.steps(tx, run.plan_id)
    if any((step.folder, step.kind) == (folder, run.kind) for step in steps):
        _end_step(run, folder, changes, "")


def _end_step(run: _Run, folder: str, changes: tuple[Change, ...], code: str) -> None:
    counts = {deed.name.lower(): sum(c.deed is deed for c in changes) for deed in Deed}
    now = run.now()
    with run.house.db.write() as tx:
        rights_plans.end_step(tx, run.plan_id, folder, kind=run.kind, error_code=code, now=now)
        trail.add(
            tx,
            run.actor,
            action=f"rights.folder_{'failed' if code else run.kind}",
            subject=f"rights_plan:{run.plan_id}",
            details={"folder": folder, "code": code, **counts},
            at=now,
        )


def _end(house: House, actor: str, stored: StoredPlan, outcome: Outcome, state: PlanState) -> None:
    now = house.clock()
    with house.db.write() as tx:
        rights_plans.advance(tx, stored.id, state, allowed=[stored.state], now=now)
        trail.add(
            tx,
            actor,
            action=f"rights.plan_{state.value}",
            subject=f"rights_plan:{stored.id}",
            details={
                "postbox": stored.postbox,
                "folders": len(outcome.done),
                "stopped_at": outcome.stopped_at,
                "code": outcome.code,
            },
            at=now,
        )
    log.info("rights.plan_ended", postbox=stored.postbox, plan=stored.id, state=state.value)
