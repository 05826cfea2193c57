"""The kill switch, and the first day of a postbox that was only observed. On both engines."""

from contextlib import contextmanager
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from ingest.maildir.postbox import MaildirPostbox
from rules.errors import Conflict, Refused
from rules.tasks import Said, TaskKind
from store.acts import ops
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, NOW, clerk, eml
from tests.triage.test_triage_reply import first_choice
from tests.triage.way import Eakte, Post, bring_in, states
from tests.waiting import until
from triage import halting, handover, receive, rounds, tasks, work
from triage.answers import reply
from triage.cli import app as cli
from triage.desk import item_view
from triage.desk.story import BY_HAND
from triage.filing import filing
from triage.halting import Begin
from triage.house import House, PostboxPlan
from triage.postboxes.round import PostboxJob
from triage.send import Outlets
from triage.watch import health, outgoing_alarms
from triage.worker import Worker

WHY = "Ordner auf dem Server werden umgebaut"
BOX = PostboxPlan("SC-Südwest", "Südwest", is_observed=False)
ME = clerk("435")


def stop(house: House) -> None:
    halting.stop_writing(house.db, ADMIN, reason=WHY, now=NOW)


@contextmanager
def working(house: House, box: MaildirPostbox, eakte: Eakte, *, files: bool = True):
    """Two workers on the same postbox, as an office would run them."""
    job = PostboxJob(box.name, "Südwest", lambda: MaildirPostbox(box.name, box._root), files=files)
    two = [Worker(house, Outlets(eakte, Post()), (job,), poll_seconds=0.02) for _ in range(2)]
    for worker in two:
        worker.start()
    try:
        yield
    finally:
        for worker in two:
            worker.stop()


def passes(house: House, *loops: str) -> None:
    """Wait until each loop has done a whole round that began after now."""
    for _ in range(2):
        with house.db.write() as tx:
            tx.connection.exec_driver_sql("DELETE FROM beat")
        until(lambda: set(loops) <= {check.name for check in health.ready(house)})


def tree(box: MaildirPostbox) -> set[str]:
    return {str(path.relative_to(box._root)) for path in box._root.rglob("*")}


def test_while_stopped_two_workers_keep_and_sort_and_nothing_moves_or_leaves(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto", "Kassel 34117 123A456789"))
    claim = work.claim_next(house, ME, "435")
    with house.db.write() as tx:
        tx.connection.exec_driver_sql("DELETE FROM lease")
    stop(house)
    handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)
    box.append("INBOX", eml("Termin"))
    before, eakte = tree(box), Eakte()
    with working(house, box, eakte):
        until(lambda: states(house) == {"sorted": 2})
        passes(house, "postbox:SC-Südwest", "send", "sweep")
        assert (tree(box), eakte.delivered) == (before, {})
        halting.resume(house.db, ADMIN, now=NOW)
        until(lambda: states(house) == {"sorted": 1, "done": 1})
        until(lambda: not list((box._root / "cur").iterdir()) + list((box._root / "new").iterdir()))
    assert len(eakte.delivered) == 1


def test_an_intent_that_comes_after_the_order_is_not_written(house, box, lease):
    box.append("INBOX", eml("Termin"))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)

    class Stops:
        """The order falls between the reading of the wishes and their intents."""

        name = box.name

        def __getattr__(self, name):
            return getattr(box, name)

        def watermark(self, folder):
            if halting.look(house) is None:
                stop(house)
            return box.watermark(folder)

    assert filing.file_due(house, Stops(), lease) == filing.Filed()
    assert filing.file_due(house, box, lease) == filing.Filed()
    halting.resume(house.db, ADMIN, now=NOW)
    assert filing.file_due(house, box, lease).done == 1


def test_a_stop_stands_in_trail_health_and_alarm_and_so_does_its_end(house):
    stop(house)
    rounds.keep_order(house, "w-1")
    check = {one.name: one for one in health.ready(house)}[halting.ABOUT]
    assert (check.ok, check.needed, bool(check.remedy)) == (False, False, True)
    halting.resume(house.db, ADMIN, now=NOW)
    rounds.keep_order(house, "w-1")
    rounds.keep_order(house, "w-2")
    with house.db.read() as tx:
        deeds = [(e.action, e.actor, e.details) for e in audit.of_subject(tx, "house")]
        alarms = [e.action for e in audit.of_subject(tx, halting.ABOUT)]
    assert deeds == [
        ("writing.stopped", "a-1", {"reason": WHY}),
        ("writing.resumed", "a-1", {}),
    ]
    assert alarms == ["outgoing.alarm", "outgoing.alarm_over"]
    assert not any(one.stands for one in outgoing_alarms.WATCH.look(house))


def test_who_stops_first_stays_and_nothing_is_resumed_twice(house):
    stop(house)
    with pytest.raises(Conflict) as again:
        halting.stop_writing(house.db, ADMIN, reason="Noch ein anderer Grund", now=NOW)
    assert again.value.code == "halt.stands"
    found = halting.look(house)
    assert found is not None
    assert (found.reason, found.by, found.at) == (WHY, "a-1", NOW)
    halting.resume(house.db, ADMIN, now=NOW)
    with pytest.raises(Conflict) as twice:
        halting.resume(house.db, ADMIN, now=NOW)
    assert twice.value.code == "halt.none"


@pytest.mark.parametrize(
    ("caller", "reason", "code"),
    [
        (ME, WHY, "access.denied"),
        (replace(ADMIN, regions=frozenset({"Ost"})), WHY, "access.denied"),
        (ADMIN, "kurz", "halt.reason"),
        (ADMIN, "x" * 201, "halt.reason"),
    ],
)
def test_only_an_admin_of_the_whole_house_stops_it_with_a_reason(house, caller, reason, code):
    with pytest.raises(Refused) as refused:
        halting.stop_writing(house.db, caller, reason=reason, now=NOW)
    assert refused.value.code == code
    assert halting.look(house) is None


