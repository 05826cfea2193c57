"""The command that looks at a customer's Exchange server before anything is switched on."""

from dataclasses import asdict
from typing import Annotated

import typer

from rules.errors import Refused
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, emit, say
from triage.settings import load
from triage.settings.postbox import ExchangeSettings
from triage.wiring import postboxes

exchange_app = typer.Typer(help="Exchange servers: look at one.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.add_typer(exchange_app, name="exchange")


@exchange_app.callback()
def group() -> None:
    """Exchange servers."""


@exchange_app.command("smoke")
def smoke(
    postbox: Annotated[str, typer.Option(help="A postbox on Exchange, by its name.")],
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Look up, by reading alone, what our simulator only assumes of this server.

    Nothing is written, nothing of a mail is told. Exit code 1 if an assumption does not hold.

    Example: postlotse exchange smoke --postbox SC-Nord
    """
    from ingest.exchange import smoke as exchange_smoke  # noqa: PLC0415 - loads lxml and a client of 7 MB

    boxes = [b for b in load(config).postboxes if isinstance(b, ExchangeSettings)]
    box = next((b for b in boxes if b.name == postbox), None)
    if box is None:
        there = ", ".join(b.name for b in boxes) or "none in the configuration"
        raise Refused(
            "postbox.not_exchange", f"{postbox!r} is no postbox on Exchange; there is {there}."
        )
    facts = exchange_smoke.look(postboxes.exchange_account(box), under=box.folders_under)
    words = {True: "wie angenommen", False: "ANDERS ALS ANGENOMMEN", None: "offen"}
    for number, fact in enumerate(facts, start=1):
        if as_json:
            emit(asdict(fact))
        else:
            say(f"{number}. {fact.name}: {words[fact.holds]}. {fact.found}")
    if any(fact.holds is False for fact in facts):
        raise typer.Exit(1)
