"""Commands for plans of folder permissions: make, show, approve, carry out, undo."""

from pathlib import Path
from typing import Annotated, Final

import typer

from rules.access import Caller
from rules.errors import Conflict, Refused
from rules.rights.folder_findings import named, title
from rules.rights.folder_levels import in_words
from rules.rights.plan import Change, Deed, make_plan
from store.rights.plans import PlanState, StoredPlan
from triage import wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, PostboxOption, counted, operator, say
from triage.house import House
from triage.ports import FolderRights
from triage.rights import decisions as rights
from triage.rights import work as rights_work
from triage.rights.run import Outcome
from triage.settings import load
from triage.wiring import postboxes

PlanArgument = Annotated[int, typer.Argument(help="Number of the plan.")]
HashOption = Annotated[
    str, typer.Option("--hash", help="Its hash, as you have read it with `rights show`.")
]
ConfirmOption = Annotated[bool, typer.Option("--confirm", help="Really write into the postbox.")]

_FITS: Final = {
    "approve": {PlanState.PROPOSED},
    "reject": {PlanState.PROPOSED, PlanState.APPROVED},
    "apply": {PlanState.APPROVED},
    "undo": {PlanState.APPLIED, PlanState.STOPPED},
}
"""The states in which a plan takes a command."""


def register(app: typer.Typer) -> None:
    """Add the commands to those of folder permissions."""
    app.command("plan")(plan)
    app.command("show")(show)
    app.command("approve")(approve)
    app.command("reject")(reject)
    app.command("apply")(apply)
    app.command("undo")(undo)


def plan(
    postbox: PostboxOption,
    config: ConfigOption = DEFAULT_CONFIG,
    propose: Annotated[bool, typer.Option("--propose", help="Keep it, for approval.")] = False,
) -> None:
    """Print the changes that would put right what the last audit left open; changes nothing.

    With --propose the plan gets a number, and somebody else may approve it.

    Example: postlotse rights plan --postbox SC-Nord --propose
    """
    house, caller = wiring.house_of(config), operator()
    found = rights.standing(house, caller, postbox)
    if found.audit is None:
        raise Refused("rights.no_audit", f"{postbox} has not been looked at; run `rights audit`.")
    made = make_plan(found.open)
    say(f"{postbox}, as of audit {found.audit.id} ({found.audit.at:%Y-%m-%d %H:%M} UTC)")
    _say_changes(made.changes)
    if made.blocked:
        say(f"left out, not readable or not understood: {', '.join(made.blocked)}")
    counts = made.counts()
    say("sum: " + "  ".join(f"{deed.value} {counts[deed]}" for deed in Deed))
    by_hand = sum(not one.is_fixable for one in found.open)
    if by_hand:
        say(f"{counted(by_hand, 'finding')} left for a person; see `rights audit`")
    if propose:
        plan_id = rights.propose(house, caller, postbox)
        say(f"plan {plan_id} waits; another person runs `postlotse rights approve {plan_id}`,")
        say("which shows it, and the command that approves exactly it")


