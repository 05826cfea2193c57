"""Mail that waits too long is an alarm once, and its end one all-clear, across restarts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from store.desk import items
from store.mails import keeping
from store.mails.keeping import Arrival
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, clerk, eml, open_house
from triage import accept, aside, log, receive, rounds, work
from triage.answers import reply
from triage.house import PostboxPlan
from triage.watch import freshness, health

PLANS = (PostboxPlan("SC-Südwest", "Südwest", is_observed=False),)


@pytest.fixture
def house(house):
    return replace(house, policy=replace(house.policy, postboxes=PLANS))


def bring(house, box, lease):
    box.append("INBOX", eml("Krankmeldung"), house.clock())
    assert receive.receive(house, box, lease, region="Südwest").kept == 1


def told(house):
    """Alarms and all-clears in the trail, in their order."""
    with house.db.read() as tx:
        entries = audit.listing(tx, after=0, limit=1000)
    return [(e.action, e.subject) for e in entries if e.subject.startswith("postbox:")]


def rounds_of_order(house, times=3):
    for turn in range(times):
        rounds.keep_order(house, f"w-{turn}")


OVERDUE = ("mail.overdue", "postbox:SC-Südwest")
CLEAR = ("mail.fresh_again", "postbox:SC-Südwest")


def test_an_alarm_and_its_all_clear_are_told_once_each(house, box, lease, clock, capsys):
    log.configure(json_lines=True)
    bring(house, box, lease)
    clock.forward(minutes=60)
    rounds_of_order(house)
    assert told(house) == []
    clock.forward(minutes=1)
    rounds_of_order(house)
    assert told(house) == [OVERDUE]
    one_sorter.sort_pending(house)
    rounds_of_order(house)
    assert told(house) == [OVERDUE, CLEAR]
    lines = capsys.readouterr().err.splitlines()
    assert [sum(event in line for line in lines) for event in ("mail.overdue", "fresh_again")] == [
        1,
        1,
    ]


def test_mail_that_claims_to_come_in_next_year_waits_from_now_on(house, box, lease, clock):
    came = house.clock()
    box.append("INBOX", eml("Krankmeldung"), came + timedelta(days=400))
    receive.receive(house, box, lease, region="Südwest")
    clock.forward(minutes=61)
    rounds_of_order(house)
    assert told(house) == [OVERDUE]
    one_sorter.sort_pending(house)
    claim = work.claim_next(house, clerk("435"), "435")
    with house.db.read() as tx:
        item = items.get(tx, claim.item_id)
    assert item.received_at == came
    assert item.due_on < came.date() + timedelta(days=30)


def test_a_restart_neither_repeats_nor_forgets_a_standing_alarm(house, box, lease, clock, url):
    bring(house, box, lease)
    clock.forward(minutes=90)
    rounds_of_order(house)
    restarted = replace(open_house(url, clock=clock), policy=house.policy)
    rounds_of_order(restarted)
    assert told(restarted) == [OVERDUE]
    one_sorter.sort_pending(restarted)
    rounds_of_order(restarted)
    restarted.db.close()
    assert told(house) == [OVERDUE, CLEAR]


def test_old_mail_that_is_replayed_is_no_alarm_until_it_has_waited_as_long(house, clock):
    with house.db.write() as tx:
        machine = eml("Newsletter", Auto_Submitted="auto-generated")
        arrival = Arrival(machine, house.clock(), "smtp", postbox="SC-Südwest")
        number = keeping.keep(tx, arrival, now=house.clock()).message_id
    one_sorter.sort_pending(house)
    clock.forward(days=3)
    aside.replay(house, ADMIN, number)
    assert [way.is_overdue for way in freshness.look(house)] == [False, False]
    clock.forward(minutes=61)
    assert {way.way for way in freshness.look(house) if way.is_overdue} == {"door"}


def test_a_second_alarm_is_told_again(house, box, lease, clock):
    for _ in range(2):
        bring(house, box, lease)
        clock.forward(minutes=61)
        rounds_of_order(house)
        one_sorter.sort_pending(house)
        rounds_of_order(house)
    assert told(house) == [OVERDUE, CLEAR] * 2


def test_health_tells_what_waits_although_no_worker_runs(house, box, lease, clock):
    bring(house, box, lease)
    checks = {check.name: check for check in health.ready(house)}
    assert checks["fresh:SC-Südwest"].ok
    clock.forward(minutes=95)
    check = {check.name: check for check in health.ready(house)}["fresh:SC-Südwest"]
    assert (check.ok, check.needed, check.message) == (False, False, "mail.overdue 95 min")
    assert check.remedy


def test_door_and_api_are_ways_of_their_own_and_name_no_address(house, clock):
    with house.db.write() as tx:
        for source, postbox in (("smtp", "Kassel@arbeitsagentur.de"), ("smtp", "x@y.example")):
            arrival = Arrival(eml(postbox), house.clock(), source, postbox=postbox)
            keeping.keep(tx, arrival, now=house.clock())
    accept.hand_in(house, MACHINE, eml("Termin"))
    clock.forward(minutes=61)
    seen = {way.way: way.is_overdue for way in freshness.look(house)}
    assert seen == {"SC-Südwest": False, "door": True}
    rounds_of_order(house)
    one_sorter.sort_pending(house)
    rounds_of_order(house)
    assert told(house) == [("mail.overdue", "postbox:door"), ("mail.fresh_again", "postbox:door")]


def test_an_archive_is_old_by_nature_and_no_alarm(house, clock):
    with house.db.write() as tx:
        old = Arrival(eml("alt"), house.clock(), "backfill", postbox="SC-Südwest")
        keeping.keep(tx, old, now=house.clock())
    clock.forward(days=400)
    assert [way.is_overdue for way in freshness.look(house)] == [False]


def test_mail_without_a_time_of_receipt_came_when_it_was_kept(house, box, lease):
    box.append("INBOX", eml("Krankmeldung"), datetime.fromtimestamp(0, tz=UTC))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    claim = work.claim_next(house, clerk("435"), "435")
    with house.db.read() as tx:
        item = items.get(tx, claim.item_id)
    assert item.received_at == house.clock()
    assert item.due_on > house.clock().date()
    known = reply.defaults(house, clerk("435"), claim.item_id, "au.eingang")
    assert known["eingangstag"] == house.clock().date().isoformat()
