"""Commands of `postlotse sweep` that keep mail back, or let it go: hold, holds, release, seen."""

import shlex
from typing import Annotated

import typer

from rules.errors import Refused
from rules.sweep import HoldKind
from store.deletion.holds import Hold, NewHold
from triage import wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, operator, say, show
from triage.sweep import holds as sweep_holds

ReferenceOption = Annotated[str, typer.Option(help="File number of your house; no name.")]


def register(sweep: typer.Typer) -> None:
    """Add the commands to those of deletion."""
    for command in (hold, holds, release, seen):
        sweep.command()(command)


def hold(
    reference: ReferenceOption,
    message: Annotated[
        list[int] | None, typer.Option(help="Number of a message; may be repeated.")
    ] = None,
    postbox: Annotated[str, typer.Option(help="All of this postbox.")] = "",
    kind: Annotated[HoldKind, typer.Option(help="Why.")] = HoldKind.LEGAL,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Keep messages, or a whole postbox, back from deletion.

    Example: postlotse sweep hold --reference "S 12 AL 345/26" --message 7
    """
    house, me = wiring.house_of(config), operator()
    wanted = [NewHold(kind, reference, message_id=one) for one in message or ()]
    if postbox:
        wanted.append(NewHold(kind, reference, postbox=postbox))
    if not wanted:
        raise Refused("hold.target", "Give --message NUMBER or --postbox NAME.")
    for one in wanted:
        say(f"hold {sweep_holds.hold(house, me, one)} is in force")


def holds(
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
    released: Annotated[bool, typer.Option("--released", help="Those that are over.")] = False,
) -> None:
    """List the holds that are in force, newest first; or those that are over, and who ended them.

    Example: postlotse sweep holds --released
    """
    house, listed = wiring.house_of(config), sweep_holds.holds_in_force
    if released:
        listed = sweep_holds.holds_over
    for one in listed(house, operator()):
        show(_hold_line(one), as_json=as_json)


def release(
    number: Annotated[int, typer.Argument(help="Number of the hold.")],
    reference: Annotated[str, typer.Option(help="Its file number, as you have read it.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """End a hold; from now on only period and hand-over count.

    Without --reference the hold is shown only, and with it another one than you read is refused:
    after a restore of the database a number may be another's.

    Example: postlotse sweep release 2 --reference "S 12 AL 345/26"
    """
    house, me = wiring.house_of(config), operator()
    if not reference:
        found = sweep_holds.in_force(house, me, number)
        show(_hold_line(found), as_json=False)
        raise Refused(
            "hold.not_named",
            f"Nothing was changed. To end exactly this: postlotse sweep release {number}"
            f" --reference {shlex.quote(found.reference)}",
        )
    sweep_holds.release(house, me, number, seen=reference)
    say(f"hold {number} is over")


def seen(
    reason: Annotated[str, typer.Argument(help="Reason for which mail lies aside.")],
    until: Annotated[int, typer.Option(help="Up to this message, the newest that you saw.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Note that you have looked at what lies aside for that reason; unseen mail is never deleted.

    What `postlotse aside list` has shown to you counts.

    Example: postlotse sweep seen mail.newsletter --until 4711
    """
    found = sweep_holds.see(wiring.house_of(config), operator(), reason_code=reason, until=until)
    say(f"{found.mails} messages count as looked at")
    if found.not_shown:
        say(f"{found.not_shown} were not shown to you yet: postlotse aside list --reason {reason}")


def _hold_line(hold: Hold) -> dict[str, object]:
    line: dict[str, object] = {
        "hold": hold.id,
        "message": hold.message_id,
        "postbox": hold.postbox,
        "kind": hold.kind,
        "reference": hold.reference,
        "since": hold.at.isoformat(timespec="seconds"),
    }
    if hold.released_at is None:
        return line
    over = hold.released_at.isoformat(timespec="seconds")
    return line | {"released": over, "released_by": hold.released_by}
