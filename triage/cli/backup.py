"""Commands of the backup: `postlotse backup` make, check, restore, reread. Own decision 0071."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from rules.errors import Refused
from triage import backup, rereading, wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, JsonOption, emit, operator, say, show
from triage.settings import load
from triage.wiring import postboxes

app = typer.Typer(help="Backup, and the way back.", no_args_is_help=True)

FolderArgument = Annotated[Path, typer.Argument(help="Folder of the backup.")]


def register(parent: typer.Typer) -> None:
    """Add the commands to the application."""
    parent.add_typer(app, name="backup")


@app.command()
def make(folder: FolderArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Write database, configuration and model into a new folder, while the house works.

    The ring of keys and secrets are not in it: keep them elsewhere.

    Example: postlotse backup make /mnt/backup/2026-11-26
    """
    found = backup.make(load(config), operator(), config, folder, clock=wiring.utc_now)
    say(f"{found.mails} mails, {len(found.files)} files in {folder}")
    if found.keys:
        say(f"not in it, and needed: store.keys with {', '.join(found.keys)}")


@app.command()
def check(folder: FolderArgument) -> None:
    """Hold every file of a backup against its manifest; exit code 1 if one differs.

    Example: postlotse backup check /mnt/backup/2026-11-26
    """
    found = backup.check(folder)
    say(f"whole: {found.mails} mails, schema {found.schema}, made {found.made_at.isoformat()}")


@app.command()
def restore(folder: FolderArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Put the database of a backup where none is. Then run `backup reread` before any worker.

    Example: postlotse backup restore /mnt/backup/2026-11-26
    """
    found = backup.restore(load(config), operator(), folder, clock=wiring.utc_now)
    say(f"{found.mails} mails are back as of {found.made_at.isoformat()}")
    say(f"now: postlotse backup reread --since {found.made_at.isoformat()}")


@app.command()
def reread(
    since: Annotated[str, typer.Option(help="When the backup began, with its time zone.")],
    leave_out: Annotated[
        list[str] | None,
        typer.Option(help="A folder not to look into, as drafts; may be repeated."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Find again what came after the backup, in all postboxes; hold back what may have left.

    Run it once after a restore, before workers start; safe to repeat until then.

    Example: postlotse backup reread --since 2026-11-26T03:00:00+00:00
    """
    moment = _moment(since)
    settings = load(config)
    house = wiring.build_house(settings)
    own = (settings.replies.sent_folder, settings.replies.drafts_folder)
    skipped = frozenset((*own, *(leave_out or ())))
    held = rereading.hold_back(house, operator())
    if as_json:
        emit({"held_back": held})
    elif held:
        say(f"{held} answers or tasks may have left since: postlotse outbox list")
    for job in postboxes.postbox_jobs(settings):
        if not job.files:
            continue
        box = job.open()
        try:
            found = rereading.reread(
                house, operator(), box, region=job.region, since=moment, leave_out=skipped
            )
        finally:
            box.close()
        line = {
            "postbox": found.postbox,
            "taken_in": found.taken_in,
            "followed": found.followed,
            "copies": found.copies,
            "older": found.older,
            "drafts": found.drafts,
        }
        show(line, as_json=as_json)
    if settings.trail.anchor is not None and not as_json:
        say('then, once, for the anchor file: postlotse trail restored --reference "…"')


def _moment(typed: str) -> datetime:
    try:
        found = datetime.fromisoformat(typed)
    except ValueError as exc:
        raise Refused("backup.since", f"{typed} is no moment; copy it from the backup.") from exc
    moment = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    if moment > datetime.now(tz=UTC):
        # All mail would count as older, and what came since the backup would stay unknown.
        raise Refused("backup.since", f"{typed} is still to come; copy the moment from the backup.")
    return moment
