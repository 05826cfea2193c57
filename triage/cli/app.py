"""The command `postlotse`. Each command checks its input, calls the house, prints the result.

Results go to standard output (JSON where a machine may read them), everything else to
standard error. Exit codes: 0 done, 1 refused with a reason, 2 wrong usage.
"""

import sys

import typer

from rules.errors import HouseError
from triage import log
from triage.cli import admin as cli_admin
from triage.cli import backfill as cli_backfill
from triage.cli import backup as cli_backup
from triage.cli import doctor as cli_doctor
from triage.cli import exchange as cli_exchange
from triage.cli import filing as cli_filing
from triage.cli import halt as cli_halt
from triage.cli import health as cli_health
from triage.cli import hosts as cli_hosts
from triage.cli import init as cli_init
from triage.cli import items as cli_items
from triage.cli import keyring as cli_keyring
from triage.cli import keys as cli_keys
from triage.cli import model as cli_model
from triage.cli import models as cli_models
from triage.cli import observed as cli_observed
from triage.cli import outbox as cli_outbox
from triage.cli import person as cli_person
from triage.cli import quicksteps as cli_quicksteps
from triage.cli import relearn as cli_relearn
from triage.cli import rights as cli_rights
from triage.cli import ruleset_import as cli_ruleset_import
from triage.cli import rulesets as cli_rulesets
from triage.cli import run as cli_run
from triage.cli import sessions as cli_sessions
from triage.cli import sweep as cli_sweep
from triage.cli import texts as cli_texts
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
