"""Team, agency, folder."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import AgencyHow, Channel, Concern, Team
from rules.directory import Directory
from rules.routing import (
    CLEARING_FOLDER,
    CONCERN_FOLDER,
    MACHINE_FOLDER,
    find_agency,
    folder_level,
    folder_of,
    team_of,
)
from rules.verdict import AgencyFound

KASSEL = AgencyFound("435", "Kassel", AgencyHow.PLZ)
UNKNOWN = AgencyFound(None, None, AgencyHow.UNKNOWN)


@pytest.mark.parametrize(
    ("channel", "team"),
    [
        (Channel.FREIE_EMAIL, Team.EZ),
        (Channel.ESERVICE_AU, Team.EZ),
        (Channel.ESERVICE_VERAENDERUNG, Team.SC),
        (Channel.KONTAKTFORMULAR, Team.SC),
        (Channel.POSTFACHNACHRICHT, Team.SC),
        (Channel.MASCHINELL, Team.NONE),
    ],
)
def test_the_channel_alone_decides_the_team(channel: Channel, team: Team) -> None:
    assert team_of(channel) is team


def test_every_channel_and_every_concern_has_a_place() -> None:
    assert {team_of(channel) for channel in Channel} == set(Team)
    assert set(CONCERN_FOLDER) == set(Concern)
    assert len(set(CONCERN_FOLDER.values())) == len(Concern)


@pytest.mark.parametrize(
    ("plz", "place", "mailbox", "code", "how"),
    [
        # One hint alone.
        ("34117", None, None, "435", AgencyHow.PLZ),
        (None, "Kassel", None, "435", AgencyHow.PLACE),
        (None, None, "Kassel@arbeitsagentur.de", "435", AgencyHow.POSTBOX),
        (None, None, "Fuerstenfeldbruck@arbeitsagentur.de", "863", AgencyHow.POSTBOX),
        (None, None, None, None, AgencyHow.UNKNOWN),
        # The place of residence beats the postbox.
        ("16866", "Kyritz", "Dessau-Rosslau@arbeitsagentur.de", "038", AgencyHow.PLZ),
        (None, "Papenburg", "Leer@arbeitsagentur.de", "257", AgencyHow.PLACE),
        ("34117", None, "Hamburg@arbeitsagentur.de", "435", AgencyHow.PLZ),
        # A place that no table knows (a district) contradicts nothing.
        ("34128", "Harleshausen", "Hamburg@arbeitsagentur.de", "435", AgencyHow.PLZ),
        # PLZ and place contradict each other: the postbox decides, if it sides with one.
        ("34117", "Hamburg", "Kassel@arbeitsagentur.de", "435", AgencyHow.PLZ),
        ("34117", "Hamburg", "Hamburg@arbeitsagentur.de", "123", AgencyHow.PLACE),
        ("34117", "Hamburg", "Kiel@arbeitsagentur.de", None, AgencyHow.UNKNOWN),
        ("34117", "Hamburg", None, None, AgencyHow.UNKNOWN),
        # A place of many names: the postbox or the region tells which.
        (None, "Freiburg", "Freiburg@arbeitsagentur.de", "617", AgencyHow.POSTBOX),
        (None, "Frankfurt", "Frankfurt-Oder@arbeitsagentur.de", "037", AgencyHow.POSTBOX),
        (None, "Minden", "ServiceCenter-West@arbeitsagentur.de", "353", AgencyHow.PLACE),
        (None, "Berlin", "SC-Ost@arbeitsagentur.de", None, AgencyHow.UNKNOWN),
        (None, "Berlin", "Berlin-Mitte@arbeitsagentur.de", "955", AgencyHow.POSTBOX),
        (None, "Neuenkirchen", None, None, AgencyHow.UNKNOWN),
        # A name of many, and the postbox is none of them: as if no place were named.
        (None, "Neuenkirchen", "Kassel@arbeitsagentur.de", "435", AgencyHow.POSTBOX),
        (None, "Gronau", "Rheine@arbeitsagentur.de", "377", AgencyHow.POSTBOX),
        # Abroad, or not in the table: the postbox.
        (None, "Valencia", "Kassel@arbeitsagentur.de", "435", AgencyHow.POSTBOX),
        ("00000", "Valencia", "SC-Ost@arbeitsagentur.de", None, AgencyHow.UNKNOWN),
        (None, None, "Buchholz@arbeitsagentur.de", None, AgencyHow.UNKNOWN),
        # A merged agency's postbox leads to the successor.
        (None, None, "Montabaur@arbeitsagentur.de", "547", AgencyHow.POSTBOX),
    ],
)
def test_the_hints_are_weighed(
    directory: Directory,
    plz: str | None,
    place: str | None,
    mailbox: str | None,
    code: str | None,
    how: AgencyHow,
) -> None:
    found = find_agency(directory, plz=plz, place=place, mailbox=mailbox)
    assert (found.code, found.how) == (code, how)
    assert found.because
    assert (found.name is None) == (code is None)


@pytest.mark.parametrize(
    ("place", "mailbox", "kundennummer", "code", "how"),
    [
        # Of places of one name the agency that gave out the Kundennummer has the likeliest …
        ("Oberhausen", None, "371Q081155", "371", AgencyHow.PLACE),
        ("Minden", None, "353A000001", "353", AgencyHow.PLACE),
        ("Neuenkirchen", "Kassel@arbeitsagentur.de", "264A000001", "264", AgencyHow.PLACE),
        # … also where the agency was merged since.
        ("Homberg", None, "535A000001", "547", AgencyHow.PLACE),
        # It tells nothing where it names none of them, and nothing alone.
        ("Oberhausen", None, "435Q081155", None, AgencyHow.UNKNOWN),
        ("Oberhausen", None, "000Q081155", None, AgencyHow.UNKNOWN),
        (None, None, "371Q081155", None, AgencyHow.UNKNOWN),
        ("Vellmar", None, "371Q081155", "435", AgencyHow.PLACE),
        # The postbox of one of them is the nearer hint.
        ("Minden", "Trier@arbeitsagentur.de", "353A000001", "563", AgencyHow.POSTBOX),
    ],
)
def test_the_kundennummer_tells_places_of_one_name_apart_and_nothing_else(
    directory: Directory,
    place: str | None,
    mailbox: str | None,
    kundennummer: str,
    code: str | None,
    how: AgencyHow,
) -> None:
    found = find_agency(
        directory, plz=None, place=place, mailbox=mailbox, kundennummer=kundennummer
    )
    assert (found.code, found.how) == (code, how)


def test_a_plz_of_several_agencies_is_decided_by_the_kundennummer(directory: Directory) -> None:
    plz, places = _shared_plz(directory)
    for code in places:
        found = find_agency(
            directory, plz=plz, place=None, mailbox=None, kundennummer=f"{code}A000001"
        )
        assert (found.code, found.how) == (code, AgencyHow.PLZ)


def test_of_a_shared_plz_the_kundennummer_of_another_agency_tells_nothing(
    directory: Directory,
) -> None:
    plz, _ = _shared_plz(directory)
    for kundennummer in ("435A000001", "000A000001"):
        found = find_agency(directory, plz=plz, place=None, mailbox=None, kundennummer=kundennummer)
        assert (found.code, found.how) == (None, AgencyHow.UNKNOWN)


def test_the_desk_is_told_where_the_home_went_before_the_postbox_and_only_there(
    directory: Directory,
) -> None:
    for mailbox, told in (
        ("Hamburg@arbeitsagentur.de", True),
        ("Kassel@arbeitsagentur.de", False),
        (None, False),
    ):
        found = find_agency(directory, plz="34246", place="Vellmar", mailbox=mailbox)
        assert (found.code, "Wohnort geht vor" in found.because) == ("435", told)


@pytest.mark.parametrize(
    ("plz", "place", "mailbox", "words"),
    [
        (None, None, None, "Weder Wohnort noch Postfach"),
        ("00001", None, None, "00001 steht in keinem Verzeichnis"),
        (None, "Nirgendheim", None, "Nirgendheim steht in keinem Verzeichnis"),
        (None, None, "Berlin@arbeitsagentur.de", "kann zu mehreren Agenturen gehören"),
    ],
)
def test_the_desk_is_told_what_is_missing_where_no_agency_is_found(
    directory: Directory, plz: str | None, place: str | None, mailbox: str | None, words: str
) -> None:
    found = find_agency(directory, plz=plz, place=place, mailbox=mailbox)
    assert found.code is None
    assert words in found.because


def _shared_plz(directory: Directory) -> tuple[str, dict[str, str]]:
    """A PLZ of two agencies outside Berlin, with a place name that only one of each bears."""
    for row in directory.plz_rows:
        touched = {agency.code for agency in directory.agencies_of_plz(row.plz)}
        names = {
            only[0].code: other.place
            for other in directory.by_plz(row.plz)
            if len(only := directory.by_place(other.place)) == 1
        }
        if len(touched) == 2 and set(names) == touched:
            return row.plz, names
    raise AssertionError("no such PLZ in the table")


def test_a_plz_of_several_agencies_is_decided_by_the_place(directory: Directory) -> None:
    plz, places = _shared_plz(directory)
    for code, place in places.items():
        found = find_agency(directory, plz=plz, place=place, mailbox="Hamburg@arbeitsagentur.de")
        assert (found.code, found.how) == (code, AgencyHow.PLZ_PLACE)


def test_without_a_place_it_is_decided_by_the_postbox_if_that_is_one_of_them(
    directory: Directory,
) -> None:
    plz, places = _shared_plz(directory)
    for code in places:
        agency = directory.agency(code)
        assert agency is not None
        found = find_agency(
            directory, plz=plz, place=None, mailbox=f"{agency.name}@arbeitsagentur.de"
        )
        assert (found.code, found.how) == (code, AgencyHow.POSTBOX)


@pytest.mark.parametrize("mailbox", [None, "Hamburg@arbeitsagentur.de", "SC-Ost@arbeitsagentur.de"])
def test_otherwise_it_is_never_guessed(directory: Directory, mailbox: str | None) -> None:
    plz, _ = _shared_plz(directory)
    found = find_agency(directory, plz=plz, place=None, mailbox=mailbox)
    assert (found.code, found.how) == (None, AgencyHow.UNKNOWN)


def test_a_plz_that_the_table_leaves_open_falls_to_the_postbox(directory: Directory) -> None:
    empty = next(row for row in directory.plz_rows if not directory.agencies_of_plz(row.plz))
    found = find_agency(directory, plz=empty.plz, place=None, mailbox="Kassel@arbeitsagentur.de")
    assert (found.code, found.how) == ("435", AgencyHow.POSTBOX)


@pytest.mark.parametrize(
    ("team", "agency", "concern", "folder"),
    [
        (Team.EZ, KASSEL, Concern.AU, "435 Kassel/AU"),
        (Team.EZ, KASSEL, Concern.LEISTUNGSAENDERUNG, "435 Kassel/Leistungsänderung"),
        (Team.EZ, KASSEL, None, "435 Kassel/Sonstiges"),
        (Team.EZ, UNKNOWN, Concern.AU, CLEARING_FOLDER),
        (Team.SC, KASSEL, Concern.AU, "Service Center/AU"),
        (Team.SC, UNKNOWN, Concern.RENTE, "Service Center/Rente"),
        (Team.NONE, KASSEL, Concern.KEIN_ANLIEGEN, MACHINE_FOLDER),
    ],
)
def test_the_folder_follows_from_team_agency_and_first_concern(
    team: Team, agency: AgencyFound, concern: Concern | None, folder: str
) -> None:
    assert folder_of(team, agency, concern) == folder


def test_every_folder_of_every_agency_is_safe_and_its_own(directory: Directory) -> None:
    folders = [
        folder_of(Team.EZ, AgencyFound(a.code, a.name, AgencyHow.PLZ), concern)
        for a in directory.active()
        for concern in Concern
    ]
    assert len(set(folders)) == len(folders) == 146 * len(Concern)
    for folder in folders:
        assert re.fullmatch(r"[^/.%*~&\\\x00-\x1f]+/[^/.%*~&\\\x00-\x1f]+", folder)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("Bad Homburg v. d. Höhe", "Bad Homburg v d Höhe"),
        ("a/b\\c", "a b c"),
        ("new", "new Ordner"),
        ("..", "Ohne Namen"),
        ("  Kassel\r\n ", "Kassel"),
    ],
)
def test_a_folder_level_loses_what_servers_dislike(name: str, level: str) -> None:
    assert folder_level(name) == level


@given(st.text(max_size=20))
def test_a_folder_level_is_never_empty_and_stays_as_it_is(name: str) -> None:
    level = folder_level(name)
    assert level
    assert folder_level(level) == level