def show(plan_id: PlanArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print a plan with its state, and the folders that were begun.

    Example: postlotse rights show 7
    """
    stored, steps = rights.plan(wiring.house_of(config), operator(), plan_id)
    _say_plan(stored)
    for step in steps:
        code = f" [{step.error_code}]" if step.error_code else ""
        say(f"{step.kind} {step.folder}: {step.state.value}{code}")


def approve(
    plan_id: PlanArgument, config: ConfigOption = DEFAULT_CONFIG, hash_: HashOption = ""
) -> None:
    """Approve a plan that somebody else has made.

    Without --hash it is shown only, and with it another one than you read is refused: after a
    restore of the database a number may be another's.

    Example: postlotse rights approve 7 --hash 5f0c5f0c5f0c…
    """
    house, caller = wiring.house_of(config), operator()
    read = _require_hash(house, caller, plan_id, hash_, f"approve {plan_id}")
    rights.approve(house, caller, plan_id, seen=read)
    deed = f"postlotse rights apply {plan_id} --confirm --hash {read}"
    say(f"plan {plan_id} is approved; carry it out: {deed}")


def reject(
    plan_id: PlanArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    hash_: HashOption = "",
    reason: Annotated[
        str, typer.Option(help="Why; who proposed it reads it. Your own plan needs none.")
    ] = "",
) -> None:
    """Put a plan aside that has touched no folder. Without --hash it is shown only.

    Example: postlotse rights reject 7 --hash 5f0c5f0c5f0c… --reason "The cover ends in January"
    """
    house, caller = wiring.house_of(config), operator()
    read = _require_hash(house, caller, plan_id, hash_, f"reject {plan_id} --reason '...'")
    rights.reject(house, caller, plan_id, seen=read, reason=reason)
    say(f"plan {plan_id} is put aside")


def apply(
    plan_id: PlanArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    confirm: ConfirmOption = False,
    hash_: HashOption = "",
) -> None:
    """Carry out an approved plan, folder by folder, each read again and compared.

    Example: postlotse rights apply 7 --confirm --hash 5f0c5f0c5f0c…
    """
    _deed(config, plan_id, confirm=confirm, hash_=hash_, kind="apply")


def undo(
    plan_id: PlanArgument,
    config: ConfigOption = DEFAULT_CONFIG,
    confirm: ConfirmOption = False,
    hash_: HashOption = "",
) -> None:
    """Put back what a plan has changed, the last folder first.

    Example: postlotse rights undo 7 --confirm --hash 5f0c5f0c5f0c…
    """
    _deed(config, plan_id, confirm=confirm, hash_=hash_, kind="undo")


def _deed(config: Path, plan_id: int, *, confirm: bool, hash_: str, kind: str) -> None:
    house, caller = wiring.house_of(config), operator()
    stored, _ = rights.plan(house, caller, plan_id)
    words = f"{kind} {plan_id} --confirm"
    if not confirm:
        _say_plan(stored)
        _require_fits(stored, kind)
        raise Refused(
            "rights.not_confirmed",
            f"Nothing was written. To write exactly this: postlotse rights {words}"
            f" --hash {stored.hash}",
        )
    rights.require_read(
        house, caller, plan_id, seen=_require_hash(house, caller, plan_id, hash_, words)
    )
    desk = desk_of(config, stored.postbox)
    try:
        deed = rights_work.apply if kind == "apply" else rights_work.undo
        outcome = deed(house, caller.name, desk, plan_id)
        rights_work.look(house, caller.name, desk)
    finally:
        desk.close()
    _say_outcome(outcome)
    if outcome.code:
        raise typer.Exit(1)


def _require_hash(house: House, caller: Caller, plan_id: int, hash_: str, words: str) -> str:
    """The hash; where nobody says that he has read the plan, it is shown."""
    if hash_:
        return hash_
    stored, _ = rights.plan(house, caller, plan_id)
    _say_plan(stored)
    _require_fits(stored, words.partition(" ")[0])
    raise Refused(
        "rights.plan_not_named",
        f"Nothing was changed. For exactly this plan: postlotse rights {words}"
        f" --hash {stored.hash}",
        plan=stored.id,
    )


def _require_fits(stored: StoredPlan, deed: str) -> None:
    """So that nobody is given a command which is then refused.

    Raises: Conflict: `rights.plan_state`.
    """
    if stored.state not in _FITS[deed]:
        raise Conflict(
            "rights.plan_state",
            f"Plan {stored.id} is {stored.state.value}; {deed} is not for it. Remedy: see what is"
            f" open now and make a new plan: postlotse rights plan --postbox {stored.postbox}",
            plan=stored.id,
        )


def _say_plan(stored: StoredPlan) -> None:
    say(f"plan {stored.id} for {stored.postbox}: {stored.state.value}")
    say(f"made by {stored.made_by}, decided by {stored.decided_by or 'nobody yet'}")
    if stored.reason:
        say(f"put aside because: {stored.reason}")
    say(f"hash {stored.hash}")
    _say_changes(stored.plan.changes)
    if stored.plan.blocked:
        say(f"left out, not readable or not understood: {', '.join(stored.plan.blocked)}")


def _say_outcome(outcome: Outcome) -> None:
    for folder in outcome.done:
        say(f"done, read again, as it should be: {folder}")
    if outcome.code:
        say(f"stopped at {outcome.stopped_at} [{outcome.code}]; nothing after it was touched")


def desk_of(config: Path, postbox: str) -> FolderRights:
    """The permissions of a configured postbox, opened. Raises: Refused: `postbox.unknown`."""
    boxes = load(config).postboxes
    box = next((b for b in boxes if b.name == postbox), None)
    if box is None:
        names = ", ".join(b.name for b in boxes)
        raise Refused("postbox.unknown", f"No postbox {postbox!r} in {config}; it has: {names}.")
    return postboxes.open_rights(box)


def _say_changes(changes: tuple[Change, ...]) -> None:
    folder = None
    for change in changes:
        if change.folder != folder:
            folder = change.folder
            say(f"  {folder}")
        say(
            f"    {change.deed.value} {named(change.principal.key)}:"
            f" {in_words(change.before)} → {in_words(change.after)}  ({title(change.code)})"
        )
