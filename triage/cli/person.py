"""Commands for one person's data: `postlotse person list | export | erase`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from rules.sweep import OrderBasis
from triage import person, wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, operator, say
from triage.cli.sweep_holds import ReferenceOption
from triage.person_found import Who

NumberOption = Annotated[
    str, typer.Option("--kundennummer", help="By Kundennummer; - reads it from standard input.")
]
AddressOption = Annotated[
    str, typer.Option("--address", help="By the sender's mail address; - as above.")
]

app = typer.Typer(
    help="One person's data: hand out (Art. 15 DSGVO), delete on order (Art. 17).",
    no_args_is_help=True,
)


def register(parent: typer.Typer) -> None:
    """Add the commands to the application."""
    parent.add_typer(app, name="person")


@app.command("list")
def list_(
    number: NumberOption = "", address: AddressOption = "", config: ConfigOption = DEFAULT_CONFIG
) -> None:
    """List the numbers of a person's messages, for `sweep hold` and for a look.

    Example: postlotse person list --kundennummer -
    """
    who = _named(number, address)
    for message_id in person.look_up(wiring.house_of(config), operator(), who):
        say(str(message_id))


@app.command()
def export(
    reference: ReferenceOption,
    out: Annotated[Path, typer.Option(help="A new folder; it will hold real mail.")],
    number: NumberOption = "",
    address: AddressOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write all that is kept of a person into a new folder: originals, answers, a German index.

    Example: postlotse person export --address alex@post.example --reference "DSB 7" --out auskunft
    """
    who = _named(number, address)
    count = person.export(wiring.house_of(config), operator(), who, folder=out, reference=reference)
    say(f"{count} messages are in {out}; keep it like the mail, delete it after handing it out")


@app.command()
def erase(
    reference: ReferenceOption,
    basis: Annotated[OrderBasis, typer.Option(help="The ground of the order.")],
    number: NumberOption = "",
    address: AddressOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Propose to delete all of a person before its period; another person approves.

    Example: postlotse person erase --address alex@post.example --basis art17 --reference "DSB 7/26"
    """
    who = _named(number, address)
    run = person.erase(wiring.house_of(config), operator(), who, basis=basis, reference=reference)
    say(f"deletion run {run} is proposed; another person reads it: postlotse sweep approve {run}")


def _named(number: str, address: str) -> Who:
    """What stands in a command line stands in `ps` and the shell's history, too."""
    read = [sys.stdin.readline().strip() if typed == "-" else typed for typed in (number, address)]
    return person.named(number=read[0], address=read[1])
