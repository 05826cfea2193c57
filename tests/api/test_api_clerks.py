"""The door of the clerks, before a real house."""

from datetime import date
from typing import Any

import pytest

from api import cursor
from rules.access import Caller
from rules.codes import Role
from store.desk import items
from store.sending import outgoing, outgoing_claims
from store.trail.trail_pages import Place
from tests.api.answers import code_of
from tests.api.conftest import Doors
from tests.api.door_client import of_person

REASON = "Das ist eine ausreichende Begründung."

DEEDS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("PUT", "/lease", None),
    ("DELETE", "/lease", None),
    ("POST", "/correction", {"concerns": ["termin"], "payment_relevant": "no", "reason": REASON}),
    ("POST", "/park", {"until": "2026-11-30", "reason": REASON}),
    ("POST", "/return", {"reason": REASON}),
    ("POST", "/forward", {"agency_code": "123", "reason": REASON}),
    ("POST", "/handover", {"close_when_received": True}),
    ("POST", "/waiver", {"reason": REASON}),
    ("POST", "/close", {"reason": "done"}),
    ("POST", "/replies", {"text_id": "termin.vereinbaren", "version": 1}),
]


def test_an_empty_line_gives_nothing(doors: Doors) -> None:
    response = doors.kassel.post("/v1/agencies/435/items/next")
    assert (response.status_code, response.content) == (204, b"")


def test_the_next_item_is_handed_out_once(doors: Doors) -> None:
    doors.hand_in("Krankmeldung")
    claim = doors.kassel.post("/v1/agencies/435/items/next")
    assert claim.status_code == 200
    assert claim.json().keys() == {"item_id", "lease_token", "lease_until"}
    assert doors.kassel2.post("/v1/agencies/435/items/next").status_code == 204


def test_next_may_ask_for_one_concern(doors: Doors) -> None:
    doors.hand_in("Krankmeldung")
    assert doors.kassel.post("/v1/agencies/435/items/next?concern=termin").status_code == 204
    assert doors.kassel.post("/v1/agencies/435/items/next?concern=au").status_code == 200


def test_next_repeated_with_its_key_is_the_same_claim(doors: Doors) -> None:
    for _ in range(2):
        doors.hand_in("Krankmeldung")
    claims = [
        doors.kassel.post("/v1/agencies/435/items/next", headers={"Idempotency-Key": "n-1"})
        for _ in range(2)
    ]
    assert claims[0].content == claims[1].content


def test_the_line_of_another_agency_stays_closed(doors: Doors) -> None:
    assert doors.hamburg.post("/v1/agencies/435/items/next").status_code == 403
    assert doors.hamburg.get("/v1/agencies/435/items").status_code == 403
    assert doors.machine.post("/v1/agencies/435/items/next").status_code == 403
    assert doors.admin.post("/v1/agencies/435/items/next").status_code == 403


def test_the_list_in_pages_is_the_whole_list(doors: Doors) -> None:
    handed_in = {doors.hand_in("Krankmeldung")["item_id"] for _ in range(5)}
    seen, cursor, pages = [], None, 0
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = doors.kassel.get("/v1/agencies/435/items", params=params).json()
        seen += [listed["item"]["id"] for listed in page["items"]]
        cursor, pages = page["next_cursor"], pages + 1
        if cursor is None:
            break
    assert pages == 3
    assert len(seen) == len(handed_in)
    assert set(seen) == handed_in


def moved(doors: Doors, item_id: int, day: date) -> None:
    with doors.house.db.write() as tx:
        item = items.get(tx, item_id)
        change = items.due_by(item, day)
        items.save_unheld(tx, item_id, version=item.version, change=change, now=doors.clock())


@pytest.mark.parametrize("day", [date(2026, 1, 2), date(2027, 1, 4)])
def test_a_row_whose_due_day_changes_between_pages_hides_and_repeats_no_other(
    doors: Doors, day: date
) -> None:
    """A row that itself goes behind the page may come again: it stands there now."""
    for _ in range(4):
        doors.take("Krankmeldung")
    for who, path in (
        (doors.kassel, "/v1/agencies/435/items"),
        (doors.admin, "/v1/admin/items?agency=435"),
    ):
        first = who.get(path, params={"limit": 2}).json()
        seen = [(row.get("item") or row)["id"] for row in first["items"]]
        moved(doors, seen[-1], day)
        rest = who.get(path, params={"limit": 9, "cursor": first["next_cursor"]}).json()
        others = [(row.get("item") or row)["id"] for row in rest["items"]]
        moved(doors, seen[-1], date(2026, 12, 1))
        assert len([one for one in others if one not in seen]) == 2
        assert set(others) & set(seen) <= {seen[-1]}


def test_a_cursor_that_holds_an_id_alone_is_still_read_and_others_are_refused(
    doors: Doors,
) -> None:
    ids = [doors.hand_in("Krankmeldung")["item_id"] for _ in range(3)]
    path = "/v1/agencies/435/items"
    rest = doors.kassel.get(path, params={"cursor": cursor.of_id(ids[0])}).json()
    assert [row["item"]["id"] for row in rest["items"]] == ids[1:]
    for bad in ("x", "cQ", "cQAAAAAAAAAAAAAAAAAAAAAAAAAA", cursor.of_trail(Place(1, "m"))):
        answer = doors.kassel.get(path, params={"cursor": bad})
        assert (answer.status_code, answer.json()["code"]) == (422, "request.cursor")


