"""Commands for the audit trail: verify, restored."""

from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer

from rules.errors import Refused
from store.database.engine import Database
from store.trail import audit
from triage import wiring
from triage.cli.console import DEFAULT_CONFIG, ConfigOption, operator, say
from triage.settings import load
from triage.trail import anchor, anchor_file, restore_record

SET_BACK_EXIT: Final = 3
"""The trail differs from its anchor as after a restore, which nobody has recorded. 0130."""

REMEDY: Final = (
    "the trail tells of a restore there. It proves nothing by itself: ask who did it. If it was"
    ' one, record it: postlotse trail restored --reference "…"'
)

BROKEN: Final = (
    "an entry was changed, dropped or put in. Keep database, anchor file and logs as they are and"
    " tell your security; the newest backup whose trail is whole (restored on another machine) says"
    " since when. Mail and desk may go on: nothing they do hangs on it"
)

NOT_REREAD: Final = (
    "after a restore the trail looks so until `postlotse backup reread` has run: then run it, and"
    " verify again. If nothing was restored:"
)

app = typer.Typer(help="The audit trail: verify, record a restore.", no_args_is_help=True)


def register(parent: typer.Typer) -> None:
    """Add the commands to the application."""
    parent.add_typer(app, name="trail")


@app.command()
def verify(
    config: ConfigOption = DEFAULT_CONFIG,
    anchor_file: Annotated[
        Path | None, typer.Option("--anchor", help="Anchor file instead of the configured one.")
    ] = None,
) -> None:
    """Check the hash chain of the audit trail, and hold it against the anchor file.

    Exit code 1 if the chain is broken, cut off, or another one than was noted. Exit code 3 if it
    differs only as after a restore that the trail tells of and nobody has recorded.

    Example: postlotse trail verify --anchor /mnt/worm/anchor.jsonl
    """
    settings = load(config)
    with closing(Database.open(settings.store.url)) as database:
        checked = _whole_chain(database)
        _hold_against_anchor(database, anchor_file or settings.trail.anchor)
    say(f"the trail is whole: {checked} entries")


@app.command()
def restored(
    reference: Annotated[str, typer.Option(help="File number of what was restored; no name.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Record that a restore has set the trail back: sealed in it, and in the anchor file.

    After `backup restore` and `backup reread`. What it took stays named in the file, and each
    `trail verify` tells of the record. Where the trail tells of no restore it is refused.

    Example: postlotse trail restored --reference "Störung 12/26"
    """
    settings = load(config)
    if settings.trail.anchor is None:
        raise Refused("anchor.none", "No anchor file is configured; there is nothing to record.")
    path, me = settings.trail.anchor, operator()
    with closing(wiring.open_database(settings)) as database:
        _whole_chain(database)
        gaps = restore_record.record(database, path, me, reference=reference, clock=wiring.utc_now)
    for gap in gaps:
        say(f"lines {gap.first} to {gap.last} of the anchor file are recorded as set back")
    if not gaps:
        say("the trail fits its anchor file; nothing was recorded")


def _whole_chain(database: Database) -> int:
    """How many entries were checked; ends with 1 where the chain is broken."""
    checked = after = 0
    while True:
        with database.read() as tx:
            found = audit.verify(tx, after_seq=after)
        checked += found.checked
        if found.broken is not None:
            say(f"the trail is broken at entry {found.broken.seq}")
            say(BROKEN)
            raise typer.Exit(1)
        if found.checked == 0:
            return checked
        after = found.last_seq


def _hold_against_anchor(database: Database, path: Path | None) -> None:
    if path is None:
        say("no anchor file is configured: a whole forged trail would not be found")
        return
    findings = anchor.check(database, path)
    for found in findings:
        say(f"line {found.line} of the anchor file, entry {found.seq}: {found.code}")
        if found.code == "trail.restored":
            say(f"  {_recorded(database, path, found)}")
    codes = {found.code for found in findings} - {"trail.restored"}
    if codes == {"trail.set_back"}:
        say(REMEDY)
        raise typer.Exit(SET_BACK_EXIT)
    if codes:
        if codes <= {"trail.set_back", "trail.truncated", "trail.rewritten"}:
            say(NOT_REREAD)
        say(BROKEN)
        raise typer.Exit(1)


def _recorded(database: Database, path: Path, found: anchor.Finding) -> str:
    with database.read() as tx:
        entry = restore_record.entry_of(tx, found.seq)
    line = anchor_file.read(anchor_file.lines_of(path)[found.line - 1], found.line)
    gone = ", ".join(f"{first} to {last}" for first, last in line.gone)
    by = f"{entry.actor}, {entry.details['reference']}" if entry else "?"
    return f"a restore, recorded on {line.day} by {by}; it took what lines {gone} name"
