"""The command `postlotse`. Each command checks its input, calls the house, prints the result.

Results go to standard output (JSON where a machine may read them), everything else to
standard error. Exit codes: 0 done, 1 refused with a reason, 2 wrong usage; 3 of `trail verify`.
"""

import sys
from importlib import metadata
from typing import Annotated

import typer

from rules.errors import HouseError, Refused
from store.database import schema
from triage import log
from triage.cli import (
    aside,
    backfill,
    backup,
    doctor,
    exchange,
    filing,
    halt,
    health,
    hosts,
    init,
    items,
    keyring,
    keys,
    model,
    models,
    observed,
    outbox,
    person,
    postbox,
    quicksteps,
    reconcile,
    relearn,
    rights,
    ruleset_import,
    rulesets,
    run,
    sessions,
    sweep,
    sweep_holds,
    texts,
    trail,
)
from triage.cli.console import fail, say

app = typer.Typer(
    name="postlotse",
    help="Mail intake and triage for the customer portal of the Bundesagentur für Arbeit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
run.register(app)
model.register(app)
models.register(app)
relearn.register(app)
texts.register(app)
outbox.register(app)
aside.register(app)
reconcile.register(app)
trail.register(app)
backfill.register(app)
backup.register(app)
sweep.register(app)
sweep_holds.register(sweep.app)
person.register(app)
observed.register(app)
rulesets.register(app)
rights.register(app)
ruleset_import.register()
exchange.register(app)
postbox.register(app)
doctor.register(app)
items.register(app)
filing.register(app)
quicksteps.register(app)
keys.register(app)
sessions.register(app)
halt.register(app)
health.register(app)
hosts.register(app)
init.register(app)
keyring.register(app)


def _tell_version(is_asked: bool) -> None:
    """Which program this is, and of which version the tables must be."""
    if is_asked:
        say(f"postlotse {metadata.version('postlotse')}, tables {schema.HEAD}")
        raise typer.Exit


@app.callback()
def _of_all(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Show the version, and the number of the tables it needs.",
            callback=_tell_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """Take what belongs to no single command."""


def main() -> None:
    """Run the command; a HouseError ends with its code, and so does a file that can't be had."""
    log.configure(json_lines=not sys.stderr.isatty())
    try:
        app()
    except HouseError as exc:
        fail(exc)
    except OSError as exc:
        fail(_of_the_system(exc))


def _of_the_system(error: OSError) -> Refused:
    """What the system refuses, in the form of our own refusals: thing, place, remedy."""
    thing = error.filename or "standard output, a file or a line"
    why = error.strerror or type(error).__name__
    return Refused("system.refused", f"{thing}: {why}. Remedy: check path, rights and space.")
