"""What deletion leaves in the database's own history, on both engines."""

import pytest
import sqlalchemy as sa

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
from store.mails import ledger, verdicts
from store.mails.verdicts import NewVerdict
from store.tables.ledger import item, original
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
        marks_seen.add_many(tx, [named], now=later(1))
        threads.note_many(tx, {message_id: ["0123"]})
        before = residue.left(tx, [message_id])
        told = {"message", "verdict", "mark", "thread"}
        assert {kind for kind, number in before.items() if number} == told
        retention.erase(tx, message_id, now=later(9))
        assert set(residue.left(tx, [message_id]).values()) == {0}
        assert residue.left(tx, [message_id, other])["verdict"] == 1
        tx.run(sa.update(original).values(data=b"x"))
        assert residue.left(tx, [message_id])["original"] == 1


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
