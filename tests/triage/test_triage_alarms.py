"""Alarms reach people by mail and webhook, once, and so do their all-clears. On both engines."""

import json
import re
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest
import sqlalchemy as sa

from outbox.webhook import WebhookOutlet
from rules.access import Caller
from rules.codes import Role
from rules.errors import Refused, TryLater
from rules.event_types import TYPES
from rules.outgoing import OutgoingKind
from store.database.columns import metadata
from store.processes import leases
from store.sending import outgoing, outgoing_claims
from store.tables.ledger import OutgoingState
from store.trail import audit
from tests.house_fixture import ADMIN, NOW, Clock, clerk, eml
from tests.servers.hook_receiver import SECRET, Receiver
from tests.triage.way import Eakte, Post, bring_in
from tests.waiting import until
from triage import halting, keys, rounds, work
from triage.hooks import Subscription
from triage.house import AlarmPolicy, House, PostboxPlan
from triage.send import Outlets
from triage.sending import dead_letters
from triage.settings import check
from triage.watch import alarm_checks, alarm_words, alarms, health, outgoing_alarms
from triage.watch.alarms import Ways
from triage.worker import Worker

TO = "betrieb@dienst.example"


@pytest.fixture
def told(house: House) -> House:
    """A house whose alarms go to one address and one webhook."""
    plan = AlarmPolicy((TO,), ("betrieb",), "postlotse@dienst.example")
    return replace(house, policy=replace(house.policy, alarms=plan))


def outlet_of(receiver: Receiver) -> WebhookOutlet:
    return WebhookOutlet(receiver.url(), SECRET, ("127.0.0.1",), timeout_seconds=5)


def begin_and_end(house: House) -> None:
    """A stop and its end, each seen by keeping order twice."""
    halting.stop_writing(house.db, ADMIN, reason="Umbau der Ordner", now=NOW)
    for turn in range(2):
        rounds.keep_order(house, f"w-{turn}")
    halting.resume(house.db, ADMIN, now=NOW)
    for turn in range(2):
        rounds.keep_order(house, f"w-{turn}")


def test_alarm_and_all_clear_are_told_once_to_each_receiver(told, receiver):
    post = Post()
    begin_and_end(told)
    ways = Ways(post, {"betrieb": outlet_of(receiver)})
    assert alarms.round_(told, ways, "w-1") == 4
    assert alarms.round_(told, ways, "w-2") == 0
    letters = [message_from_bytes(data, policy=policy.default) for _, data in post.sent]
    assert {to for to, _ in post.sent} == {TO}
    assert sorted(letter["Subject"] for letter in letters) == [
        "[Postlotse] Alarm: writing:stopped",
        "[Postlotse] Entwarnung: writing:stopped",
    ]
    assert {letter["Auto-Submitted"] for letter in letters} == {"auto-generated"}
    bodies = [json.loads(body) for _, body in receiver.taken]
    assert sorted(body["type"] for body in bodies) == ["house.alarm", "house.alarm_over"]
    assert {body["data"]["about"] for body in bodies} == {halting.ABOUT}


def test_a_slow_mail_server_makes_no_second_alarm(told):
    """A second worker looks while the first waits for the fifth answer of 60 seconds."""

    class Slow(Post):
        def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
            told.clock.forward(seconds=299)
            assert alarms.round_(told, Ways(post), "w-2") == 0
            return super().send(envelope_from, recipient, data)

    told = replace(told, policy=replace(told.policy, alarms=AlarmPolicy((TO,), (), TO)))
    halting.stop_writing(told.db, ADMIN, reason="Umbau der Ordner", now=NOW)
    rounds.keep_order(told, "w-1")
    post, slow = Post(), Slow()
    assert alarms.round_(told, Ways(slow), "w-1") == 1
    assert (len(slow.sent), len(post.sent)) == (1, 0)


def test_a_claim_that_ran_out_does_not_break_the_round(told):
    """A letter takes longer than its claim, and another worker has it meanwhile."""

    class Slow(Post):
        def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
            told.clock.forward(seconds=alarms.CLAIM_SECONDS + 1)
            with told.db.write() as tx:
                outgoing_claims.claim(
                    tx,
                    kinds=(OutgoingKind.ALARM,),
                    worker="w-2",
                    now=told.clock(),
                    limit=1,
                    lease_seconds=alarms.CLAIM_SECONDS,
                )
            return super().send(envelope_from, recipient, data)

    told = replace(told, policy=replace(told.policy, alarms=AlarmPolicy((TO,), (), TO)))
    halting.stop_writing(told.db, ADMIN, reason="Umbau der Ordner", now=NOW)
    rounds.keep_order(told, "w-1")
    slow = Slow()
    assert alarms.round_(told, Ways(slow), "w-1") == 0
    assert len(slow.sent) == 1


