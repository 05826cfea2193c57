"""The review of folder permissions, folder by folder: signed, new since, gone since, overdue."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from ingest.maildir.postbox import create_tree
from ingest.maildir.rights import MaildirRights
from rules.access import Caller
from rules.codes import Role
from rules.rights.distribution_csv import write_lists
from rules.rights.folder_acl import Naming
from rules.rights.folder_findings import Code
from rules.rights.reporting_chain import make_round
from store.rights import signoffs as rights_signoffs
from store.rights.signoffs import SignOff
from store.tables.rights import rights_audit
from store.trail import audit as trail
from tests.house_fixture import open_house
from tests.refusals import code_of
from tests.rights_peers import into_maildir
from tests.rights_world import REGION, build, directory
from triage.house import House, PostboxPlan
from triage.rights import decisions as rights
from triage.rights import matrix as rights_matrix
from triage.rights import report as rights_report
from triage.rights import reporting as rights_reporting
from triage.rights import review as rights_review
from triage.rights import signoff as rights_signoff
from triage.rights import tables as rights_tables
from triage.rights import work as rights_work
from triage.rights.matrix import Row
from triage.rights.review import Part, ReviewState

BOX = "SC-Südwest"
ANNA = Caller("admin-anna", Role.ADMIN, agencies=None, regions=frozenset({REGION}))
NORTH = Caller("admin-nord", Role.ADMIN, agencies=None, regions=frozenset({"Nord"}))
CLEAN, BELOW, FAULTY = "108 Ort108", "108 Ort108/AU", "103 Ort103"
REASON = "fällt mit Plan 1 weg"


@dataclass
class Office:
    """A house with one postbox as a Maildir tree, its lists reported, and looked at once."""

    house: House
    root: Path

    def look(self) -> int:
        return rights_work.look(self.house, ANNA.name, MaildirRights(BOX, self.root))

    def standing(self) -> rights.Standing:
        return rights.standing(self.house, ANNA, BOX)

    def part(self, folder: str) -> Part:
        parts = rights_review.parts(self.house, self.standing())
        return next(part for part in parts if part.folder == folder)

    def row(self, code: str) -> Row:
        rows = rights_matrix.rows(self.house, [self.standing()])
        return next(row for row in rows if row.code == code)

    def sign(self, *folders: str, reason: str = "", audit: int | None = None) -> int:
        return rights_signoff.folders(self.house, ANNA, BOX, folders, reason=reason, audit=audit)

    def agency(self, code: str, reason: str = "") -> None:
        rights_signoff.agency(self.house, ANNA, BOX, code, reason=reason)

    def give(self, folder: str, who: str) -> None:
        with (self.root / folder / "dovecot-acl").open("a") as file:
            file.write(f"user={who} lr\n")

    def start_round(self) -> None:
        today = self.house.today()
        asked = make_round(REGION, today, directions_due=today, region_due=today)
        rights_reporting.start_round(self.house, ANNA, asked)


def opened(url: str, root: Path, clock: Callable | None = None) -> Office:
    world = build(Naming.IMAP, {(Code.SURPLUS, "103", False), (Code.NESTED, "107", False)})
    create_tree(root)
    into_maildir(world, root)
    house = open_house(url, clock=clock) if clock else open_house(url)
    plans = (PostboxPlan(BOX, REGION, is_observed=False),)
    made = replace(
        house,
        policy=replace(house.policy, postboxes=plans),
        judging=replace(house.judging, directory=directory()),
    )
    lists = write_lists(world.lists.values()).encode()
    rights_reporting.import_lists(made, ANNA, REGION, data=lists, source="x.csv")
    office = Office(made, root)
    office.look()
    return office


@pytest.fixture
def office(sqlite_url: str, tmp_path: Path, clock) -> Iterator[Office]:
    office = opened(sqlite_url, tmp_path / "box", clock)
    yield office
    office.house.db.close()


def test_a_folder_is_signed_off_by_itself_and_its_agency_when_all_are(office: Office) -> None:
    assert office.sign(CLEAN) == 1
    signed = office.part(CLEAN)
    assert (signed.state, signed.sign_off.actor) == (ReviewState.SIGNED, ANNA.name)
    assert office.part(BELOW).state is ReviewState.OPEN
    assert (office.row("108").review, office.row("108").folders_signed) == (ReviewState.OPEN, 1)
    office.sign(BELOW)
    assert office.row("108").review is ReviewState.SIGNED
    sums = rights_matrix.sums(rights_matrix.rows(office.house, [office.standing()]))
    assert (sums.folders_signed, sums.signed, sums.folders) == (
        2,
        1,
        office.standing().audit.folders,
    )


def test_an_open_finding_needs_a_reason_and_then_stands_with_it(office: Office) -> None:
    assert code_of(lambda: office.sign(CLEAN, FAULTY)) == "rights.reason_too_short"
    assert office.part(CLEAN).state is ReviewState.OPEN, "all or none"
    assert office.sign(CLEAN, FAULTY, reason=REASON) == 2
    assert office.part(FAULTY).sign_off.reason == REASON
    assert office.part(FAULTY).state is ReviewState.SIGNED
    with office.house.db.read() as tx:
        entry = trail.listing(tx, limit=200)[-1]
    assert entry.action == "rights.signed_off"
    assert entry.details["folders"] == sorted([CLEAN, FAULTY])


def test_what_came_and_what_went_since_is_told(office: Office) -> None:
    office.sign(FAULTY, reason=REASON)
    old = office.part(FAULTY).open[0]
    acl = office.root / FAULTY / "dovecot-acl"
    kept = [line for line in acl.read_text().splitlines() if old.subject not in line]
    acl.write_text("\n".join(kept) + "\n")
    office.give(FAULTY, "neu")
    office.look()
    part = office.part(FAULTY)
    assert part.state is ReviewState.NEW_SINCE
    assert [one.subject for one in part.new] == ["neu"]
    assert part.gone == (old.key,)
    assert (office.row("103").new, office.row("103").review) == (1, ReviewState.OPEN)
    told = rights_review.since(part)
    assert "neu: Zu viel, neu" in told
    assert "weg: " in told
    office.sign(FAULTY, reason=REASON)
    assert rights_review.since(office.part(FAULTY)) == "unverändert"


def test_a_folder_that_is_made_after_the_agency_was_signed_waits_for_a_look(office: Office) -> None:
    office.agency("108")
    assert office.row("108").review is ReviewState.SIGNED
    create_folder = office.root / "108 Ort108" / "Neu"
    create_tree(create_folder)
    (create_folder / "dovecot-acl").write_text((office.root / CLEAN / "dovecot-acl").read_text())
    office.look()
    assert office.part(CLEAN).state is ReviewState.SIGNED
    assert office.part("108 Ort108/Neu").state is ReviewState.OPEN
    assert office.row("108").review is ReviewState.OPEN


def test_lists_with_a_fault_are_signed_with_their_agency_only(office: Office) -> None:
    office.sign("107 Ort107", "107 Ort107/AU")
    assert office.row("107").review is ReviewState.OPEN, "the list itself has a finding"
    office.agency("107", reason=REASON)
    assert office.row("107").review is ReviewState.SIGNED
    assert office.row("107").sign_off.reason == REASON


def test_a_round_that_is_over_names_each_folder_that_nobody_signed(office: Office, clock) -> None:
    office.sign(CLEAN)
    office.start_round()
    assert office.part(CLEAN).state is ReviewState.OPEN, "each round asks again"
    assert rights_review.since(office.part(CLEAN)) == "unverändert", "but it knows the last time"
    office.sign(BELOW)
    clock.forward(days=1)
    assert office.part(CLEAN).state is ReviewState.OVERDUE
    assert office.part(BELOW).state is ReviewState.SIGNED
    assert office.row("108").review is ReviewState.OVERDUE
    table = rights_tables.folders(office.house, [office.standing()])
    late = {row[2] for row in table.rows if row[4] == "überfällig"}
    assert CLEAN in late
    assert BELOW not in late
    office.sign(CLEAN)
    assert office.row("108").review is ReviewState.SIGNED


def test_nobody_signs_what_a_newer_look_has_found(office: Office) -> None:
    seen = office.standing().audit.id
    office.give(CLEAN, "neu")
    office.look()
    assert code_of(lambda: office.sign(CLEAN, audit=seen)) == "rights.newer_audit"
    agency = lambda: rights_signoff.agency(office.house, ANNA, BOX, "101", audit=seen)  # noqa: E731
    assert code_of(agency) == "rights.newer_audit"
    assert office.sign(BELOW, audit=seen + 1) == 1


def test_what_can_not_be_signed_is_refused(office: Office) -> None:
    assert code_of(office.sign) == "rights.no_folder"
    assert code_of(lambda: office.sign(CLEAN, "9 Nirgends")) == "rights.folder_unknown"
    assert code_of(lambda: office.sign("")) == "rights.folder_unknown", "lists are no folder"
    foreign = lambda: rights_signoff.folders(office.house, NORTH, BOX, [CLEAN])  # noqa: E731
    assert code_of(foreign) == "postbox.unknown"


def test_the_report_names_each_folder_with_day_person_and_reason(office: Office) -> None:
    office.sign(FAULTY, reason=REASON)
    html = rights_report.as_html(office.house, [office.standing()])
    assert all(word in html for word in (CLEAN, BELOW, REASON, ANNA.name, "unverändert"))


def test_a_sign_off_of_an_older_program_holds_for_all_folders_of_the_agency(
    url: str, tmp_path: Path
) -> None:
    office = opened(url, tmp_path / "box")
    found = office.standing()
    with office.house.db.write() as tx:
        rights_signoffs.put_agency(
            tx,
            BOX,
            SignOff("108", "", None, found.audit.id, frozenset(), "", office.house.clock(), "alt"),
        )
        tx.run(sa.update(rights_audit).values(folder_names=sa.null()))
    assert office.part(CLEAN).sign_off.actor == "alt"
    assert office.row("108").review is ReviewState.SIGNED
    office.agency("103", reason=REASON)
    office.sign(CLEAN)
    assert office.part(CLEAN).sign_off.actor == ANNA.name
    assert office.part(FAULTY).sign_off.reason == REASON
    assert office.row("101").review is ReviewState.OPEN
    office.house.db.close()