def test_who_holds_an_item_is_not_told(doors: Doors) -> None:
    item, _ = doors.take("Krankmeldung")
    lists = doors.kassel2.get("/v1/agencies/435/items")
    shown = doors.kassel2.get(item)
    assert lists.json()["items"][0]["item"]["state"] == "held"
    for response in (lists, shown):
        assert '"holder"' not in response.text
        assert '"kassel"' not in response.text


def test_an_item_is_shown_whole_and_not_again_while_unchanged(doors: Doors) -> None:
    item, token = doors.take("Krankmeldung")
    first = doors.kassel.get(item)
    view = first.json()
    assert view["mail"]["subject"] == "Krankmeldung"
    assert view["verdict"]["concerns"][0]["code"] == "au"
    assert {gate["code"] for gate in view["gates"]} >= {"eakte_receipt"}
    assert view["close_blocked_because"]
    known = {"If-None-Match": first.headers["etag"]}
    assert doors.kassel.get(item, headers=known).status_code == 304
    doors.kassel.post(f"{item}/waiver", json={"reason": REASON}, headers=token)
    changed = doors.kassel.get(item, headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


def test_an_answer_that_did_not_arrive_is_a_change_though_the_item_stays(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    number, now = int(item.rpartition("/")[2]), doors.clock.now
    with doors.house.db.write() as tx:
        new = outgoing.NewOutgoing("reply", "reply-1", {}, item_id=number, message_id=1)
        row = outgoing.order(tx, new, now=now)
    etag = doors.kassel.get(item).headers["etag"]
    assert doors.kassel.get(item, headers={"If-None-Match": etag}).status_code == 304
    with doors.house.db.write() as tx:
        (claimed,) = outgoing_claims.claim(
            tx, kinds=["reply"], worker="w", now=now, limit=1, lease_seconds=60
        )
        outgoing_claims.dead(tx, row, fence=claimed.fence, error_code="smtp.refused", now=now)
    told = doors.kassel.get(item, headers={"If-None-Match": etag})
    assert (told.status_code, told.json()["reply_trouble"]["code"]) == (200, "smtp.refused")
    # A program that read the item before may write to it still: the item itself has not gone on.
    done = doors.kassel.post(
        f"{item}/close", json={"reason": "done"}, headers=token | {"If-Match": etag}
    )
    assert done.status_code == 204


def test_the_agencies_at_named_places_are_told_of_an_open_item_without_one(doors: Doors) -> None:
    sc = of_person(doors.app, Caller("sc-1", Role.CLERK, agencies=None))
    text = "Meine Mutter wohnte in Duderstadt und in Northeim, ich arbeite in Celle."
    doors.hand_in("Frage", text, to="postbox@sc.example")
    doors.hand_in("Noch eine Frage", text)
    in_clearing, of_kassel = ("/v1/items/1", "/v1/items/2")
    assert sc.get(in_clearing).json()["named_agencies"] == [
        {"code": "231", "name": "Göttingen", "places": ["Duderstadt", "Northeim"]},
        {"code": "251", "name": "Lüneburger Heide", "places": ["Celle"]},
    ]
    assert doors.kassel.get(of_kassel).json()["named_agencies"] == []
    claim = sc.post(f"{in_clearing}/lease").json()
    token = {"X-Lease-Token": claim["lease_token"]}
    assert sc.post(f"{in_clearing}/close", json={"reason": "done"}, headers=token).is_success
    assert sc.get(in_clearing).json()["named_agencies"] == []


def test_an_item_of_others_is_unknown(doors: Doors) -> None:
    item, _ = doors.take("Krankmeldung")
    assert code_of(doors.hamburg.get(item)) == (404, "item.unknown")


@pytest.mark.parametrize(("method", "deed", "said"), DEEDS)
def test_a_stale_token_writes_nothing(
    doors: Doors, method: str, deed: str, said: dict[str, Any] | None
) -> None:
    item, token = doors.take("Termin absagen")
    doors.clock.forward(hours=1)
    doors.kassel2.post("/v1/agencies/435/items/next")
    before = doors.kassel2.get(item).json()["item"]
    response = doors.kassel.request(method, f"{item}{deed}", json=said, headers=token)
    assert code_of(response) == (409, "item.lease_stale")
    assert doors.kassel2.get(item).json()["item"] == before


@pytest.mark.parametrize(("method", "deed", "said"), DEEDS)
def test_no_write_without_a_token(
    doors: Doors, method: str, deed: str, said: dict[str, Any] | None
) -> None:
    item, _ = doors.take("Termin absagen")
    response = doors.kassel.request(method, f"{item}{deed}", json=said)
    assert code_of(response) == (422, "request.invalid")
    assert "X-Lease-Token" in response.text


def test_an_item_taken_from_the_list_is_kept_by_a_sign_of_life_and_put_back(doors: Doors) -> None:
    item = f"/v1/items/{doors.hand_in('Krankmeldung')['item_id']}"
    claim = doors.kassel.post(f"{item}/lease").json()
    token = {"X-Lease-Token": claim["lease_token"]}
    doors.clock.forward(minutes=5)
    renewed = doors.kassel.put(f"{item}/lease", headers=token)
    assert renewed.json()["lease_until"] > claim["lease_until"]
    assert code_of(doors.kassel2.post(f"{item}/lease"))[0] == 409
    assert doors.kassel.delete(f"{item}/lease", headers=token).status_code == 204
    assert doors.kassel2.post(f"{item}/lease").status_code == 200


def test_a_payment_relevant_item_closes_only_after_a_reasoned_no(doors: Doors) -> None:
    item, token = doors.take("Neues Konto")
    closing = {"json": {"reason": "done"}, "headers": token}
    assert code_of(doors.kassel.post(f"{item}/close", **closing)) == (422, "item.receipt_missing")
    assert doors.kassel.post(f"{item}/waiver", json={"reason": REASON}, headers=token).is_success
    assert doors.kassel.post(f"{item}/close", **closing).status_code == 204
    assert doors.kassel.get(item).json()["item"]["state"] == "closed"


def test_a_hand_over_is_ordered_once(doors: Doors) -> None:
    item, token = doors.take("Neues Konto")
    ordered = [doors.kassel.post(f"{item}/handover", json={}, headers=token) for _ in range(2)]
    assert [answer.status_code for answer in ordered] == [202, 202]
    assert ordered[0].json() == ordered[1].json()


def test_a_correction_replaces_the_verdict(doors: Doors) -> None:
    item, token = doors.take("Krankmeldung")
    said = {"concerns": ["termin"], "payment_relevant": "no", "reason": REASON}
    assert doors.kassel.post(f"{item}/correction", json=said, headers=token).status_code == 204
    view = doors.kassel.get(item).json()
    assert view["corrected"]
    assert view["verdict"]["concerns"][0]["code"] == "termin"
    assert view["verdict"]["payment_relevant"] == "no"


def test_a_park_day_that_is_free_moves_on_to_the_next_working_day(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    said = {"until": "2026-11-28", "reason": REASON}
    assert doors.kassel.post(f"{item}/park", json=said, headers=token).status_code == 204
    assert doors.kassel.get(item).json()["item"]["parked_until"] == "2026-11-30"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"concerns": ["sonstiges", "au"]}, "correction.stands_alone"),
        ({"concerns": ["au"], "kundennummer": "12"}, "correction.kundennummer"),
    ],
)
def test_a_correction_by_a_program_is_held_to_what_the_page_asks(
    doors: Doors, said: dict[str, object], code: str
) -> None:
    item, token = doors.take("Krankmeldung")
    body = {"payment_relevant": "yes"} | said
    answer = doors.kassel.post(f"{item}/correction", json=body, headers=token)
    assert code_of(answer) == (422, code)


