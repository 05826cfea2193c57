"""Reading the three tables, and what is said of a bad row."""

import pytest

from rules.agencies import parse_agencies, parse_plz, parse_regions
from rules.directory import Directory
from rules.errors import Refused

AGENCIES = (
    "code,name,regionaldirektion,land,sc_region,seat_place,seat_plz,"
    "status,merged_into,former_name\n"
)
PLZ = "plz,place,kreis_ags,agency_code,method,primary,plz_type\n"
REGIONS = "sc_region,regionaldirektion\n"


def test_a_row_becomes_an_agency_with_its_branches(directory: Directory) -> None:
    kassel = directory.agency("435")
    assert kassel is not None
    assert (kassel.name, kassel.land, kassel.region) == ("Kassel", "Hessen", "Südwest")
    rostock = directory.agency("032")
    assert rostock is not None
    assert "Güstrow" in rostock.branch_places


def test_optional_columns_may_be_missing() -> None:
    text = (
        "code,name,regionaldirektion,land,sc_region,seat_place,status\n900,A,R,Hessen,X,A,active\n"
    )
    (agency,) = parse_agencies(text)
    assert (agency.branch_places, agency.merged_into) == ((), None)
    (row,) = parse_plz("plz,place,agency_code\n34117,Kassel,\n")
    assert row.agency_code is None


def test_a_byte_order_mark_does_no_harm() -> None:
    assert len(parse_regions("\ufeff" + REGIONS + "Nord,Nord\n")) == 1


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("90,A,R,Hessen,X,A,,active,,\n", "agencies.bad_row"),
        ("9١0,A,R,Hessen,X,A,,active,,\n", "agencies.bad_row"),
        ("900,A,R,Hessen,X,A,,active,,\n900,B,R,Hessen,X,B,,active,,\n", "agencies.bad_row"),
        ("900,A,R,Hessen,X,A,,merged,901,\n", "agencies.bad_row"),
        ("900,A,R,Hessen,X,A,,merged,,\n", "agencies.bad_row"),
        (
            "900,A,R,Hessen,X,A,,merged,901,\n901,B,R,Hessen,X,B,,merged,900,\n",
            "agencies.bad_row",
        ),
        ("900,A,R\n", "agencies.bad_row"),
        ("900,A,R,Hessen,X,A,,active,,,surplus\n", "agencies.bad_row"),
    ],
)
def test_a_bad_agency_is_refused_as_a_whole(rows: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_agencies(AGENCIES + rows)
    assert refused.value.code == code


def test_the_error_names_the_line() -> None:
    with pytest.raises(Refused) as refused:
        parse_plz(
            PLZ + "34117,Kassel,06611,435,x,yes,delivery\n3411,Kassel,06611,435,x,yes,delivery\n"
        )
    assert refused.value.details["line"] == 3


@pytest.mark.parametrize(
    "rows",
    [
        "3411x,Kassel,06611,435,x,yes,delivery\n",
        "٣٤١١٧,Kassel,06611,435,x,yes,delivery\n",
        "34117,Kassel,06611,43,x,yes,delivery\n",
    ],
)
def test_a_bad_plz_row_is_refused(rows: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_plz(PLZ + rows)
    assert refused.value.code == "agencies.bad_row"


def test_a_regionaldirektion_has_one_region() -> None:
    with pytest.raises(Refused) as refused:
        parse_regions(REGIONS + "Nord,Hessen\nSüd,Hessen\n")
    assert refused.value.code == "agencies.bad_row"


@pytest.mark.parametrize("parse", [parse_agencies, parse_plz, parse_regions])
@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
def test_missing_columns_are_named(parse: object, text: str) -> None:
    assert callable(parse)
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.code == "agencies.columns"
    assert refused.value.details["columns"]


def test_a_plz_of_an_agency_that_does_not_exist_is_refused() -> None:
    agencies = parse_agencies(AGENCIES + "900,A,R,Hessen,X,A,,active,,\n")
    rows = parse_plz(PLZ + "34117,Kassel,06611,435,x,yes,delivery\n")
    with pytest.raises(Refused) as refused:
        Directory(agencies, rows)
    assert refused.value.code == "agencies.unknown_code"
