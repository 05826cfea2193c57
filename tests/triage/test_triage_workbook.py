"""Tables become a workbook that a spreadsheet opens, and in which nothing is a formula."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from rules.access import Caller
from rules.codes import Role
from rules.rights.reporting_chain import Step, make_round
from tests.house_fixture import open_house
from triage.rights import reporting as rights_reporting
from triage.rights import tables as rights_tables
from triage.rights import workbook
from triage.rights.tables import Table

NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
ADMIN = Caller("admin-1", Role.ADMIN, agencies=None)
REGION = "Südwest"


def part(data: bytes, name: str) -> ET.Element:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        return ET.fromstring(file.read(name))  # noqa: S314 - a file of our own


def cells(data: bytes, sheet: int = 1) -> list[list[str]]:
    shared = ["".join(one.itertext()) for one in part(data, "xl/sharedStrings.xml")]
    rows = part(data, f"xl/worksheets/sheet{sheet}.xml").iter(f"{NS}row")
    return [[shared[int(cell.findtext(f"{NS}v", ""))] for cell in row] for row in rows]


DANGEROUS = Table(
    "Befunde",
    ("agentur", "wer"),
    (("071", '=HYPERLINK("http://x.example")'), ("+1", "-2"), ("@SUM(A1)", "ä„“\n<&>")),
)


def test_what_begins_like_a_formula_is_text_and_comes_back_letter_by_letter() -> None:
    data = workbook.as_xlsx([DANGEROUS], made_at=NOW)
    assert cells(data) == [list(DANGEROUS.header), *map(list, DANGEROUS.rows)]
    sheet = part(data, "xl/worksheets/sheet1.xml")
    assert not list(sheet.iter(f"{NS}f"))
    assert {cell.get("t") for cell in sheet.iter(f"{NS}c")} == {"s"}


def test_the_header_stays_in_sight_and_columns_are_as_wide_as_their_words() -> None:
    long = replace(DANGEROUS, rows=(("071", "w" * 30), ("072", "x" * 500)))
    sheet = part(workbook.as_xlsx([long], made_at=NOW), "xl/worksheets/sheet1.xml")
    pane = next(sheet.iter(f"{NS}pane"))
    assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
    widths = [round(float(column.get("width", "0"))) for column in sheet.iter(f"{NS}col")]
    assert 8 <= widths[0] < 12
    assert 55 < widths[1] < 65


def test_the_same_tables_make_the_same_file_and_an_empty_table_has_a_header() -> None:
    empty = replace(DANGEROUS, title="Leer", rows=())
    first = workbook.as_xlsx([DANGEROUS, empty], made_at=NOW)
    assert first == workbook.as_xlsx([DANGEROUS, empty], made_at=NOW)
    assert cells(first, sheet=2) == [["agentur", "wer"]]


def test_the_chain_names_day_last_day_person_and_what_is_missing(sqlite_url, clock) -> None:
    house = open_house(sqlite_url, clock=clock)
    today = house.today()
    asked = make_round(REGION, today, directions_due=today, region_due=today)
    rights_reporting.start_round(house, ADMIN, asked)
    csv = "verteiler;agentur\nez-435@x.example;435\n"
    rights_reporting.import_lists(house, ADMIN, REGION, data=csv.encode(), source="x.csv")
    note = "=liegt auf Papier vor"
    rights_reporting.mark(house, ADMIN, REGION, Step.AGENCY, unit="415", note=note)
    tables = [
        rights_tables.consolidated(house, ADMIN, REGION),
        rights_tables.chain(house, ADMIN, REGION),
    ]
    data = workbook.as_xlsx(tables, made_at=house.clock())
    house.db.close()
    day = f"{today:%d.%m.%Y}"
    rows = {row[1]: row for row in cells(data, sheet=2)}
    assert rows["435"][3:7] == [day, "erledigt", day, "admin-1"]
    assert rows["415"][7] == note
    assert rows[REGION][4] == "offen"
    assert rows[REGION][8]
    lists = {row[1]: row[3] for row in cells(data, sheet=1)}
    assert (lists["435"], lists["415"]) == ("ez-435@x.example", "nicht gemeldet")
