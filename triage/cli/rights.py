"""Commands for folder permissions: look, let a finding stay, report."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from rules.access import Caller
from rules.errors import Refused
from rules.rights.folder_findings import Finding, meaning, remedy, title
from rules.rights.folder_levels import in_words
from triage import wiring
from triage.cli import private_file, rights_plans, rights_review
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    PostboxOption,
    counted,
    emit,
    operator,
    require_ending,
    say,
)
from triage.cli.rights_lists import lists_app, rounds_app
from triage.house import House
from triage.rights import decisions as rights
from triage.rights import matrix as rights_matrix
from triage.rights import report as rights_report
from triage.rights import tables as rights_tables
from triage.rights import work as rights_work
from triage.rights import workbook

rights_app = typer.Typer(help="Folder permissions against reported lists.", no_args_is_help=True)
rights_app.add_typer(lists_app, name="lists")
rights_app.add_typer(rounds_app, name="round")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    rights_review.register(rights_app)
    rights_app.command("audit")(audit)
    rights_plans.register(rights_app)
    rights_app.command("keep")(keep)
    rights_app.command("report")(report)
    app.add_typer(rights_app, name="rights")


def audit(
    config: ConfigOption = DEFAULT_CONFIG, postbox: PostboxOption = "", as_json: JsonOption = False
) -> None:
    """Read the permissions of all folders and tell what differs from the reported lists.

    Changes nothing. Without --postbox all configured ones. Exit code 1 if anything is open.

    Example: postlotse rights audit --postbox SC-Nord
    """
    house, caller = wiring.house_of(config), operator()
    open_findings = 0
    wanted = (rights.box_of(house, caller, postbox),) if postbox else rights.boxes(house, caller)
    for box in wanted:
        desk = rights_plans.desk_of(config, box.name)
        try:
            rights_work.look(house, caller.name, desk)
        finally:
            desk.close()
        open_findings += _tell(house, caller, box.name, as_json=as_json)
    if open_findings:
        raise typer.Exit(1)


def keep(
    postbox: PostboxOption,
    folder: Annotated[str, typer.Option(help="Folder of the finding; empty for lists.")] = "",
    subject: Annotated[str, typer.Option(help="Account or list of the finding.")] = "",
    reason: Annotated[str, typer.Option(help="Why it stays, 10 characters or more.")] = "",
    days: Annotated[int, typer.Option(help="For how many days.", min=1, max=366)] = 90,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Let a finding stay, with a reason, until a day; it is in no plan meanwhile.

    Example: postlotse rights keep --postbox SC-Nord --folder "123 Hamburg"
    --subject k1@dienst.example --reason "Vertretung bis Jahresende" --days 40
    """
    house, caller = wiring.house_of(config), operator()
    every = rights.standing(house, caller, postbox).open
    found = [one for one in every if (one.folder, one.subject) == (folder, subject.lower())]
    if not found:
        raise Refused("finding.unknown", "There is no such finding; see `rights audit`.")
    until = house.today() + timedelta(days=days)
    for one in found:
        rights.keep(house, caller, postbox, one.key, reason=reason, until=until)
        say(f"stays until {until.isoformat()}: {title(one.code)}, {one.folder or 'lists'}")


def report(
    out: Annotated[Path, typer.Option(help="The file to write: .html to print, or .xlsx.")],
    config: ConfigOption = DEFAULT_CONFIG,
    postbox: PostboxOption = "",
) -> None:
    """Write a page to print: figures, findings, what stays by decision, who has signed off.

    As a workbook: findings, matrix and folders, a sheet each.

    Example: postlotse rights report --out rechte.html
    """
    require_ending(out, ".html", ".htm", ".xlsx")
    house, caller = wiring.house_of(config), operator()
    found = (
        (rights.standing(house, caller, postbox),) if postbox else rights.standings(house, caller)
    )
    if out.suffix.lower() == ".xlsx":
        tables = (
            rights_tables.findings(found),
            rights_tables.matrix(house, found),
            rights_tables.folders(house, found),
        )
        private_file.write(out, workbook.as_xlsx(tables, made_at=house.clock()))
    else:
        private_file.write(out, rights_report.as_html(house, found).encode())
    say(f"written to {out}")


def _tell(house: House, caller: Caller, postbox: str, *, as_json: bool) -> int:
    found = rights.standing(house, caller, postbox)
    rows = rights_matrix.rows(house, [found])
    sums = rights_matrix.sums(rows)
    if as_json:
        for one in found.open:
            emit({"postbox": postbox, **_line(one)})
        return len(found.open)
    folders = counted(found.audit.folders if found.audit else 0, "folder")
    say(
        f"{postbox}: {folders}, {counted(len(found.open), 'finding')}"
        f" at {sums.with_findings} of {sums.agencies} agencies,"
        f" {len(found.kept)} kept by decision"
    )
    if found.is_stale:
        say("  the lists have changed meanwhile; run `rights audit` again")
    for one in found.open:
        where = one.folder or f"Verteiler {one.agency}".rstrip()
        say(f"  {where}: {title(one.code)} – {meaning(one)} {remedy(one.code)}")
    return len(found.open)


def _line(one: Finding) -> dict[str, object]:
    return {
        "code": one.code.value,
        "agency": one.agency,
        "folder": one.folder,
        "subject": one.subject,
        "has": None if one.has is None else in_words(one.has),
        "wanted": None if one.wanted is None else in_words(one.wanted),
        "remedy": remedy(one.code),
    }