def test_a_concern_that_is_named_twice_counts_once(doors: Doors) -> None:
    item, token = doors.take("Krankmeldung")
    said = {"concerns": ["au", "termin", "au"], "payment_relevant": "yes"}
    assert doors.kassel.post(f"{item}/correction", json=said, headers=token).status_code == 204
    found = doors.kassel.get(item).json()["verdict"]["concerns"]
    assert [one["code"] for one in found] == ["au", "termin"]


@pytest.mark.parametrize("until", ["2062-11-28", "9999-12-31"])
def test_a_park_day_after_a_year_is_a_slip(doors: Doors, until: str) -> None:
    item, token = doors.take("Termin absagen")
    said = {"until": until, "reason": REASON}
    answer = doors.kassel.post(f"{item}/park", json=said, headers=token)
    assert code_of(answer) == (422, "item.park_too_far")


def test_a_parked_item_is_out_of_the_line(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    said = {"until": "2026-11-30", "reason": REASON}
    assert doors.kassel.post(f"{item}/park", json=said, headers=token).status_code == 204
    assert doors.kassel.get(item).json()["item"]["parked_until"] == "2026-11-30"
    assert doors.kassel.post("/v1/agencies/435/items/next").status_code == 204


@pytest.mark.parametrize(
    ("deed", "said"),
    [("return", {"reason": REASON}), ("forward", {"agency_code": "123", "reason": REASON})],
)
def test_an_item_given_away_counts_its_hops(doors: Doors, deed: str, said: dict[str, Any]) -> None:
    item, token = doors.take("Termin absagen")
    response = doors.kassel.post(f"{item}/{deed}", json=said, headers=token)
    assert (response.status_code, response.json()) == (200, {"hops": 1})


@pytest.mark.parametrize("said", [{"reason": "never heard"}, {}, {"reason": "done", "force": True}])
def test_a_request_with_words_we_do_not_know_is_refused(doors: Doors, said: dict[str, Any]) -> None:
    item, token = doors.take("Termin absagen")
    response = doors.kassel.post(f"{item}/close", json=said, headers=token)
    assert code_of(response) == (422, "request.invalid")
