"""Commands for mails that could not be filed: which, why, and trying once more."""

from typing import Annotated

import typer

from triage import wiring
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    counted,
    operator,
    say,
    show,
)
from triage.filing import refused_moves

filing_app = typer.Typer(help="Mails that could not be filed: list, again.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(filing_app, name="filing")


@filing_app.command("list")
def filing_list(
    config: ConfigOption = DEFAULT_CONFIG,
    code: Annotated[str, typer.Option(help="Only those that ended with this code.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the mails that their postbox refused to move until the worker gave up.

    Example: postlotse filing list --code postbox.no_right
    """
    house, caller = wiring.house_of(config), operator()
    after: int | None = None
    while acts := refused_moves.listing(house, caller, code=code, after=after):
        for act in acts:
            line = {
                "id": act.id,
                "message": act.message_id,
                "postbox": act.postbox,
                "folder": act.dst_folder,
                "code": act.error_code,
            }
            show(line, as_json=as_json)
        after = acts[-1].id


@filing_app.command("again")
def filing_again(
    config: ConfigOption = DEFAULT_CONFIG,
    code: Annotated[str, typer.Option(help="Only those that ended with this code.")] = "",
) -> None:
    """Let the workers try them again, after the cause was removed; the trail says so.

    Example: postlotse filing again --code postbox.no_right
    """
    done = refused_moves.file_again(wiring.house_of(config), operator(), code=code)
    say(f"due for filing again: {counted(done, 'mail')}")
