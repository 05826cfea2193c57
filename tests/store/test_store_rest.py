"""Verdicts, mail set aside, remembered answers, signs of life, and the end of content."""

import threading
import time
from typing import Any

import pytest
import sqlalchemy as sa

from rules.codes import PaymentRelevant
from rules.errors import Conflict, Refused
from rules.item import EakteState
from rules.ledger import LedgerState
from store.database.engine import Database
from store.deletion import retention
from store.deletion.retention import Ended
from store.desk import items
from store.doors import idempotency
from store.doors.idempotency import Answer
from store.mails import aside, keeping, ledger, originals, verdicts
from store.mails.verdicts import NewVerdict
from store.processes import heartbeats
from store.processes.heartbeats import Beat
from store.sending import outgoing
from store.sending.outgoing import NewOutgoing
from tests.store.samples import NOW, arrival, describe, keep, later, queue


def _body(*concerns: str) -> dict[str, Any]:
    return {
        "concerns": [{"code": code} for code in concerns],
        "payment_relevant": "open",
        "review": True,
        "model": "m1",
        "rules": "r1",
        "facts": {"plz": "34117"},
    }


def test_the_newest_verdict_counts_and_none_is_overwritten(db: Database) -> None:
    message_id = keep(db, "1").message_id
    with db.write() as tx:
        assert verdicts.latest(tx, message_id) is None
        machine = verdicts.add(
            tx, NewVerdict(message_id, "machine", "m1", _body("au", "rente")), now=NOW
        )
        clerk = verdicts.add(tx, NewVerdict(message_id, "clerk", "anna", _body()), now=later(1))
        newest, first = verdicts.latest(tx, message_id), verdicts.history(tx, message_id)[0]
        assert newest is not None
        assert (newest.id, newest.by, newest.first_concern) == (clerk, "anna", "")
        assert (first.id, first.first_concern, first.payment) == (machine, "au", "open")
        assert (first.at, first.review, first.model, first.rules) == (NOW, True, "m1", "r1")
        assert first.body == _body("au", "rente")


def test_a_mail_lies_aside_once_and_its_tries_are_counted(db: Database) -> None:
    kept = keep(db, "1")
    with db.write() as tx:
        put = {"step": "parse", "detail": "", "now": NOW}
        first = aside.put(tx, kept.message_id, reason_code="mime.too_deep", **put)
        again = aside.put(tx, kept.message_id, reason_code="parse.timeout", **put)
        assert again == first
        (row,) = aside.listing(tx, limit=5)
        assert (row.reason_code, row.tries, row.postbox) == ("parse.timeout", 2, "nord")
        aside.resolve(tx, kept.message_id, resolution="replayed", now=later(5))
        aside.resolve(tx, kept.message_id, resolution="taken_in", now=later(6))
        assert aside.listing(tx, limit=5) == ()
        assert aside.count(tx) == 0
        second = aside.put(tx, kept.message_id, reason_code="parse.timeout", **put)
        assert second != first
        (row,) = aside.listing(tx, limit=9)
        assert (row.id, row.tries, row.sender) == (second, 3, "")


def test_what_lies_aside_comes_newest_first_in_pages(db: Database) -> None:
    ids = [keep(db, uid).message_id for uid in "123"]
    with db.write() as tx:
        for message_id in ids:
            aside.put(tx, message_id, step="s", reason_code="r", detail="", now=NOW)
        page = aside.listing(tx, limit=2)
        assert [row.message_id for row in page] == ids[:0:-1]
        rest = aside.listing(tx, limit=2, after=page[-1].id)
        assert [row.message_id for row in rest] == ids[:1]
        assert aside.count(tx) == 3


def test_a_repeated_request_gets_the_answer_of_before(db: Database) -> None:
    answer = Answer(201, {"message_id": 7})
    with db.write() as tx:
        assert idempotency.look(tx, "sc", key="k", request_hash="h") is None
        remember = {"key": "k", "request_hash": "h", "answer": answer, "now": NOW}
        idempotency.remember(tx, "sc", **remember)
        assert idempotency.look(tx, "sc", key="k", request_hash="h") == answer
        assert idempotency.look(tx, "other", key="k", request_hash="h") is None
        with pytest.raises(Conflict) as caught:
            idempotency.look(tx, "sc", key="k", request_hash="another")
        assert caught.value.code == "idempotency.other_request"
        with pytest.raises(Conflict) as caught:
            idempotency.remember(tx, "sc", **remember)
        assert caught.value.code == "idempotency.in_use"
        assert idempotency.forget(tx, before=NOW) == 0
        assert idempotency.forget(tx, before=later(1)) == 1


def test_an_answer_is_replaced_and_dropped_for_its_own_caller_and_key_only(db: Database) -> None:
    first, whole = Answer(202, {"text": "x"}), Answer(201, {"text": '[{"message_id": 8}]'})
    places = {("sc", "a"), ("sc", "b"), ("other", "a")}
    with db.write() as tx:
        for caller, key in sorted(places):
            idempotency.remember(tx, caller, key=key, request_hash="h", answer=first, now=NOW)
        idempotency.replace(tx, "sc", key="a", answer=whole)
        given = idempotency.look_each(tx, places)
        assert {place: one.answer for place, one in given.items()} == {
            ("sc", "a"): whole, ("sc", "b"): first, ("other", "a"): first,
        }  # fmt: skip
        assert idempotency.look(tx, "sc", key="b", request_hash="h") == first
        assert idempotency.forget_about(tx, messages=[7], items=[8]) == 0
        assert idempotency.forget_about(tx, messages=[8], items=[]) == 1
        assert set(idempotency.look_each(tx, places)) == places - {("sc", "a")}


