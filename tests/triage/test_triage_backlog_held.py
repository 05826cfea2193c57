"""What stands in memory while a backlog waits in a postbox: counted in objects, not in bytes."""

import gc
from collections import Counter
from pathlib import Path

import pytest

from ingest.maildir.disk import MailFile
from rules.postbox import FolderView, Place
from store.mails import keeping
from store.mails.keeping import Arrival
from store.places import sightings
from store.places.sightings import Sighting
from tests.house_fixture import Clock, open_house
from triage import receive
from triage.follow_moves import Reconciled
from triage.house import House
from triage.reconcile import reconcile

WAITING = 300


@pytest.fixture
def house(sqlite_url: str, clock: Clock) -> House:
    """On one engine: what is counted is ours."""
    return open_house(sqlite_url, clock=clock)


def held() -> Counter[str]:
    """How many of these are alive now."""
    kinds = (MailFile, Path, Place, Sighting)
    return Counter(
        kind.__name__ for one in gc.get_objects() for kind in kinds if isinstance(one, kind)
    )


def test_a_backlog_is_held_by_its_names_alone(house, box, lease, tmp_path, monkeypatch):
    for number in range(WAITING):
        name = f"1700000000.M{number}P1.mx"
        (tmp_path / "postbox/new" / name).write_bytes(b"Subject: %d\r\n\r\n" % number)
    before, seen = held(), []
    real = receive.keep_batch

    def keep(*args, **values):
        seen.append(held() - before)
        return real(*args, **values)

    monkeypatch.setattr(receive, "keep_batch", keep)
    receive.receive(house, box, lease, region="Südwest", until=house.clock())
    (waiting,) = seen
    assert waiting["MailFile"] == WAITING  # one small object a mail: its name, once
    assert sum(waiting.values()) < WAITING + 3 * house.policy.batch_mails


def test_a_look_holds_a_page_of_what_lies_in_a_folder(house, box, lease, monkeypatch):
    with house.db.write() as tx:
        keeping.keep_many(
            tx,
            [
                Arrival(b"x", house.clock(), "postbox", postbox=box.name, place=place)
                for place in (Place("INBOX", "maildir", f"{n}.M1.mx") for n in range(WAITING))
            ],
            now=house.clock(),
        )
    monkeypatch.setattr(sightings, "PAGE_SIZE", 50)
    seen = []
    real = sightings.live_pages

    def paged(*args, **values):
        for page in real(*args, **values):
            yield page
            del page
            seen.append(held()["Sighting"])

    monkeypatch.setattr(sightings, "live_pages", paged)
    seen_now = [FolderView("INBOX", "maildir", tuple(f"{n}.M1.mx" for n in range(WAITING)))]
    monkeypatch.setattr(box, "view", lambda _: seen_now[0])
    assert reconcile(house, box, lease) == Reconciled()
    assert len(seen) == WAITING // 50 + 1
    assert max(seen) <= 2 * 50
