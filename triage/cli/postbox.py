"""The command that gives a postbox another name."""

from contextlib import closing
from datetime import timedelta
from typing import Annotated

import typer

from store.database.engine import Database
from triage import wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, operator, say
from triage.postboxes import postbox_name
from triage.settings import load

postbox_app = typer.Typer(help="Postboxes: another name for one.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.add_typer(postbox_app, name="postbox")


@postbox_app.callback()
def group() -> None:
    """Postboxes."""


@postbox_app.command("rename")
def rename(
    old: Annotated[str, typer.Argument(help="The name that its mail is known under.")],
    new: Annotated[str, typer.Argument(help="The name that it shall have.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Bring all that is known of a postbox to another name; no worker may run meanwhile.

    Then the configuration takes the new name, too. Example: postlotse postbox rename SC-Ost SC-O
    """
    settings = load(config)
    grace = timedelta(seconds=settings.worker.grace_seconds)
    with closing(Database.open(settings.store.url)) as db:
        done = postbox_name.rename(db, operator(), old, new, now=wiring.utc_now(), grace=grace)
    said = f"{old} is {new} now ({done} rows)" if done else f"{old} has been {new} before"
    names = [box.name for box in settings.postboxes]
    say(said if new in names else f'{said}; write name = "{new}" into {config}, then start again')