def test_a_loop_leaves_its_newest_sign_of_life(db: Database) -> None:
    with db.write() as tx:
        heartbeats.beat(tx, "worker", code="store.away", message="x", now=NOW)
        heartbeats.beat(tx, "worker", code="", message="", now=later(5))
        heartbeats.beat(tx, "a", code="", message="", now=NOW)
        assert heartbeats.all_beats(tx) == (
            Beat("a", NOW, "", ""),
            Beat("worker", later(5), "", ""),
        )


def _done(db: Database, uid: str, data: bytes | None = None) -> int:
    """A message that was sorted and worked off."""
    message_id = keep(db, uid, data).message_id
    with db.write() as tx:
        describe(tx, message_id)
        for state in (LedgerState.SORTED, LedgerState.DONE):
            ledger.set_state(tx, message_id, state, reason="", now=later(5))
    return message_id


def test_what_ended_is_listed_with_what_the_rules_ask_for(db: Database) -> None:
    done = _done(db, "1")
    item_id = queue(db, "2")
    with db.write() as tx:
        message_id = items.get(tx, item_id).message_id
        ledger.set_state(tx, message_id, LedgerState.ASIDE, reason="", now=later(5))
        first = Ended(
            done, ledger.message(tx, done).sha256, LedgerState.DONE, later(5), "nord", None, None,
            None, item_open=False, seen=False, on_its_way=False,
        )  # fmt: skip
        second = Ended(
            message_id, ledger.message(tx, message_id).sha256, LedgerState.ASIDE, later(5), "nord",
            "435", PaymentRelevant.YES, EakteState.OWED,
            item_open=True, seen=False, on_its_way=False,
        )  # fmt: skip
        assert retention.ended(tx, before=later(6), limit=9) == (first, second)
        assert retention.ended(tx, before=later(6), limit=9, after=done) == (second,)
        assert retention.ended(tx, before=later(5), limit=9) == ()


def test_after_deletion_a_tombstone_without_content_stays(db: Database) -> None:
    message_id = _done(db, "1")
    with db.write() as tx:
        verdicts.add(tx, NewVerdict(message_id, "machine", "m1", _body("au")), now=NOW)
        row = NewOutgoing("reply", "k", {"to": "kundin@kunde.example"}, message_id=message_id)
        outgoing.order(tx, row, now=NOW)
        outgoing.receipted(tx, "k", receipt={"reference": "E-1"}, now=NOW)
        retention.erase(tx, message_id, now=later(9))
    with db.write() as tx:
        row = ledger.message(tx, message_id)
        assert (row.state, row.state_at, row.sender, row.subject, row.message_id) == (
            LedgerState.DELETED, later(9), "", "", "",
        )  # fmt: skip
        verdict = verdicts.latest(tx, message_id)
        assert verdict is not None
        assert (verdict.body, verdict.first_concern) == ({}, "au")
        sent = outgoing.of_key(tx, "k")
        assert sent is not None
        assert (sent.payload, sent.receipt) == ({}, {"reference": "E-1"})
        with pytest.raises(Refused) as caught:
            ledger.original(tx, message_id)
        assert caught.value.code == "mail.deleted"


def test_a_twin_keeps_the_bytes_and_the_last_one_takes_them_along(db: Database) -> None:
    first, second = _done(db, "1", b"twin"), _done(db, "2", b"twin")
    with db.write() as tx:
        retention.erase(tx, first, now=later(9))
        assert ledger.original(tx, second) == b"twin"
        retention.erase(tx, second, now=later(9))
        assert originals.read(tx, originals.fingerprint(b"twin")) is None
    # The same bytes as new mail are kept anew, and only for the new message.
    third = keep(db, "3", b"twin")
    with db.read() as tx:
        assert ledger.original(tx, third.message_id) == b"twin"
        with pytest.raises(Refused):
            ledger.original(tx, first)


def test_a_twin_that_is_being_kept_during_the_deletion_keeps_the_bytes(postgresql_url: str) -> None:
    """On PostgreSQL alone: SQLite has one writer."""
    db = Database.open(postgresql_url)
    first = _done(db, "1", b"twin")

    def erase() -> None:
        with db.write() as tx:
            retention.erase(tx, first, now=later(9))

    eraser = threading.Thread(target=erase)
    with db.write() as keeper:
        second = keeping.keep(keeper, arrival("2", b"twin"), now=NOW).message_id
        eraser.start()
        while eraser.is_alive() and not _somebody_waits(db):
            time.sleep(0.01)
    eraser.join()
    with db.read() as tx:
        assert ledger.original(tx, second) == b"twin"
        assert ledger.message(tx, first).state is LedgerState.DELETED
    db.close()


def _somebody_waits(db: Database) -> bool:
    asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with db.read() as tx:
        return bool(tx.run(sa.text(asked)).scalar_one())


def test_content_stays_while_work_is_open(db: Database) -> None:
    kept, done = keep(db, "1").message_id, _done(db, "2")
    with db.write() as tx:
        with pytest.raises(Conflict) as caught:
            retention.erase(tx, kept, now=NOW)
        assert caught.value.code == "ledger.step"
        outgoing.order(tx, NewOutgoing("reply", "k", {}, message_id=done), now=NOW)
        with pytest.raises(Conflict) as caught:
            retention.erase(tx, done, now=NOW)
        assert caught.value.code == "mail.on_its_way"
        with pytest.raises(Refused) as unknown:
            retention.erase(tx, 99, now=NOW)
        assert unknown.value.code == "mail.unknown"
