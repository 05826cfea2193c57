"""What the pages "Rechte" give as files: findings, matrix, lists and chain, as CSV or XLSX."""

from fastapi import APIRouter, Response

from api.web.render import csv_file
from api.web.visit import OpensRights, Visit
from triage.house import PostboxPlan
from triage.rights import decisions as rights
from triage.rights import tables as rights_tables
from triage.rights import workbook
from triage.rights.decisions import Standing
from triage.rights.tables import Table

router = APIRouter(include_in_schema=False)


@router.get("/rechte/befunde.csv")
def findings_csv(visit: OpensRights, postfach: str = "") -> Response:
    """The findings of the person's postboxes, or of one, as a table for a spreadsheet."""
    return csv_file(
        rights_tables.findings(_standings(visit, postfach)).as_csv(), "rechte-befunde.csv"
    )


@router.get("/rechte/befunde.xlsx")
def findings_xlsx(visit: OpensRights, postfach: str = "") -> Response:
    """Findings, matrix and folders, a sheet each."""
    found = _standings(visit, postfach)
    tables = (
        rights_tables.findings(found),
        rights_tables.matrix(visit.house, found),
        rights_tables.folders(visit.house, found),
    )
    return _xlsx(visit, tables, "rechte.xlsx")


@router.get("/rechte/verteiler.csv")
def lists_csv(visit: OpensRights, postfach: str = "") -> Response:
    """The consolidated lists of a region, for the Regionaldirektion and the Service Center."""
    box = box_of(visit, postfach)
    table = rights_tables.consolidated(visit.house, visit.caller, box.region)
    return csv_file(table.as_csv(), "verteiler.csv")


@router.get("/rechte/meldekette.csv")
def chain_csv(visit: OpensRights, postfach: str = "") -> Response:
    """The reporting chain of the running round: who, when, until when, what is missing."""
    box = box_of(visit, postfach)
    table = rights_tables.chain(visit.house, visit.caller, box.region)
    return csv_file(table.as_csv(), "meldekette.csv")


@router.get("/rechte/verteiler.xlsx")
def lists_xlsx(visit: OpensRights, postfach: str = "") -> Response:
    """Consolidated lists and reporting chain, a sheet each."""
    region = box_of(visit, postfach).region
    tables = (
        rights_tables.consolidated(visit.house, visit.caller, region),
        rights_tables.chain(visit.house, visit.caller, region),
    )
    return _xlsx(visit, tables, "verteiler.xlsx")


def box_of(visit: Visit, postfach: str) -> PostboxPlan:
    """The postbox asked for, else the first of the person's regions. Raises: Refused."""
    mine = rights.boxes(visit.house, visit.caller)
    if not postfach and mine:
        return mine[0]
    return rights.box_of(visit.house, visit.caller, postfach)


def _standings(visit: Visit, postfach: str) -> tuple[Standing, ...]:
    every = rights.standings(visit.house, visit.caller)
    return tuple(one for one in every if postfach in {"", one.box.name})


def _xlsx(visit: Visit, tables: tuple[Table, ...], name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    data = workbook.as_xlsx(tables, made_at=visit.house.clock())
    return Response(data, media_type=workbook.TYPE, headers=headers)
