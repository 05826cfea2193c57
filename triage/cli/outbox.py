"""Commands for what is on its way out: list, send again, match a day with the eAkte."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer

from rules.handover_match import Match
from rules.outgoing import OutgoingKind
from store.sending.outgoing_watch import Late
from triage import wiring
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    DayOption,
    JsonOption,
    day_of,
    emit,
    operator,
    say,
    show,
)
from triage.sending import again as sent_again
from triage.sending import day_match, dead_letters
from triage.settings import load
from triage.watch import outgoing_alarms

LISTED = 1000


_HEAPS = {
    "missing_there": "handed over, not received there",
    "missing_here": "received there, not known or not taken here",
    "different": "told differently on both sides",
    "rejected": "rejected by the eAkte",
}


outbox_app = typer.Typer(help="Outgoing rows: list, replay.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add `postlotse outbox` to the application."""
    app.add_typer(outbox_app, name="outbox")
    outbox_app.command("list")(listing)
    outbox_app.command("replay")(replay)
    outbox_app.command("replay-all")(replay_all)
    outbox_app.command("again")(again)
    outbox_app.command("match")(match)


def listing(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List dead and rejected outgoing rows, newest first.

    Example: postlotse outbox list --json
    """
    house, caller = wiring.house_of(config), operator()
    after: int | None = None
    while rows := dead_letters.listing(
        house, caller, states=dead_letters.ENDED_BADLY, limit=LISTED, after=after
    ):
        for row in rows:
            line = {
                "id": row.id,
                "kind": row.kind,
                "state": row.state.value,
                "tries": row.tries,
                "error": row.error_code,
                "message": row.message_id,
            }
            show(line, as_json=as_json)
        after = rows[-1].id


def replay(
    outgoing_id: Annotated[int, typer.Argument(help="Number of the outgoing row.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send a dead or rejected row again, under the same key.

    Example: postlotse outbox replay 12
    """
    dead_letters.replay(wiring.house_of(config), operator(), outgoing_id)
    say(f"outgoing row {outgoing_id} is due again")


def replay_all(
    config: ConfigOption = DEFAULT_CONFIG,
    kind: Annotated[OutgoingKind | None, typer.Option(help="Only of this kind.")] = None,
    code: Annotated[str, typer.Option(help="Only those that ended with this code.")] = "",
) -> None:
    """Send all dead letters again, each under its old key, or a part of them.

    Example: postlotse outbox replay-all --code eakte.drop_missing
    """
    house = wiring.house_of(config)
    done = dead_letters.replay_all(house, operator(), kind=kind or "", code=code)
    say(f"{done} outgoing rows are due again")


def again(
    row: Annotated[str, typer.Argument(help="Number of the outgoing row, or its key.")],
    reason: Annotated[str, typer.Option(help="Who says that nothing came, and since when.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send once more what was sent, since its receiver says that nothing came; under the same key.

    The key is what `outbox match` and the receiver name.

    Example: postlotse outbox again eakte-12-40-0123456789ab --reason "hotline: no such key"
    """
    house, me = wiring.house_of(config), operator()
    outgoing_id = int(row) if row.isdecimal() else sent_again.number_of(house, me, row)
    sent_again.send_again(house, me, outgoing_id, reason=reason)
    say(f"outgoing row {outgoing_id} is due again")


def match(
    config: ConfigOption = DEFAULT_CONFIG,
    day: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold the hand-overs of a day against what the eAkte says it received; keys by heap.

    Below stand the receipts of all days that are overdue, of hand-overs and tasks.
    Exit code 1 if something is missing there or here on that day, or told differently.

    Example: postlotse outbox match --day 2026-11-25
    """
    settings = load(config)
    house = wiring.build_house(settings)
    wanted = day_of(day, code="outbox.day") if day else house.today()
    found = day_match.of_day(house, wiring.outlets(settings).eakte, operator(), day=wanted)
    late = outgoing_alarms.late(house, operator(), limit=LISTED)
    if as_json:
        told = {"overdue": [asdict(one) for one in late], "closes": found.closes}
        emit({"day": wanted.isoformat(), **asdict(found), **told})
    else:
        _say(found, wanted)
        _say_late(late)
    if not found.closes:
        raise typer.Exit(1)


def _say(found: Match, day: date) -> None:
    say(f"{day.isoformat()}: {len(found.correct)} hand-overs correct")
    for heap, meaning in _HEAPS.items():
        keys: tuple[str, ...] = getattr(found, heap)
        say(f"  {heap} ({meaning}): {len(keys)}")
        for key in keys:
            say(f"    {key}")


def _say_late(late: Sequence[Late]) -> None:
    """Of all days: what stands as an alarm is mostly of an earlier one."""
    more = "; these are the first" if len(late) == LISTED else ""
    say(f"receipts overdue, of all days: {len(late)}{more}")
    for one in late:
        say(f"  {one.key} left {one.sent_at:%Y-%m-%d %H:%M} UTC, item {one.item_id}")
