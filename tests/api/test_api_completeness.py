"""The proof of the day at the doors: page, door and command tell the same; each for his regions."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from api.app import make_app
from api.doors import ApiKey
from api.web import words
from rules.codes import Role
from rules.postbox import Place
from store.desk import items
from store.mails import keeping
from store.mails.arrivals import Fault
from store.mails.keeping import Arrival
from tests.api.conftest import Doors
from tests.api.desk_person import at_desk
from tests.api.door_client import DoorClient
from tests.api.small_door import bearer, door_settings
from tests.house_fixture import ADMIN, eml
from tests.quick_key import quick_key
from tests.store.samples import new_item
from triage import completeness
from triage.house import House, PostboxPlan
from triage.known import perhaps_twice

PLANS = (
    PostboxPlan("SC-West", "West", is_observed=False),
    PostboxPlan("SC-Ost", "Ost", is_observed=False),
)
WEST, _WEST_HASH = quick_key("admin-west")
ALL, _ALL_HASH = quick_key("admin-all")
KEYS = (
    ApiKey("admin-west", _WEST_HASH, Role.ADMIN, regions=("West",)),
    ApiKey("admin-all", _ALL_HASH, Role.ADMIN),
)


@pytest.fixture
def house(doors: Doors) -> House:
    """One mail in the West, two in the East."""
    house = replace(doors.house, policy=replace(doors.house.policy, postboxes=PLANS))
    now = house.clock()
    with house.db.write() as tx:
        for uid, (region, subject) in enumerate((("West", "a"), ("Ost", "b"), ("Ost", "c"))):
            place = Place("INBOX", "1", str(uid))
            arrival = Arrival(
                eml(subject), now, "postbox", postbox=f"SC-{region}", region=region, place=place
            )
            keeping.keep(tx, arrival, now=now)
    return house


def lose_one(house: House) -> int:
    """As a restored backup would: arrivals stay, a row of the ledger is missing."""
    with house.db.write() as tx:
        run = tx.connection.exec_driver_sql
        number: int = run("SELECT max(id) FROM message").scalar_one()
        run("DELETE FROM sighting WHERE message_id = (SELECT max(id) FROM message)")
        run("DELETE FROM message WHERE id = (SELECT max(id) FROM message)")
    return number


def rows_of(house: House, day: str = "") -> tuple[list[str], int]:
    person = at_desk(make_app(house, door_settings(demo=True)), seat="admin")
    person.open(f"/vollzaehligkeit?tag={day}")
    rows = [
        " ".join(cell.text.strip() for cell in row.query_selector_all("th, td"))
        for row in person.page.query_selector_all("tbody tr")
    ]
    return rows, person.answer.status_code


def test_the_page_shows_each_postbox_and_the_sum_of_all_ways(house: House) -> None:
    rows, _ = rows_of(house)
    assert [row.split()[:2] for row in rows] == [
        ["SC-West", "1"],
        ["SC-Ost", "2"],
        ["Alle", "Wege"],
    ]
    assert all("vollzählig" in row for row in rows)


def test_a_lost_mail_is_named_once_with_its_postbox_and_what_to_do(house: House) -> None:
    number = lose_one(house)
    rows, _ = rows_of(house, "23.11.2026")
    named = [row for row in rows if row.startswith(str(number))]
    assert len(named) == 1
    assert "SC-Ost" in named[0]
    assert "Sicherung" in named[0]
    assert [("vollzählig" in row) for row in rows[:3]] == [True, False, False]


def test_all_sums_together_say_what_each_says_alone_and_read_the_day_once(
    house: House,
) -> None:
    lose_one(house)
    names = [box.name for box in house.policy.postboxes]
    alone = tuple(completeness.of_day(house, ADMIN, postbox=name) for name in (*names, None))
    statements: list[str] = []

    def note(_c: object, _cur: object, text: str, *_: object) -> None:
        statements.append(text)

    with house.db.read() as tx:
        sa.event.listen(tx.connection.engine, "before_cursor_execute", note)
    assert completeness.proof_of_day(house, ADMIN) == alone
    # In one pass; and as not all is well: seen, states, arrivals that are odd, rows that are odd.
    assert len([text for text in statements if text.startswith("SELECT")]) == 1 + 4


def test_another_day_is_empty_and_no_day_is_said_so(house: House) -> None:
    assert rows_of(house, "22.11.2026")[0][0].split()[:2] == ["SC-West", "0"]
    assert rows_of(house, "31.02.2026")[1] == 422


def test_an_admin_of_a_region_gets_the_sums_of_its_postboxes_only(house: House) -> None:
    app = make_app(house, door_settings(keys=KEYS))
    west, everywhere = DoorClient(app, bearer(WEST)), DoorClient(app, bearer(ALL))
    path = "/v1/admin/completeness"
    assert west.get(f"{path}?postbox=SC-West").json()["seen"] == 1
    assert everywhere.get(path).json()["seen"] == 3
    for asked in ("?postbox=SC-Ost", ""):
        refused = west.get(f"{path}{asked}")
        assert (refused.status_code, refused.json()["code"]) == (404, "postbox.unknown")


def test_each_fault_has_words_and_a_remedy() -> None:
    assert set(words.DIFFERENCES) == {fault.value for fault in Fault}


def test_the_line_of_a_pair_names_items_and_a_reason_that_the_desk_offers(house: House) -> None:
    with house.db.write() as tx:
        perhaps_twice._tell(tx, [(2, 3)], postbox="SC-Ost", now=house.clock())
        one, other = (items.create(tx, new_item(id_), now=house.clock()) for id_ in (3, 2))
    (told,) = (row for row in rows_of(house)[0] if row.startswith("2 3 SC-Ost"))
    assert f"Vorgang {other} oder {one}" in told
    assert f"„{words.CLOSE_REASONS['nothing_to_do']}“" in told


def test_what_may_be_one_mail_is_named_until_one_of_the_two_is_gone(house: House) -> None:
    with house.db.write() as tx:
        perhaps_twice._tell(tx, [(2, 3)], postbox="SC-Ost", now=house.clock())
    (told,) = (row for row in rows_of(house)[0] if row.startswith("2 3 SC-Ost"))
    assert "einen der beiden Vorgänge" in told
    app, path = make_app(house, door_settings(keys=KEYS)), "/v1/admin/perhaps-twice"
    (pair,) = DoorClient(app, bearer(ALL)).get(path).json()
    assert (pair["postbox"], pair["message_id"], pair["other_id"]) == ("SC-Ost", 2, 3)
    assert DoorClient(app, bearer(WEST)).get(path).json() == []
    assert lose_one(house) == 3
    assert not [row for row in rows_of(house)[0] if row.startswith("2 3")]