def test_an_alarm_of_after_a_restore_is_no_repetition_for_a_mail_server(told):
    """Cyrus and Exchange drop a second mail with one Message-ID; rows get their numbers again."""
    told = replace(told, policy=replace(told.policy, alarms=AlarmPolicy((TO,), (), TO)))
    post = Post()
    for _ in range(2):
        halting.stop_writing(told.db, ADMIN, reason="Umbau der Ordner", now=NOW)
        rounds.keep_order(told, "w-1")
        alarms.round_(told, Ways(post), "w-1")
        with told.db.write() as tx:
            for one in metadata.tables.values():
                if one.name in {"outgoing", "beat", "halt"}:
                    tx.run(sa.delete(one))
            if tx.dialect == "postgresql":
                tx.run(sa.text("ALTER SEQUENCE outgoing_id_seq RESTART"))
        told.clock.forward(hours=1)
    first, second = (message_from_bytes(data)["Message-ID"] for _, data in post.sent)
    assert first != second
    assert first.startswith("<alarm-1.")
    assert second.startswith("<alarm-1.")


def test_alarms_leave_while_writing_is_stopped(told, receiver):
    post = Post()
    hook = Subscription("betrieb", None, outlet_of(receiver))
    worker = Worker(told, Outlets(Eakte(), post), (), poll_seconds=0.02, hooks=(hook,))
    worker._alarms()
    halting.stop_writing(told.db, ADMIN, reason="Umbau der Ordner", now=NOW)
    rounds.keep_order(told, "w-1")
    worker._alarms()
    assert (len(post.sent), len(receiver.taken)) == (1, 1)


def test_a_worker_tells_alarms_by_itself(told):
    post = Post()
    told = replace(told, policy=replace(told.policy, alarms=AlarmPolicy((TO,), (), TO)))
    worker = Worker(told, Outlets(Eakte(), post), (), poll_seconds=0.02)
    worker.start()
    try:
        halting.stop_writing(told.db, ADMIN, reason="Umbau der Ordner", now=NOW)
        until(lambda: post.sent)
    finally:
        worker.stop()


def test_a_receiver_that_is_away_is_tried_again_and_then_a_dead_letter(told, clock: Clock):
    class Away(Post):
        def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
            raise TryLater("smtp.away", "gone")

    with told.db.write() as tx:
        alarms.order(told, tx, "fresh:SC-West", stands=True, number=61)
    for _ in range(5):
        alarms.round_(told, Ways(Away()), "w-1")
        clock.forward(hours=1)
    with told.db.read() as tx:
        rows = outgoing.listing(tx, states=[OutgoingState.DEAD], limit=9)
    assert sorted((row.kind, row.error_code) for row in rows) == [
        ("alarm", "smtp.away"),
        ("alarm", "webhook.unknown"),
    ]
    assert dead_letters.dead_by_kind(told) == {"alarm": 2}


def test_a_house_without_receivers_orders_nothing(house):
    begin_and_end(house)
    assert alarms.round_(house, Ways(Post()), "w-1") == 0


def test_a_lease_that_nobody_took_over_is_an_alarm(house, box, lease, clock: Clock):
    plan = PostboxPlan("SC-Süd", "Süd", is_observed=False)
    house = replace(house, policy=replace(house.policy, postboxes=(plan,)))
    with house.db.write() as tx:
        leases.take(tx, "postbox:SC-Süd", owner="dead", now=house.clock(), seconds=60)
    clock.forward(seconds=60 + 300)
    assert standing(house) == set()
    clock.forward(seconds=1)
    assert standing(house) == {alarm_checks.STUCK}
    check_ = {one.name: one for one in health.ready(house)}[alarm_checks.STUCK]
    assert (check_.ok, bool(check_.remedy)) == (False, True)
    with house.db.write() as tx:
        found = leases.take(tx, "postbox:SC-Süd", owner="next", now=house.clock(), seconds=60)
        leases.release(tx, found, now=house.clock())
    clock.forward(hours=1)
    assert standing(house) == set()


