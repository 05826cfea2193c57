"""`postlotse health`: are the workers alive? For a container's or pod's probe; loads no model."""

from datetime import UTC, datetime

import typer

from rules.errors import Refused
from rules.pause import SILENT_AFTER, is_silent
from store.database.engine import Database
from store.processes import heartbeats
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, show
from triage.settings import load
from triage.watch.health import NO_LOOPS
from triage.watch.standing_alarms import PREFIXES


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("health")(health)


def health(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Ask the database how long ago each loop of the workers gave a sign; exit code 1 if none did.

    A loop that ended with an error is alive. The doors tell more: /health/ready.

    Example: postlotse health --config /etc/postlotse/postlotse.toml
    """
    db = Database.open(load(config).store.url)
    with db.read() as tx:
        found = [
            one
            for one in heartbeats.all_beats(tx)
            if not one.name.startswith((*PREFIXES, *NO_LOOPS))
        ]
    db.close()
    now = datetime.now(tz=UTC)
    for one in found:
        seconds = int((now - one.at).total_seconds())
        show({"loop": one.name, "seconds": seconds, "code": one.code}, as_json=as_json)
    if all(is_silent(one.at, now=now) for one in found):
        minutes = SILENT_AFTER.total_seconds() // 60
        raise Refused(
            "health.silent",
            f"No loop of a worker has given a sign for {minutes:.0f} minutes. Remedy: see that"
            " `postlotse work` runs, with this database; its log tells more.",
        )
