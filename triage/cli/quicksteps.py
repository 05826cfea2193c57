"""The command that writes what is needed to set up categories and QuickSteps in Outlook."""

from pathlib import Path
from typing import Annotated

import typer

from triage.cli.console import DEFAULT_CONFIG, ConfigOption, say, settings_or_default
from triage.marks import quicksteps


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("quicksteps")(write)


def write(
    folder: Annotated[Path, typer.Argument(help="Where to; made if it is not there.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write the list of categories (CSV) and a German guide for the IT-Fachbetreuer.

    With the names of the configuration; files of an earlier run are written anew.

    Example: postlotse quicksteps outlook
    """
    for path in quicksteps.write(settings_or_default(config).marks.book(), folder):
        say(str(path))
