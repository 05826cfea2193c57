"""The loops go on whatever a round does, and say how it went."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import structlog

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.errors import Refused, TryLater
from store.mails import aside
from store.processes import leases
from store.sending import outgoing
from store.sending.outgoing import NewOutgoing
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, clerk, eml, make_house, sqlite_url
from tests.triage.way import Eakte, Post, bring_in, states
from tests.waiting import until
from triage import accept, log, reconcile, rounds, send, sort_turns
from triage import aside as set_aside
from triage.ports import INBOX
from triage.postboxes.round import BUSY_PAUSES, PostboxJob, PostboxRound
from triage.watch import health
from triage.wiring import postboxes
from triage.worker import Worker


def run(worker: Worker, reached: Callable[[], object]) -> None:
    """Run until that is so, however busy the machine is."""
    worker.start()
    try:
        until(reached)
    finally:
        worker.stop()


def told(house) -> set[str]:
    """The names of what health tells of."""
    return {check.name for check in health.ready(house)}


def test_a_postbox_that_is_away_does_not_hold_up_the_others(house, box, tmp_path):
    away = MaildirPostbox("SC-Ost", tmp_path / "not mounted")
    box.append("INBOX", eml("Krankmeldung"))
    jobs = tuple(
        PostboxJob(name=b.name, region="Südwest", open=lambda b=b: b, files=True)
        for b in (away, box)
    )
    worker = Worker(house, send.Outlets(Eakte(), Post()), jobs, poll_seconds=0.02)
    worker.start()
    try:
        until(lambda: states(house) == {"sorted": 1})
    finally:
        worker.stop()
    checks = {check.name: check for check in health.ready(house)}
    assert checks["postbox:SC-Ost"].message == "postbox.away"
    assert checks["postbox:SC-Ost"].remedy
    assert not checks["postbox:SC-Ost"].needed
    assert checks["postbox:SC-Südwest"].ok
    assert checks["database"].ok


def test_a_backlog_that_takes_longer_than_the_lease_is_kept_and_filed_by_turns(
    house, box, clock, monkeypatch
):
    for number in range(6):
        box.append("INBOX", b"Subject: %d\r\n\r\n" % number)
    whole, filed_beside = box.fetch, []

    def slow(folder, epoch, uids):
        for mail in whole(folder, epoch, uids):
            if folder == INBOX:
                clock.forward(seconds=31)  # six of them outlast the lease of 120 s
                filed_beside.append(len(box.view(INBOX).uids) < 6)
            yield mail

    monkeypatch.setattr(box, "fetch", slow)
    one_each = replace(house, policy=replace(house.policy, batch_mails=1))
    job = PostboxJob(name=box.name, region="Südwest", open=lambda: box, files=True)
    worker = Worker(one_each, send.Outlets(Eakte(), Post()), (job,), poll_seconds=1)
    a_round = PostboxRound(worker, job)
    with structlog.testing.capture_logs() as said:
        while box.view(INBOX).uids:
            assert worker._one_round(f"postbox:{box.name}", a_round)
            one_sorter.sort_pending(one_each)
    assert states(house) == {"sorted": 6}
    assert any(filed_beside)
    assert not [line for line in said if line.get("code") == "lease.lost"]


def test_a_mail_goes_from_station_to_station_without_waiting_for_a_poll(house, box):
    job = PostboxJob(name=box.name, region="Südwest", open=lambda: box, files=True)
    worker = Worker(house, send.Outlets(Eakte(), Post()), (job,), poll_seconds=3600)
    box.append(INBOX, eml("Krankmeldung"))
    run(worker, lambda: states(house) == {"sorted": 1} and not box.view(INBOX).uids)


def test_while_a_backlog_is_sorted_the_postbox_is_left_alone_until_the_last_batch(
    house, box, monkeypatch
):
    job = PostboxJob(name=box.name, region="Südwest", open=lambda: box, files=True)
    worker = Worker(house, send.Outlets(Eakte(), Post()), (job,), poll_seconds=3600)
    worker._boxes = [PostboxRound(worker, job)]
    ring = threading.Event()
    worker._wakes = {f"postbox:{box.name}": ring}
    batches = [0, rounds.SORT_BATCH, rounds.SORT_BATCH, 0, 0, 1]
    monkeypatch.setattr(sort_turns, "one_round", lambda *_: batches.pop(0))
    woken = []
    while batches:
        worker._sort()
        woken.append(ring.is_set())
        ring.clear()
    assert woken == [False, False, False, True, False, True]


def test_a_postbox_that_is_never_idle_is_looked_at_more_seldom_but_is(house, box, monkeypatch):
    looks, look = [], reconcile.reconcile
    monkeypatch.setattr(reconcile, "reconcile", lambda *a, **k: looks.append(1) or look(*a, **k))
    worker = Worker(house, send.Outlets(Eakte(), Post()), (), poll_seconds=1)
    a_round = PostboxRound(worker, PostboxJob(box.name, "Südwest", lambda: box, files=True))
    found = []
    for number in range(2 * BUSY_PAUSES + 1):
        box.append("INBOX", b"Subject: %d\r\n\r\n" % number)
        assert a_round() == 1
        found.append(len(looks))
        house.clock.forward(seconds=house.policy.look_seconds)
    assert found == [1] * BUSY_PAUSES + [2] * BUSY_PAUSES + [3]


def test_a_clock_that_was_set_back_puts_off_no_look_at_the_folders(house, box, monkeypatch):
    looks, look = [], reconcile.reconcile
    monkeypatch.setattr(reconcile, "reconcile", lambda *a, **k: looks.append(1) or look(*a, **k))
    worker = Worker(house, send.Outlets(Eakte(), Post()), (), poll_seconds=1)
    a_round = PostboxRound(worker, PostboxJob(box.name, "Südwest", lambda: box, files=True))
    for back in (0, 5, 0):
        house.clock.forward(hours=-back)
        assert a_round() == 0
    assert len(looks) == 2


def test_only_the_worker_that_holds_a_postbox_tells_how_it_is(house, tmp_path):
    """The others wait for it to fall free, and would call it well while its server is away."""
    away = MaildirPostbox("SC-Ost", tmp_path / "not mounted")
    job = PostboxJob(name=away.name, region="Ost", open=lambda: away, files=True)
    holder, other = (Worker(house, send.Outlets(Eakte(), Post()), (job,), 0.02) for _ in range(2))
    for worker in (holder, other):
        worker._one_round("postbox:SC-Ost", PostboxRound(worker, job))
    checks = {check.name: check.message for check in health.ready(house)}
    assert checks["postbox:SC-Ost"] == "postbox.away"


def test_a_bug_in_a_round_is_told_without_words_and_the_next_round_runs(house, capsys):
    class Broken(Eakte):
        rounds = 0

        def receipts(self):
            Broken.rounds += 1
            raise ZeroDivisionError("Kundennummer 123A456789")

    log.configure(json_lines=True)
    worker = Worker(house, send.Outlets(Broken(), Post()), (), poll_seconds=0.02)
    run(worker, lambda: Broken.rounds > 1)
    assert Broken.rounds > 1
    lines = capsys.readouterr().err
    assert "ZeroDivisionError" in lines
    assert "123A456789" not in lines
    checks = {check.name: check.message for check in health.ready(house)}
    assert checks["send"] == "bug"


def test_a_folder_that_can_not_be_made_is_named_and_the_others_are(house, tmp_path):
    root = tmp_path / "box"
    create_tree(root)
    (root / "435 Kassel").write_text("a file where the folder should be")
    job = PostboxJob(
        "SC-Südwest", "Südwest", lambda: MaildirPostbox("SC-Südwest", root), files=True
    )
    worker = Worker(house, send.Outlets(Eakte(), Post()), (job,), poll_seconds=0.02)
    run(worker, lambda: {"folders:SC-Südwest", "postbox:SC-Südwest"} <= told(house))
    checks = {check.name: check for check in health.ready(house)}
    assert not checks["folders:SC-Südwest"].ok
    assert "1: 435 Kassel" in checks["folders:SC-Südwest"].message
    assert (root / "431 Hanau" / "cur").is_dir()
    assert checks["postbox:SC-Südwest"].ok


def test_a_round_that_does_not_end_in_time_keeps_its_lease(house, box):
    """Its command may be under way on the server: nobody may take the postbox over at once."""
    entered, goes_on = threading.Event(), threading.Event()

    class Hanging:
        name = box.name

        def __getattr__(self, name):
            return getattr(box, name)

        def ensure_folder(self, folder):
            entered.set()
            goes_on.wait(30)
            return False

    job = PostboxJob(name=box.name, region="Südwest", open=Hanging, files=True)
    worker = Worker(house, send.Outlets(Eakte(), Post()), (job,), poll_seconds=0.02)
    worker.start()
    assert entered.wait(30)
    worker.stop(timeout_seconds=0.1)
    with house.db.write() as tx:
        taken = leases.take(tx, f"postbox:{box.name}", owner="next", now=house.clock(), seconds=60)
    goes_on.set()
    for thread in worker._threads:
        thread.join(30)
    assert taken is None


def test_a_worker_that_is_stopped_while_the_database_is_away_ends_in_order(house, box, capsys):
    class Away:
        def write(self):
            raise TryLater("store.away", "gone")

    log.configure(json_lines=True)
    job = PostboxJob(name=box.name, region="Südwest", open=lambda: box, files=True)
    worker = Worker(house, send.Outlets(Eakte(), Post()), (job,), poll_seconds=0.02)
    run(worker, lambda: worker._boxes[0]._lease)
    worker.house = replace(house, db=Away())
    worker.stop()
    assert '"lease.not_released"' in capsys.readouterr().err


def test_a_loop_that_fell_silent_is_named(house, clock):
    worker = Worker(house, send.Outlets(Eakte(), Post()), (), poll_seconds=0.02)
    run(worker, lambda: "keep_order" in told(house))
    for minutes in (6, -12):  # by a clock that was set back since, too
        clock.forward(minutes=minutes)
        assert {check.message for check in health.ready(house) if not check.ok} == {"silent"}


def test_a_database_that_is_away_is_not_ready(house):
    class Away:
        def ping(self):
            raise TryLater("store.away", "locked")

    (check,) = health.ready(replace(house, db=Away()))
    assert (check.name, check.ok, check.needed, check.message) == (
        "database",
        False,
        True,
        "store.away",
    )


def test_an_outgoing_row_that_breaks_the_sender_is_a_dead_letter(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    with house.db.write() as tx:
        bad = outgoing.order(
            tx, NewOutgoing("reply", "k-1", {"text_id": 1}, None, 1), now=house.clock()
        )
        good = outgoing.order(tx, NewOutgoing("eakte", "k-2", {}, None, 1), now=house.clock())
    rounds.send_round(house, send.Outlets(Eakte(), Post()), "w-1")
    with house.db.read() as tx:
        assert outgoing.get(tx, bad).state.value == "dead"
        assert outgoing.get(tx, good).state.value == "receipted"


def test_handed_in_mail_that_breaks_the_judge_lies_aside_and_can_be_replayed(house):
    seen = accept.hand_in(house, MACHINE, eml("explodiere"))
    assert (seen.state, seen.verdict, seen.item_id) == ("aside", None, None)
    (row,) = set_aside.listing(house, ADMIN)
    assert (row.step, row.reason_code) == ("sort", "bug")
    set_aside.replay(house, ADMIN, row.message_id)
    assert one_sorter.sort_pending(house) == 1
    (again,) = set_aside.listing(house, ADMIN)
    assert again.message_id == row.message_id


def test_machine_mail_can_be_taken_in_by_a_person(house, box, lease):
    bring_in(house, box, lease, eml("Abwesend", Auto_Submitted="auto-replied"))
    (row,) = set_aside.listing(house, ADMIN)
    item = set_aside.take_in(house, ADMIN, row.message_id)
    assert states(house) == {"sorted": 1}
    assert item > 0
    with house.db.read() as tx:
        assert aside.count(tx) == 0
    with pytest.raises(Refused) as denied:
        set_aside.listing(house, clerk("435"))
    assert denied.value.code == "access.denied"


def test_observe_mode_writes_nothing_to_the_postbox(tmp_path, clock):
    from triage.settings import check

    root = tmp_path / "box"
    create_tree(root)
    settings = check(
        {
            "postboxes": [
                {
                    "kind": "maildir",
                    "name": "a",
                    "region": "Ost",
                    "root": str(root),
                    "mode": "observe",
                }
            ]
        },
        base=tmp_path,
    )
    MaildirPostbox("a", root).append("INBOX", eml("Krankmeldung"))
    before = sorted(path for path in root.rglob("*"))
    house = make_house(sqlite_url(tmp_path), clock=clock)
    jobs = postboxes.postbox_jobs(settings)
    worker = Worker(house, send.Outlets(Eakte(), Post()), jobs, poll_seconds=0.02)
    run(worker, lambda: states(house) == {"sorted": 1} and "postbox:a" in told(house))
    assert states(house) == {"sorted": 1}
    assert sorted(path for path in root.rglob("*")) == before
    house.db.close()
