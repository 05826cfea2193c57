"""The command `postlotse`. Each command checks its input, calls the house, prints the result.

Results go to standard output (JSON where a machine may read them), everything else to
standard error. Exit codes: 0 done, 1 refused with a reason, 2 wrong usage.
"""

import sys

import typer

from rules.errors import HouseError
from triage import (
    cli_admin,
    cli_backfill,
    cli_backup,
    cli_doctor,
    cli_exchange,
    cli_filing,
    cli_halt,
    cli_health,
    cli_hosts,
    cli_init,
    cli_items,
    cli_keyring,
    cli_keys,
    cli_model,
    cli_models,
    cli_observed,
    cli_outbox,
    cli_person,
    cli_quicksteps,
    cli_relearn,
    cli_rights,
    cli_ruleset_import,
    cli_rulesets,
    cli_run,
    cli_sessions,
    cli_sweep,
    cli_texts,
    log,
)
from triage.console import fail

app = typer.Typer(
    name="postlotse",
    help="Mail intake and triage for the customer portal of the Bundesagentur für Arbeit.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
cli_run.register(app)
cli_model.register(app)
cli_models.register(app)
cli_relearn.register(app)
cli_admin.register(app)
cli_outbox.register(cli_admin.outbox_app)
cli_backfill.register(app)
cli_backup.register(app)
cli_sweep.register(app)
cli_person.register(app)
cli_observed.register(app)
cli_rulesets.register(app)
cli_rights.register(app)
cli_ruleset_import.register()
cli_texts.register()
cli_exchange.register(app)
cli_doctor.register(app)
cli_items.register(app)
cli_filing.register(app)
cli_quicksteps.register(app)
cli_keys.register(app)
cli_sessions.register(app)
cli_halt.register(app)
cli_health.register(app)
cli_hosts.register(app)
cli_init.register(app)
cli_keyring.register(app)


def main() -> None:
    """Entry point of `postlotse` and `python -m triage`; a HouseError ends with its code."""
    log.configure(json_lines=not sys.stderr.isatty())
    try:
        app()
    except HouseError as exc:
        fail(exc)
