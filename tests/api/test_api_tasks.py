"""Tasks by API and from the item's page."""

from api.web.steps import NextStep
from api.web.task_steps import left_to_do, task_steps
from tests.api.answers import code_of
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk

TEXT = "Kassel 34117 123A456789"


def take(doors: Doors, subject: str) -> tuple[str, dict[str, str]]:
    doors.hand_in(subject, TEXT)
    claim = doors.kassel.post("/v1/agencies/435/items/next").json()
    return f"/v1/items/{claim['item_id']}", {"X-Lease-Token": claim["lease_token"]}


def test_a_task_is_ordered_once_and_shown_with_its_item(doors: Doors) -> None:
    item, token = take(doors, "Kündigung")
    said = {"task": "atv_termin", "called": True}
    key = {"Idempotency-Key": "abc"}
    first = doors.kassel.post(f"{item}/tasks", json=said, headers=token | key)
    again = doors.kassel.post(f"{item}/tasks", json=said, headers=token)
    assert (first.status_code, first.json()) == (202, again.json())
    (task,) = doors.kassel.get(item).json()["tasks"]
    assert (task["kind"], task["receiver"], task["state"]) == ("atv_termin", "atv", "new")
    (row,) = doors.admin.get("/v1/admin/outgoing?state=new").json()["outgoing"]
    assert row["kind"] == "task"


def test_what_the_table_refuses_is_a_problem_with_its_code(doors: Doors) -> None:
    item, token = take(doors, "Kündigung")
    no_call = doors.kassel.post(f"{item}/tasks", json={"task": "atv_termin"}, headers=token)
    assert code_of(no_call) == (422, "task.not_called")
    other = doors.kassel.post(f"{item}/tasks", json={"task": "jobcenter"}, headers=token)
    assert code_of(other) == (422, "task.not_offered")
    stale = {"X-Lease-Token": "old"}
    late = doors.kassel.post(f"{item}/tasks", json={"task": "verbis_azb"}, headers=stale)
    assert code_of(late) == (409, "item.lease_stale")


def test_a_clerk_orders_from_the_page_and_sees_how_far_it_is(doors: Doors) -> None:
    clerk = at_desk(doors.app)
    doors.hand_in("Kündigung", TEXT)
    clerk.open("/arbeitsplatz")
    clerk.send("naechster")
    clerk.send("auftrag")
    assert clerk.answer.status_code == 422
    assert "Anrufversuch" in clerk.words("[role=alert]:not([hidden])")
    clerk.send("auftrag", called="yes")
    assert "Auftrag erteilt" in clerk.words("[role=status]")
    assert "beauftragt" in clerk.words(".tasks")


def test_no_call_is_asked_for_where_only_the_school_years_are_open(doors: Doors) -> None:
    """Weisung 202001001 no. 2.4 a 2: then the call attempt falls away."""
    clerk = at_desk(doors.app)
    doors.hand_in("Kündigung", TEXT)
    clerk.open("/arbeitsplatz")
    clerk.send("naechster")
    assert "fehlt nur die Schulbildung" in clerk.words(".tasks")
    clerk.send("auftrag", call_spared="yes")
    assert "Auftrag erteilt" in clerk.words("[role=status]")
    item, token = take(doors, "Kündigung zwei")
    said = {"task": "atv_termin", "call_spared": True}
    assert doors.kassel.post(f"{item}/tasks", json=said, headers=token).status_code == 202


def test_a_ticket_too_early_tells_the_day(doors: Doors) -> None:
    item, token = take(doors, "Kündigung")
    said = {"concerns": ["bearbeitungsstand"], "payment_relevant": "no",
            "kundennummer": "123A456789", "reason": "So steht es da."}  # fmt: skip
    assert doors.kassel.post(f"{item}/correction", json=said, headers=token).status_code == 204
    asked = {"task": "bearbeitungsstand", "claim_start": "2026-11-20", "complete": True}
    early = doors.kassel.post(f"{item}/tasks", json=asked, headers=token)
    assert code_of(early) == (422, "task.too_early")


def test_the_page_tells_the_earliest_day_in_german(doors: Doors) -> None:
    clerk = at_desk(doors.app)
    doors.hand_in("Kündigung", TEXT)
    clerk.open("/arbeitsplatz")
    clerk.send("naechster")
    clerk.send("korrektur", concerns=["bearbeitungsstand"], payment="no", kundennummer="123A456789")
    clerk.send("auftrag", claim_start="20.11.2026", complete="yes")
    assert "Fr 27.11.2026" in clerk.words("[role=alert]:not([hidden])")
    clerk.send("auftrag", claim_start="gestern", complete="yes")
    assert "TT.MM.JJJJ" in clerk.words("[role=alert]:not([hidden])")


def test_a_step_that_a_task_does_stands_there_once() -> None:
    steps = tuple(
        NextStep(code=code, title="", why="", source="", must=False, when="")
        for code in ("os_alg_plus", "eakte")
    )
    offered = task_steps(["au"], ())
    assert "os_algplus" in {one.kind for one in offered}
    assert [one.code for one in left_to_do(steps, offered)] == ["eakte"]
    assert left_to_do(steps, ()) == steps
