"""A plan of folder permissions on its way, forwards or backwards, one folder after the other.

Read, compare, note durably, write, read again, compare. Source: R4, F56; own decision 0039.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from rules.errors import HouseError, Refused
from rules.rights.folder_acl import FolderAcl, Principal, access
from rules.rights.folder_levels import Rights
from rules.rights.plan import Change, Deed, applied, differs
from store.database.engine import Tx
from store.rights import plans as rights_plans
from store.rights.plans import StepKind, StepState, StoredStep
from store.trail import audit as trail
from triage import halting
from triage.house import House
from triage.ports import FolderRights

_CHANGED = "rights.changed_meanwhile"
_NOT_AS_WRITTEN = "rights.not_as_written"
_NOT_UNDERSTOOD = "rights.unknown_level"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a plan went: folders done, and the one that stopped it with its code, if one did."""

    done: tuple[str, ...]
    stopped_at: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One plan on its way, forwards or backwards.

    `go_on` is asked in the commit before each write; it raises Conflict `lease.lost` where somebody
    else works there by now, and this run writes nothing more. `require_due` is asked there, too: it
    raises Conflict `rights.plan_outdated` where changes are no longer what should be.
    """

    house: House
    actor: str
    rights: FolderRights
    plan_id: int
    kind: StepKind
    go_on: Callable[[Tx], object]
    require_due: Callable[[Tx, tuple[Change, ...]], None]

    def now(self) -> datetime:
        """By the clock of the house."""
        return self.house.clock()


def carry_out(run: Run, work: Mapping[str, tuple[Change, ...]]) -> Outcome:
    """Folder by folder in their order; the first that isn't as it should be ends it.

    Each step is noted in a transaction of its own before the write, and after it.
    Raises: Conflict: `lease.lost`, by `go_on`.
    """
    done: list[str] = []
    for folder, changes in work.items():
        code = _one_folder(run, folder, changes)
        if code:
            log.warning("rights.plan_stopped", postbox=run.rights.name, plan=run.plan_id, code=code)
            return Outcome(tuple(done), folder, code)
        done.append(folder)
    return Outcome(tuple(done))


def _one_folder(run: Run, folder: str, changes: tuple[Change, ...]) -> str:
    """One folder; an empty text when it was read again and is as it should be, else a code."""
    try:
        before = _read(run.rights, folder)
        has = {who: rights or frozenset() for who, rights in access(before.entries).items()}
        if all(has.get(c.principal, frozenset()) == c.after for c in changes):
            _already_done(run, folder, changes)
            return ""
        if not _is_as_expected(run, folder, changes, has):
            return _CHANGED
        after = applied(before, changes)
        with run.house.db.write() as tx:
            halting.require_running(tx)
            run.go_on(tx)
            run.require_due(tx, changes)
            rights_plans.note_step(
                tx, run.plan_id, kind=run.kind, before=before, after=after, now=run.now()
            )
        run.rights.write(folder, {change.principal: change.after for change in changes})
        wrong = differs(_read(run.rights, folder), _expected(after))
    except HouseError as exc:
        if exc.code == "lease.lost":
            raise
        code = exc.code
    else:
        code = _NOT_AS_WRITTEN if wrong else ""
    _end_step(run, folder, changes, code)
    return code


def _is_as_expected(
    run: Run, folder: str, changes: tuple[Change, ...], has: Mapping[Principal, Rights]
) -> bool:
    """Whether each account has what it had before.

    IMAP writes one account after the other: where a step of ours was begun and never confirmed,
    some of them may have what they shall have already.
    """
    now = [(has.get(c.principal, frozenset()), c) for c in changes]
    if all(rights == change.before for rights, change in now):
        return True
    is_ours = any(
        step.folder == folder and step.state is not StepState.DONE for step in _steps(run)
    )
    return is_ours and all(rights in {change.before, change.after} for rights, change in now)


def _steps(run: Run) -> tuple[StoredStep, ...]:
    with run.house.db.read() as tx:
        return rights_plans.steps(tx, run.plan_id)


def _read(rights: FolderRights, folder: str) -> FolderAcl:
    """The folder now. Raises: Refused: it can't be read, or not understood."""
    (acl,) = rights.read([folder])
    if acl.unreadable:
        raise Refused(acl.unreadable, f"{folder}: its rights can't be read.")
    if any(rights is None for rights in access(acl.entries).values()):
        raise Refused(_NOT_UNDERSTOOD, f"{folder}: an entry can't be understood.")
    return acl


def _expected(acl: FolderAcl) -> dict[Principal, Rights]:
    return {who: rights or frozenset() for who, rights in access(acl.entries).items()}


def _already_done(run: Run, folder: str, changes: tuple[Change, ...]) -> None:
    """What is there already: written before a crash, and now noted so; or done by hand.

    What a person did by hand is none of this plan's deeds: no step is noted, and none undone.
    """
    if any((step.folder, step.kind) == (folder, run.kind) for step in _steps(run)):
        _end_step(run, folder, changes, "")


def _end_step(run: Run, folder: str, changes: tuple[Change, ...], code: str) -> None:
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
