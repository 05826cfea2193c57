"""Commands for sign-ins: ending them at once, of one person or of everybody."""

from typing import Annotated

import typer

from api.oidc.names import pseudonym
from rules.errors import Refused
from triage import sessions, wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, operator, say
from triage.settings import Settings, load, secret

sessions_app = typer.Typer(help="Sign-ins of people.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(sessions_app, name="sessions")


@sessions_app.command("end")
def end(
    subject: Annotated[
        str, typer.Option(help="Who, as the sign-in service numbers people (claim `sub`).")
    ] = "",
    pseudonym_: Annotated[
        str, typer.Option("--pseudonym", help="Who, as the trail calls them.")
    ] = "",
    everybody: Annotated[bool, typer.Option("--all", help="All sign-ins of the house.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End sign-ins from the next request on; an open live line ends within five minutes.

    Take the groups away at the sign-in service first, or the person signs in again.

    Example: postlotse sessions end --subject 5f2c1d9e-0b7a-4d43-9a55-6f0f0a3b9c11
    """
    if sum((bool(subject), bool(pseudonym_), everybody)) != 1:
        raise Refused("session.whose", "Give one of --subject, --pseudonym and --all.")
    name = pseudonym_ or ("" if everybody else _name_of(load(config), subject))
    number = sessions.end_by_order(wiring.house_of(config), operator(), name=name)
    say(f"sign-ins ended: {number}")
    if not number and not everybody:
        say("nobody of that number is signed in here; it is the service's own (sub), no name")


def _name_of(settings: Settings, subject: str) -> str:
    """Raises: Refused: `session.no_service`, `settings.secret_missing`."""
    if settings.oidc is None:
        raise Refused("session.no_service", "There is no [oidc]; name the pseudonym instead.")
    key = secret(settings.oidc.pseudonym_key_env).encode()
    return pseudonym(key, settings.oidc.issuer, subject)
