"""What Active Directory does differently from OpenLDAP, against a double made from documents."""

from collections.abc import Iterator

import pytest

from ingest.ldap.groups import LdapAccount, LdapGroups
from rules.errors import HouseError
from rules.rights.distribution import MemberKind
from tests.servers.active_directory import PASSWORD, Directory, active_directory

BASE = "DC=dienst,DC=example"
PEOPLE = [f"CN=Muster\\, {number},OU=Leute,{BASE}" for number in range(7)]
ABROAD = "CN=Gast,OU=Leute,DC=wald,DC=example"
SID = bytes.fromhex("010500000000000515000000a065cf7e784b9b5fe77c8770091c0100")
BIG, INNER = f"CN=EZ-435,OU=Verteiler,{BASE}", f"CN=EZ-435-Team,OU=Verteiler,{BASE}"


def group(name: str, *members: str) -> dict[str, list[bytes]]:
    return {
        "objectClass": [b"top", b"group"],
        "cn": [name.encode()],
        "mail": [f"{name}@dienst.example".encode()],
        "objectSid": [SID],
        "member": [one.encode() for one in members],
    }


ENTRIES = {
    BIG: group("EZ-435", *PEOPLE, INNER, ABROAD),
    INNER: group("EZ-435-Team", PEOPLE[0], BIG),
    **{
        name: {
            "objectClass": [b"top", b"person", b"organizationalPerson", b"user"],
            "cn": [f"Muster, {number}".encode()],
            "mail": [f"M{number}@Dienst.Example".encode()],
            "objectSid": [SID],
        }
        for number, name in enumerate(PEOPLE)
    },
}


@pytest.fixture(scope="module")
def directory() -> Iterator[Directory]:
    with active_directory(BASE, ENTRIES, members_at_once=3) as found:
        yield found


@pytest.fixture
def groups(directory: Directory) -> Iterator[LdapGroups]:
    opened = LdapGroups(account(directory))
    yield opened
    opened.close()


def account(directory: Directory, password: str = PASSWORD) -> LdapAccount:
    return LdapAccount(
        "localhost",
        directory.port,
        "postlotse@dienst.example",
        password,
        BASE,
        ca_file=directory.ca_file,
    )


def test_more_members_than_come_at_once_are_read_to_the_last(groups: LdapGroups) -> None:
    big, inner = groups.named(["EZ-435*"])
    assert big.members == tuple(one.lower() for one in (*PEOPLE, INNER, ABROAD))
    assert inner.members == (PEOPLE[0].lower(), BIG.lower())
    again = groups.entry(BIG)
    assert again is not None
    assert again.members == big.members


def test_a_member_of_another_domain_is_nobody_here_and_no_failure(groups: LdapGroups) -> None:
    assert groups.entry(ABROAD) is None
    assert groups.entry(f"CN=Weg,{BASE}") is None


def test_a_person_is_read_by_a_name_with_a_comma_in_it(groups: LdapGroups) -> None:
    found = groups.entry(PEOPLE[3].lower())
    assert found is not None
    assert (found.kind, found.address, found.members) == (
        MemberKind.PERSON, "m3@dienst.example", (),
    )  # fmt: skip


def test_a_base_of_another_domain_is_named_as_such(directory: Directory) -> None:
    elsewhere = LdapAccount(
        "localhost", directory.port, "x", PASSWORD, "DC=wald,DC=example", ca_file=directory.ca_file
    )
    assert code_of(elsewhere) == "ldap.base"


def test_a_refused_login_is_one_in_the_words_of_active_directory(directory: Directory) -> None:
    assert code_of(account(directory, "falsch")) == "ldap.login"


@pytest.mark.parametrize(
    ("ranges_end", "code"),
    [(3, "ldap.cut_off"), (4, "ldap.cut_off"), (11, "ldap.cut_off"), (51, "ldap.away")],
)
def test_a_group_of_which_a_part_is_not_given_is_no_group(
    groups: LdapGroups, directory: Directory, ranges_end: int, code: str
) -> None:
    directory.ranges_end = ranges_end
    try:
        for ask in (lambda: groups.named(["EZ-435*"]), lambda: groups.entry(BIG)):
            with pytest.raises(HouseError) as raised:
                ask()
            assert raised.value.code == code
    finally:
        directory.ranges_end = 0
    assert len(groups.named(["EZ-435*"])[0].members) == len(PEOPLE) + 2


def test_a_server_that_goes_in_the_middle_of_an_answer_is_away(directory: Directory) -> None:
    directory.hangs_up = True
    try:
        assert code_of(account(directory)) == "ldap.away"
    finally:
        directory.hangs_up = False


def test_a_group_that_changes_while_it_is_read_is_read_another_time(
    groups: LdapGroups, directory: Directory
) -> None:
    """Who leaves early moves all behind up by one, and one of them would be skipped."""
    members = list(ENTRIES[BIG]["member"])

    def one_leaves() -> None:
        ENTRIES[BIG]["member"][:] = members[1:]
        ENTRIES[BIG]["uSNChanged"] = [b"7001"]

    ENTRIES[BIG]["uSNChanged"] = [b"7000"]
    directory.at_range = one_leaves
    try:
        with pytest.raises(HouseError) as raised:
            groups.entry(BIG)
        assert raised.value.code == "ldap.changed"
        found = groups.entry(BIG)
        assert found is not None
        assert found.members == tuple(one.decode().lower() for one in members[1:])
    finally:
        directory.at_range = lambda: None
        ENTRIES[BIG]["member"][:] = members


def code_of(account: LdapAccount) -> str:
    groups = LdapGroups(account)
    with pytest.raises(HouseError) as raised:
        groups.named(["EZ-435"])
    groups.close()
    return raised.value.code
