"""The door for authors and approvers, from a draft to the retired text."""

import pytest

from rules.access import Permission
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.rules.text_samples import typed
from triage.texts import stock as text_stock

HERE = "/v1/admin/texts"
ID = "termin.neu"
ONE = f"{HERE}/{ID}/versions/1"
WHY = {"reason": "Die Weisung ist aufgehoben."}


def other_admin(doors: Doors):
    """A second admin: signed in at the desk, who calls the API with session and CSRF token."""
    person = at_desk(doors.app, seat="second")
    person.open("/texte/neu")
    csrf = person.page.query_selector("input[name=csrf]").getattr("value")
    return lambda path, sent: person.client.post(path, json=sent, headers={"X-CSRF-Token": csrf})


def begin(doors: Doors, **changed: str):
    return doors.admin.post(HERE, json={"text_id": ID, "text": typed(**changed)})


def test_a_text_goes_its_way_by_two_callers_alone(doors: Doors) -> None:
    made = begin(doors)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.json()["findings"] == []
    assert doors.kassel.get(f"/v1/texts/{ID}").status_code == 404
    assert doors.admin.post(f"{ONE}/submit").json()["state"] == "review"
    shown = doors.admin.get(ONE).json()
    assert (shown["row"]["phase"], shown["uses"], shown["compared_with"]) == ("review", 0, None)
    sha = {"sha256": shown["row"]["version"]["sha256"]}
    own = doors.person().post(f"{ONE}/approve", json=sha)
    assert own.json()["code"] == "text.same_person"
    second = other_admin(doors)
    assert second(f"{ONE}/approve", {"sha256": "0" * 64}).status_code == 412
    assert second(f"{ONE}/approve", sha).json()["state"] == "approved"
    assert doors.kassel.get(f"/v1/texts/{ID}").json()["version"] == 1
    assert doors.kassel.get(f"/v1/texts/{ID}/versions/1").status_code == 200
    assert second(f"{ONE}/retire", WHY).json()["state"] == "retired"
    assert doors.kassel.get(f"/v1/texts/{ID}").status_code == 404
    assert doors.kassel.get(f"/v1/texts/{ID}/versions/1").json()["title"] == "Neuer Text"


def test_a_draft_is_saved_over_what_was_read_only(doors: Doors) -> None:
    tag = begin(doors).headers["etag"]
    sent = {"text": typed(titel="Zwei")}
    assert doors.admin.put(ONE, json=sent).status_code == 428
    saved = doors.admin.put(ONE, json=sent, headers={"If-Match": tag})
    assert (saved.status_code, saved.headers["etag"]) == (200, '"2"')
    for stale in (tag, '"fremd"'):
        late = doors.admin.put(ONE, json=sent, headers={"If-Match": stale})
        assert (late.status_code, late.json()["code"]) == (412, "text.changed")
    assert doors.admin.put(ONE, json=sent, headers={"If-Match": "*"}).status_code == 200


def test_faults_come_with_line_and_remedy(doors: Doors) -> None:
    sent = {"text_id": ID, "text": typed(kanal="fax")}
    found = doors.admin.post(f"{HERE}/check", json=sent).json()
    assert found["readable"] is False
    assert (found["findings"][0]["code"], found["findings"][0]["line"]) == ("text.header", 4)
    refused = doors.admin.post(HERE, json=sent)
    assert (refused.status_code, refused.json()["code"]) == (422, "text.findings")
    assert doors.admin.post(HERE, json=sent | {"text_id": "Wild/.."}).status_code == 422


