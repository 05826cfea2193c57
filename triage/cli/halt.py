"""Commands that stop and resume all writing, and begin with a postbox that was observed."""

from typing import Annotated

import typer

from rules.errors import Refused
from store.database.engine import Database
from triage import halting, wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, operator, say
from triage.halting import Begin
from triage.settings import load
from triage.wiring.policy import policy_of


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("stop-writing")(stop_writing)
    app.command("resume")(resume)
    app.command("begin-writing")(begin_writing)


def stop_writing(
    reason: Annotated[str, typer.Option(help="Why; it stands on every page. No names.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let nothing move and nothing leave, in all processes at once; reading and keeping go on.

    Example: postlotse stop-writing --reason "Ordner auf dem Server werden umgebaut"
    """
    halting.stop_writing(_database(config), operator(), reason=reason, now=wiring.utc_now())
    say("stopped: nothing moves and nothing leaves until `postlotse resume`")


def resume(
    reason: Annotated[str | None, typer.Option(help="Why; for the trail. No names.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let writing go on where it was stopped.

    Example: postlotse resume --reason "Umbau ist fertig"
    """
    halting.resume(_database(config), operator(), now=wiring.utc_now(), reason=reason)
    say("resumed: what waited goes on now")


def begin_writing(
    postbox: Annotated[str, typer.Argument(help="Name of the postbox, as in the configuration.")],
    since: Annotated[
        Begin,
        typer.Option("--from", help="now: what piled up stays where it lies; all: it is filed."),
    ],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Begin to write into a postbox that was only observed until its mode was changed.

    Example: postlotse begin-writing SC-Ost --from now
    """
    plans = policy_of(load(config)).postboxes
    box = next((one for one in plans if one.name == postbox), None)
    if box is None:
        names = ", ".join(one.name for one in plans)
        raise Refused(
            "postbox.unknown",
            f"There is no postbox {postbox!r} in the configuration; it has: {names}.",
        )
    now = wiring.utc_now()
    withdrawn = halting.begin(_database(config), operator(), box, since=since, now=now)
    say(f"{postbox} is written into from now on; wishes to file withdrawn: {withdrawn}")


def _database(config: ConfigOption) -> Database:
    """The database alone: who must stop the house must not need its model or texts."""
    return Database.open(load(config).store.url)
