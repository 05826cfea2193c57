"""`If-Match` on writes to an item: what has gone on is not written over, and nothing is done."""

from typing import Any

import pytest
import sqlalchemy as sa

from store.tables.ledger import item as table
from tests.api.conftest import Doors
from triage import work
from triage.desk import holding

WRITES = {
    "park": {"until": "2026-12-01", "reason": "wartet auf Unterlagen"},
    "return": {"reason": "weil es dorthin gehört"},
    "forward": {"agency_code": "411", "reason": "weil es dorthin gehört"},
    "correction": {
        "concerns": ["termin"],
        "payment_relevant": "no",
        "kundennummer": None,
        "reason": "",
    },
    "close": {"reason": "done"},
}


@pytest.mark.parametrize("deed", list(WRITES))
def test_a_write_to_an_older_version_does_nothing_and_to_this_one_does(
    doors: Doors, deed: str
) -> None:
    item, token = doors.take("Termin absagen")
    etag = doors.kassel.get(item).headers["etag"]
    old = doors.kassel.post(
        f"{item}/{deed}", json=WRITES[deed], headers=token | {"If-Match": 'W/"99"'}
    )
    assert (old.status_code, old.json()["code"]) == (412, "item.precondition")
    assert doors.kassel.get(item).headers["etag"] == etag
    done = doors.kassel.post(
        f"{item}/{deed}", json=WRITES[deed], headers=token | {"If-Match": etag}
    )
    assert done.status_code < 300, done.text


def test_of_two_writes_to_the_version_that_both_have_seen_the_second_does_nothing(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one comes after the door has let the second one in, and before its deed."""
    item, token = doors.take("Termin absagen")
    etag = doors.kassel.get(item).headers["etag"]
    correct = work.correct

    def late(*asked: Any) -> None:
        correct(*asked)
        correct(*asked)

    monkeypatch.setattr(work, "correct", late)
    second = doors.kassel.post(
        f"{item}/correction", json=WRITES["correction"], headers=token | {"If-Match": etag}
    )
    assert (second.status_code, second.json()["code"]) == (412, "item.precondition")
    trail = doors.admin.get("/v1/admin/trail?limit=500").json()["entries"]
    assert [one["action"] for one in trail].count("item.corrected") == 1


def test_an_item_that_went_on_since_is_not_freed(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, _ = doors.take("Termin absagen")
    etag = doors.kassel.get(item).headers["etag"]
    free = holding.free

    def late(*asked: Any) -> None:
        free(*asked)
        free(*asked)

    monkeypatch.setattr(holding, "free", late)
    second = doors.admin.post(f"{item}/free", headers={"If-Match": etag})
    assert (second.status_code, second.json()["code"]) == (412, "item.precondition")


def test_a_tag_of_before_a_restore_fits_no_item_that_has_the_number_since(doors: Doors) -> None:
    """Numbers are given out again, and most items were written equally often."""
    item, token = doors.take("Termin absagen")
    etag = doors.kassel.get(item).headers["etag"]
    doors.clock.forward(seconds=60)
    with doors.house.db.write() as tx:
        tx.run(sa.update(table).values(created_at=doors.clock()))
    assert doors.kassel.get(item, headers={"If-None-Match": etag}).status_code == 200
    closed = doors.kassel.post(
        f"{item}/close", json=WRITES["close"], headers=token | {"If-Match": etag}
    )
    assert (closed.status_code, closed.json()["code"]) == (412, "item.precondition")
    assert doors.admin.post(f"{item}/free", headers={"If-Match": etag}).status_code == 412
    of_before = etag.rpartition("-")[0] + '"'
    assert doors.admin.post(f"{item}/free", headers={"If-Match": of_before}).status_code == 204


def test_a_tag_that_is_none_is_refused_and_a_star_is_whatever_is_there(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    bad = doors.kassel.post(
        f"{item}/close", json=WRITES["close"], headers=token | {"If-Match": "new"}
    )
    assert (bad.status_code, bad.json()["code"]) == (422, "etag.bad")
    star = doors.kassel.post(
        f"{item}/close", json=WRITES["close"], headers=token | {"If-Match": "*"}
    )
    assert star.status_code == 204


def test_who_may_not_see_an_item_learns_nothing_of_its_version(doors: Doors) -> None:
    item, token = doors.take("Termin absagen")
    for etag in ('W/"1"', 'W/"2"'):
        answer = doors.hamburg.post(
            f"{item}/close", json=WRITES["close"], headers=token | {"If-Match": etag}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "item.unknown")
        assert doors.nobody.post(
            f"{item}/close", json=WRITES["close"], headers={"If-Match": etag}
        ).status_code in {401, 422}
