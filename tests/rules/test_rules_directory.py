"""Finding agencies by code, region, PLZ, place and postbox address, on the real tables."""

import csv
import json
import time
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.agencies import PlzRow, parse_agencies, parse_regions
from rules.directory import Directory, PostboxHint
from rules.placename import base_name, bracketed, fold, parts, place_key

CORPUS = Path(__file__).parents[2] / "corpus"
UNDECIDED = {"Buchholz", "Eingang.Musterkreis"}


def codes(agencies: tuple[object, ...]) -> set[str]:
    return {getattr(agency, "code") for agency in agencies}  # noqa: B009 - any agency-like value


def test_the_directory_is_built_at_once_and_not_on_the_first_question(
    directory: Directory,
) -> None:
    start = time.process_time()
    built = Directory(directory.agencies, directory.plz_rows, directory.regions)
    building_seconds = time.process_time() - start
    built.by_mailbox("Kassel@arbeitsagentur.de")
    built.by_place("Kassel")
    asking_seconds = time.process_time() - start - building_seconds
    # 0.25 s by itself; coverage makes it three times as slow.
    assert building_seconds < 2
    assert asking_seconds < building_seconds / 10


def test_a_place_without_a_letter_answers_no_empty_question(directory: Directory) -> None:
    odd = Directory(directory.agencies, (PlzRow("34117", "!", "435"),))
    assert odd.by_place("?") == ()


def test_there_are_146_active_agencies_in_five_regions(directory: Directory) -> None:
    assert len(directory.active()) == 146
    assert directory.region_names() == ("Nord", "Ost", "Süd", "Südwest", "West")
    regions = [directory.by_region(name) for name in directory.region_names()]
    assert sum(map(len, regions)) == 146
    assert all(regions)


@pytest.mark.parametrize(
    ("old", "successor"), [("221", "251"), ("331", "373"), ("535", "547"), ("614", "664")]
)
def test_a_merged_agency_leads_to_its_successor(
    directory: Directory, old: str, successor: str
) -> None:
    found = directory.agency(old)
    assert found is not None
    assert found.code == successor


@pytest.mark.parametrize("code", ["999", "", None])
def test_an_unknown_code_finds_nothing(directory: Directory, code: str | None) -> None:
    assert directory.agency(code) is None


def test_a_region_is_found_with_or_without_umlaut(directory: Directory) -> None:
    assert directory.by_region("Suedwest") == directory.by_region("Südwest") != ()
    assert directory.by_region("Mitte") == ()


def test_the_regions_file_overrides_the_column_of_the_agencies() -> None:
    header = "code,name,regionaldirektion,land,sc_region,seat_place,status\n"
    agencies = parse_agencies(header + "435,Kassel,Hessen,Hessen,Südwest,Kassel,active\n")
    regions = parse_regions("sc_region,regionaldirektion\nMitte,Hessen\n")
    assert codes(Directory(agencies, (), regions).by_region("Mitte")) == {"435"}


