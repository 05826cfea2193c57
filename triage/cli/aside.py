"""Commands for mail that was set aside: list, take up again, export."""

from pathlib import Path
from typing import Annotated

import typer

from rules.errors import Refused
from store.places import sightings
from triage import accept, wiring
from triage import aside as set_aside
from triage.cli import private_file
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    operator,
    say,
    show,
)
from triage.house import House

LISTED = 1000
"""Rows that are read at once; those that one entry of the trail names."""

ReasonOption = Annotated[str, typer.Option(help="Only this reason, e.g. mail.machine.")]
PostboxOption = Annotated[str, typer.Option(help="Only this postbox.")]

aside_app = typer.Typer(help="Mail beside the way: list, replay, export.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `postlotse aside` to the application."""
    app.add_typer(aside_app, name="aside")


@aside_app.command("list")
def aside_list(
    config: ConfigOption = DEFAULT_CONFIG,
    reason: ReasonOption = "",
    postbox: PostboxOption = "",
    as_json: JsonOption = False,
) -> None:
    """List what lies aside, newest first, with the reason and how often it came to lie there.

    What it showed may then be noted as looked at (`postlotse sweep seen`).

    Example: postlotse aside list --reason mail.machine
    """
    house, caller = wiring.house_of(config), operator()
    _require_known(house, postbox)
    after: int | None = None
    while rows := set_aside.listing(
        house, caller, limit=LISTED, after=after, reason_code=reason, postbox=postbox
    ):
        set_aside.note_shown(house, caller, rows, action="aside.listed")
        for row in rows:
            line = {
                "message": row.message_id,
                "postbox": row.postbox,
                "step": row.step,
                "reason": row.reason_code,
                "tries": row.tries,
                "size_bytes": row.size_bytes,
            }
            show(line, as_json=as_json)
        after = rows[-1].id


def _require_known(house: House, postbox: str) -> None:
    """Nothing of a name that nobody knows would look as if all were well there.

    Raises: Refused: `postbox.unknown`.
    """
    if not postbox or postbox in {box.name for box in house.policy.postboxes}:
        return
    with house.db.read() as tx:
        known = sightings.is_known(tx, postbox)
    if not known:
        raise Refused(
            "postbox.unknown",
            f"No postbox {postbox!r}, neither in the configuration nor in the ledger;"
            f" configured: {', '.join(box.name for box in house.policy.postboxes)}.",
        )


@aside_app.command("replay")
def aside_replay(
    message_id: Annotated[int, typer.Argument(help="Number of the message.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send a mail through parsing, verdict and sorting once more.

    Example: postlotse aside replay 7
    """
    set_aside.replay(wiring.house_of(config), operator(), message_id)
    say(f"message {message_id} goes through the next sorting round")


@aside_app.command("replay-all")
def aside_replay_all(
    config: ConfigOption = DEFAULT_CONFIG, reason: ReasonOption = "", postbox: PostboxOption = ""
) -> None:
    """Send all that lies aside through parsing, verdict and sorting once more, or a part of it.

    Example: postlotse aside replay-all --reason bug
    """
    house = wiring.house_of(config)
    _require_known(house, postbox)
    done = set_aside.replay_all(house, operator(), reason_code=reason, postbox=postbox)
    say(f"{done} messages go through the next sorting rounds")
    if reason and not done:
        there = ", ".join(f"{code} ({n})" for code, n in set_aside.reasons(house, operator()))
        say(f"nothing lay aside for {reason}; there is: {there or 'nothing at all'}")


@aside_app.command("export")
def aside_export(
    message_id: Annotated[int, typer.Argument(help="Number of the message.")],
    out: Annotated[Path, typer.Option(help="The .eml file to write.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write the original bytes of a mail into a file for its owner only; the read is audited.

    Example: postlotse aside export 7 --out mail.eml
    """
    data = accept.original(wiring.house_of(config), operator(), message_id)
    private_file.write(out, data, code="aside.file")
    say(f"message {message_id} is in {out}")
