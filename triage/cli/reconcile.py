"""Commands that ask whether the ledger has each mail once: the day's sum, and perhaps doubles."""

from dataclasses import asdict

import typer

from store.mails.arrivals import Fault
from triage import completeness, wiring
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
from triage.known import perhaps_twice as twice

REMEDIES = {
    Fault.LOST: "it arrived and has no ledger row; take it from a backup, or from the postbox",
    Fault.UNCOUNTED: "the ledger has it and no arrival explains it; was the database changed?",
    Fault.DOUBLED: "several arrivals share its number; look in the trail for what came twice",
    Fault.STATELESS: "its state is none of the ledger's; was the database changed?",
    Fault.PLACELESS: "it came out of a postbox and has no place; look for it in the postbox",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(reconcile)
    app.command()(perhaps_twice)


def reconcile(
    config: ConfigOption = DEFAULT_CONFIG,
    day: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the completeness sum per postbox: seen = open + done + aside + gone + deleted.

    The last line sums up all ways, mail handed in and delivered included. Mails that are not
    accounted for exactly once are named with what is wrong; the exit code is 1 then.

    Example: postlotse reconcile --day 2026-11-25
    """
    wanted = day_of(day, code="reconcile.day") if day else None
    sums = completeness.proof_of_day(wiring.house_of(config), operator(), day=wanted)
    for sum_ in sums:
        emit(_sum_line(sum_)) if as_json else _say_sum(sum_)
    if not all(sum_.closes for sum_ in sums):
        raise typer.Exit(1)


def perhaps_twice(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List pairs of messages that may be one mail, once whole and once by its head.

    Until a clerk has closed one of their items, at the desk or by the API; an operator is none.

    Example: postlotse perhaps-twice --json
    """
    for pair in twice.listing(wiring.house_of(config), operator()):
        show(asdict(pair), as_json=as_json)


def _sum_line(found: completeness.Completeness) -> dict[str, object]:
    named = [{"message": one.message_id, "fault": one.fault.value} for one in found.differences]
    return {
        "postbox": found.postbox,
        "day": found.day.isoformat(),
        "seen": found.seen,
        **found.states,
        "difference": found.difference,
        "differences": named,
    }


def _say_sum(found: completeness.Completeness) -> None:
    line = _sum_line(found) | {"postbox": found.postbox or "(all)"}
    del line["differences"]
    show(line, as_json=False)
    for one in found.differences:
        say(f"  message {one.message_id} is {one.fault.value}: {REMEDIES[one.fault]}")