def test_an_item_that_nobody_puts_back_is_an_alarm(house, box, lease, clock: Clock):
    bring_in(house, box, lease, eml("Termin"))
    work.claim_next(house, clerk("435"), "435")
    clock.forward(seconds=house.policy.lease_seconds + 301)
    assert standing(house) == {alarm_checks.STUCK}
    rounds.keep_order(house, "w-1")
    assert standing(house) == set()


def test_a_key_that_ends_soon_is_an_alarm_until_it_is_revoked(house, clock: Clock):
    machine = Caller("sc-ost", Role.AUTOMATION, agencies=None, regions=frozenset({"Ost"}))
    keys.create(house, ADMIN, machine, hashed="x", days=31)
    assert standing(house) == set()
    clock.forward(days=1)
    assert standing(house) == {alarm_checks.KEYS}
    clock.forward(days=31)
    assert standing(house) == {alarm_checks.KEYS}, (
        "its machine is turned away: that is no all-clear"
    )
    keys.revoke(house, ADMIN, "sc-ost")
    assert standing(house) == set()


def test_a_key_that_nobody_misses_is_no_alarm_for_ever(house, clock: Clock):
    machine = Caller("sc-ost", Role.AUTOMATION, agencies=None, regions=frozenset({"Ost"}))
    keys.create(house, ADMIN, machine, hashed="x", days=1)
    clock.forward(days=31)
    assert standing(house) == {alarm_checks.KEYS}
    clock.forward(days=1)
    assert standing(house) == set()


def standing(house: House) -> set[str]:
    return {one.name for one in outgoing_alarms.WATCH.look(house) if one.stands}


def test_entries_wait_for_their_seal_until_order_is_kept(house):
    assert alarm_checks.unsealed(house) == 0
    with house.db.write() as tx:
        audit.add(tx, "x", action="mail.kept", subject="message:1", details={}, at=NOW)
    assert alarm_checks.unsealed(house) == 1
    rounds.keep_order(house, "w-1")
    assert alarm_checks.unsealed(house) == 0


@pytest.mark.parametrize(
    "alarm", [{"webhooks": ["nowhere"]}, {"mail": ["no address"]}, {"mail": ["a@b\r\nBcc: c@d"]}]
)
def test_receivers_of_alarms_are_checked(tmp_path, alarm):
    with pytest.raises(Refused) as refused:
        check({"alarms": alarm}, base=tmp_path)
    assert refused.value.code == "settings.invalid"


WATCH = {"name": "wache", "url": "https://wache.dienst.example/x", "secret_env": "W"}


def test_a_receiver_may_hear_alarms_and_nothing_else(tmp_path):
    hook = WATCH | {"types": ["house.alarm", "house.alarm_over"]}
    found = check({"alarms": {"webhooks": ["wache"]}, "webhooks": [hook]}, base=tmp_path)
    assert not set(found.webhooks[0].types) & TYPES, "no event of the feed reaches it"
    with pytest.raises(Refused, match=r"\[alarms\] webhooks"):
        check({"webhooks": [hook]}, base=tmp_path)
    with pytest.raises(Refused, match=r"house\.alarms; there are .*house\.alarm, .*item\.closed"):
        check({"webhooks": [WATCH | {"types": ["house.alarms"]}]}, base=tmp_path)


def test_the_mail_of_an_alarm_says_in_german_what_is_and_where_to_look(told):
    post = Post()
    begin_and_end(told)
    alarms.round_(told, Ways(post), "w-1")
    begun, over = (
        message_from_bytes(data, policy=policy.default).get_content() for _, data in post.sent
    )
    assert "auf Anordnung angehalten" in begun
    assert "postlotse resume" in begun
    assert "Das ist vorbei" in over
    assert "postlotse resume" not in over


def test_each_alarm_of_the_page_has_its_words():
    page = (Path(__file__).resolve().parents[2] / "docs/operations.md").read_text("utf-8")
    part = page.partition("### Alarms")[2].partition("### ")[0]
    named = {re.sub("<.*", "", name) for name in re.findall(r"^\| `([^`]+)`", part, re.MULTILINE)}
    assert named == set(alarm_words.WORDS)
