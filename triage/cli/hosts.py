"""`postlotse hosts`: every machine that this house speaks to, for the firewall and its officer."""

from dataclasses import asdict

import typer

from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, show
from triage.settings import load
from triage.settings.outgoing import neighbours


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("hosts")(hosts)


def hosts(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List the machines that the configuration names, with port and setting; asks none of them.

    Beside them only what the sign-in service's metadata names, and what your DNS and time need.

    Example: postlotse hosts --config /etc/postlotse/postlotse.toml
    """
    for one in neighbours(load(config)):
        show(asdict(one), as_json=as_json)
