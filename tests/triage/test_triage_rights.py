"""What was found of permissions is decided, signed off and reported, each by who may."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.maildir.rights import MaildirRights
from rules.access import Caller
from rules.errors import Refused
from rules.rights.distribution import Member, MemberKind
from rules.rights.distribution_csv import write_lists
from rules.rights.folder_findings import Code, Key
from rules.rights.reporting_chain import Round, Step, make_round
from store.rights import lists as rights_lists
from tests.refusals import code_of
from tests.rights_world import AGENCIES, REGION, SC, ez, person
from tests.triage.rights_office import (
    ANNA,
    BERT,
    BOX,
    CLERK,
    DEFECTS,
    NORTH,
    Office,
    house,
    keep_one,
    make_office,
    office,
)
from triage.house import House
from triage.rights import decisions as rights
from triage.rights import matrix as rights_matrix
from triage.rights import report as rights_report
from triage.rights import reporting as rights_reporting
from triage.rights import signoff as rights_signoff
from triage.rights import tables as rights_tables
from triage.rights import work as rights_work
from triage.rights.cells import CellState
from triage.rights.review import ReviewState

__all__ = ["house", "office"]


@pytest.mark.parametrize(("days", "code"), [(-1, "rights.keep_day"), (367, "rights.keep_day")])
def test_keeping_lasts_from_today_to_a_year(office: Office, days: int, code: str) -> None:
    office.look()
    assert code_of(lambda: keep_one(office, days=days)) == code
    keep_one(office, days=0 if days < 0 else 366)
    assert len(rights.standing(office.house, ANNA, BOX).kept) == 1


def test_each_admin_sees_and_decides_for_his_regions_only(office: Office) -> None:
    office.approved()
    house = office.house
    assert [box.name for box in rights.boxes(house, NORTH)] == ["SC-Nord"]
    assert [box.name for box in rights.boxes(house, BERT)] == [BOX, "SC-Nord"]
    key = office.look().open[0].key
    for call in (
        lambda: rights.standing(house, NORTH, BOX),
        lambda: rights.propose(house, NORTH, BOX),
        lambda: rights.order(house, NORTH, BOX, "audit"),
        lambda: rights_signoff.agency(house, NORTH, BOX, "101"),
        lambda: rights.keep(house, NORTH, BOX, key, reason="x" * 20, until=date(2026, 12, 1)),
    ):
        assert code_of(call) == "postbox.unknown"
    assert code_of(lambda: rights.boxes(house, CLERK)) == "access.denied"
    read = lambda: rights_reporting.reported(house, NORTH, REGION)  # noqa: E731
    assert code_of(read) == "region.unknown"


def reporting_deeds(house: House, caller: Caller, region: str) -> list[Callable[[], object]]:
    days = (date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3))
    return [
        lambda: rights_reporting.import_lists(house, caller, region, data=b"", source="x.csv"),
        lambda: rights_reporting.expand(house, caller, region, members=lambda _: None),
        lambda: rights_reporting.take_over(house, caller, region, (), source="x"),
        lambda: rights_reporting.start_round(house, caller, Round(region, *days)),
        lambda: rights_reporting.links(house, caller, region),
        lambda: rights_reporting.mark(house, caller, region, Step.REGION, unit=region),
        lambda: rights_reporting.reported(house, caller, region),
    ]


@pytest.mark.parametrize(
    ("caller", "region", "code"),
    [
        (NORTH, REGION, "region.unknown"),
        (BERT, "Atlantis", "region.unknown"),
        (CLERK, REGION, "access.denied"),
    ],
)
def test_lists_and_rounds_are_for_admins_of_their_region(
    office: Office, caller: Caller, region: str, code: str
) -> None:
    before = rights_reporting.reported(office.house, ANNA, REGION)
    for deed in reporting_deeds(office.house, caller, region):
        assert code_of(deed) == code
    assert rights_reporting.reported(office.house, ANNA, REGION) == before
    assert rights_reporting.links(office.house, ANNA, REGION) == ()


def test_what_is_kept_with_a_reason_is_in_no_plan_until_its_day(office: Office, clock) -> None:
    found = office.look()
    key = next(one.key for one in found.open if one.code is Code.SURPLUS)
    until = office.house.today() + timedelta(days=30)

    def keep(**more: object) -> None:
        asked = {"reason": "Vertretung bis Jahresende", "until": until, **more}
        rights.keep(office.house, ANNA, BOX, key, **asked)

    assert code_of(lambda: keep(reason="kurz")) == "rights.reason_too_short"
    assert code_of(lambda: keep(until=until + timedelta(days=400))) == "rights.keep_day"
    ghost = Key(Code.SURPLUS, "x", "y")
    gone = lambda: rights.keep(  # noqa: E731
        office.house, ANNA, BOX, ghost, reason="x" * 12, until=until
    )
    assert code_of(gone) == "finding.unknown"
    keep()
    found = rights.standing(office.house, ANNA, BOX)
    assert [one.key for one in found.kept] == [key]
    plan_id = rights.propose(office.house, ANNA, BOX)
    assert Code.SURPLUS not in {
        c.code for c in rights.plan(office.house, ANNA, plan_id)[0].plan.changes
    }
    clock.forward(days=31)
    assert rights.standing(office.house, ANNA, BOX).kept == ()


def test_an_open_finding_is_signed_off_with_a_reason_only(office: Office) -> None:
    assert (
        code_of(lambda: rights_signoff.agency(office.house, ANNA, BOX, "103")) == "rights.no_audit"
    )
    office.look()
    for code in ("999", "301", "199"):
        call = lambda code=code: rights_signoff.agency(office.house, ANNA, BOX, code)  # noqa: E731
        assert code_of(call) == "agency.unknown"
    late = lambda: rights_signoff.agency(office.house, ANNA, BOX, "103")  # noqa: E731
    assert code_of(late) == "rights.reason_too_short"
    rights_signoff.agency(office.house, ANNA, BOX, "103", reason="wird im Plan 1 bereinigt")
    rights_signoff.agency(office.house, ANNA, BOX, "108")
    assert office.actions().count("rights.signed_off") == 2
    by_code = {row.code: row for row in rights_matrix.rows(office.house, [office.look()])}
    assert by_code["103"].review is ReviewState.SIGNED
    assert by_code["108"].review is ReviewState.SIGNED
    assert by_code["101"].review is ReviewState.OPEN


def test_folders_of_no_agency_are_signed_off_too(office: Office) -> None:
    office.look()
    reason = "Posteingang angesehen"
    rights_signoff.agency(office.house, ANNA, BOX, rights_signoff.COMMON, reason=reason)
    found = office.look()
    by_code = {row.code: row for row in rights_matrix.rows(office.house, [found])}
    assert by_code[""].review is ReviewState.SIGNED
    assert by_code["101"].review is ReviewState.OPEN
    assert reason in str(rights_tables.matrix(office.house, [found]))
    assert reason in rights_report.as_html(office.house, [found])


def test_what_is_new_since_the_sign_off_is_shown_and_a_new_round_asks_again(office: Office) -> None:
    office.look()
    rights_signoff.agency(office.house, ANNA, BOX, "108")
    with office.file("108 Ort108").open("a") as file:
        file.write("user=neu lr\n")
    row = {row.code: row for row in rights_matrix.rows(office.house, [office.look()])}["108"]
    assert (row.review, row.new) == (ReviewState.NEW_SINCE, 1)
    today = office.house.today()
    asked = make_round(REGION, today, directions_due=today, region_due=today)
    rights_reporting.start_round(office.house, ANNA, asked)
    row = {row.code: row for row in rights_matrix.rows(office.house, [office.look()])}["108"]
    assert row.review is ReviewState.OPEN


def test_a_round_that_is_started_again_with_the_same_days_goes_on_with_its_marks(
    office: Office,
) -> None:
    today = office.house.today()
    asked = make_round(REGION, today, directions_due=today, region_due=today)
    first = rights_reporting.start_round(office.house, ANNA, asked)
    rights_reporting.mark(office.house, ANNA, REGION, Step.AGENCY, unit="101")
    assert rights_reporting.start_round(office.house, ANNA, asked) == first
    marked = [one.unit for one in rights_reporting.links(office.house, ANNA, REGION) if one.mark]
    assert marked == ["101"]
    other = replace(asked, region_due=today + timedelta(days=1))
    assert rights_reporting.start_round(office.house, ANNA, other) != first


def test_a_round_that_is_over_makes_the_unsigned_overdue(office: Office, clock) -> None:
    today = office.house.today()
    asked = make_round(REGION, today, directions_due=today, region_due=today)
    rights_reporting.start_round(office.house, ANNA, asked)
    clock.forward(days=1)
    sums = rights_matrix.sums(rights_matrix.rows(office.house, [office.look()]))
    assert (sums.overdue, sums.agencies, sums.signed) == (len(AGENCIES), len(AGENCIES), 0)


def test_the_matrix_says_in_each_cell_what_is_the_case(house: House, tmp_path: Path) -> None:
    office = make_office(
        house,
        tmp_path / "box",
        DEFECTS
        | {
            (Code.NOT_READABLE, "106", False),
            (Code.AGENCY_WITHOUT_LIST, "107", False),
            (Code.LIST_WITHOUT_FOLDER, "108", False),
        },
    )
    rows = rights_matrix.rows(office.house, [office.look()])
    by_code = {row.code: row for row in rows}
    assert by_code["101"].own_list.state is CellState.MISSING
    assert by_code["102"].region_list.words == "zu hoch"
    assert (by_code["103"].single.state, by_code["103"].single.words) == (
        CellState.SURPLUS,
        "1 zu viel",
    )
    assert by_code["105"].everybody.words == "offen: Prüfer"
    assert by_code["106"].own_list.state is CellState.UNREADABLE
    assert by_code["107"].own_list.words == "nicht gemeldet"
    assert by_code["107"].single.words == "nicht beurteilbar"
    assert by_code["108"].own_list.words == by_code["108"].single.words == "kein Ordner"
    assert [row.has_findings for row in rows] == sorted(
        (r.has_findings for r in rows), reverse=True
    )
    assert rights_matrix.has_kind(by_code["103"], "rights.surplus")
    assert not rights_matrix.has_kind(by_code["103"], "rights.orphan")


def test_without_a_look_no_cell_claims_to_be_in_order(office: Office) -> None:
    found = rights.standings(office.house, BERT)
    cells = {row.own_list.state for row in rights_matrix.rows(office.house, found)}
    assert cells == {CellState.UNKNOWN}


def test_lists_are_taken_whole_or_not_at_all_and_older_members_forgotten(office: Office) -> None:
    data = b"verteiler;agentur\nez-101@dienst.example;101\nfalsch;101\n"
    take = lambda data: rights_reporting.import_lists(  # noqa: E731
        office.house, ANNA, REGION, data=data, source="x.csv"
    )
    assert code_of(lambda: take(data)) == "rights.csv"
    assert len(rights_reporting.reported(office.house, ANNA, REGION).lists) == len(AGENCIES) + 1
    done = take(b"verteiler;agentur\nez-101@dienst.example;101\n")
    assert (done.lists, done.members, done.without) == (1, 0, AGENCIES[1:])
    with office.house.db.read() as tx:
        _, book = rights_lists.book(tx, REGION)
    assert book.former[ez("101")] == {person("101", 1), person("101", 2)}
    take(b"verteiler;agentur\nez-101@dienst.example;101\n")
    with office.house.db.read() as tx:
        _, book = rights_lists.book(tx, REGION)
    assert book.former == {ez("101"): frozenset()}


def test_an_import_marks_the_agencies_in_the_chain(office: Office) -> None:
    today = office.house.today()
    rights_reporting.start_round(
        office.house, ANNA, make_round(REGION, today, directions_due=today, region_due=today)
    )
    assert all(link.mark is None for link in rights_reporting.links(office.house, ANNA, REGION))
    lists = write_lists(office.world.lists.values()).encode()
    rights_reporting.import_lists(office.house, ANNA, REGION, data=lists, source="x.csv")
    rights_reporting.mark(office.house, ANNA, REGION, Step.DIRECTION, unit="Hessen")
    rights_reporting.mark(office.house, ANNA, REGION, Step.REGION, unit=REGION)
    links = rights_reporting.links(office.house, ANNA, REGION)
    assert all(link.mark for link in links)


def test_without_a_round_there_is_no_chain(office: Office) -> None:
    assert rights_reporting.links(office.house, ANNA, REGION) == ()
    call = lambda: rights_reporting.mark(office.house, ANNA, REGION, Step.REGION, unit=REGION)  # noqa: E731
    assert code_of(call) == "rights.no_round"


def test_members_come_from_the_server_through_groups_and_circles(office: Office) -> None:
    known = {
        ez("101"): (Member("k1@x.example"), Member("team@x.example", MemberKind.GROUP)),
        "team@x.example": (Member("k2@x.example"), Member(ez("101"), MemberKind.GROUP)),
    }
    asked: list[str] = []

    def members(address: str) -> tuple[Member, ...] | None:
        asked.append(address)
        return known.get(address)

    rights_reporting.expand(office.house, ANNA, REGION, members=members)
    assert len(asked) == len(set(asked)) == len(AGENCIES) + 2
    with office.house.db.read() as tx:
        _, book = rights_lists.book(tx, REGION)
    assert book.members(ez("101"))[0] == {"k1@x.example", "k2@x.example"}
    assert book.members(ez("102"))[0] == {person("102", 1), person("102", 2)}
    north = lambda: rights_reporting.expand(office.house, NORTH, "Nord", members=members)  # noqa: E731
    assert code_of(north) == "rights.no_lists"


def test_what_is_handed_on_names_lists_and_no_members(office: Office) -> None:
    text = rights_tables.consolidated(office.house, ANNA, REGION).as_csv()
    assert f"Hessen;101;Ort101;{ez('101')};Bearbeiter" in text
    assert person("101") not in text
    assert "nicht gemeldet" not in text
    table = rights_tables.findings([office.look()]).as_csv()
    assert table.count("\r\n") == 1 + len(office.world.expected)


def test_the_printed_report_names_findings_decisions_and_sign_offs(office: Office) -> None:
    found = office.look()
    key = next(one.key for one in found.open if one.code is Code.SURPLUS)
    until = office.house.today() + timedelta(days=30)
    reason = "Vertretung <b>bis</b> Jahresende"
    rights.keep(office.house, ANNA, BOX, key, reason=reason, until=until)
    rights_signoff.agency(office.house, ANNA, BOX, "108")
    html = rights_report.as_html(office.house, rights.standings(office.house, BERT))
    assert "&lt;b&gt;bis&lt;/b&gt;" in html
    assert "Verwaiste Kennung" in html
    assert "Noch nicht geprüft" in html
    assert "abgezeichnet" in html


def test_a_list_of_the_region_is_needed_before_accounts_count_as_surplus(office: Office) -> None:
    lists = [one for one in office.world.lists.values() if one.address != SC]
    data = write_lists(lists).encode()
    rights_reporting.import_lists(office.house, ANNA, REGION, data=data, source="x.csv")
    found = office.look()
    codes = {one.code for one in found.open}
    assert Code.REGION_WITHOUT_LIST in codes
    assert not {Code.SURPLUS, Code.LEFT_LIST} & codes
    row = rights_matrix.rows(office.house, [found])[0]
    assert row.region_list.words == "nicht gemeldet"


def test_an_unknown_postbox_is_refused(office: Office) -> None:
    call = lambda: rights_work.look(office.house, "x", MaildirRights("Anders", office.root))  # noqa: E731
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == "postbox.unknown"
