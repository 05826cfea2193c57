"""Corrections and overdue receipts in pages, at page and API: each row on one page."""

from datetime import timedelta
from typing import Any

import pytest

from api.app import make_app
from api.web import outgoing as outgoing_pages
from api.web import pager
from rules.codes import Concern, PaymentRelevant
from store.desk import items
from store.sending import outgoing, outgoing_claims
from store.sending.outgoing import NewOutgoing
from tests.api.conftest import Doors
from tests.api.desk_person import Person, at_desk
from tests.api.small_door import door_settings
from tests.house_fixture import ADMIN, MACHINE, clerk, eml
from triage import accept, work
from triage.desk.correction import Correction
from triage.learning import relearn

ROWS = 2


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows fill a page."""
    monkeypatch.setattr(pager, "PAGE_ROWS", ROWS)
    monkeypatch.setattr(outgoing_pages, "PAGE_ROWS", ROWS)


@pytest.fixture
def admin(doors: Doors) -> Person:
    return at_desk(make_app(doors.house, door_settings(demo=True)), seat="admin")


@pytest.fixture
def corrected(doors: Doors) -> list[int]:
    """Three mails that a clerk corrected; their messages."""
    me, ids = clerk("435"), []
    for number in range(3):
        kept = accept.hand_in(doors.house, MACHINE, eml(f"Termin {number}", "34117 Kassel"))
        with doors.house.db.read() as tx:
            item = items.of_message(tx, kept.message_id)
        assert item
        claim = work.claim_item(doors.house, me, item.id)
        said = Correction((Concern.BERATUNG,), PaymentRelevant.NO)
        work.correct(doors.house, me, claim.item_id, claim.token, said)
        work.release(doors.house, me, claim.item_id, claim.token)
        ids.append(kept.message_id)
    return ids


@pytest.fixture
def late(doors: Doors) -> list[str]:
    """Three hand-overs that left two days ago and have no receipt; two at the very same moment."""
    now, keys = doors.clock(), ["k1", "k2", "k3"]
    with doors.house.db.write() as tx:
        for number, key in enumerate(keys):
            row = outgoing.order(tx, NewOutgoing("eakte", key, {}, None, None), now=now)
            [claimed] = outgoing_claims.claim(
                tx, kinds=["eakte"], worker="w", now=now, limit=1, lease_seconds=60
            )
            at = now - timedelta(days=2) + timedelta(hours=number // 2)
            outgoing_claims.sent(tx, row, fence=claimed.fence, answer="", now=at)
    return keys


def pages_of(person: Person, url: str, cell: str) -> list[list[str]]:
    """What stands in the first cells of each page, following "Weitere zeigen"."""
    found: list[list[str]] = []
    while url and len(found) < 9:
        page = person.open(url)
        found.append([" ".join(node.text.split()) for node in page.query_selector_all(cell)])
        links = [a for a in page.query_selector_all("a.btn") if a.text.startswith("Weitere")]
        url = links[0].getattr("href") if links else ""
    return found


def calls_of(doors: Doors, path: str, name: str) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    cursor = ""
    while len(found) < 9:
        body = doors.admin.get(f"{path}?limit={ROWS}{cursor}").json()
        found.append(body[name])
        if body["next_cursor"] is None:
            break
        cursor = f"&cursor={body['next_cursor']}"
    return found


def test_each_correction_stands_on_one_page(
    doors: Doors, admin: Person, corrected: list[int]
) -> None:
    shown = pages_of(admin, "/korrekturen", "td.mono")
    assert shown == [[str(one) for one in corrected[:2]], [str(corrected[2])]]
    told = calls_of(doors, "/v1/admin/corrections", "corrections")
    assert [[row["message_id"] for row in page] for page in told] == [
        corrected[:2],
        corrected[2:],
    ]


def test_what_is_decided_leaves_its_page_and_one_stays_there(
    doors: Doors, admin: Person, corrected: list[int]
) -> None:
    first = relearn.waiting(doors.house, ADMIN, limit=1)[0]
    later = f"/korrekturen?nach={first.id}"
    admin.open(later)
    admin.send("ablehnen", grund="kurz")
    assert admin.answer.status_code == 422
    assert [node.text for node in admin.page.query_selector_all("td.mono")] == [
        str(one) for one in corrected[1:]
    ]
    admin.send("bestaetigen")
    assert admin.url == later
    assert [node.text for node in admin.page.query_selector_all("td.mono")] == [str(corrected[2])]


def test_each_overdue_receipt_stands_on_one_page(
    doors: Doors, admin: Person, late: list[str]
) -> None:
    shown = pages_of(admin, "/abgleich", 'section[aria-labelledby="sp"] td.mono')
    assert shown == [late[:2], late[2:]]
    told = calls_of(doors, "/v1/admin/outgoing/late", "late")
    assert [[row["key"] for row in page] for page in told] == [late[:2], late[2:]]


def test_a_cursor_of_nothing_ends_the_list(doors: Doors, late: list[str]) -> None:
    [first, _] = calls_of(doors, "/v1/admin/outgoing/late", "late")
    assert len(first) == ROWS
    gone = doors.admin.get("/v1/admin/outgoing/late?cursor=aTo5OTk").json()
    assert gone == {"late": [], "next_cursor": None}
