"""Commands for the review of folder permissions: how far each folder is, and signing off."""

from typing import Annotated

import typer

from rules.errors import Refused
from rules.local_day import BERLIN
from triage import wiring
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    PostboxOption,
    counted,
    emit,
    operator,
    say,
)
from triage.rights import decisions as rights
from triage.rights import review as rights_review
from triage.rights import signoff as rights_signoff
from triage.rights.review import Part, ReviewState

StateOption = Annotated[ReviewState | None, typer.Option(help="Only folders in this state.")]


def register(app: typer.Typer) -> None:
    """Add the commands to those of folder permissions."""
    app.command("folders")(folders)
    app.command("signoff")(signoff)


def folders(
    postbox: PostboxOption,
    state: StateOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Print each folder with its last sign-off, and what is new or gone since.

    Exit code 1 if any of them is overdue.

    Example: postlotse rights folders --postbox SC-Nord --state overdue
    """
    house, caller = wiring.house_of(config), operator()
    every = rights_review.parts(house, rights.standing(house, caller, postbox))
    for part in every:
        if part.is_shown and state in {None, part.state}:
            if as_json:
                emit({"postbox": postbox, **rights_review.fields(part)})
            else:
                say(_line(part))
    if any(part.is_shown and part.state is ReviewState.OVERDUE for part in every):
        raise typer.Exit(1)


def signoff(
    postbox: PostboxOption,
    agency: Annotated[
        str, typer.Option(help="Code of an agency, all its folders; - for common folders.")
    ] = "",
    folder: Annotated[
        list[str] | None, typer.Option(help="A folder; may be given several times.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Needed where findings are open.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Note that folders were looked at: some by name, or all of an agency.

    Example: postlotse rights signoff --postbox SC-Nord --folder "123 Hamburg"
    """
    if bool(agency) == bool(folder):
        raise Refused("rights.no_folder", "Give --agency, or --folder once or more.")
    house, caller = wiring.house_of(config), operator()
    if agency:
        rights_signoff.agency(house, caller, postbox, agency, reason=reason)
        say(f"agency {agency} is signed off")
        return
    count = rights_signoff.folders(house, caller, postbox, folder or (), reason=reason)
    say(f"signed off: {counted(count, 'folder')}")


def _line(part: Part) -> str:
    signed, told = part.sign_off, rights_review.since(part)
    when = f"{signed.at.astimezone(BERLIN):%Y-%m-%d} by {signed.actor}" if signed else "never"
    why = f" ({signed.reason})" if signed and signed.reason else ""
    name = part.folder or f"Verteiler {part.agency or 'der Region'}"
    return f"{part.state.value:9} {name}: {len(part.open)} open, signed {when}{why}" + (
        f"; {told}" if told else ""
    )
