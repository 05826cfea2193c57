"""What deletion leaves in the database's own history, on both engines."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from rules.errors import Conflict, Refused
from rules.ledger import LedgerState
from rules.marks import Outcome
from rules.sweep import HoldKind
from store.acts import marks_seen
from store.acts.marks_seen import NewMark
from store.database import connections
from store.database.engine import Database
from store.deletion import holds, residue, retention, scrub
from store.deletion.holds import NewHold
from store.desk import threads
from store.mails import aside, ledger, verdicts
from store.mails.verdicts import NewVerdict
from store.sending import outgoing
from store.sending.outgoing import NewOutgoing
from store.tables.ledger import aside as aside_rows
from store.tables.ledger import item, message, original
from store.tables.ledger import outgoing as outgoing_rows
from store.tables.sweep import hold as hold_rows
from tests.store.samples import NOW, describe, keep, later, queue

BODY = {
    "model": "m", "rules": "r", "payment_relevant": "no", "review": False, "concerns": [],
    "facts": {"kundennummer": "123A456789"},
}  # fmt: skip


def done(db: Database, uid: str) -> int:
    message_id = keep(db, uid).message_id
    with db.write() as tx:
        describe(tx, message_id)
        verdicts.add(tx, NewVerdict(message_id, "machine", "m", BODY), now=NOW)
        for state in (LedgerState.SORTED, LedgerState.DONE):
            ledger.set_state(tx, message_id, state, reason="", now=later(5))
    return message_id


def test_every_connection_of_sqlite_overwrites_what_it_deletes(sqlite_url: str) -> None:
    db = Database.open(sqlite_url)
    with db.write() as tx:
        assert tx.connection.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 1
    db.close()


def test_scrubbing_ends_the_history_and_may_be_repeated(db: Database) -> None:
    done(db, "1")
    for _ in range(2):
        assert scrub.scrub(db).is_clean
    with db.write() as tx:
        # The writer works as before, in transactions of its own.
        assert ledger.message(tx, 1).state is LedgerState.DONE


def test_a_reader_of_old_pages_is_waited_for_and_told(sqlite_url: str, monkeypatch) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_MS", 50)
    db = Database.open(sqlite_url)
    done(db, "1")
    with db.read() as tx:
        ledger.message(tx, 1)
        found = scrub.scrub(db)
    assert (found.is_clean, found.code) == (False, "busy")
    assert scrub.scrub(db).is_clean
    db.close()


def test_the_read_back_counts_whatever_still_holds_content(db: Database) -> None:
    message_id, other = done(db, "1"), done(db, "2")
    with db.write() as tx:
        named = NewMark(message_id, "SC-Ost", "Frau Muster", "", Outcome.NOTED, None)
        configured = replace(named, mark="Erledigt", effect="done")
        of_other = replace(named, message_id=other)
        marks_seen.add_many(tx, [named, configured, of_other], now=later(1))
        threads.note_many(tx, {message_id: ["0123"]})
        before = residue.left(tx, [message_id])
        told = {"message", "verdict", "mark", "thread"}
        assert {kind for kind, number in before.items() if number} == told
        retention.erase(tx, message_id, now=later(9))
        assert set(residue.left(tx, [message_id]).values()) == {0}
        assert residue.left(tx, [message_id, other])["verdict"] == 1
        tx.run(sa.update(original).values(data=b"x"))
        assert residue.left(tx, [message_id])["original"] == 1


def with_all(db: Database, uid: str) -> int:
    """A message that has an answer, an item with words beside it, and lies aside."""
    item_id = queue(db, uid)
    with db.write() as tx:
        message_id = tx.run(sa.select(item.c.message_id).where(item.c.id == item_id)).scalar_one()
        new = NewOutgoing(
            "reply", f"reply-{uid}", {"recipient": "a@b.example"}, item_id, message_id
        )
        outgoing.order(tx, new, now=NOW)
        tx.run(sa.update(outgoing_rows).values(state="sent", answer="250 ok"))
        tx.run(sa.update(item).values(note="Mispel", waiver="Holunder", state="closed"))
        aside.put(tx, message_id, step="sort", reason_code="mail.bounce", detail="x", now=NOW)
        ledger.set_state(tx, message_id, LedgerState.ASIDE, reason="mail.bounce", now=NOW)
    return message_id


LEFTOVERS = {
    "message": [
        sa.update(message).values(sender="kundin@kunde.example"),
        sa.update(message).values(subject="Krankmeldung"),
        sa.update(message).values(message_id="<1@kunde.example>"),
        sa.update(message).values(state="done"),
    ],
    "outgoing": [
        sa.update(outgoing_rows).values(payload={"recipient": "a@b.example"}),
        sa.update(outgoing_rows).values(answer="250 ok"),
    ],
    "item": [sa.update(item).values(note="Mispel"), sa.update(item).values(waiver="Holunder")],
    "aside": [sa.update(aside_rows).values(resolved_at=None)],
    "original": [sa.update(original).values(data=b"x")],
}


@pytest.mark.parametrize(
    ("kind", "left"),
    [(kind, number) for kind, all_of in LEFTOVERS.items() for number in range(len(all_of))],
)
def test_the_read_back_finds_each_thing_that_a_deletion_could_have_left(
    sqlite_url: str, kind: str, left: int
) -> None:
    db = Database.open(sqlite_url)
    gone, other = with_all(db, "1"), with_all(db, "2")
    with db.write() as tx:
        retention.erase(tx, gone, now=later(9))
        assert set(residue.left(tx, [gone]).values()) == {0}, "nothing of another mail counts"
        of_other = residue.left(tx, [gone, other])
        assert of_other["outgoing"] == of_other["aside"] == of_other["item"] == 1
        retention.erase(tx, other, now=later(9))
        tx.run(LEFTOVERS[kind][left])
        found = residue.left(tx, [gone])
        assert {one: number for one, number in found.items() if number} == {kind: 1}
    db.close()


def test_bytes_that_a_mail_still_needs_are_shared_and_no_residue(db: Database) -> None:
    gone, alone = keep(db, "1", b"same").message_id, done(db, "3")
    keep(db, "2", b"same")
    with db.write() as tx:
        ledger.set_state(tx, gone, LedgerState.ASIDE, reason="x", now=NOW)
        for message_id in (gone, alone):
            retention.erase(tx, message_id, now=later(9))
        assert residue.left(tx, [gone, alone])["original"] == 0
        assert residue.shared(tx, [gone, alone]) == 1
        assert residue.shared(tx, [alone]) == 0


def test_what_has_to_leave_still_is_not_deleted_and_a_receipt_keeps_no_words(db: Database) -> None:
    message_id = done(db, "1")
    with db.write() as tx:
        order = outgoing.order(
            tx, NewOutgoing("reply", "r-1", {"x": 1}, message_id=message_id), now=NOW
        )
        for state in ("new", "claimed"):
            tx.run(sa.update(outgoing_rows).values(state=state))
            with pytest.raises(Conflict) as caught:
                retention.erase(tx, message_id, now=later(9))
            assert caught.value.code == "mail.on_its_way"
        told = {"accepted": False, "reason": "Frau Mispel ist verzogen", "reference": "E-1"}
        tx.run(sa.update(outgoing_rows).values(state="rejected", receipt=told))
        retention.erase(tx, message_id, now=later(9))
        assert outgoing.get(tx, order).receipt == told | {"reason": ""}


def test_a_hold_is_released_once_and_by_whom_it_was(db: Database) -> None:
    message_id = done(db, "1")
    with db.write() as tx:
        held = NewHold(HoldKind.LEGAL, "AZ 1", message_id=message_id)
        number = holds.place(tx, held, actor="a", now=NOW)
        holds.release(tx, number, actor="b", now=later(1))
    with pytest.raises(Refused) as caught, db.write() as tx:
        holds.release(tx, number, actor="c", now=later(2))
    assert caught.value.code == "hold.unknown"
    with db.read() as tx:
        row = tx.run(sa.select(hold_rows.c.released_by, hold_rows.c.released_at)).one()
    assert tuple(row) == ("b", later(1))


def test_holds_are_read_in_pages_and_by_region_but_for_those_on_postboxes(db: Database) -> None:
    message_id = done(db, "1")
    with db.write() as tx:
        held = [
            holds.place(tx, NewHold(HoldKind.LEGAL, f"AZ {n}", **on), actor="a", now=NOW)
            for n, on in enumerate(({"message_id": message_id}, {"postbox": "nord"}) * 2)
        ]
        first = holds.in_force(tx, limit=3)
        rest = holds.in_force(tx, limit=3, after=first[-1].id)
        assert [one.id for one in (*first, *rest)] == held[::-1]
        elsewhere = holds.in_force(tx, limit=9, regions=frozenset({"Süd"}))
        assert [one.postbox for one in elsewhere] == ["nord", "nord"]


def test_what_clerks_wrote_beside_a_mail_goes_with_it(db: Database) -> None:
    item_id = queue(db, "1")
    with db.write() as tx:
        message_id = tx.run(sa.select(item.c.message_id)).scalar_one()
        tx.run(sa.update(item).values(note="Mispel", waiver="Holunder", state="closed"))
        for state in (LedgerState.SORTED, LedgerState.DONE):
            ledger.set_state(tx, message_id, state, reason="", now=NOW)
        retention.erase(tx, message_id, now=later(9))
        row = tx.run(sa.select(item.c.note, item.c.waiver).where(item.c.id == item_id)).one()
    assert tuple(row) == ("", "")


def test_how_a_mail_that_lay_aside_went_on_is_told_after_its_deletion(db: Database) -> None:
    message_id = keep(db, "1").message_id
    with db.write() as tx:
        aside.put(tx, message_id, step="sort", reason_code="x", detail="", now=NOW)
        aside.resolve(tx, message_id, resolution="replayed", now=later(1))
        for state in (LedgerState.SORTED, LedgerState.DONE):
            ledger.set_state(tx, message_id, state, reason="", now=later(5))
        retention.erase(tx, message_id, now=later(9))
        row = tx.run(sa.select(aside_rows.c.resolution, aside_rows.c.resolved_at)).one()
    assert tuple(row) == ("replayed", later(1))


def test_holds_are_found_by_message_and_by_postbox_until_released(db: Database) -> None:
    message_id = done(db, "1")
    with db.write() as tx:
        new = NewHold(HoldKind.LEGAL, "AZ 1", message_id=message_id)
        one = holds.place(tx, new, actor="a", now=NOW)
        holds.place(tx, NewHold(HoldKind.AUDIT, "AZ 2", postbox="nord"), actor="a", now=NOW)
        assert holds.of_messages(tx, [message_id, 99]) == {
            message_id: (f"rechtsstreit (Nr. {one})",)
        }
        assert list(holds.of_postboxes(tx)) == ["nord"]
        assert [hold.reference for hold in holds.in_force(tx, limit=9)] == ["AZ 2", "AZ 1"]
        holds.release(tx, one, actor="b", now=later(1))
        assert holds.of_messages(tx, [message_id]) == {}


@pytest.mark.parametrize("regions", [frozenset({"Nord"}), frozenset({"Süd"})])
def test_only_mail_of_the_regions_is_looked_at(db: Database, regions: frozenset[str]) -> None:
    done(db, "1")
    with db.read() as tx:
        found = retention.ended(tx, before=later(9), limit=9, regions=regions)
        rest = retention.remaining(tx, since=NOW, regions=regions)
    assert len(found) == sum(row[3] for row in rest) == int("Nord" in regions)
