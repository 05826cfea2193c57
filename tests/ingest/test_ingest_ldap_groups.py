"""A real OpenLDAP is read over TLS: groups by name and page, entries by key, each refusal."""

import socket
from dataclasses import replace

import pytest

from ingest.ldap.groups import LdapAccount, LdapGroups
from rules.errors import HouseError
from rules.rights.distribution import MemberKind
from tests.directory_world import LDIF, LISTS, PEOPLE
from tests.servers.slapd import BASE, PASSWORD, USER, SlapdServer


@pytest.fixture
def account(slapd: SlapdServer) -> LdapAccount:
    return LdapAccount(
        host="localhost",
        port=slapd.ldaps_port,
        user=USER,
        password=PASSWORD,
        base=BASE,
        ca_file=slapd.ca_file,
        page_entries=2,
        timeout_seconds=20,
    )


def code_of(account: LdapAccount) -> str:
    groups = LdapGroups(account)
    with pytest.raises(HouseError) as raised:
        groups.named(["EZ-435"])
    groups.close()
    assert PASSWORD not in raised.value.message
    return raised.value.code


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_groups_are_found_by_name_in_both_kinds_of_tls(
    account: LdapAccount, slapd: SlapdServer, tls
) -> None:
    port = slapd.ldap_port if tls == "starttls" else slapd.ldaps_port
    groups = LdapGroups(replace(account, tls=tls, port=port))
    (found,) = groups.named(["ez-435"])
    groups.close()
    assert (found.name, found.address) == ("EZ-435", "ez-435@dienst.example")
    assert found.kind is MemberKind.GROUP
    assert found.members[0] == f"uid=anna,{PEOPLE}".lower()
    assert found.key == f"cn=ez-435,{LISTS}".lower()


def test_more_groups_than_the_server_gives_at_once_come_by_pages(account: LdapAccount) -> None:
    groups = LdapGroups(account)
    names = [one.name for one in groups.named(["*"])]
    groups.close()
    assert len(names) == 9
    assert names == sorted(names, key=str.lower)


def test_a_part_of_the_groups_is_not_taken_for_all(account: LdapAccount) -> None:
    """Else the lists behind the limit would be gone, and their people with them."""
    with SlapdServer(LDIF, total="5") as server:
        limited = replace(account, port=server.ldaps_port, ca_file=server.ca_file)
        groups = LdapGroups(limited)
        with pytest.raises(HouseError) as raised:
            groups.named(["*"])
        assert raised.value.code == "ldap.cut_off"
        assert groups.entry(f"uid=anna,{PEOPLE}") is not None
        groups.close()


def test_only_a_star_means_more_than_itself(account: LdapAccount) -> None:
    groups = LdapGroups(account)
    assert [one.name for one in groups.named(["EZ-435*"])] == ["EZ-435", "EZ-435-Vertretung"]
    assert groups.named(["EZ-435)(cn=*"]) == ()
    groups.close()


def test_an_entry_is_a_person_a_group_or_nobody(account: LdapAccount) -> None:
    groups = LdapGroups(account)
    carl = groups.entry(f"uid=carl,{PEOPLE}")
    assert carl is not None
    assert (carl.kind, carl.address, carl.members) == (MemberKind.PERSON, "", ())
    team = groups.entry(f"cn=team-a,{LISTS}")
    assert team is not None
    assert team.kind is MemberKind.GROUP
    assert groups.entry(f"uid=weg,{PEOPLE}") is None
    assert groups.entry("kein Name") is None
    groups.close()


def test_a_certificate_of_another_name_is_refused(account: LdapAccount, monkeypatch) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda _, *more, **also: resolve("127.0.0.1", *more, **also)
    )
    assert code_of(replace(account, host="ldap.dienst.example")) == "ldap.certificate"


def test_each_refusal_has_its_code(account: LdapAccount, slapd: SlapdServer, tmp_path) -> None:
    assert code_of(replace(account, password="falsch")) == "ldap.login"
    assert code_of(replace(account, ca_file=None)) == "ldap.certificate"
    plain = replace(account, tls="starttls", port=slapd.ldap_port, ca_file=None)
    assert code_of(plain) == "ldap.certificate"
    assert code_of(replace(account, base="dc=nirgends,dc=example")) == "ldap.base"
    assert code_of(replace(account, base="nirgends")) == "ldap.base"
    # Where TLS is spoken at once, no StartTLS is; and a closed port is nobody's.
    assert code_of(replace(account, tls="starttls", timeout_seconds=2)) == "ldap.away"
    assert code_of(replace(account, port=1)) == "ldap.away"
