"""Mail that comes through the door: kept before 250, once, and sorted like any other."""

import os
import smtplib
import threading
from dataclasses import replace

import pytest
import sqlalchemy as sa

from ingest.parse import parse
from rules import machine_mail
from rules.errors import Conflict
from rules.ledger import LedgerState
from rules.machine_mail import Machine
from rules.postbox import Delivered
from store.desk import items
from store.mails import arrivals, ledger
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, eml
from tests.servers.postfix import PostfixServer
from tests.triage.way import Eakte, Post, states
from tests.waiting import until
from triage import completeness, door_intake, wiring
from triage.send import Outlets
from triage.settings import Settings
from triage.settings.door import DoorSettings
from triage.watch import health
from triage.worker import Worker

KASSEL = "kassel@arbeitsagentur.example"


def seen(house) -> int:
    with house.db.read() as tx:
        return sum(arrivals.seen_by_postbox(tx, day=house.today()).values())


def test_a_delivery_is_kept_with_its_recipient_and_sorted_later(house):
    door_intake.keep_all(house, [Delivered("a@kunde.example", KASSEL.title(), eml("Krankmeldung"))])
    with house.db.read() as tx:
        message = ledger.message(tx, 1)
        assert ledger.original(tx, 1) == eml("Krankmeldung")
    assert (message.source, message.postbox, message.state) == ("smtp", KASSEL, LedgerState.KEPT)
    assert message.region == "Südwest"
    assert one_sorter.sort_pending(house) == 1
    with house.db.read() as tx:
        item = items.of_message(tx, 1)
    assert item is not None
    assert item.agency_code == "435"


def test_who_the_mail_server_named_gets_it_whoever_stands_in_the_header(house):
    fulda = "fulda@arbeitsagentur.example"
    listed = eml("Krankmeldung", to="x@verteiler.example")
    door_intake.keep_all(
        house, [Delivered("a@kunde.example", fulda, eml("Krankmeldung", to=KASSEL))]
    )
    door_intake.keep_all(house, [Delivered("a@kunde.example", KASSEL, listed)])
    one_sorter.sort_pending(house)
    with house.db.read() as tx:
        found = [items.of_message(tx, number) for number in (1, 2)]
    fulda_code = house.directory.by_mailbox(fulda).agency.code
    assert [item.agency_code for item in found] == [fulda_code, "435"]


def test_the_same_delivery_again_is_no_second_message_and_leaves_a_trace(house):
    delivered = Delivered("a@kunde.example", KASSEL, eml("Termin"))
    door_intake.keep_all(house, [delivered])
    door_intake.keep_all(house, [delivered])
    door_intake.keep_all(house, [replace(delivered, recipient=KASSEL.upper())])
    assert seen(house) == 1
    with house.db.read() as tx:
        actions = [entry.action for entry in audit.listing(tx, limit=9, subject="message:1")]
    assert actions == ["mail.kept", "mail.seen_again", "mail.seen_again"]
    assert completeness.of_day(house, ADMIN).closes


def test_a_notification_bears_the_mark_of_its_empty_envelope_sender_once(house):
    note = Delivered("", KASSEL, eml("Ich bin bis Freitag nicht da"))
    marked = replace(note, data=b"Return-Path: <>\r\n" + eml("Ein anderer"))
    door_intake.keep_all(house, [note, marked])
    door_intake.keep_all(house, [note])
    with house.db.read() as tx:
        kept = [ledger.original(tx, number) for number in (1, 2)]
        (entry, _) = audit.listing(tx, limit=9, subject="message:1")
        assert entry.details["sha256"] == ledger.message(tx, 1).sha256
    assert kept == [b"Return-Path: <>\r\n" + note.data, marked.data]
    assert machine_mail.kind(parse(kept[0], house.layouts)) is Machine.BOUNCE
    assert seen(house) == 2


@pytest.mark.parametrize(
    "other",
    [
        Delivered("b@kunde.example", KASSEL, eml("Termin")),
        Delivered("a@kunde.example", "fulda@arbeitsagentur.example", eml("Termin")),
        Delivered("a@kunde.example", KASSEL, eml("Termin") + b"\n"),
    ],
)
def test_another_sender_recipient_or_byte_is_another_message(house, other):
    door_intake.keep_all(house, [Delivered("a@kunde.example", KASSEL, eml("Termin"))])
    door_intake.keep_all(house, [other])
    assert seen(house) == 2


def test_sender_and_recipient_never_run_together():
    one = door_intake.delivery_key(Delivered("a", "bc", b""))
    assert one != door_intake.delivery_key(Delivered("ab", "c", b""))


def test_the_same_delivery_at_the_same_moment_is_kept_once(house):
    delivered = Delivered("a@kunde.example", KASSEL, eml("Termin"))
    refused: list[Conflict] = []

    def deliver() -> None:
        try:
            door_intake.keep_all(house, [delivered])
        except Conflict as exc:
            refused.append(exc)

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen(house) == 1


def door_settings(**changes: object) -> Settings:
    return Settings(door=DoorSettings(port=0, **changes))


