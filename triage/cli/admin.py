"""Commands for admins: texts, outbox, aside, reconcile."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from rules.errors import Refused
from rules.texts.approved import approval_line
from store.approved import texts as shelf
from store.mails.arrivals import Fault
from store.places import sightings
from triage import accept, admin, wiring
from triage import aside as set_aside
from triage.cli import private_file
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
from triage.house import House
from triage.known import perhaps_twice as twice

REMEDIES = {
    Fault.LOST: "it arrived and has no ledger row; take it from a backup, or from the postbox",
    Fault.UNCOUNTED: "the ledger has it and no arrival explains it; was the database changed?",
    Fault.DOUBLED: "several arrivals share its number; look in the trail for what came twice",
    Fault.STATELESS: "its state is none of the ledger's; was the database changed?",
    Fault.PLACELESS: "it came out of a postbox and has no place; look for it in the postbox",
}

LISTED = 1000
"""Rows that are read at once; of mail aside, those that one entry of the trail names."""

ReasonOption = Annotated[str, typer.Option(help="Only this reason, e.g. mail.machine.")]
PostboxOption = Annotated[str, typer.Option(help="Only this postbox.")]

texts_app = typer.Typer(help="Texts: their life, files, checks.", no_args_is_help=True)
outbox_app = typer.Typer(help="Outgoing rows: list, replay.", no_args_is_help=True)
aside_app = typer.Typer(help="Mail beside the way: list, replay, export.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(texts_app, name="texts")
    app.add_typer(outbox_app, name="outbox")
    app.add_typer(aside_app, name="aside")
    app.command()(reconcile)
    app.command()(perhaps_twice)


@texts_app.command("check")
def texts_check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of texts; the house's own by default.")
    ] = None,
) -> None:
    """Check all texts against their approvals; exit code 1 if one does not fit.

    Example: postlotse texts check
    """
    findings = shelf.check(folder or wiring.texts_folder())
    for finding in findings:
        say(f"{finding.path}: {finding.message} [{finding.code}]")
    if findings:
        raise typer.Exit(1)
    say("all texts are approved, word for word")


@texts_app.command("approve")
def texts_approve(
    path: Annotated[Path, typer.Argument(help="The text file, <folder>/<name>.txt.")],
    author: Annotated[str, typer.Option(help="Function that wrote it, no person.")],
    approved_by: Annotated[str, typer.Option(help="Function that approves it; another one.")],
) -> None:
    """Print the entry for approvals.toml (of a second text, approvals_second.toml) of these bytes.

    Example: postlotse texts approve au/eingang.txt --author Fachlichkeit --approved-by Datenschutz
    """
    text, digest = shelf.read_one(path)
    today = datetime.now(tz=UTC).date()
    say(
        approval_line(
            text, sha256=digest, author=author, approved_by=approved_by, approved_on=today
        )
    )


@outbox_app.command("list")
def outbox_list(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List dead and rejected outgoing rows, newest first.

    Example: postlotse outbox list --json
    """
    house, caller = wiring.house_of(config), operator()
    after: int | None = None
    while rows := admin.outgoing_listing(
        house, caller, states=admin.ENDED_BADLY, limit=LISTED, after=after
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


@outbox_app.command("replay")
def outbox_replay(
    outgoing_id: Annotated[int, typer.Argument(help="Number of the outgoing row.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send a dead or rejected row again, under the same key.

    Example: postlotse outbox replay 12
    """
    admin.outgoing_replay(wiring.house_of(config), operator(), outgoing_id)
    say(f"outgoing row {outgoing_id} is due again")


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
    sums = admin.proof_of_day(wiring.house_of(config), operator(), day=wanted)
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


def _sum_line(found: admin.Completeness) -> dict[str, object]:
    named = [{"message": one.message_id, "fault": one.fault.value} for one in found.differences]
    return {
        "postbox": found.postbox,
        "day": found.day.isoformat(),
        "seen": found.seen,
        **found.states,
        "difference": found.difference,
        "differences": named,
    }


def _say_sum(found: admin.Completeness) -> None:
    line = _sum_line(found) | {"postbox": found.postbox or "(all)"}
    del line["differences"]
    show(line, as_json=False)
    for one in found.differences:
        say(f"  message {one.message_id} is {one.fault.value}: {REMEDIES[one.fault]}")
