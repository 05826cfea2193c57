"""Commands for folder permissions: look, plan, approve, carry out, undo, report."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from rules.access import Caller
from rules.errors import Refused
from rules.rights.folder_findings import Finding, meaning, named, remedy, title
from rules.rights.folder_levels import in_words
from rules.rights.plan import Change, Deed, make_plan
from store.rights.plans import StoredPlan
from triage import private_file, wiring, workbook
from triage.cli import rights_review
from triage.cli.rights_lists import lists_app, rounds_app
from triage.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    emit,
    operator,
    require_ending,
    say,
    settings_of,
)
from triage.house import House
from triage.ports import FolderRights
from triage.rights import decisions as rights
from triage.rights import matrix as rights_matrix
from triage.rights import report as rights_report
from triage.rights import tables as rights_tables
from triage.rights import work as rights_work
from triage.rights.run import Outcome
from triage.wiring import postboxes

rights_app = typer.Typer(help="Folder permissions against reported lists.", no_args_is_help=True)
rights_app.add_typer(lists_app, name="lists")
rights_app.add_typer(rounds_app, name="round")
rights_review.register(rights_app)

PostboxOption = Annotated[str, typer.Option(help="Name of the postbox in the configuration.")]
PlanArgument = Annotated[int, typer.Argument(help="Number of the plan.")]
HashOption = Annotated[
    str, typer.Option("--hash", help="Its hash, as you have read it with `rights show`.")
]
ConfirmOption = Annotated[bool, typer.Option("--confirm", help="Really write into the postbox.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(rights_app, name="rights")


@rights_app.command("audit")
def audit(
    config: ConfigOption = DEFAULT_CONFIG, postbox: PostboxOption = "", as_json: JsonOption = False
) -> None:
    """Read the permissions of all folders and tell what differs from the reported lists.

    Changes nothing. Without --postbox all configured ones. Exit code 1 if anything is open.

    Example: postlotse rights audit --postbox SC-Nord
    """
    house, caller = wiring.house_of(config), operator()
    open_findings = 0
    wanted = (rights.box_of(house, caller, postbox),) if postbox else rights.boxes(house, caller)
    for box in wanted:
        desk = _desk(config, box.name)
        try:
            rights_work.look(house, caller.name, desk)
        finally:
            desk.close()
        open_findings += _tell(house, caller, box.name, as_json=as_json)
    if open_findings:
        raise typer.Exit(1)


@rights_app.command("plan")
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
        say(f"{by_hand} findings need a person; see `rights audit`")
    if propose:
        plan_id = rights.propose(house, caller, postbox)
        say(f"plan {plan_id} waits; another person runs `postlotse rights approve {plan_id}`,")
        say("which shows it, and the command that approves exactly it")


@rights_app.command("show")
def show(plan_id: PlanArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print a plan with its state, and the folders that were begun.

    Example: postlotse rights show 7
    """
    stored, steps = rights.plan(wiring.house_of(config), operator(), plan_id)
    _say_plan(stored)
    for step in steps:
        code = f" [{step.error_code}]" if step.error_code else ""
        say(f"{step.kind} {step.folder}: {step.state.value}{code}")


@rights_app.command("approve")
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


@rights_app.command("reject")
def reject(
    plan_id: PlanArgument, config: ConfigOption = DEFAULT_CONFIG, hash_: HashOption = ""
) -> None:
    """Put a plan aside that has touched no folder. Without --hash it is shown only.

    Example: postlotse rights reject 7 --hash 5f0c5f0c5f0c…
    """
    house, caller = wiring.house_of(config), operator()
    read = _require_hash(house, caller, plan_id, hash_, f"reject {plan_id}")
    rights.reject(house, caller, plan_id, seen=read)
    say(f"plan {plan_id} is put aside")


@rights_app.command("apply")
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


@rights_app.command("undo")
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


