"""What an entry about reading says; that none is missing: test_api_role_matrix.py."""

from store.trail import audit
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.test_api_aside import keep
from tests.house_fixture import eml


def test_a_page_of_a_list_is_one_entry_with_the_mails_on_it(doors: Doors) -> None:
    shown = [doors.hand_in("Krankmeldung")["message_id"] for _ in range(3)]
    for _ in range(2):
        doors.kassel.get("/v1/agencies/435/items", params={"limit": 2})
    doors.kassel.get("/v1/agencies/435/items", params={"limit": 500})
    with doors.house.db.read() as tx:
        found = audit.of_subject(tx, "agency:435")
    assert [(one.actor, one.action) for one in found] == [("kassel", "list.read")] * 3
    assert [one.details["messages"] for one in found] == [shown[:2], shown[:2], shown]


def test_an_empty_list_and_a_mail_that_nobody_judged_tell_nothing(doors: Doors) -> None:
    doors.kassel.get("/v1/agencies/435/items")
    number = keep(doors.house, None, eml("x", Auto_Submitted="auto-generated"))
    doors.machine.get(f"/v1/mails/{number}")
    with doors.house.db.read() as tx:
        actors = {one.actor for one in audit.listing(tx, limit=100)}
    assert "kassel" not in actors


def test_the_page_of_what_lies_aside_is_an_entry_with_the_mails_on_it(doors: Doors) -> None:
    number = keep(doors.house, None, eml("Rundbrief", Auto_Submitted="auto-generated"))
    chief = at_desk(doors.app, seat="admin")
    chief.open("/beiseite")
    assert "Rundbrief" in chief.answer.text
    with doors.house.db.read() as tx:
        (found,) = audit.of_subject(tx, "aside")
    assert (found.action, found.details) == ("list.read", {"messages": [number], "rows": [[1, 1]]})
