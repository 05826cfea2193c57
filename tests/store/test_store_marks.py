"""Wishes for our marks, and marks of people as found, on both engines."""

from datetime import timedelta

import pytest

from rules.errors import Conflict
from rules.ledger import LedgerState
from rules.marks import Outcome, OwnMark
from store.acts import mark_wishes, marks_seen
from store.acts.marks_seen import LastRead, MarkCount, NewMark
from store.database.engine import Database
from store.deletion import retention
from store.desk import items
from store.mails import ledger
from store.processes.leases import Lease
from tests.store.samples import NOW, POSTBOX, keep, later, new_item, take_lease

IN_WORK, DONE = frozenset({OwnMark.IN_WORK}), frozenset({OwnMark.DONE})


def want(db: Database, message_id: int, marks: frozenset[OwnMark], seconds: float = 0) -> None:
    with db.write() as tx:
        mark_wishes.want(tx, message_id, marks=marks, now=later(seconds))


def wish_of(db: Database, message_id: int) -> mark_wishes.MarkWish | None:
    with db.read() as tx:
        return mark_wishes.of_messages(tx, [message_id]).get(message_id)


def due(db: Database, seconds: float = 0) -> list[int]:
    with db.read() as tx:
        found = mark_wishes.due(tx, POSTBOX, now=later(seconds), limit=10)
    return [wish.message_id for wish in found]


def send(db: Database, lease: Lease, *message_ids: int) -> tuple[mark_wishes.MarkWish, ...]:
    with db.write() as tx:
        return mark_wishes.sent_many(tx, message_ids, lease=lease, now=NOW)


@pytest.fixture
def lease(db: Database) -> Lease:
    return take_lease(db)


def test_a_wish_is_due_once_and_settled_by_its_proof(db: Database, lease: Lease) -> None:
    message = keep(db, "1").message_id
    want(db, message, frozenset())
    assert wish_of(db, message) is None, "no row says that nothing is wished"
    want(db, message, IN_WORK)
    want(db, message, IN_WORK, seconds=9)
    assert due(db) == [message]
    (sent,) = send(db, lease, message)
    assert (sent.sent, sent.ours, sent.is_settled) == ("in_work", IN_WORK, False)
    with db.write() as tx:
        mark_wishes.done_many(tx, [sent], lease=lease, now=NOW)
    found = wish_of(db, message)
    assert found is not None
    assert (found.shown, found.sent, found.is_settled) == ("in_work", None, True)
    assert due(db, 99) == []


def test_a_newer_wish_outlives_the_proof_of_the_older_and_its_refusal(
    db: Database, lease: Lease
) -> None:
    for number, answer in enumerate(("done", "put off")):
        message = keep(db, str(number)).message_id
        want(db, message, IN_WORK)
        (sent,) = send(db, lease, message)
        want(db, message, DONE, seconds=1)
        meanwhile = wish_of(db, message)
        assert meanwhile is not None
        assert meanwhile.ours == IN_WORK | DONE, "the command in doubt may have come through"
        with db.write() as tx:
            if answer == "done":
                mark_wishes.done_many(tx, [sent], lease=lease, now=later(2))
            else:
                mark_wishes.put_off(
                    tx, sent, error_code="x", next_try_at=None, lease=lease, now=later(2)
                )
        assert message in due(db, 2)
        found = wish_of(db, message)
        assert found is not None
        assert (found.wanted, found.sent) == ("done", None)


def test_marks_come_off_one_mail_and_no_other_and_are_taken_off_once(
    db: Database, lease: Lease
) -> None:
    first, second = keep(db, "1").message_id, keep(db, "2").message_id

    def carry_out(*message_ids: int) -> None:
        sent = send(db, lease, *message_ids)
        with db.write() as tx:
            mark_wishes.done_many(tx, sent, lease=lease, now=NOW)

    want(db, first, IN_WORK)
    want(db, second, IN_WORK)
    carry_out(first, second)
    want(db, first, frozenset())
    assert due(db) == [first]
    carry_out(first)
    want(db, first, frozenset(), seconds=5)
    assert due(db, 99) == []
    left = wish_of(db, second)
    assert left is not None
    assert (left.wanted, left.shown) == ("in_work", "in_work")


def test_marks_that_a_person_took_off_are_gone_from_that_mail_unless_a_command_is_in_doubt(
    db: Database, lease: Lease
) -> None:
    settled, doubtful, other = (keep(db, uid).message_id for uid in "123")
    for message in (settled, doubtful, other):
        want(db, message, IN_WORK)
    sent = send(db, lease, settled, doubtful, other)
    with db.write() as tx:
        mark_wishes.done_many(tx, sent, lease=lease, now=NOW)
    want(db, doubtful, DONE)
    send(db, lease, doubtful)
    with db.write() as tx:
        for message in (settled, doubtful):
            mark_wishes.taken_off(tx, message, left=frozenset(), lease=lease, now=NOW)
    shown = {number: wish_of(db, number) for number in (settled, doubtful, other)}
    assert [wish.shown for wish in shown.values() if wish] == ["", "in_work", "in_work"]
    assert due(db) == [doubtful], "and nothing is set again"


