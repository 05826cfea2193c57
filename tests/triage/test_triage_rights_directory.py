"""Lists of a region from a real directory: nested, in circles, compared before they are taken."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from ingest.ldap.groups import LdapAccount, LdapGroups
from rules.access import Caller
from rules.codes import Role
from rules.errors import HouseError
from rules.rights.distribution import Member, MemberKind
from rules.rights.folder_findings import Code
from rules.rights.folder_levels import Level
from rules.rights.list_difference import ListState
from rules.rights.list_findings import of_lists
from store.rights import lists as rights_lists
from tests.house_fixture import open_house
from tests.servers.slapd import BASE, PASSWORD, USER, SlapdServer
from triage import wiring
from triage.cli import app as cli
from triage.house import House
from triage.rights import directory as rights_directory
from triage.rights import reporting as rights_reporting
from triage.rights.directory import GroupNames

ADMIN = Caller("admin-1", Role.ADMIN, agencies=None)
NAMES = GroupNames("EZ-{agency}*", "SC-{region}")
REGION = "Südwest"
REVIEWER = "verteiler;agentur;stufe\nez-435@dienst.example;435;Prüfer\nalt@dienst.example;415;\n"


@pytest.fixture
def quiet_house(sqlite_url, clock) -> Iterator[House]:
    house = open_house(sqlite_url, clock=clock)
    yield house
    house.db.close()


@pytest.fixture
def groups(slapd: SlapdServer) -> Iterator[LdapGroups]:
    found = LdapGroups(
        LdapAccount(
            "localhost", slapd.ldaps_port, USER, PASSWORD, BASE, ca_file=slapd.ca_file,
            page_entries=2,
        )
    )  # fmt: skip
    yield found
    found.close()


def person(uid: str) -> Member:
    return Member(f"{uid}@dienst.example")


def test_groups_in_groups_are_followed_and_circles_end(quiet_house, groups) -> None:
    found = rights_directory.fetch(quiet_house, ADMIN, REGION, groups, names=NAMES)
    by_address = {one.address: one for one in found.lists}
    assert set(by_address) == {
        *("ez-435@dienst.example", "ez-435-v@dienst.example", "ez-415@dienst.example"),
        *("sc-suedwest@dienst.example", "team-a@dienst.example", "team-b@dienst.example"),
    }
    team_a = Member("team-a@dienst.example", MemberKind.GROUP)
    # Who stands on a group without an address stands on the list itself; carl has no address.
    ez = by_address["ez-435@dienst.example"]
    assert set(ez.members) == {person("anna"), team_a, person("emil"), Member("")}
    assert (ez.agency, ez.level) == ("435", Level.EDITOR)
    assert by_address["ez-435-v@dienst.example"].agency == "435"
    assert by_address["sc-suedwest@dienst.example"].region == REGION
    assert by_address["team-b@dienst.example"].members == (person("dora"), team_a)
    # Who is gone from the directory is a member without address.
    assert by_address["ez-415@dienst.example"].members == (person("anna"), Member(""))


def test_what_is_odd_in_the_directory_becomes_a_finding(quiet_house, groups) -> None:
    found = rights_directory.fetch(quiet_house, ADMIN, REGION, groups, names=NAMES)
    rights_directory.take(quiet_house, ADMIN, REGION, found, mark=found.mark)
    with quiet_house.db.read() as tx:
        _, book = rights_lists.book(tx, REGION)
    told = {(one.code, one.subject) for one in of_lists(book, quiet_house.directory, REGION, set())}
    assert (Code.CIRCULAR, "team-a@dienst.example") in told
    assert (Code.MEMBER_WITHOUT_ADDRESS, "ez-435@dienst.example") in told
    assert (Code.MEMBER_WITHOUT_ADDRESS, "ez-415@dienst.example") in told
    people = book.members("ez-435@dienst.example")[0]
    assert people == {f"{uid}@dienst.example" for uid in ("anna", "bert", "dora", "emil")}


def test_nothing_is_stored_before_somebody_confirms_what_was_shown(quiet_house, groups) -> None:
    rights_reporting.import_lists(
        quiet_house, ADMIN, REGION, data=REVIEWER.encode(), source="x.csv"
    )
    found = rights_directory.fetch(quiet_house, ADMIN, REGION, groups, names=NAMES)
    states = {one.address: (one.state, one.joined) for one in found.changes}
    assert states["ez-435@dienst.example"] == (ListState.CHANGED, 4)
    assert states["alt@dienst.example"] == (ListState.GONE, 0)
    assert states["ez-415@dienst.example"] == (ListState.NEW, 2)
    held = rights_reporting.reported(quiet_house, ADMIN, REGION)
    assert held.source == "x.csv"
    with pytest.raises(HouseError) as raised:
        rights_directory.take(quiet_house, ADMIN, REGION, found, mark="0123456789ab")
    assert raised.value.code == "rights.lists_changed"
    assert rights_reporting.reported(quiet_house, ADMIN, REGION) == held
    done = rights_directory.take(quiet_house, ADMIN, REGION, found, mark=found.mark)
    assert done.lists == 6
    # The level that was reported stays, and the same answer changes nothing.
    (ez,) = [
        one
        for one in rights_reporting.reported(quiet_house, ADMIN, REGION).lists
        if one.address == "ez-435@dienst.example"
    ]
    assert ez.level is Level.REVIEWER
    again = rights_directory.fetch(quiet_house, ADMIN, REGION, groups, names=NAMES)
    assert (again.changes, again.mark) == ((), found.mark)


def test_a_list_without_address_or_no_list_at_all_takes_nothing_over(quiet_house, groups) -> None:
    for region, names, code in (
        ("Ost", NAMES, "rights.group_address"),
        (REGION, GroupNames("Keine-{agency}", "Keine-{region}"), "rights.no_groups"),
        ("Mond", NAMES, "region.unknown"),
    ):
        with pytest.raises(HouseError) as raised:
            rights_directory.fetch(quiet_house, ADMIN, region, groups, names=names)
        assert raised.value.code == code
    with quiet_house.db.read() as tx:
        assert rights_lists.newest(tx, "Ost") is None


def test_the_command_compares_and_takes_over_by_the_mark(
    quiet_house, slapd: SlapdServer, tmp_path, monkeypatch
) -> None:
    # The house without a judge: loading one takes longer than all the rest.
    monkeypatch.setattr(wiring, "house_of", lambda _: quiet_house)
    (tmp_path / "kennwort").write_text(f"{PASSWORD}\n")
    config = tmp_path / "postlotse.toml"
    config.write_text(
        '[store]\nurl = "sqlite:///p.sqlite"\n[rights.ldap]\nhost = "localhost"\n'
        f'port = {slapd.ldap_port}\ntls = "starttls"\nca_file = "{slapd.ca_file}"\n'
        f'user = "{USER}"\npassword_file = "kennwort"\nbase = "{BASE}"\n'
        '[[postboxes]]\nkind = "maildir"\nname = "SC"\nregion = "Südwest"\nroot = "mail"\n'
    )
    monkeypatch.setenv("POSTLOTSE_CONFIG", str(config))

    def call(*words: str) -> str:
        result = CliRunner().invoke(cli.app, ["rights", "lists", *words, "--region", REGION])
        assert result.exit_code == 0, (result.output, result.exception)
        return result.stdout

    shown = call("fetch")
    assert "435      ez-435@dienst.example: new, +4 -0" in shown
    assert "anna" not in shown
    assert "no list was reported" in call("show")
    mark = shown.split()[-1]
    assert "5 lists" in call("fetch", "--confirm", mark)
    assert "0 of them differ" in call("fetch")
    (tmp_path / "neu.csv").write_text("verteiler;agentur\nez-435@dienst.example;435\n")
    assert "ez-415@dienst.example: gone" in call("import", str(tmp_path / "neu.csv"), "--compare")
    assert "0 of them differ" in call("fetch")
    (tmp_path / "kennwort").write_text("")
    result = CliRunner().invoke(cli.app, ["rights", "lists", "fetch", "--region", REGION])
    assert result.exception.code == "settings.secret_missing"
