"""The command that reports on a trial run: what would have been done on a day."""

from dataclasses import asdict

import typer

from triage import observed as trial
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
)
from triage.observed import Observed


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(observed)


def observed(
    config: ConfigOption = DEFAULT_CONFIG,
    day: DayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what would have been done in the observed postboxes: per agency, folder, and aside.

    Beside it stands what people did with the same mails until now: in the same folder, another
    folder of the agency, or elsewhere; mails that went elsewhere are named.

    Example: postlotse observed --day 2026-11-25
    """
    wanted = day_of(day, code="observed.day") if day else None
    found = trial.report(wiring.house_of(config), operator(), day=wanted)
    if not found and not as_json:
        say('no postbox is observed; set mode = "observe" for one')
    for one in found:
        emit(asdict(one) | {"filed": one.filed}) if as_json else _say(one)


def _say(one: Observed) -> None:
    say(f"{one.postbox} on {one.day.isoformat()}: {one.seen} mails seen, nothing moved")
    say(f"  would have filed {one.filed}:")
    for part in one.agencies:
        code = f"{part.code} {part.name}" if part.code else "clearing folder"
        say(
            f"    {code}: {part.mails} (payment-relevant {part.payment_yes}, open"
            f" {part.payment_open}; to be reviewed {part.review})"
        )
        for folder, mails in part.folders:
            say(f"      {folder}: {mails}")
    aside = ", ".join(f"{reason} {mails}" for reason, mails in one.aside)
    say(f"  would have set aside {sum(mails for _, mails in one.aside)}: {aside or '–'}")
    say(f"  not sorted yet: {one.not_sorted}")
    counts = one.agreement
    share = "nothing moved yet" if one.share is None else f"{one.share:.0%} agreement"
    say(
        f"  people meanwhile: {counts['same']} into that folder, {counts['same_agency']} into"
        f" another of the agency, {counts['other']} elsewhere, {counts['gone']} taken out,"
        f" {counts['untouched']} not touched ({share})"
    )
    for mail in one.disagreements:
        say(f"    message {mail.message_id}: would have been {mail.would}, lies in {mail.lies_in}")