def test_turning_down_withdrawing_and_listing(doors: Doors) -> None:
    begin(doors)
    doors.admin.post(f"{ONE}/submit")
    doors.admin.post(f"{ONE}/withdraw")
    doors.admin.post(f"{ONE}/submit")
    down = doors.admin.post(f"{ONE}/turn-down", json=WHY).json()
    assert (down["state"], down["reason"]) == ("draft", WHY["reason"])
    assert doors.admin.post(f"{ONE}/turn-down", json=WHY).status_code == 409
    listed = doors.admin.get(f"{HERE}?phase=draft").json()["versions"]
    assert [row["version"]["text_id"] for row in listed] == [ID]
    assert doors.admin.get(f"{HERE}?phase=review").json()["versions"] == []


def test_versions_are_compared_and_files_held_against_the_house(doors: Doors) -> None:
    assert {one["kind"] for one in doors.admin.get(f"{HERE}/stock").json()["differences"]} == {
        "text.stock_not_taken"
    }
    text_stock.take_in(doors.house)
    assert doors.admin.get(f"{HERE}/stock").json()["differences"] == []
    sent = {"text_id": "termin.verschoben", "text": typed(kuerzel="TE9")}
    assert doors.admin.post(HERE, json=sent).json()["version"]["version"] == 2
    pieces = doors.admin.get(f"{HERE}/termin.verschoben/diff?older=1&newer=2").json()["pieces"]
    assert {one["mark"] for one in pieces} == {"same", "gone", "new"}


@pytest.mark.parametrize("who", ["kassel", "machine"])
def test_who_neither_writes_nor_approves_sees_no_draft(doors: Doors, who: str) -> None:
    begin(doors)
    client = getattr(doors, who)
    assert client.get(HERE).json()["code"] == "access.denied"
    assert client.get(ONE).status_code == 403
    refused = client.post(f"{ONE}/submit").json()
    assert refused["details"]["permission"] == Permission.WRITE_TEXTS


def test_texts_are_found_by_code_and_concern(doors: Doors) -> None:
    found = doors.kassel.get("/v1/texts?q=af").json()["texts"]
    assert "allgemein.anlage_fehlt" in {text["id"] for text in found}
    assert doors.kassel.get("/v1/texts?q=gibtsnicht").json()["texts"] == []


def test_what_ends_soon_is_a_metric(doors: Doors) -> None:
    assert "postlotse_texts_ending 0.0" in doors.nobody.get("/metrics").text
    begin(doors, gueltig_bis="2026-11-30")
    doors.admin.post(f"{ONE}/submit")
    shown = doors.admin.get(ONE).json()["row"]["version"]
    assert other_admin(doors)(f"{ONE}/approve", {"sha256": shown["sha256"]}).status_code == 200
    assert "postlotse_texts_ending 1.0" in doors.nobody.get("/metrics").text


def test_saving_a_draft_names_its_precondition_in_the_description(doors: Doors) -> None:
    paths = doors.nobody.get("/openapi.json").json()["paths"]
    saving = paths["/v1/admin/texts/{text_id}/versions/{version}"]["put"]
    assert {"412", "428"} <= saving["responses"].keys()


def test_the_list_of_versions_comes_in_pages(doors: Doors) -> None:
    whole = doors.admin.get("/v1/admin/texts").json()
    assert whole["next_cursor"] is None
    seen: list[object] = []
    cursor: str | None = None
    while True:
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = doors.admin.get("/v1/admin/texts", params=asked).json()
        seen += page["versions"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == whole["versions"]


def test_a_draft_that_is_handed_in_hides_no_other_on_the_next_page(doors: Doors) -> None:
    drafts = [f"termin.neu{letter}" for letter in "abc"]
    for one in drafts:
        assert doors.admin.post(HERE, json={"text_id": one, "text": typed()}).status_code == 201
    asked = {"phase": "draft", "limit": "1"}
    first = doors.admin.get(HERE, params=asked).json()
    assert doors.admin.post(f"{HERE}/{drafts[0]}/versions/1/submit").status_code == 200
    second = doors.admin.get(HERE, params=asked | {"cursor": first["next_cursor"]}).json()
    shown = [page["versions"][0]["version"]["text_id"] for page in (first, second)]
    assert shown == drafts[:2]
