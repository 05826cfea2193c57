"""What stays by a person's decision stays as it was: more of it is an open finding again."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from rules.rights.distribution import Member
from rules.rights.distribution_csv import write_lists
from rules.rights.folder_findings import Code
from store.rights import lists as rights_lists
from store.tables.rights import rights_keep
from tests.house_fixture import open_house
from tests.refusals import code_of
from tests.rights_world import REGION, ez
from tests.triage.rights_office import (
    ANNA,
    BOX,
    DEFECTS,
    Office,
    house,
    make_office,
    office,
)
from triage.rights import decisions as rights
from triage.rights import matrix as rights_matrix
from triage.rights import report as rights_report
from triage.rights import reporting as rights_reporting
from triage.rights import signoff as rights_signoff
from triage.rights.cells import CellState
from triage.rights.matrix import Row
from triage.rights.review import ReviewState

__all__ = ["house", "office"]
FOLDER = "108 Ort108"


def give(office: Office, line: str, *, instead: str = "") -> rights.Standing:
    """A person changes the folder in Outlook, and it is looked at."""
    text = office.file(FOLDER).read_text()
    kept = [one for one in text.splitlines() if not instead or instead not in one]
    office.file(FOLDER).write_text("\n".join([*kept, line]) + "\n")
    return office.look()


def keep(office: Office, code: Code) -> None:
    found = rights.standing(office.house, ANNA, BOX).open
    key = next(one.key for one in found if (one.code, one.folder) == (code, FOLDER))
    until = office.house.today() + timedelta(days=90)
    rights.keep(office.house, ANNA, BOX, key, reason="Vertretung bis Jahresende", until=until)


def open_here(found: rights.Standing) -> set[str]:
    return {one.subject for one in found.open if one.folder == FOLDER}


@pytest.mark.parametrize(
    ("who", "code"),
    [("user=vertretung", Code.SURPLUS), ("anyone", Code.OPEN_TO_ALL)],
)
def test_an_account_that_got_more_than_was_kept_is_an_open_finding_again(
    url: str, tmp_path: Path, who: str, code: Code
) -> None:
    office = make_office(open_house(url), tmp_path / "box", DEFECTS)
    give(office, f"{who} lr")
    keep(office, code)
    assert not open_here(office.look())
    more = give(office, f"{who} lrswipkxtea", instead=who)
    assert open_here(more) == {"default" if who == "anyone" else "vertretung"}
    assert not [one for one in more.kept if one.folder == FOLDER]
    plan = rights.plan(office.house, ANNA, rights.propose(office.house, ANNA, BOX))[0].plan
    assert FOLDER in plan.folders()
    keep(office, code)
    assert not open_here(office.look())
    assert not open_here(give(office, f"{who} l", instead=who))
    office.house.db.close()


def test_what_an_older_program_kept_stays_by_its_key(office: Office) -> None:
    give(office, "user=vertretung lr")
    keep(office, Code.SURPLUS)
    with office.house.db.write() as tx:
        tx.run(sa.update(rights_keep).values(finding=sa.null()))
    assert not open_here(give(office, "user=vertretung lrswipkxtea", instead="vertretung"))


def test_another_entry_that_is_not_understood_is_another_finding(office: Office) -> None:
    give(office, "-user=raetsel lr")
    keep(office, Code.UNKNOWN_LEVEL)
    assert not open_here(office.look())
    assert open_here(give(office, "-user=raetsel lrswi", instead="raetsel")) == {"raetsel"}


def test_keeping_what_is_gone_is_refused(office: Office) -> None:
    give(office, "user=vertretung lr")
    found = rights.standing(office.house, ANNA, BOX).open
    key = next(one.key for one in found if one.folder == FOLDER)
    give(office, "# leer", instead="vertretung")
    until = office.house.today()
    call = lambda: rights.keep(  # noqa: E731
        office.house, ANNA, BOX, key, reason="Vertretung bis Jahresende", until=until
    )
    assert code_of(call) == "finding.unknown"


def row(office: Office) -> Row:
    return {one.code: one for one in rights_matrix.rows(office.house, [office.look()])}["108"]


def test_an_entry_that_nobody_understands_is_not_shown_as_reported(office: Office) -> None:
    """Taken from the list and from everybody in one: the cells said "wie gemeldet" and "keine"."""
    give(office, f"-group={ez('108').partition('@')[0]} lrswipte", instead="ez-108")
    give(office, "-anyone lr", instead="anyone")
    found = row(office)
    cells = (found.own_list, found.everybody)
    assert {cell.words for cell in cells} == {"unbekannte Stufe"}
    assert CellState.OK not in {cell.state for cell in cells}
    assert CellState.NONE not in {cell.state for cell in cells}
    assert (found.region_list.state, found.single.state) == (CellState.OK, CellState.NONE)


def test_more_than_was_signed_off_is_new_since(office: Office) -> None:
    """Signed with a reason as Prüfer; as Besitzer the folder stood there as signed off."""
    give(office, "user=vertretung lr")
    reason = "Vertretung, wird im Dezember entzogen"
    rights_signoff.folders(office.house, ANNA, BOX, [FOLDER], reason=reason)
    rights_signoff.agency(office.house, ANNA, BOX, "108", reason=reason)
    assert (row(office).review, row(office).new) == (ReviewState.SIGNED, 0)
    give(office, "user=vertretung l", instead="vertretung")
    assert (row(office).review, row(office).new) == (ReviewState.SIGNED, 0)
    give(office, "user=vertretung lrswipkxtea", instead="vertretung")
    assert (row(office).review, row(office).new) == (ReviewState.NEW_SINCE, 1)
    rights_signoff.folders(office.house, ANNA, BOX, [FOLDER], reason=reason)
    assert row(office).review is ReviewState.SIGNED


def test_a_look_at_older_lists_says_so(office: Office) -> None:
    assert not office.look().is_stale
    lists = write_lists(office.world.lists.values()).encode()
    rights_reporting.import_lists(office.house, ANNA, REGION, data=lists, source="neu.csv")
    found = rights.standing(office.house, ANNA, BOX)
    assert found.is_stale
    assert "nach dieser Prüfung geändert" in rights_report.as_html(office.house, [found])
    found = office.look()
    assert not found.is_stale
    assert "nach dieser Prüfung geändert" not in rights_report.as_html(office.house, [found])


def test_a_look_at_lists_that_followed_since_says_so(office: Office, clock) -> None:
    """Members that follow stand in the same row, with another time."""
    office.look()
    with office.house.db.read() as tx:
        reported = rights_lists.newest(tx, REGION)
    for member in ("neu1@dienst.example", "neu2@dienst.example"):
        clock.forward(seconds=60)
        lists = [replace(reported.lists[0], members=(Member(member),)), *reported.lists[1:]]
        with office.house.db.write() as tx:
            assert rights_lists.follow(tx, reported, lists, actor="lists", now=office.house.clock())
            reported = rights_lists.newest(tx, REGION)
        assert rights.standing(office.house, ANNA, BOX).is_stale
        assert not office.look().is_stale


def test_what_is_kept_is_what_was_read(office: Office) -> None:
    give(office, "user=vertretung lr")
    found = next(
        one for one in rights.standing(office.house, ANNA, BOX).open if one.folder == FOLDER
    )
    read = rights.as_read(found)
    give(office, "user=vertretung lrswipkxtea", instead="vertretung")
    until = office.house.today()

    def kept() -> None:
        rights.keep(
            office.house, ANNA, BOX, found.key, reason="Vertretung bis Freitag", until=until,
            seen=read,
        )  # fmt: skip

    assert (read, code_of(kept)) == ("Prüfer", "rights.finding_changed")
    assert open_here(office.look()) == {"vertretung"}
    give(office, "user=vertretung lr", instead="vertretung")
    kept()
    assert not open_here(office.look())
