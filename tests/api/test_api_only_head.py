"""A mail of which only the head is here, at the doors: what is told, and what is refused."""

import pytest

from rules.postbox import TOO_LARGE, Place
from store.mails import keeping
from tests import one_sorter
from tests.api.conftest import Doors
from tests.house_fixture import eml

MAIL = eml("Unterlagen", "x" * 3000)
HEAD = MAIL[: MAIL.index(b"\n\n") + 2]
FOLDER = "435 Kassel/Sonstiges"


@pytest.fixture
def taken(doors: Doors) -> tuple[str, dict[str, str]]:
    """Its item in the hands of Kassel's clerk: path, and the token's header."""
    now = doors.clock()
    arrival = keeping.Arrival(
        HEAD,
        now,
        "postbox",
        "SC-Südwest",
        "Südwest",
        Place(FOLDER, "maildir", "1"),
        size_bytes=60_000_000,
        reason=TOO_LARGE,
    )
    with doors.house.db.write() as tx:
        keeping.keep(tx, arrival, now=now)
    one_sorter.sort_pending(doors.house)
    claim = doors.kassel.post("/v1/agencies/435/items/next").json()
    return f"/v1/items/{claim['item_id']}", {"X-Lease-Token": claim["lease_token"]}


def test_item_and_mail_say_why_how_large_and_where(doors: Doors, taken) -> None:
    assert doors.kassel.get(taken[0]).json()["only_head"] == {
        "reason": TOO_LARGE,
        "size_bytes": 60_000_000,
        "postbox": "SC-Südwest",
        "folder": FOLDER,
    }
    assert doors.kassel.get("/v1/mails/1").json()["only_head"] == TOO_LARGE
    assert doors.kassel.get("/v1/mails/1/original").content == HEAD


def test_a_whole_mail_has_no_such_word(doors: Doors) -> None:
    item, _ = doors.take("Krankmeldung")
    assert doors.kassel.get(item).json()["only_head"] is None
    assert doors.kassel.get("/v1/mails/1").json()["only_head"] == ""


def test_the_hand_over_is_refused_with_its_code_and_remedy(doors: Doors, taken) -> None:
    item, token = taken
    refused = doors.kassel.post(f"{item}/handover", json={}, headers=token)
    assert (refused.status_code, refused.json()["code"]) == (422, "mail.head_only")
