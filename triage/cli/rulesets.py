"""Commands for rule sets: draft, lint, dry-run, activate, rollback, show, import."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from rules.errors import Refused
from rules.rulesets.finding import has_errors
from rules.rulesets.terms import action_sentence, rule_sentences
from triage import wiring
from triage.cli import ruleset_view
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    VersionOption,
    counted,
    day_of,
    emit,
    operator,
    read_text,
    say,
)
from triage.house import House
from triage.rulesets import drafts as rulesets
from triage.rulesets import rollback
from triage.rulesets import trial as rule_trial
from triage.rulesets.trial import MAILS, Span

ruleset_app = typer.Typer(
    help="Rule sets: routing rules of one's own, tried before they work.", no_args_is_help=True
)

FileArgument = Annotated[Path, typer.Argument(help="The text of the rule set, TOML.")]
SetArgument = Annotated[str, typer.Argument(help="The set's id.")]
DaysOption = Annotated[int | None, typer.Option(min=1, help="Only mails of the last days.")]
MailsOption = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many mails.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(ruleset_app, name="ruleset")


@ruleset_app.command("lint")
def ruleset_lint(
    file: FileArgument, config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False
) -> None:
    """Check a text: faults with code, line and remedy; exit code 1 if it can't be activated.

    Example: postlotse ruleset lint regeln.toml
    """
    checked = rulesets.check(
        wiring.house_of(config), operator(), read_text(file, code="ruleset.file")
    )
    ruleset_view.tell(checked.findings, as_json=as_json)
    if checked.rules is None or has_errors(checked.findings):
        raise typer.Exit(1)
    if not as_json:
        say(f"{checked.rules.id}: {counted(len(checked.rules.rules), 'rule')}, fit to be activated")


@ruleset_app.command("draft")
def ruleset_draft(file: FileArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Keep a text as draft of the set that it names. Nothing takes effect by this.

    Example: postlotse ruleset draft regeln.toml
    """
    saved, checked = rulesets.save(
        wiring.house_of(config), operator(), read_text(file, code="ruleset.file")
    )
    ruleset_view.tell(checked.findings, as_json=False)
    say(f"{saved.set_id} version {saved.version} is a draft; try it with `ruleset dry-run`")


@ruleset_app.command("show")
def ruleset_show(
    set_id: Annotated[str, typer.Argument(help="The set's id; without: what holds where.")] = "",
    version: VersionOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show what holds where and all versions, or one version with its rules as sentences.

    Example: postlotse ruleset show regeln-west --version 3
    """
    house = wiring.house_of(config)
    if not set_id:
        ruleset_view.say_overview(rulesets.overview(house, operator()), as_json=as_json)
        return
    found = rulesets.show(house, operator(), set_id, version)
    if as_json:
        emit({"id": found.version.set_id, "version": found.version.version,
              "region": found.version.region, "text": found.version.text})  # fmt: skip
        return
    off = {one.rule_id: one for one in found.off}
    for rule in found.checked.rules.rules if found.checked.rules else ():
        state = f"  [off: {off[rule.id].target} is gone]" if rule.id in off else ""
        say(f"{rule.id}: {' und '.join(rule_sentences(rule))}")
        say(f"  -> {action_sentence(rule.action)}{state}")
    ruleset_view.tell(found.checked.findings, as_json=False)


@ruleset_app.command("dry-run")
def ruleset_dry_run(
    what: Annotated[str, typer.Argument(help="A set's id, or a file with a text.")],
    version: VersionOption = None,
    days: DaysOption = None,
    mails: MailsOption = MAILS,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Tell what a rule set would change for stored mails, newest first. Writes nothing.

    Example: postlotse ruleset dry-run regeln.toml --days 14 --mails 10000
    """
    house = wiring.house_of(config)
    file = Path(what)
    is_file = file.suffix == ".toml" and file.exists()
    text = read_text(file, code="ruleset.file") if is_file else _kept(house, what, version)
    found = rule_trial.trial(house, operator(), text, span=Span(days, mails))
    emit(ruleset_view.trial_json(found)) if as_json else ruleset_view.say_trial(found)


@ruleset_app.command("activate")
def ruleset_activate(
    set_id: SetArgument,
    version: VersionOption = None,
    day: Annotated[
        str | None, typer.Option("--from", help="Local day, YYYY-MM-DD; at once by default.")
    ] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Really put it into force; without: dry run only.")
    ] = False,
    sha256: Annotated[
        str, typer.Option(help="Of the text that was tried; refused if another one is there now.")
    ] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Put a version into force from a day on. Without --confirm it is only tried.

    --confirm wants --version or --sha256, as the trial tells them: repeated, it is the same one.
    Whoever wrote on a version can't activate it: another account has to.

    Example: postlotse ruleset activate regeln-west --from 2026-12-01 --confirm --version 3
    """
    house = wiring.house_of(config)
    found = rulesets.show(house, operator(), set_id, version).version
    if not confirm:
        ruleset_view.say_trial(rule_trial.trial(house, operator(), found.text, span=Span()))
        say("nothing was changed; to put exactly this into force:")
        say(f"--confirm --version {found.version} --sha256 {found.sha256}")
        return
    if version is None and not sha256:
        raise Refused(
            "ruleset.not_named",
            "Nothing was changed. The newest version is another one once somebody writes; add"
            f" --version {found.version} --sha256 {found.sha256}",
        )
    from_at = rulesets.activate(
        house, operator(), set_id, found.version, day=_day(day), seen=sha256
    )
    say(f"{set_id} version {found.version} holds from {from_at.astimezone().isoformat()} on")


@ruleset_app.command("rollback")
def ruleset_rollback(
    region: Annotated[str, typer.Option(help="The region; empty: the set for all.")] = "",
    to: Annotated[str, typer.Option(help="What shall hold afterwards: SET.VERSION, or none.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Withdraw what is planned; where nothing is, the version before holds again.

    Without --to it only tells what would hold then; repeated with it, it goes back once.

    Example: postlotse ruleset rollback --region Südwest --to regeln-südwest.3
    """
    house, me = wiring.house_of(config), operator()
    if not to:
        where = f" --region {region}" if region else ""
        back_to = rollback.leads_back_to(house, me, region)
        raise Refused(
            "ruleset.not_named",
            f"Nothing was changed. To go back: postlotse ruleset rollback{where} --to {back_to}",
        )
    done = rollback.rollback(house, me, region, to=to)
    if done.withdrawn:
        say(f"{done.withdrawn} planned activation(s) withdrawn; {to} holds")
    elif done.from_at is None:
        say(f"{to} holds already; nothing was changed")
    elif done.to is None:
        say("no rule set holds any more; the built-in routing goes on")
    else:
        say(f"{to} holds again")


def _kept(house: House, set_id: str, version: int | None) -> str:
    return rulesets.show(house, operator(), set_id, version).version.text


def _day(typed: str | None) -> date | None:
    return day_of(typed, code="ruleset.day") if typed else None