@rights_app.command("keep")
def keep(
    postbox: PostboxOption,
    folder: Annotated[str, typer.Option(help="Folder of the finding; empty for lists.")] = "",
    subject: Annotated[str, typer.Option(help="Account or list of the finding.")] = "",
    reason: Annotated[str, typer.Option(help="Why it stays, 10 characters or more.")] = "",
    days: Annotated[int, typer.Option(help="For how many days.", min=1, max=366)] = 90,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let a finding stay, with a reason, until a day; it is in no plan meanwhile.

    Example: postlotse rights keep --postbox SC-Nord --folder "123 Hamburg"
    --subject k1@dienst.example --reason "Vertretung bis Jahresende" --days 40
    """
    house, caller = wiring.house_of(config), operator()
    every = rights.standing(house, caller, postbox).open
    found = [one for one in every if (one.folder, one.subject) == (folder, subject.lower())]
    if not found:
        raise Refused("finding.unknown", "There is no such finding; see `rights audit`.")
    until = house.local_now().date() + timedelta(days=days)
    for one in found:
        rights.keep(house, caller, postbox, one.key, reason=reason, until=until)
        say(f"stays until {until.isoformat()}: {title(one.code)}, {one.folder or 'lists'}")


@rights_app.command("report")
def report(
    out: Annotated[Path, typer.Option(help="The file to write: .html to print, or .xlsx.")],
    config: ConfigOption = DEFAULT_CONFIG,
    postbox: PostboxOption = "",
) -> None:
    """Write a page to print: figures, findings, what stays by decision, who has signed off.

    As a workbook: findings, matrix and folders, a sheet each.

    Example: postlotse rights report --out rechte.html
    """
    require_ending(out, ".html", ".htm", ".xlsx")
    house, caller = wiring.house_of(config), operator()
    found = (
        (rights.standing(house, caller, postbox),) if postbox else rights.standings(house, caller)
    )
    if out.suffix.lower() == ".xlsx":
        tables = (
            rights_tables.findings(found),
            rights_tables.matrix(house, found),
            rights_tables.folders(house, found),
        )
        private_file.write(out, workbook.as_xlsx(tables, made_at=house.clock()))
    else:
        private_file.write(out, rights_report.as_html(house, found).encode())
    say(f"written to {out}")


def _deed(config: Path, plan_id: int, *, confirm: bool, hash_: str, kind: str) -> None:
    house, caller = wiring.house_of(config), operator()
    stored, _ = rights.plan(house, caller, plan_id)
    words = f"{kind} {plan_id} --confirm"
    if not confirm:
        _say_plan(stored)
        raise Refused(
            "rights.not_confirmed",
            f"Nothing was written. To write exactly this: postlotse rights {words}"
            f" --hash {stored.hash}",
        )
    rights.require_read(
        house, caller, plan_id, seen=_require_hash(house, caller, plan_id, hash_, words)
    )
    desk = _desk(config, stored.postbox)
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
    raise Refused(
        "rights.plan_not_named",
        f"Nothing was changed. For exactly this plan: postlotse rights {words}"
        f" --hash {stored.hash}",
        plan=stored.id,
    )


def _say_plan(stored: StoredPlan) -> None:
    say(f"plan {stored.id} for {stored.postbox}: {stored.state.value}")
    say(f"made by {stored.made_by}, decided by {stored.decided_by or 'nobody yet'}")
    say(f"hash {stored.hash}")
    _say_changes(stored.plan.changes)
    if stored.plan.blocked:
        say(f"left out, not readable or not understood: {', '.join(stored.plan.blocked)}")


def _say_outcome(outcome: Outcome) -> None:
    for folder in outcome.done:
        say(f"done, read again, as it should be: {folder}")
    if outcome.code:
        say(f"stopped at {outcome.stopped_at} [{outcome.code}]; nothing after it was touched")


def _desk(config: Path, postbox: str) -> FolderRights:
    box = next((b for b in settings_of(config).postboxes if b.name == postbox), None)
    if box is None:
        raise Refused("postbox.unknown", f"No postbox {postbox!r} in {config}.")
    return postboxes.open_rights(box)


def _tell(house: House, caller: Caller, postbox: str, *, as_json: bool) -> int:
    found = rights.standing(house, caller, postbox)
    rows = rights_matrix.rows(house, [found])
    sums = rights_matrix.sums(rows)
    if as_json:
        for one in found.open:
            emit({"postbox": postbox, **_line(one)})
        return len(found.open)
    say(
        f"{postbox}: {found.audit.folders if found.audit else 0} folders, {len(found.open)}"
        f" findings at {sums.with_findings} of {sums.agencies} agencies,"
        f" {len(found.kept)} kept by decision"
    )
    if found.is_stale:
        say("  the lists have changed meanwhile; run `rights audit` again")
    for one in found.open:
        where = one.folder or f"Verteiler {one.agency}".rstrip()
        say(f"  {where}: {title(one.code)} – {meaning(one)} {remedy(one.code)}")
    return len(found.open)


def _line(one: Finding) -> dict[str, object]:
    return {
        "code": one.code.value,
        "agency": one.agency,
        "folder": one.folder,
        "subject": one.subject,
        "has": None if one.has is None else in_words(one.has),
        "wanted": None if one.wanted is None else in_words(one.wanted),
        "remedy": remedy(one.code),
    }


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
