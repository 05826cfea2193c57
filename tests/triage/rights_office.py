"""A house with one postbox whose folder permissions are wrong in five ways, and its admins."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.maildir.postbox import create_tree
from ingest.maildir.rights import MaildirRights
from rules.access import Caller
from rules.codes import Role
from rules.errors import TryLater
from rules.rights.distribution_csv import write_lists
from rules.rights.folder_acl import FolderAcl, Naming
from rules.rights.folder_findings import Code
from store.rights.plans import PlanState
from store.trail import audit as trail
from tests.house_fixture import open_house
from tests.rights_peers import into_maildir
from tests.rights_world import REGION, World, build, directory
from triage.house import House, PostboxPlan, RightsPolicy
from triage.rights import decisions as rights
from triage.rights import reporting as rights_reporting
from triage.rights import work as rights_work

BOX = "SC-Südwest"
ANNA = Caller("admin-anna", Role.ADMIN, agencies=None, regions=frozenset({REGION}))
BERT = Caller("admin-bert", Role.ADMIN, agencies=None)
NORTH = Caller("admin-nord", Role.ADMIN, agencies=None, regions=frozenset({"Nord"}))
CLERK = Caller("k-101", Role.CLERK, agencies=frozenset({"101"}))
DEFECTS = {
    (Code.MISSING, "101", True),
    (Code.TOO_HIGH, "102", False),
    (Code.SURPLUS, "103", False),
    (Code.ORPHAN, "104", False),
    (Code.OPEN_TO_ALL, "105", True),
}


@dataclass
class Office:
    """A house with one postbox, its lists reported, and the driver of its rights."""

    house: House
    root: Path
    world: World

    @property
    def desk(self) -> MaildirRights:
        return MaildirRights(BOX, self.root)

    def look(self) -> rights.Standing:
        rights_work.look(self.house, "system:test", self.desk)
        return rights.standing(self.house, ANNA, BOX)

    def approved(self) -> int:
        self.look()
        plan_id = rights.propose(self.house, ANNA, BOX)
        rights.approve(self.house, BERT, plan_id)
        return plan_id

    def state(self, plan_id: int) -> PlanState:
        return rights.plan(self.house, ANNA, plan_id)[0].state

    def file(self, folder: str) -> Path:
        return self.root / folder / "dovecot-acl"

    def actions(self) -> list[str]:
        with self.house.db.read() as tx:
            return [entry.action for entry in trail.listing(tx, limit=200)]


def arranged(house: House, **policy: object) -> House:
    plans = (PostboxPlan(BOX, REGION, is_observed=False), PostboxPlan("SC-Nord", "Nord", True))
    changed = {"rights": RightsPolicy(may_write=True), "postboxes": plans, **policy}
    return replace(
        house,
        policy=replace(house.policy, **changed),
        judging=replace(house.judging, directory=directory()),
    )


def make_office(house: House, root: Path, defects: set[tuple[Code, str, bool]]) -> Office:
    world = build(Naming.IMAP, defects)
    create_tree(root)
    into_maildir(world, root)
    office = Office(arranged(house), root, world)
    lists = write_lists(world.lists.values()).encode()
    rights_reporting.import_lists(office.house, ANNA, REGION, data=lists, source="nord.csv")
    return office


@pytest.fixture
def house(sqlite_url: str, clock) -> Iterator[House]:
    """On one engine; the whole way is walked on both below."""
    house = open_house(sqlite_url, clock=clock)
    yield house
    house.db.close()


@pytest.fixture
def office(house: House, tmp_path: Path) -> Office:
    return make_office(house, tmp_path / "box", DEFECTS)


def keep_one(office: Office, *, days: int = 30) -> None:
    """Somebody lets the surplus account stay."""
    found = rights.standing(office.house, ANNA, BOX).open
    key = next(one.key for one in found if one.code is Code.SURPLUS)
    until = office.house.today() + timedelta(days=days)
    rights.keep(office.house, ANNA, BOX, key, reason="Vertretung bis Jahresende", until=until)


@dataclass
class Stubborn:
    """A server that says yes and does something else, or dies at a chosen moment."""

    desk: MaildirRights
    fails: str
    name: str = BOX
    naming: Naming = Naming.IMAP
    writes: int = 0
    is_dead: bool = False

    def folders(self) -> tuple[str, ...]:
        return self.desk.folders()

    def read(self, folders: Sequence[str]) -> tuple[FolderAcl, ...]:
        if self.is_dead:
            raise TryLater("postbox.away", "gone")
        return self.desk.read(folders)

    def write(self, folder: str, wanted: Mapping) -> None:
        self.writes += 1
        if self.fails == "forgets":
            return
        self.desk.write(folder, wanted)
        self.is_dead = self.fails == "dies_after"

    def close(self) -> None:
        pass


class PowerCut(BaseException):
    """What no except of the house may hold up."""