@pytest.fixture
def door(house):
    listed = ("sc-klärung@dienst.example",)
    door = wiring.letterbox(house, door_settings(recipients=listed))
    door.open()
    yield door
    door.close()


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        (KASSEL, 250),
        ("SC-Ost@arbeitsagentur.example", 250),
        ("sc-klärung@dienst.example", 250),
        ("Kassel@anderswo.example", 550),
        ("niemand@dienst.example", 550),
    ],
)
def test_recipients_are_our_addresses_and_those_listed(door, recipient, code):
    with smtplib.LMTP("127.0.0.1", door.port) as client:
        client.ehlo()
        client.mail("a@kunde.example", ["SMTPUTF8"])
        client.command_encoding = "utf-8"
        assert client.rcpt(recipient)[0] == code


def test_no_250_while_the_database_refuses_and_none_is_doubled_afterwards(house, door):
    with house.db.write() as tx:
        tx.run(sa.text("ALTER TABLE arrival RENAME TO away"))
    with smtplib.LMTP("127.0.0.1", door.port) as client:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            client.sendmail("a@kunde.example", [KASSEL], eml("Termin"))
        assert caught.value.smtp_code == 451
        assert b"arrival" not in caught.value.smtp_error
        with house.db.write() as tx:
            tx.run(sa.text("ALTER TABLE away RENAME TO arrival"))
        client.sendmail("a@kunde.example", [KASSEL], eml("Termin"))
    assert seen(house) == 1


def test_without_a_table_there_is_no_door(house):
    assert wiring.letterbox(house, Settings()) is None


def test_the_worker_holds_the_door_open_and_says_why_it_can_not(house, door):
    taken = wiring.letterbox(house, Settings(door=DoorSettings(port=door.port)))
    worker = Worker(house, None, (), 0.01, door=taken)
    assert worker._one_round("door", lambda: taken.open() or 0) is False
    (check,) = [check for check in health.ready(house) if check.name == "door"]
    assert (check.ok, check.message) == (False, "door.port")
    assert check.remedy


def test_the_worker_opens_the_door_sorts_what_comes_at_once_and_closes_it(house):
    door = wiring.letterbox(house, door_settings())
    worker = Worker(house, Outlets(Eakte(), Post()), (), poll_seconds=3600, door=door)
    worker.start()
    until(lambda: door.port)
    with smtplib.LMTP("127.0.0.1", door.port) as client:
        client.sendmail("a@kunde.example", [KASSEL], eml("Krankmeldung"))
    until(lambda: states(house) == {"sorted": 1}, told=lambda: states(house))
    worker.stop()
    assert not door.is_open


@pytest.mark.skipif(os.geteuid() != 0, reason="Postfix's master needs root")
def test_mail_that_a_real_postfix_hands_over_comes_in_once_although_we_fail_first(house, door):
    with PostfixServer(lmtp_port=door.port) as postfix:
        with house.db.write() as tx:
            tx.run(sa.text("ALTER TABLE arrival RENAME TO away"))
        with smtplib.SMTP("127.0.0.1", postfix.port) as client:
            for number in range(5):
                client.sendmail(
                    "a@kunde.example",
                    [KASSEL, "fulda@arbeitsagentur.example"],
                    eml(f"Termin {number}", "x" * 3000),
                )
        wait_until(lambda: "451 4.3.0" in postfix.log(), postfix)
        with house.db.write() as tx:
            tx.run(sa.text("ALTER TABLE away RENAME TO arrival"))
        wait_until(lambda: postfix.waiting() == 0, postfix)
    assert seen(house) == 10
    one_sorter.sort_pending(house)
    proof = completeness.of_day(house, ADMIN)
    assert proof.closes
    assert proof.states["sorted"] == 10


def wait_until(reached, postfix: PostfixServer) -> None:
    until(lambda: reached() or postfix.flush(), seconds=30, every=0.2, told=postfix.log)


def test_many_deliveries_are_one_commit_and_a_twin_among_them_is_a_repetition(house):
    one = Delivered("a@kunde.example", KASSEL, eml("Termin"))
    other = replace(one, data=eml("Krankmeldung"))
    door_intake.keep_all(house, [other])
    door_intake.keep_all(house, [one, replace(one), other, replace(one)])
    assert seen(house) == 2
    with house.db.read() as tx:
        told = [(entry.action, entry.subject) for entry in audit.listing(tx, limit=9)]
    assert sorted(told[1:]) == [
        ("mail.kept", "message:2"),
        ("mail.seen_again", "message:1"),
        ("mail.seen_again", "message:2"),
        ("mail.seen_again", "message:2"),
    ]
    assert completeness.of_day(house, ADMIN).closes


def test_a_batch_that_can_not_be_kept_is_kept_not_at_all(house, monkeypatch):
    def breaks(*_, **__):
        raise Conflict("store.conflict", "somebody was faster")

    mails = [Delivered("a@kunde.example", KASSEL, eml(f"Termin {n}")) for n in range(3)]
    monkeypatch.setattr(audit, "add_many", breaks)
    with pytest.raises(Conflict):
        door_intake.keep_all(house, mails)
    assert seen(house) == 0
