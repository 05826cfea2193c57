"""Commands for the lists that permission rests on, and for the round in which they are reported."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from rules.errors import Refused
from rules.rights.folder_levels import GERMAN
from rules.rights.reporting_chain import Step, make_round
from triage import wiring
from triage.cli import private_file
from triage.cli.console import (
    DEFAULT_CONFIG,
    ConfigOption,
    counted,
    day_of,
    operator,
    require_ending,
    say,
)
from triage.rights import directory as rights_directory
from triage.rights import reporting as rights_reporting
from triage.rights import tables as rights_tables
from triage.rights import workbook
from triage.settings import load
from triage.wiring import ldap, postboxes

lists_app = typer.Typer(help="Reported lists: import, show, export.", no_args_is_help=True)
rounds_app = typer.Typer(help="The round of review: start, show, mark.", no_args_is_help=True)

RegionOption = Annotated[str, typer.Option(help="Service Center region, e.g. Nord.")]


@lists_app.command("import")
def lists_import(
    file: Annotated[Path, typer.Argument(help="CSV, UTF-8 or Windows-1252; see docs/rights.md.")],
    region: RegionOption,
    compare: Annotated[
        bool, typer.Option("--compare", help="Only show what would change.")
    ] = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Take a CSV as the lists of a region, all or nothing; it replaces the lists before.

    Example: postlotse rights lists import nord.csv --region Nord
    """
    try:
        data = file.read_bytes()
    except OSError as exc:
        raise Refused("rights.file", f"Can't read {file}: {exc.strerror}.") from exc
    house = wiring.house_of(config)
    if compare:
        _say_compared(rights_directory.compare_csv(house, operator(), region, data=data))
        return
    done = rights_reporting.import_lists(house, operator(), region, data=data, source=file.name)
    say(f"{region}: {counted(done.lists, 'list')} with {counted(done.members, 'member')}")
    if done.without:
        say(f"agencies without a list: {', '.join(done.without)}")


@lists_app.command("show")
def lists_show(region: RegionOption, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print the lists that hold in a region, with the number of their members.

    Example: postlotse rights lists show --region Nord
    """
    found = rights_reporting.reported(wiring.house_of(config), operator(), region)
    if found is None:
        say(f"no list was reported for {region} yet")
        return
    say(f"{region}: reported {found.at:%Y-%m-%d} from {found.source}")
    for one in found.lists:
        whose = one.agency or one.region or "group"
        say(
            f"  {whose:8} {one.address}  {GERMAN[one.level]}, {counted(len(one.members), 'member')}"
        )


@lists_app.command("export")
def lists_export(
    out: Annotated[Path, typer.Option(help="The file to write: .csv, or .xlsx with the chain.")],
    region: RegionOption,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Write the consolidated lists of a region, agency by agency, without members.

    Example: postlotse rights lists export --region Nord --out nord.xlsx
    """
    require_ending(out, ".csv", ".xlsx")
    house, caller = wiring.house_of(config), operator()
    lists = rights_tables.consolidated(house, caller, region)
    if out.suffix.lower() == ".xlsx":
        tables = (lists, rights_tables.chain(house, caller, region))
        private_file.write(out, workbook.as_xlsx(tables, made_at=house.clock()))
    else:
        private_file.write(out, lists.as_csv().encode("utf-8-sig"))
    say(f"written to {out}")


@lists_app.command("expand")
def lists_expand(
    postbox: Annotated[str, typer.Option(help="A postbox on Exchange, whose server is asked.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Ask Exchange for the members of the reported lists, groups in groups too.

    Example: postlotse rights lists expand --postbox SC-Nord
    """
    box = next((b for b in load(config).postboxes if b.name == postbox), None)
    desk = postboxes.open_rights(box) if box else None
    members = getattr(desk, "members", None)
    if members is None or desk is None or box is None:
        raise Refused("rights.no_directory", f"{postbox!r} is no postbox on Exchange.")
    house = wiring.house_of(config)
    try:
        done = rights_reporting.expand(house, operator(), box.region, members=members)
    finally:
        desk.close()
    say(f"{box.region}: {counted(done.lists, 'list')} with {counted(done.members, 'member')}")


@lists_app.command("fetch")
def lists_fetch(
    region: RegionOption,
    confirm: Annotated[str, typer.Option(help="The mark of a comparison: take it over.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Ask the directory ([rights.ldap]) for the lists of a region and show what would change.

    Stores nothing; with --confirm it takes over exactly what was shown under that mark.

    Example: postlotse rights lists fetch --region Nord
    """
    house, caller = wiring.house_of(config), operator()
    groups, names = ldap.directory(load(config))
    try:
        found = rights_directory.fetch(house, caller, region, groups, names=names)
    finally:
        groups.close()
    if not confirm:
        _say_compared(found)
        say(f"take it over: postlotse rights lists fetch --region {region} --confirm {found.mark}")
        return
    done = rights_directory.take(house, caller, region, found, mark=confirm)
    say(f"{region}: {counted(done.lists, 'list')} with {counted(done.members, 'member')}")
    if done.without:
        say(f"agencies without a list: {', '.join(done.without)}")


def _say_compared(found: rights_directory.Compared) -> None:
    """Counts of members only: who it is stands in the database and nowhere else."""
    for one in found.changes:
        level = ", another level" if one.level_changes else ""
        members = f"+{one.joined} -{one.left}"
        say(f"  {one.home or 'group':8} {one.address}: {one.state}, {members}{level}")
    say(
        f"{counted(len(found.lists), 'list')}, {len(found.changes)} of them differ;"
        " nothing was stored"
    )


@rounds_app.command("start")
def round_start(
    region: RegionOption,
    agencies_due: Annotated[str, typer.Option(help="Last day of the agencies, YYYY-MM-DD.")],
    directions_due: Annotated[str, typer.Option(help="Last day of the Regionaldirektionen.")],
    region_due: Annotated[str, typer.Option(help="Last day of the Service Center region.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Start a round of review in a region; the one before ends with it.

    Example: postlotse rights round start --region Nord --agencies-due 2026-12-04
    --directions-due 2026-12-09 --region-due 2026-12-18
    """
    asked = make_round(
        region,
        _day(agencies_due),
        directions_due=_day(directions_due),
        region_due=_day(region_due),
    )
    number = rights_reporting.start_round(wiring.house_of(config), operator(), asked)
    say(f"round {number} runs in {region}")


@rounds_app.command("show")
def round_show(region: RegionOption, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Print the reporting chain: who has reported, who is late, what is missing.

    Example: postlotse rights round show --region Nord
    """
    for link in rights_reporting.links(wiring.house_of(config), operator(), region):
        state = f"done {link.mark.on}" if link.mark else "open"
        late = ", overdue" if link.is_overdue else ""
        waits = f", waits for {', '.join(link.open_units)}" if link.open_units else ""
        say(f"{link.step.value:9} {link.unit} {link.name}: due {link.due}, {state}{late}{waits}")


@rounds_app.command("mark")
def round_mark(
    region: RegionOption,
    step: Annotated[Step, typer.Option(help="Whose step.")],
    unit: Annotated[str, typer.Option(help="Agency's code, Regionaldirektion, or the region.")],
    note: Annotated[str, typer.Option(help="Why, where something is missing below.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Note that a unit did its step today.

    Example: postlotse rights round mark --region Nord --step direction --unit Nord
    """
    rights_reporting.mark(wiring.house_of(config), operator(), region, step, unit=unit, note=note)
    say(f"{unit} is marked")


def _day(text: str) -> date:
    return day_of(text, code="rights.day")
