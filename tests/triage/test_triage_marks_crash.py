"""Killed at any point while marks are written and read back: each mark once, each effect once.

The crash matrix of test_triage_crash.py for marks. One clerk has taken a mail, another was closed,
a third was marked by a person; then the worker dies, and others finish.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.wire import ExchangeAccount
from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.item import CloseReason
from rules.marks import Effect, MarkBook, MarkRule, fold
from rules.postbox import MarkChange, Place
from store.acts import marks_seen
from store.processes import leases
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import Clock, clerk, eml, open_house
from tests.servers.exchange import ExchangeServer
from tests.triage.mortal import Countdown, Crash, MortalBox, MortalDatabase
from tests.triage.way import states
from triage import receive, work
from triage.filing import filing
from triage.house import House, MarksPolicy
from triage.marks import read as marks_read
from triage.marks import written as marks_written
from triage.ports import Postbox

POLICY = MarksPolicy(book=MarkBook(people=(MarkRule("Erledigt", Effect.DONE),)))
TERMIN = "435 Kassel/Termin"


def a_house(url: str) -> House:
    house = open_house(url, clock=Clock())
    return replace(house, policy=replace(house.policy, marks=POLICY))


def one_pass(house: House, box: Postbox, owner: str) -> None:
    with house.db.write() as tx:
        lease = leases.take(tx, "postbox:SC-Südwest", owner=owner, now=house.clock(), seconds=60)
    if lease is not None:
        marks_written.write_due(house, box, lease)
        marks_read.read(house, box, lease)


def a_morning(house: House, box: Postbox) -> None:
    """Three mails are filed; one is taken, one closed, one marked by a person."""
    with house.db.write() as tx:
        lease = leases.take(tx, "postbox:SC-Südwest", owner="x", now=house.clock(), seconds=60)
    for number in range(3):
        box.append("INBOX", eml("Termin", f"Brief {number}"))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    filing.file_due(house, box, lease)
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    work.close(house, me, claim.item_id, claim.token, reason=CloseReason.DONE)
    work.claim_next(house, me, "435")
    view = box.view(TERMIN)
    box.set_marks(Place(TERMIN, view.epoch, view.uids[2]), MarkChange(add=("Erledigt", "Chef")))
    with house.db.write() as tx:
        leases.release(tx, lease, now=house.clock())


def check(house: House, box: Postbox) -> None:
    view = box.view(TERMIN)
    found = box.marks(TERMIN).by_uid
    assert [sorted(map(fold, found[uid])) for uid in view.uids] == [
        ["postlotse_erledigt"],
        ["postlotse_in_arbeit"],
        ["chef", "erledigt", "postlotse_erledigt"],
    ]
    assert states(house) == {"done": 2, "sorted": 1}
    with house.db.read() as tx:
        seen = [sorted(m.mark for m in marks_seen.of_message(tx, n)) for n in (1, 2, 3)]
        told = [e.action for e in audit.of_subject(tx, "message:3") if e.actor == "Outlook"]
    assert seen == [[], [], ["Chef", "Erledigt"]]
    assert sorted(told) == ["item.closed", "mark.set", "mark.set"]


def walk(
    morning: Callable[[int], tuple[House, Postbox]], *, what: str, when: str, least: int
) -> None:
    points = 0
    while True:
        house, box = morning(points)
        count, idle = Countdown(points), Countdown(10**9)
        pair = {
            "before": count if when == "before" else idle,
            "after": count if when == "after" else idle,
        }
        victim = MortalBox(box, **pair) if what == "postbox" else box
        doomed = replace(house, db=MortalDatabase(house.db, **pair)) if what == "commit" else house
        with suppress(Crash):
            one_pass(doomed, victim, "first")
        for turn in range(3):
            house.clock.forward(seconds=200)
            one_pass(house, box, f"after-{turn}")
        check(house, box)
        house.db.close()
        if not count.dead:
            break
        points += 1
    assert points >= least, "the matrix walked through the whole pass"


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["postbox", "commit"])
def test_every_crash_point_ends_with_each_mark_once(
    sqlite_template: Path, tmp_path: Path, what: str, when: str
) -> None:
    first, tree = tmp_path / "morning.sqlite", tmp_path / "morning"
    shutil.copyfile(sqlite_template, first)
    create_tree(tree)
    house = a_house(f"sqlite:///{first}")
    a_morning(house, MaildirPostbox("SC-Südwest", tree))
    house.db.close()

    def morning(point: int) -> tuple[House, Postbox]:
        shutil.copyfile(first, tmp_path / f"{point}.sqlite")
        shutil.copytree(tree, tmp_path / f"box-{point}")
        box = MaildirPostbox("SC-Südwest", tmp_path / f"box-{point}")
        return a_house(f"sqlite:///{tmp_path / f'{point}.sqlite'}"), box

    walk(morning, what=what, when=when, least=3)


def test_every_crash_point_on_exchange_ends_with_each_mark_once(
    sqlite_template: Path, tmp_path: Path
) -> None:
    """What was done and not heard of: the walk that only a server can fail."""
    with ExchangeServer({"dienst": "geheim"}) as server:
        boxes: list[Postbox] = []

        def morning(point: int) -> tuple[House, Postbox]:
            address = f"box-{point}@dienst.example"
            server.add_mailbox(address, readers={"dienst"})
            account = ExchangeAccount(
                server.url, address, "dienst", "geheim", auth="basic", ca_file=server.ca_file
            )
            boxes.append(ExchangePostbox("SC-Südwest", account))
            shutil.copyfile(sqlite_template, tmp_path / f"{point}.sqlite")
            house = a_house(f"sqlite:///{tmp_path / f'{point}.sqlite'}")
            a_morning(house, boxes[-1])
            return house, boxes[-1]

        walk(morning, what="postbox", when="after", least=3)
        for box in boxes:
            box.close()
    assert server.violations == []
