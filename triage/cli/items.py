"""Commands for supervisors: what is stuck in the line, and freeing it."""

from typing import Annotated

import typer

from rules.errors import Refused
from store.desk.item_lists import Spot, spot_of
from triage import wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, operator, say, show
from triage.desk import holding
from triage.doorkeeper import CLEARING
from triage.watch import wandering

LISTED = 1000
"""Items that are read at once."""

items_app = typer.Typer(help="Items of the desk: list, free.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(items_app, name="items")


@items_app.command("list")
def items_list(
    config: ConfigOption = DEFAULT_CONFIG,
    agency: Annotated[
        str | None, typer.Option(help="Only this agency, by its code; or klaerung.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List what is held, parked or waits for a receipt; no person, no content.

    Example: postlotse items list --agency 435
    """
    house, caller = wiring.house_of(config), operator()
    if agency not in {None, CLEARING} and house.directory.agency(agency) is None:
        raise Refused(
            "item.agency", f"There is no agency {agency!r}. Remedy: its code, or {CLEARING!r}."
        )
    after: Spot | None = None
    while found := holding.stuck(house, caller, agency_code=agency, limit=LISTED, after=after):
        for item in found:
            line = {
                "item": item.id,
                "agency": item.agency_code,
                "state": item.state.value,
                "due": item.due_on,
                "parked_until": item.parked_until,
                "lease_until": item.lease_until,
                "version": item.version,
            }
            show(line, as_json=as_json)
        after = spot_of(found[-1])


@items_app.command("wandering")
def items_wandering(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List open items that were returned or forwarded twice or more; no person, no content.

    Example: postlotse items wandering --json
    """
    for item in wandering.listing(wiring.house_of(config), operator(), limit=LISTED):
        line = {
            "item": item.id,
            "agency": item.agency_code,
            "team": item.team.value,
            "state": item.state.value,
            "hops": item.hops,
            "due": item.due_on,
        }
        show(line, as_json=as_json)


@items_app.command("free")
def items_free(
    item_id: Annotated[int, typer.Argument(help="Number of the item.")],
    config: ConfigOption = DEFAULT_CONFIG,
    version: Annotated[
        int | None, typer.Option(help="Only if it is still in this version.")
    ] = None,
) -> None:
    """Put an item back into the line, whoever holds it; the trail says so.

    Example: postlotse items free 4711
    """
    holding.free(wiring.house_of(config), operator(), item_id, version=version)
    say(f"item {item_id} waits in the line again")
