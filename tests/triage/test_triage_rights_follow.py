"""Who stands on the lists changes by itself where they came from; access follows in 15 minutes."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from ingest.exchange.rights import ExchangeRights
from ingest.exchange.wire import ExchangeAccount
from rules.access import Caller
from rules.codes import Role
from rules.errors import Refused
from rules.rights.directory_entry import DirectoryEntry
from rules.rights.distribution import MemberKind
from store.rights import lists as rights_lists
from store.trail import audit
from tests.house_fixture import open_house
from tests.servers.exchange import ExchangeServer
from triage.house import House, PostboxPlan, RightsPolicy
from triage.list_scope import ListScope
from triage.rights import directory as rights_directory
from triage.rights import follow as rights_follow
from triage.rights import reporting as rights_reporting
from triage.rights.directory import GroupNames
from triage.rights.follow import Sources
from triage.send import Outlets
from triage.watch import health
from triage.watch.remedies import REMEDIES
from triage.worker import Worker

ADMIN = Caller("admin-1", Role.ADMIN, agencies=None)
NAMES = GroupNames("EZ-{agency}", "SC-{region}")
REGION = "Südwest"


@dataclass
class Directory:
    """Groups of people by the code of their agency; `refusal` is what the server says instead."""

    people: dict[str, list[str]]
    refusal: str = ""
    asked: int = 0
    closed: int = 0
    known: dict[str, DirectoryEntry] = field(default_factory=dict)

    def named(self, names):
        if self.refusal:
            raise Refused(self.refusal, "no")
        code = names[0].partition("-")[2]
        found = self.people.get(code)
        if found is None:
            return ()
        for one in found:
            self.known[one] = DirectoryEntry(one, one, f"{one}@x.example", MemberKind.PERSON)
        address = f"ez-{code}@x.example"
        return (DirectoryEntry(code, code, address, MemberKind.GROUP, tuple(found)),)

    def entry(self, key):
        return self.known.get(key)

    def close(self):
        self.closed += 1

    def opened(self):
        self.asked += 1
        return self, NAMES


@pytest.fixture
def office(sqlite_url, clock) -> Iterator[House]:
    house = open_house(sqlite_url, clock=clock)
    boxes = tuple(PostboxPlan(f"SC-{one}", one, is_observed=True) for one in (REGION, "Nord"))
    rights = RightsPolicy(clerks_follow_lists=True, follow_minutes=10)
    yield replace(house, policy=replace(house.policy, postboxes=boxes, rights=rights))
    house.db.close()


def taken(house: House, directory: Directory, region: str = REGION) -> None:
    found = rights_directory.fetch(house, ADMIN, region, directory, names=NAMES)
    rights_directory.take(house, ADMIN, region, found, mark=found.mark)


def check(house: House, region: str = REGION) -> health.Check:
    return next(one for one in health.ready(house) if one.name == f"lists:{region}")


def test_a_change_in_the_directory_reaches_the_desk_within_fifteen_minutes(office: House) -> None:
    directory = Directory({"435": ["anna", "bert"], "415": ["carl"]})
    taken(office, directory)
    scope = ListScope(office, hash_of=str)
    assert scope.of("anna@x.example").agencies == frozenset({"435"})
    sources = Sources(directory.opened)
    rights_follow.round_(office, sources, "worker-1")
    directory.people = {"435": ["bert", "dora"], "415": ["carl", "anna"]}
    for minute in range(15):
        office.clock.forward(minutes=1)
        rights_follow.round_(office, sources, f"worker-{minute % 2}")
    assert scope.of("anna@x.example").agencies == frozenset({"415"})
    assert scope.of("dora@x.example").agencies == frozenset({"435"})
    assert (directory.asked, directory.closed) == (2, 2), "every ten minutes, by one worker"
    assert check(office).ok
    with office.db.read() as tx:
        told = audit.of_subject(tx, f"region:{REGION}")
        _, book = rights_lists.book(tx, REGION)
    assert [one.details for one in told] == [{"region": REGION, "lists": 2, "joined": 2, "left": 1}]
    assert book.former["ez-435@x.example"] == {"anna@x.example", "bert@x.example"}


def test_another_pause_holds_at_once(office: House) -> None:
    directory = Directory({"435": ["anna"]})
    taken(office, directory)
    sources = Sources(directory.opened)
    asked = directory.asked
    rights_follow.round_(office, sources, "worker-1")
    office.clock.forward(minutes=2)
    rights_follow.round_(office, sources, "worker-1")
    assert directory.asked == asked + 1
    rights = replace(office.policy.rights, follow_minutes=1)
    quicker = replace(office, policy=replace(office.policy, rights=rights))
    rights_follow.round_(quicker, sources, "worker-2")
    assert directory.asked == asked + 2


def test_who_left_is_known_until_a_person_reports_anew(office: House) -> None:
    directory = Directory({"435": ["anna", "bert", "carl"]})
    taken(office, directory)
    for people in (["bert", "carl"], ["bert", "carl", "dora"]):
        directory.people = {"435": people}
        rights_follow.round_(office, Sources(directory.opened), "worker")
        office.clock.forward(minutes=10)
    with office.db.read() as tx:
        _, book = rights_lists.book(tx, REGION)
    assert "anna@x.example" in book.former["ez-435@x.example"]


def test_a_list_that_looks_wrong_waits_and_is_told_by_ready(office: House) -> None:
    directory = Directory({"435": ["anna", "bert"], "415": ["carl"]})
    taken(office, directory)
    directory.people = {"435": [], "415": ["carl", "dora"], "431": ["emil"]}
    rights_follow.round_(office, Sources(directory.opened), "worker")
    found = check(office)
    assert (found.ok, found.needed) == (False, False)
    assert found.message == "rights.lists_waiting 431, 435"
    assert "rights lists fetch" in found.remedy
    scope = ListScope(office, hash_of=str)
    assert scope.of("anna@x.example").agencies == frozenset({"435"})
    assert scope.of("dora@x.example").agencies == frozenset({"415"})
    assert scope.of("emil@x.example").agencies == frozenset()


def test_many_who_join_at_once_are_let_in_by_a_person_only(office: House) -> None:
    directory = Directory({"435": ["anna", "bert"], "415": ["carl"]})
    taken(office, directory)
    crowd = [f"crowd-{number}" for number in range(6)]
    directory.people = {"435": ["anna", *crowd], "415": ["carl", *crowd[:5]]}
    rights_follow.round_(office, Sources(directory.opened), "worker")
    assert check(office).message == "rights.lists_waiting 435"
    assert "zu viele neu oder weg" in check(office).remedy
    scope = ListScope(office, hash_of=str)
    assert scope.of("crowd-5@x.example").agencies == frozenset()
    assert scope.of("bert@x.example").agencies == frozenset({"435"}), "nor is anybody put off it"
    assert scope.of("crowd-0@x.example").agencies == frozenset({"415"}), "five follow"
    taken(office, directory)
    seen = ListScope(office, hash_of=str)
    assert seen.of("crowd-5@x.example").agencies == frozenset({"435"})


def test_a_refused_login_is_tried_once_for_all_regions_and_not_again_soon(office: House) -> None:
    directory = Directory({"435": ["anna"], "123": ["bert"]})
    taken(office, directory)
    taken(office, directory, "Nord")
    directory.refusal = "ldap.login"
    sources = Sources(directory.opened)
    for _ in range(14):
        rights_follow.round_(office, sources, "worker")
        office.clock.forward(minutes=1)
    assert directory.asked == 1
    directory.refusal = "ldap.away"
    office.clock.forward(minutes=1)
    rights_follow.round_(office, sources, "worker")
    assert directory.asked == 3
    told = check(office, "Nord")
    assert (told.message, told.remedy) == ("ldap.away", REMEDIES["ldap.away"])


def test_files_follow_nothing_and_nothing_follows_where_it_is_switched_off(office: House) -> None:
    directory = Directory({"435": ["anna"]})
    csv = b"verteiler;agentur\nez-435@x.example;435\n"
    rights_reporting.import_lists(office, ADMIN, REGION, data=csv, source="x.csv")
    rights_follow.round_(office, Sources(directory.opened), "worker")
    taken(office, directory)
    off = replace(office, policy=replace(office.policy, rights=RightsPolicy()))
    rights_follow.round_(off, Sources(directory.opened), "worker")
    rights_follow.round_(office, Sources(), "worker")
    assert directory.asked == 0


def test_what_was_told_ends_with_the_lists_that_it_was_told_of(office: House) -> None:
    directory = Directory({"435": ["anna"]})
    taken(office, directory)
    directory.people = {"435": []}
    sources = Sources(directory.opened)
    rights_follow.round_(office, sources, "worker")
    standing = rights_reporting.reported(office, ADMIN, REGION)
    assert rights_follow.hindrance(office, standing) == (rights_follow.WAITING, "435")
    off = replace(office, policy=replace(office.policy, rights=RightsPolicy()))
    assert [one.name for one in health.ready(off) if one.name.startswith(health.LISTS)] == []
    office.clock.forward(minutes=10)
    csv = b"verteiler;agentur\nez-435@x.example;435\n"
    rights_reporting.import_lists(office, ADMIN, REGION, data=csv, source="x.csv")
    standing = rights_reporting.reported(office, ADMIN, REGION)
    assert rights_follow.hindrance(office, standing) == ("", "")
    rights_follow.round_(office, sources, "worker")
    assert check(office).ok


def test_no_list_is_read_before_it_is_ones_turn(office: House, monkeypatch) -> None:
    directory = Directory({"435": ["anna"]})
    taken(office, directory)
    rights_follow.round_(office, Sources(directory.opened), "worker-1")
    monkeypatch.setattr(rights_lists, "newest", None)
    rights_follow.round_(office, Sources(directory.opened), "worker-2")


def test_what_a_person_reports_meanwhile_is_not_written_over(office: House) -> None:
    directory = Directory({"435": ["anna"]})
    taken(office, directory)
    csv = b"verteiler;agentur;mitglied\nez-435@x.example;435;zoe@x.example\n"

    def slow():
        rights_reporting.import_lists(office, ADMIN, REGION, data=csv, source="x.csv")
        directory.people = {"435": ["anna", "bert"]}
        return directory, NAMES

    rights_follow.round_(office, Sources(slow), "worker")
    found = rights_reporting.reported(office, ADMIN, REGION)
    assert found is not None
    assert found.source == "x.csv"
    assert [one.address for one in found.lists[0].members] == ["zoe@x.example"]


def test_the_worker_of_the_rights_lets_lists_follow(office: House) -> None:
    directory = Directory({"435": ["anna"]})
    taken(office, directory)
    directory.people = {"435": ["anna", "bert"]}
    worker = Worker(office, Outlets(None, None), (), poll_seconds=1, directory=directory.opened)
    assert worker._rights({}) == 0
    assert ListScope(office, hash_of=str).of("bert@x.example").agencies == frozenset({"435"})


def test_lists_of_exchange_follow_by_expanddl(office: House) -> None:
    with ExchangeServer({"dienst": "geheim"}) as server:
        server.add_mailbox("sc@dienst.example", readers={"dienst"})
        server.lists["ez-435@x.example"] = [("anna@x.example", "Mailbox")]
        account = ExchangeAccount(
            server.url,
            "sc@dienst.example",
            "dienst",
            "geheim",
            auth="basic",
            ca_file=server.ca_file,
        )
        sources = Sources(servers={REGION: lambda: ExchangeRights("SC", account)})
        csv = b"verteiler;agentur\nez-435@x.example;435\n"
        rights_reporting.import_lists(office, ADMIN, REGION, data=csv, source="x.csv")
        rights = ExchangeRights("SC", account)
        rights_reporting.expand(office, ADMIN, REGION, members=rights.members)
        rights.close()
        server.lists["ez-435@x.example"].append(("team@x.example", "PublicDL"))
        server.lists["team@x.example"] = [("bert@x.example", "Mailbox")]
        rights_follow.round_(office, sources, "worker")
        assert server.violations == []
    assert ListScope(office, hash_of=str).of("bert@x.example").agencies == frozenset({"435"})
