"""Commands that turn corrections into training mail: list, confirm, turn down, export."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from rules.codes import Concern
from rules.errors import Refused
from triage import backfill, wiring
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    operator,
    say,
    show,
)
from triage.learning import relearn, training_file, weak_labels
from triage.settings import load
from triage.wiring import postboxes

CorrectionOption = Annotated[
    int | None, typer.Option(help="The one that you looked at, as `relearn list` shows it.")
]

relearn_app = typer.Typer(help="Corrections for training: list, confirm.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(relearn_app, name="relearn")


@relearn_app.command("list")
def relearn_list(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List corrections: those that wait for a second person, then those confirmed. No content.

    Example: postlotse relearn list --json
    """
    for found in relearn.corrections(wiring.house_of(config), operator()):
        row = {
            "message": found.message_id,
            "correction": found.id,
            "state": "confirmed" if found.state == relearn.CONFIRMED else "waiting",
            "by": found.by,
            "concerns": ",".join(found.concerns),
            "payment": found.payment,
        }
        show(row, as_json=as_json)


@relearn_app.command("confirm")
def relearn_confirm(
    message_id: Annotated[int, typer.Argument(help="The message, as `relearn list` shows it.")],
    correction: CorrectionOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Confirm as a second person that a clerk's correction is right.

    With --correction it is refused if a clerk has corrected again since you looked.

    Example: postlotse relearn confirm 1042 --correction 3310
    """
    relearn.confirm(wiring.house_of(config), operator(), message_id, seen=correction)
    say(f"message {message_id}: confirmed")


@relearn_app.command("turn-down")
def relearn_turn_down(
    message_id: Annotated[int, typer.Argument(help="The message, as `relearn list` shows it.")],
    reason: Annotated[str, typer.Option(help="Why it is wrong, 10 characters or more.")],
    correction: CorrectionOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Turn a clerk's correction down: it stops waiting and never teaches. The item stays as it is.

    Example: postlotse relearn turn-down 1042 --reason "Der Termin ist das Anliegen"
    """
    relearn.turn_down(
        wiring.house_of(config), operator(), message_id, reason=reason, seen=correction
    )
    say(f"message {message_id}: turned down")


@relearn_app.command("export")
def relearn_export(
    out: Annotated[Path, typer.Option(help="The file to write; outside of any source tree.")],
    weak: Annotated[
        bool, typer.Option("--weak", help="Also mails that lie by hand in another topic's folder.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write confirmed corrections as corpus lines, for `postlotse train corpus --extra FILE`.

    The file holds text of real mail: keep it like the mail itself, and delete it after training.

    Example: postlotse relearn export --out /srv/postlotse/relearn/confirmed.jsonl
    """
    sources = (relearn.CONFIRMED, training_file.WEAK) if weak else (relearn.CONFIRMED,)
    done = relearn.export(wiring.house_of(config), operator(), out, sources=sources)
    say(f"{out}: {done.confirmed} confirmed, {done.weak} weak, {done.left_out} left out")


@relearn_app.command("history")
def relearn_history(
    postbox: Annotated[str, typer.Option(help="The postbox; it is only read.")],
    folder: Annotated[
        list[str] | None,
        typer.Option(help="A folder's name of your own and its concern, NAME=CODE; repeatable."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; without it mails are only counted.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Weak labels from what lay in a postbox before Postlotse: by folder, and by mark of [marks].

    Without --out it only counts, and tells how often the judge says the same. The file holds text
    of real mail: keep it like the mail itself, and delete it after training.

    Example: postlotse relearn history --postbox SC-West --folder Krankmeldungen=au
    """
    folders = dict(_folder_of(one) for one in folder or ())
    settings = load(config)
    house = wiring.build_house(settings)
    plan = backfill.plan_of(house, operator(), postbox)
    box = postboxes.open_to_read(settings, plan.name)
    try:
        found = weak_labels.read(house, operator(), box, folders=folders, out=out, told=_tell)
    finally:
        box.close()
        house.db.close()
    for row in found.counted:
        shown = {"concern": row.concern.value, "mails": row.mails}
        show(shown | {"by_mark": row.by_mark, "judged_so": row.judged_so}, as_json=as_json)
    for reason, number in sorted(found.left_out.items()):
        show({"left_out": reason, "mails": number}, as_json=as_json)
    for name in found.unread_folders:
        show({"unread_folder": name}, as_json=as_json)
    if not as_json:
        say(f"{out}: {found.mails} weak" if out else f"{found.mails} counted, nothing written")


def _folder_of(typed: str) -> tuple[str, Concern]:
    name, _, code = typed.rpartition("=")
    if not name:
        raise Refused("history.folder", f"{typed!r} is no folder with its concern; write NAME=CODE")
    if code not in set(Concern):
        codes = ", ".join(sorted(Concern))
        raise Refused("history.folder", f"{code!r} in {typed!r} is no concern; one of {codes}")
    return name, Concern(code)


def _tell(folder: str) -> None:
    sys.stderr.write(f"reading {folder}\n")
