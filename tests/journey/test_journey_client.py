"""The client of one file, as a program would use it, against real doors on a socket."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from api.app import make_app
from api.doors import ApiKey
from api.serve import start_in_thread
from clients.postlotse_client import Away, CloseIn, Line, ParkIn, Postlotse, Problem, ReadRunIn
from rules.codes import Role
from store.trail import audit
from tests.api.attachment_samples import image, mail_with
from tests.api.small_door import door_settings
from tests.house_fixture import eml, make_house
from tests.quick_key import quick_key
from triage.house import House

pytestmark = pytest.mark.journey

ROLES = {"machine": Role.AUTOMATION, "clerk": Role.CLERK, "admin": Role.ADMIN}
KEYS = {name: quick_key(name) for name in ROLES}


@dataclass
class Doors:
    house: House
    url: str
    lines: list[Line] = field(default_factory=list)

    def of(self, name: str, **more: object) -> Postlotse:
        self.lines.append(Line(self.url, KEYS[name][0], **more))
        return Postlotse(self.lines[-1])


@pytest.fixture
def doors(sqlite_url: str) -> Iterator[Doors]:
    house = make_house(sqlite_url)
    keys = tuple(
        ApiKey(name, KEYS[name][1], role, ("435",) if role is Role.CLERK else None)
        for name, role in ROLES.items()
    )
    server = start_in_thread(make_app(house, door_settings(keys=keys)))
    found = Doors(house, server.url)
    yield found
    for line in found.lines:
        line.close()
    server.stop()
    house.db.close()


def test_a_mail_goes_from_hand_in_to_done(doors: Doors) -> None:
    machine, clerk = doors.of("machine"), doors.of("clerk")
    kept = machine.post_mails(mail_with("Termin absagen", ("a.png", "image/png", image())))
    assert kept.verdict is not None
    assert kept.verdict.agency.code == "435"
    claim = clerk.post_agency_items_next("435")
    assert claim is not None
    assert claim.item_id == kept.item_id
    view = clerk.get_item(claim.item_id)
    etag = clerk.line.etag
    assert view is not None
    assert view.item.state == "held"
    assert view.item.received_at.tzinfo is not None
    assert clerk.get_item(claim.item_id, if_none_match=etag) is None
    png = clerk.get_item_attachment_page(claim.item_id, 1, 1, side=64)
    assert png.startswith(b"\x89PNG")
    clerk.post_item_close(
        claim.item_id, CloseIn(reason="done"), lease_token=claim.lease_token, if_match=etag
    )
    assert machine.get_mail(kept.message_id).state == "done"
    assert clerk.post_agency_items_next("435") is None


def test_problems_come_with_their_code(doors: Doors) -> None:
    clerk = doors.of("clerk")
    with pytest.raises(Problem) as unknown:
        clerk.get_item(99)
    assert (unknown.value.status, unknown.value.code) == (404, "item.unknown")
    doors.of("machine").post_mails(eml("Termin absagen"))
    claim = clerk.post_agency_items_next("435")
    assert claim is not None
    with pytest.raises(Problem) as stale:
        clerk.post_item_close(claim.item_id, CloseIn(reason="done"), lease_token="old")
    assert stale.value.code == "item.lease_stale"
    with pytest.raises(Problem) as changed:
        clerk.post_item_park(
            claim.item_id,
            ParkIn(until=doors.house.today(), reason="wartet auf Unterlagen"),
            lease_token=claim.lease_token,
            if_match='W/"99"',
        )
    assert (changed.value.status, changed.value.code) == (412, "item.precondition")


@pytest.mark.parametrize("read", [(), (None,), (ReadRunIn(hash="0" * 64),)])
def test_a_body_that_may_be_left_out_is_no_body(doors: Doors, read: tuple[ReadRunIn, ...]) -> None:
    with pytest.raises(Problem) as unknown:
        doors.of("admin").post_admin_retention_run_reject(1, *read)
    assert unknown.value.code == "sweep.unknown"


def test_a_repeated_post_is_done_once(doors: Doors) -> None:
    machine = doors.of("machine")
    first = machine.post_mails(eml("Termin"), idempotency_key="k-1")
    assert not machine.line.replayed
    again = machine.post_mails(eml("Termin"), idempotency_key="k-1")
    assert machine.line.replayed
    assert again == first


def test_lists_are_walked_by_their_cursor(doors: Doors) -> None:
    machine, clerk, admin = doors.of("machine"), doors.of("clerk"), doors.of("admin")
    ids = [machine.post_mails(eml(f"Termin {n}")).item_id for n in range(5)]
    assert sorted(one.item.id for one in clerk.each_agency_items("435", limit=2)) == sorted(ids)
    assert len(list(admin.each_admin_trail(limit=3))) >= 10
    with doors.house.db.write() as tx:
        audit.seal(tx, limit=100)
    told = list(machine.each_events(cursor="0", limit=2))
    assert [one.type for one in told].count("mail.sorted") == 5


def test_a_broken_line_is_tried_again_and_then_told(doors: Doors) -> None:
    pauses: list[float] = []
    gone = Postlotse(Line("http://127.0.0.1:9", tries=3, pause=pauses.append))
    with pytest.raises(Away):
        gone.get_health_live()
    assert len(pauses) == 2
    # The house closes a kept line; the next call opens a new one.
    clerk = doors.of("clerk", pause=pauses.append)
    assert clerk.get_health_live().live
    assert clerk.line._http is not None
    assert clerk.line._http.sock is not None
    clerk.line._http.sock.shutdown(2)
    assert clerk.get_health_live().live


def test_an_answer_that_points_elsewhere_is_told_and_not_followed(doors: Doors) -> None:
    with pytest.raises(Problem) as told:
        doors.of("clerk").line.call("GET", "/v1/texts/")
    assert (told.value.status, told.value.code) == (307, "http.elsewhere")
    assert "/v1/texts" in str(told.value)


def test_each_thread_has_its_own_line(doors: Doors) -> None:
    found: list[bool] = []
    threads = [
        threading.Thread(target=lambda: found.append(doors.of("clerk").get_health_live().live))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [True] * 4