def piled_up(house: House, box: MaildirPostbox) -> int:
    """How many wishes to file wait that were not sent."""
    with house.db.read() as tx:
        return len(ops.due(tx, box.name, now=house.clock(), limit=100))


@pytest.fixture
def observed(house, box):
    """A postbox with two mails that was only observed for a while; now its mode is another."""
    box.append("INBOX", eml("Termin"))
    box.append("INBOX", eml("Krankmeldung"))
    with working(house, box, Eakte(), files=False):
        until(lambda: states(house) == {"sorted": 2})
        passes(house, "postbox:SC-Südwest")
    return replace(house, policy=replace(house.policy, postboxes=(BOX,)))


def in_inbox(box: MaildirPostbox) -> int:
    return sum(1 for part in ("cur", "new") for _ in (box._root / part).iterdir())


@pytest.mark.parametrize(("since", "withdrawn", "stay"), [(Begin.NOW, 2, 2), (Begin.ALL, 0, 0)])
def test_what_piled_up_is_filed_only_when_somebody_says_so(observed, box, since, withdrawn, stay):
    before = tree(box)
    with working(observed, box, Eakte()):
        passes(observed, "postbox:SC-Südwest", "begin:SC-Südwest")
        assert tree(box) == before
        assert halting.begin(observed.db, ADMIN, BOX, since=since, now=NOW) == withdrawn
        until(lambda: in_inbox(box) == stay and piled_up(observed, box) == 0)
        # What comes from now on is filed in any case.
        box.append("INBOX", eml("Neues Konto"))
        until(lambda: states(observed) == {"sorted": 3} and in_inbox(box) == stay)
    with observed.db.read() as tx:
        (told,) = [e for e in audit.of_subject(tx, "postbox:SC-Südwest") if "begun" in e.action]
    assert told.details == {"from": since.value, "withdrawn": withdrawn}


def test_a_postbox_begins_once_and_never_while_it_is_observed(observed):
    with pytest.raises(Refused) as watched:
        halting.begin(observed.db, ADMIN, replace(BOX, is_observed=True), since=Begin.ALL, now=NOW)
    assert watched.value.code == "postbox.observed"
    halting.begin(observed.db, ADMIN, BOX, since=Begin.ALL, now=NOW)
    with pytest.raises(Conflict) as twice:
        halting.begin(observed.db, ADMIN, BOX, since=Begin.ALL, now=NOW)
    assert twice.value.code == "postbox.begun"


def test_a_postbox_that_was_never_observed_asks_nobody(house, box):
    box.append("INBOX", eml("Termin"))
    with working(house, box, Eakte()):
        until(lambda: states(house) == {"sorted": 1} and in_inbox(box) == 0)


def answer(house, claim):
    choice = first_choice(house, claim)
    return reply.order(house, ME, claim.item_id, claim.token, choice)


def task(house, claim):
    told = {"kind": TaskKind.ATV_TERMIN, "said": Said(called=True)}
    return tasks.order(house, ME, claim.item_id, claim.token, **told)


def hand_over(house, claim):
    return handover.order(house, ME, claim.item_id, claim.token)


@pytest.mark.parametrize(
    ("leave", "subject"),
    [(answer, "Termin am Montag"), (task, "Kündigung"), (hand_over, "Neues Konto")],
)
def test_in_trial_nothing_leaves_for_the_mails_of_a_postbox(house, box, lease, leave, subject):
    bring_in(house, box, lease, eml(subject, "Kassel 34117 123A456789"))
    house = replace(house, policy=replace(house.policy, gives_tasks=True))
    trial = replace(house, policy=replace(house.policy, postboxes=(replace(BOX, sends=False),)))
    claim = work.claim_next(trial, ME, "435")
    with pytest.raises(Refused) as refused:
        leave(trial, claim)
    assert refused.value.code == "postbox.not_full"
    assert item_view.view(trial, ME, claim.item_id).in_trial
    assert not item_view.view(house, ME, claim.item_id).in_trial
    assert leave(house, claim)


def test_in_trial_a_clerk_says_when_she_laid_it_into_the_eakte_herself(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto", "Kassel 34117 123A456789"))
    trial = replace(house, policy=replace(house.policy, postboxes=(replace(BOX, sends=False),)))
    claim = work.claim_next(trial, ME, "435")
    handover.waive(trial, ME, claim.item_id, claim.token, reason="am 28.11. von Hand abgelegt")
    shown = item_view.view(house, ME, claim.item_id)
    assert shown.story[-1].text == BY_HAND, "also when the postbox is in full operation later"
    assert not shown.close_blocked_because


def test_the_commands_need_neither_model_nor_texts(tmp_path, sqlite_url):
    file = tmp_path / "p.toml"
    file.write_text(
        f'store.url = "{sqlite_url}"\ndata.model = "no/such/file"\n'
        '[[postboxes]]\nkind = "maildir"\nname = "SC-Ost"\nregion = "Ost"\nroot = "mail"\n',
        encoding="utf-8",
    )

    def run(*args: str) -> int:
        return CliRunner().invoke(cli.app, [*args, "--config", str(file)]).exit_code

    assert run("stop-writing", "--reason", WHY) == 0
    assert run("stop-writing", "--reason", WHY) == 1
    assert run("resume") == 0
    assert run("begin-writing", "SC-Ost", "--from", "now") == 1, "it was never observed"
    assert run("begin-writing", "SC-West", "--from", "now") == 1, "there is no such postbox"
