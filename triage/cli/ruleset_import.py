"""The command that takes over Outlook's inbox rules or a Sieve script. Writes a text, no more."""

from pathlib import Path
from typing import Annotated

import typer

from rules.errors import Refused
from rules.rulesets import outlook_rules, sieve_rules
from rules.rulesets.finding import has_errors
from rules.rulesets.taken_over import TakenOver
from triage import wiring
from triage.cli import private_file
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    counted,
    operator,
    read_text,
    say,
)
from triage.cli.ruleset_view import tell
from triage.cli.rulesets import ruleset_app
from triage.rulesets import importing as rule_import
from triage.settings import load
from triage.wiring import postboxes, sieve_scripts


def register() -> None:
    """Add the command to those of rule sets."""
    ruleset_app.command("import")(ruleset_import)


def ruleset_import(  # noqa: PLR0913, PLR0917 - one argument an option
    out: Annotated[Path, typer.Option(help="The TOML file to write.")],
    sieve: Annotated[Path | None, typer.Option(help="A Sieve script.")] = None,
    postbox: Annotated[
        str,
        typer.Option(help="A postbox: on Exchange, or IMAP (by ManageSieve)."),
    ] = "",
    script: Annotated[
        str, typer.Option(help="Name of the script on an IMAP server; empty: the active one.")
    ] = "",
    set_id: Annotated[str, typer.Option("--id", help="Id of the new set.")] = rule_import.SET_ID,
    region: Annotated[str, typer.Option(help="Its region; empty: all.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Take over rules into a file; says which were left out and why, and what the lint finds.

    Nothing is changed in the postbox, and nothing is kept: go on with `ruleset draft`.

    Example: postlotse ruleset import --postbox SC-West --region West --out regeln.toml
    """
    taken = _taken(config, sieve, postbox, script)
    house = wiring.house_of(config)
    found = rule_import.imported(house, operator(), taken, region=region, set_id=set_id)
    private_file.write(out, found.text.encode())
    for remark in taken.remarks:
        state = "übernommen" if remark.is_taken else "nicht übernommen"
        say(f"{remark.name}: {state}. {remark.message} [{remark.code}]")
    tell(found.checked.findings, as_json=False)
    left = sum(not remark.is_taken for remark in taken.remarks)
    state = "has errors to mend first" if has_errors(found.checked.findings) else "can be tried"
    say(f"{counted(found.rules, 'rule')} in {out}, {left} left out; the text {state}")


def _taken(config: Path, sieve: Path | None, postbox: str, script: str) -> TakenOver:
    """Raises: Refused: `ruleset.import_source`, and as reading it."""
    if sieve is not None and not postbox:
        return sieve_rules.take_over(read_text(sieve, code="ruleset.file"))
    settings = load(config)
    if postbox and sieve is None and sieve_scripts.has_scripts(settings, postbox):
        return sieve_rules.take_over(sieve_scripts.script(settings, postbox, script))
    if postbox and sieve is None:
        return outlook_rules.take_over(postboxes.outlook_rules(settings, postbox))
    raise Refused("ruleset.import_source", "Name one: --sieve FILE or --postbox NAME.")