def test_112_delivery_plz_touch_more_than_one_agency(directory: Directory) -> None:
    several = {row.plz for row in directory.plz_rows if len(directory.agencies_of_plz(row.plz)) > 1}
    text = files("domain").joinpath("plz_agency.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    delivery = {row["plz"] for row in rows if row["plz_type"] == "delivery"}
    assert len(several & delivery) == 112


def test_an_unknown_plz_has_no_rows(directory: Directory) -> None:
    assert directory.by_plz("00000") == ()
    assert directory.by_plz(None) == ()


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("Kassel", {"435"}),
        ("kassel", {"435"}),
        ("Halle (Saale)", {"044"}),
        ("Halle/Saale", {"044"}),
        ("Frankfurt am Main", {"419"}),
        ("Frankfurt/Main", {"419"}),
        ("Frankfurt (Oder)", {"037"}),
        ("Frankfurt", {"419", "037"}),
        ("Rotenburg an der Fulda", {"411"}),
        ("Köln", {"357"}),
        ("Koeln", {"357"}),
        ("Ko\u0308ln", {"357"}),  # decomposed, as macOS writes it
        ("Dessau", {"042"}),
        ("Ludwigshafen", {"523"}),
        ("Berlin-Neukölln", {"922"}),
        ("Spandau", {"962"}),
        ("Berlin", {"922", "955", "962"}),
        ("Valencia", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_a_place_finds_all_agencies_that_bear_its_name(
    directory: Directory, place: str | None, expected: set[str]
) -> None:
    assert codes(directory.by_place(place)) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Kassel@arbeitsagentur.de", "435"),
        ("Wetzlar@arbeitsagentur.de", "443"),
        ("BadHersfeld@arbeitsagentur.de", "411"),
        ("Bad.Hersfeld@arbeitsagentur.de", "411"),
        ("Fuerstenfeldbruck@arbeitsagentur.de", "863"),
        ("Fürstenfeldbruck@arbeitsagentur.de", "863"),
        ("Oldenburg-Wilhelmshaven@arbeitsagentur.de", "261"),
        ("OldenburgWilhelmshaven@arbeitsagentur.de", "261"),
        ("Frankfurt@arbeitsagentur.de", "419"),
        ("Frankfurt-Oder@arbeitsagentur.de", "037"),
        ("Halle@arbeitsagentur.de", "044"),
        ("Muenster@arbeitsagentur.de", "367"),
        ("Munster@arbeitsagentur.de", "251"),
        ("Celle@arbeitsagentur.de", "251"),
        ("Lueneburg-Uelzen@arbeitsagentur.de", "251"),
        ("Uelzen@arbeitsagentur.de", "251"),
        ("Aue@arbeitsagentur.de", "071"),
        ("SC.Ulm@arbeitsagentur.de", "684"),
        ("SC-Ulm@arbeitsagentur.de", "684"),
        ("Bremen.SC@arbeitsagentur.de", "214"),
        ("Hannover_Insolvenzgeld@arbeitsagentur.de", "237"),
        ("berlin-charlottenburg@arbeitsagentur.de", "962"),
        ("Sachsen-Anhalt-Sued@arbeitsagentur.de", "044"),
    ],
)
def test_a_postbox_address_tells_its_agency(
    directory: Directory, address: str, expected: str
) -> None:
    agency = directory.by_mailbox(address).agency
    assert agency is not None
    assert agency.code == expected


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ("SC-Ost@arbeitsagentur.de", "Ost"),
        ("SC.Sued@arbeitsagentur.de", "Süd"),
        ("ServiceCenter-Suedwest@arbeitsagentur.de", "Südwest"),
        ("Service-Center@arbeitsagentur.de", None),
        ("sc-eservice@arbeitsagentur.de", None),
        ("@arbeitsagentur.de", None),
        ("", None),
        (None, None),
    ],
)
def test_a_service_center_address_tells_at_most_the_region(
    directory: Directory, address: str | None, region: str | None
) -> None:
    assert directory.by_mailbox(address) == PostboxHint((), region)


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("Kassel@arbeitsagentur.example", True),
        ("Kassel@post.arbeitsagentur.de", True),
        ("Kassel", True),
        ("Kassel@web.example", False),
        ("Kassel@arbeitsagentur-hilfe.example", False),
        ("Kassel@", False),
    ],
)
def test_a_strangers_address_tells_nothing(directory: Directory, address: str, known: bool) -> None:
    assert (directory.by_mailbox(address).agency is not None) is known


def test_an_address_that_several_agencies_could_bear_tells_none(directory: Directory) -> None:
    hint = directory.by_mailbox("Buchholz@arbeitsagentur.de")
    assert len(hint.agencies) > 1
    assert hint.agency is None


def test_every_agency_is_found_by_its_own_name_as_address(directory: Directory) -> None:
    for agency in directory.active():
        assert directory.by_mailbox(f"{fold(agency.name)}@arbeitsagentur.de").agency == agency


def test_the_addresses_of_the_training_mails_are_understood(directory: Directory) -> None:
    addresses = {
        json.loads(line)["to"].partition("@")[0]
        for file in CORPUS.glob("*.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    }
    sites = {name for name in addresses if not fold(name).startswith(("sc", "service"))}
    unknown = {name for name in sites if directory.by_mailbox(name).agency is None}
    assert unknown <= UNDECIDED


def test_the_places_are_sorted_and_without_repetition(directory: Directory) -> None:
    places = directory.places()
    assert list(places) == sorted(set(places))
    assert "Kassel" in places


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Bad Homburg v. d. Höhe", "badhomburghoehe"),
        ("Bad Homburg vor der Höhe", "badhomburghoehe"),
        ("Weißenburg i.Bay.", "weissenburgbay"),
        ("Auf der Höhe", "aufhoehe"),
        ("Łódź", "odz"),
        ("123 !", "123"),
        ("!", ""),
    ],
)
def test_a_place_has_one_key_however_it_is_written(name: str, key: str) -> None:
    assert place_key(name) == key


@given(st.text(max_size=30))
def test_case_and_spelled_out_umlauts_never_change_the_key(name: str) -> None:
    assert place_key(fold(name)) == place_key(name)


def test_a_name_is_cut_from_what_tells_it_from_its_namesakes() -> None:
    assert base_name("Halle (Saale)") == "Halle"
    assert base_name("Au i.d.Hallertau") == "Au"
    assert base_name("Freiburg im Breisgau") == "Freiburg"
    assert base_name("Oelsnitz/Erzgeb.") == "Oelsnitz"
    assert base_name("Inden") == "Inden"
    assert bracketed("Frankfurt (Oder)")
    assert not bracketed("Frankfurt am Main")


def test_a_double_name_has_parts_and_a_single_one_has_none() -> None:
    assert parts("Dessau-Roßlau") == ("Dessau", "Roßlau")
    assert parts("Kassel") == ()
    assert parts("Berlin Treptow-Köpenick") == (
        "Berlin Treptow",
        "Treptow",
        "Berlin Köpenick",
        "Köpenick",
    )