def test_each_postbox_has_its_own_commands_and_a_copy_loses_the_marks_that_it_bears(
    db: Database,
) -> None:
    here = keep(db, "1").message_id
    elsewhere = keep(db, "2", postbox="sued").message_id
    want(db, elsewhere, IN_WORK)
    with db.write() as tx:
        mark_wishes.found_on(tx, [(here, POSTBOX, IN_WORK)], now=NOW)
    assert due(db) == [here]
    found = wish_of(db, here)
    assert found is not None
    assert (found.wanted, found.shown) == ("", "in_work")


def test_what_is_given_up_is_due_no_more_until_the_item_goes_on(db: Database, lease: Lease) -> None:
    message = keep(db, "1").message_id
    want(db, message, IN_WORK)
    (sent,) = send(db, lease, message)
    with db.write() as tx:
        mark_wishes.put_off(
            tx, sent, error_code="mark.no_mail", next_try_at=None, lease=lease, now=NOW
        )
    assert due(db, 99_999) == []
    want(db, message, DONE)
    assert due(db) == [message]


def test_an_owner_without_the_lease_writes_nothing(db: Database) -> None:
    message = keep(db, "1").message_id
    want(db, message, IN_WORK)
    old = take_lease(db, seconds=10)
    (sent,) = send(db, old, message)
    new = take_lease(db, owner="b", now=later(11))
    for write in (
        lambda tx: mark_wishes.done_many(tx, [sent], lease=old, now=later(11)),
        lambda tx: mark_wishes.sent_many(tx, [message], lease=old, now=later(11)),
        lambda tx: mark_wishes.taken_off(tx, message, left=frozenset(), lease=old, now=later(11)),
        lambda tx: mark_wishes.put_off(
            tx, sent, error_code="x", next_try_at=None, lease=old, now=later(11)
        ),
    ):
        with pytest.raises(Conflict) as caught, db.write() as tx:
            write(tx)
        assert caught.value.code == "lease.lost"
    with db.write() as tx:
        mark_wishes.done_many(tx, [sent], lease=new, now=later(11))
    still = wish_of(db, message)
    assert still is not None
    assert still.sent == "in_work", "another's command is not proven by a newer lease"


def test_marks_of_people_are_counted_by_agency_and_mark_without_unknown_names(
    db: Database,
) -> None:
    message = keep(db, "1").message_id
    with db.write() as tx:
        items.create(tx, new_item(message), now=NOW)
    known = NewMark(message, POSTBOX, "Erledigt", "done", Outcome.RECEIPT_MISSING, "435")
    with db.write() as tx:
        marks_seen.add_many(
            tx,
            [
                known,
                NewMark(message, POSTBOX, "Frau Beispiel", "", Outcome.NOTED, "435"),
                NewMark(message, POSTBOX, "Herr Muster", "", Outcome.NOTED, "435"),
                NewMark(message, POSTBOX, "Lage", "note", Outcome.BROUGHT, None),
            ],
            now=NOW,
        )
    with db.read() as tx:
        counted = marks_seen.counts(tx, agency_codes=None, since=NOW, until=later(1))
        assert counted == (MarkCount("435", "", 2), MarkCount("435", "Erledigt", 1))
        assert marks_seen.last_read(tx, POSTBOX, since=NOW) == LastRead(NOW, 3, 1)
        assert marks_seen.last_read(tx, "ost", since=NOW) == LastRead(None, 0, 0)
        standing = marks_seen.standing(tx, [message])[message]
    with db.write() as tx:
        marks_seen.taken_off(tx, [standing[0].id], now=later(1))
    with db.read() as tx:
        assert marks_seen.last_read(tx, POSTBOX, since=later(5)) == LastRead(NOW, 0, 0)
        assert len(marks_seen.standing(tx, [message])[message]) == 3


def test_what_people_typed_goes_with_the_content(db: Database) -> None:
    message = keep(db, "1").message_id
    with db.write() as tx:
        marks_seen.add_many(
            tx,
            [
                NewMark(message, POSTBOX, "Frau Beispiel", "", Outcome.NOTED, None),
                NewMark(message, POSTBOX, "Erledigt", "done", Outcome.NO_ITEM, None),
            ],
            now=NOW,
        )
        ledger.set_state(tx, message, LedgerState.ASIDE, reason="x", now=NOW)
        retention.erase(tx, message, now=NOW + timedelta(days=400))
    with db.read() as tx:
        assert [m.mark for m in marks_seen.of_message(tx, message)] == ["", "Erledigt"]
