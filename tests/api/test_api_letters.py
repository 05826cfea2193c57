"""Texts and answers, before a real house."""

import pytest

from tests.api.answers import code_of
from tests.api.conftest import Doors

TEXT = "termin.vereinbaren"


def test_fitting_texts_are_proposed_with_the_rule_that_allows_them(doors: Doors) -> None:
    item, _ = doors.take("Termin absagen")
    offered = doors.kassel.get(f"{item}/texts").json()
    assert offered["rule"]["allowed"]
    assert offered["rule"]["source"]
    assert all(text["id"].startswith(("termin.", "allgemein.")) for text in offered["texts"])
    assert TEXT in {text["id"] for text in offered["texts"]}


def test_a_preview_is_what_leaves_word_for_word(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    item_id = int(item.rpartition("/")[2])
    letter = doors.kassel.post(f"/v1/texts/{TEXT}/preview", json={"item_id": item_id}).json()
    assert "{" not in letter["subject"] + letter["body"]
    said = {"text_id": TEXT, "version": letter["version"], "body": letter["body"]}
    ordered = doors.kassel.post(f"{item}/replies", json=said, headers=token)
    assert ordered.status_code == 202
    assert ordered.json()["outgoing_id"] > 0


def test_a_second_text_is_offered_shown_and_sent_below(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    item_id = int(item.rpartition("/")[2])
    offered = doors.kassel.get(f"{item}/texts").json()
    assert offered["suggested"] is None
    found = {one["id"]: one for one in offered["seconds"]}
    assert found[f"{TEXT}.en"]["to_version"] == 1
    second = {"language": "en", "version": found[f"{TEXT}.en"]["version"]}
    asked = {"item_id": item_id, "second": second}
    letter = doors.kassel.post(f"/v1/texts/{TEXT}/preview", json=asked).json()
    assert "Only the German text above is binding." in letter["body"]
    said = {"text_id": TEXT, "version": 1, "second": second, "body": letter["body"]}
    changed = said | {"body": letter["body"].replace("Kind regards", "Regards")}
    refused = doors.kassel.post(f"{item}/replies", json=changed, headers=token)
    assert code_of(refused) == (409, "reply.differs")
    assert doors.kassel.post(f"{item}/replies", json=said, headers=token).status_code == 202
    none = {"text_id": "termin.verschoben", "version": 1, "second": second}
    assert code_of(doors.kassel.post(f"{item}/replies", json=none, headers=token)) == (
        422,
        "text.no_second",
    )


def test_one_word_more_and_nothing_is_sent(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    item_id = int(item.rpartition("/")[2])
    letter = doors.kassel.post(f"/v1/texts/{TEXT}/preview", json={"item_id": item_id}).json()
    said = {"text_id": TEXT, "version": 1, "body": letter["body"] + "\nübrigens"}
    response = doors.kassel.post(f"{item}/replies", json=said, headers=token)
    assert code_of(response) == (409, "reply.differs")
    assert "übrigens" in response.text
    outgoing = doors.admin.get("/v1/admin/outgoing?state=new").json()
    assert outgoing["outgoing"] == []


def test_a_version_that_is_not_approved_is_not_sent(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    said = {"text_id": TEXT, "version": 99}
    response = doors.kassel.post(f"{item}/replies", json=said, headers=token)
    assert response.status_code in {404, 409}


def test_a_gap_that_nobody_fills_is_named(doors: Doors) -> None:
    item, _ = doors.take("Termin absagen")
    item_id = int(item.rpartition("/")[2])
    response = doors.kassel.post("/v1/texts/termin.bestaetigung/preview", json={"item_id": item_id})
    assert code_of(response) == (422, "text.placeholder_missing")
    assert "termin" in response.json()["details"]["placeholders"]


def test_texts_of_today_are_listed_and_found_by_id_and_version(doors: Doors) -> None:
    listed = doors.kassel.get("/v1/texts").json()["texts"]
    text = next(text for text in listed if text["id"] == TEXT)
    assert doors.kassel.get(f"/v1/texts/{TEXT}").json() == text
    assert doors.kassel.get(f"/v1/texts/{TEXT}/versions/{text['version']}").json() == text


def test_a_text_that_has_ended_is_given_out_by_version_only(doors: Doors) -> None:
    doors.clock.forward(days=365 * 60)
    assert doors.kassel.get("/v1/texts").json() == {"texts": []}
    assert code_of(doors.kassel.get(f"/v1/texts/{TEXT}")) == (404, "text.unknown")
    assert doors.kassel.get(f"/v1/texts/{TEXT}/versions/1").status_code == 200


@pytest.mark.parametrize("path", ["/v1/texts/no.such", f"/v1/texts/{TEXT}/versions/99"])
def test_an_unknown_text_is_unknown(doors: Doors, path: str) -> None:
    assert code_of(doors.kassel.get(path)) == (404, "text.unknown")
