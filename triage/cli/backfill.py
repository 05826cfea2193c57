"""The command that fills in an archive, with its progress bar and its report."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ingest import archive
from ingest.archive import ArchiveMail, LeftOut
from rules.errors import Refused
from triage import backfill as filling
from triage import wiring
from triage.backfill import Pace
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    emit,
    operator,
    say,
    stop_event,
)
from triage.house import House, PostboxPlan
from triage.ports import INBOX, Postbox
from triage.settings import Settings, load
from triage.wiring import postboxes

DEFAULT_RATE = 600
"""Mails a minute. A worker sorts many times as many, so new mail never waits behind an archive.
Own decision 0032."""
CANCELLED = 130
"""Exit code of a run that Ctrl-C ended. Source: POSIX shells, 128 + SIGINT."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(backfill)


def backfill(
    postbox: Annotated[str, typer.Option(help="The postbox whose archive it is.")],
    sources: Annotated[
        list[Path] | None,
        typer.Argument(help="Maildir trees, folders with .eml or .mbox files, or such files."),
    ] = None,
    folder: Annotated[
        list[str] | None, typer.Option(help="A folder of the postbox itself; may be repeated.")
    ] = None,
    rate: Annotated[
        int, typer.Option(min=0, help="New mails a minute; 0 sets no limit.")
    ] = DEFAULT_RATE,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Fill in an archive: keep its mails, each once, and let the worker sort them.

    Nothing is moved or removed in the archive. Ctrl-C ends after the running commit; the same
    command goes on where it was. Exit code 1 if a mail had to be left out.

    Example: postlotse backfill archive/2025 --postbox SC-West --rate 300
    """
    if not sources and not folder:
        raise Refused("archive.none", "Name an archive. Remedy: give a path, or --folder NAME.")
    if INBOX in (folder or ()):
        # Both would read the same new mail at the same moment, and each keep it.
        raise Refused("archive.inbox", "The worker takes in the INBOX by itself; leave it out.")
    stop = stop_event()
    settings = load(config)
    house = wiring.build_house(settings)
    plan = filling.plan_of(house, operator(), postbox)
    box = postboxes.open_to_read(settings, plan.name)
    files, folders = archive.find(tuple(sources or ())), tuple(folder or ())
    try:
        total = archive.count(files) + sum(len(box.view(name).uids) for name in folders)
        mails = _mails(settings, house, box, files=files, folders=folders)
        found = _run(house, plan, mails, total=total, pace=Pace(rate or None, stop.wait))
    finally:
        box.close()
        house.db.close()
    _report(found, plan, total=total, as_json=as_json)
    if found.is_cancelled or found.left_out:
        raise typer.Exit(CANCELLED if found.is_cancelled else 1)


def _run(
    house: House,
    plan: PostboxPlan,
    mails: Iterator[ArchiveMail | LeftOut],
    *,
    total: int,
    pace: Pace,
) -> filling.Progress:
    columns = (
        TextColumn("filling in"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[kept]} new, {task.fields[known]} known"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("archive", total=total, kept=0, known=0)

        def told(now: filling.Progress) -> None:
            bar.update(task, completed=now.seen, kept=now.kept, known=now.known)

        return filling.fill_in(house, operator(), mails, plan=plan, pace=pace, told=told)


def _mails(
    settings: Settings,
    house: House,
    box: Postbox,
    *,
    files: tuple[archive.Source, ...],
    folders: tuple[str, ...],
) -> Iterator[ArchiveMail | LeftOut]:
    (found,) = (one for one in settings.postboxes if one.name == box.name)
    limit = found.size_limit_mb * wiring.MEGABYTE
    return chain(
        archive.read(files, size_limit_bytes=limit, now=house.clock()),
        *(filling.of_folder(box, name, house=house) for name in folders),
    )


def _report(found: filling.Progress, plan: PostboxPlan, *, total: int, as_json: bool) -> None:
    line: dict[str, object] = {
        "postbox": plan.name,
        "in_archive": total,
        "kept": found.kept,
        "known": found.known,
        "by_head": len(found.by_head),
        "left_out": len(found.left_out),
        "cancelled": found.is_cancelled,
    }
    if as_json:
        heads = [
            {"name": one.name, "code": one.code, "message_id": one.message_id}
            for one in found.by_head
        ]
        named = [{"name": one.name, "code": one.code} for one in found.left_out]
        emit(line | {"by_head": heads, "left_out": named})
        return
    say(
        f"{plan.name}: {found.kept} of {total} mails filled in, {found.known} known already,"
        f" {len(found.left_out)} left out"
    )
    for one in found.left_out:
        say(f"  {one.name} [{one.code}]")
    for head in found.by_head:
        say(f"  {head.name} [{head.code}] by its head only, as message {head.message_id}")
    if found.is_cancelled:
        say("cancelled; the same command goes on where it was")
