"""Commands for the keys of machines: create, list, revoke; `new` for keys of the configuration."""

from typing import Annotated

import typer

from api.doors import new_key
from rules.access import Caller
from rules.codes import Role
from triage import keys, wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, operator, say, show

keys_app = typer.Typer(help="Keys of machines.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of the machine; it stands in the trail.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(keys_app, name="keys")


@keys_app.command("new")
def keys_new(name: NameArgument) -> None:
    """Make a key for a machine: the key is shown once, its hash goes into the configuration.

    Example: postlotse keys new sc-ost
    """
    key, digest = new_key(name)
    say(f"key (shown once): {key}")
    say(f'[[keys]]\nname = "{name}"\nhash = "{digest}"\nrole = "automation"')


@keys_app.command("create")
def keys_create(
    name: NameArgument,
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.AUTOMATION,
    agency: Annotated[list[str] | None, typer.Option(help="Only this agency's; repeat it.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Only this region's; repeat it.")] = None,
    days: Annotated[int, typer.Option(help="How long it lasts.")] = 365,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make a key that holds at once, without a restart; it is shown once.

    Example: postlotse keys create sc-ost-regeln --region Ost --days 180
    """
    key, digest = new_key(name)
    caller = Caller(
        name=name,
        role=role,
        agencies=frozenset(agency) if agency else None,
        regions=frozenset(region) if region else None,
    )
    house = wiring.house_of(config)
    until = keys.create(house, operator(), caller, hashed=digest, days=days)
    say(f"key (shown once): {key}")
    say(f"it holds until {until.isoformat()}, this day included")


@keys_app.command("list")
def keys_list(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List all keys made by `create`: how each stands, and the day of its last use.

    Example: postlotse keys list --json
    """
    for held in keys.listing(wiring.house_of(config), operator()):
        row = held.row
        line = {
            "name": row.caller.name,
            "state": held.state,
            "role": row.caller.role.value,
            "agencies": _bound(row.caller.agencies),
            "regions": _bound(row.caller.regions),
            "expires": row.expires_on.isoformat(),
            "days_left": held.days_left,
            "last_used": row.last_used_on.isoformat() if row.last_used_on else None,
            "created_by": row.created_by,
        }
        show(line, as_json=as_json)


@keys_app.command("revoke")
def keys_revoke(name: NameArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Let a key made by `create` open nothing from the next request on.

    Example: postlotse keys revoke sc-ost-regeln
    """
    keys.revoke(wiring.house_of(config), operator(), name)
    say(f"key {name} opens nothing any more")


def _bound(codes: frozenset[str] | None) -> list[str] | None:
    return None if codes is None else sorted(codes)
