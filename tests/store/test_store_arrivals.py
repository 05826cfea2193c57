"""The daily sum notices what vanished, came twice or lost its state, and names it."""

from datetime import date

import pytest
import sqlalchemy as sa

from rules.errors import Conflict
from store.counts import ledger_counts
from store.database.engine import Database
from store.mails import arrivals, keeping
from store.mails.arrivals import Difference, Fault
from store.tables.ledger import arrival, message, sighting
from tests.store import samples
from tests.store.samples import NOW, POSTBOX

DAY = date(2026, 3, 2)


def found(db: Database) -> tuple[Difference, ...]:
    with db.read() as tx:
        by_postbox = arrivals.differences_by_postbox(tx, day=DAY)
    return tuple(one for odd in by_postbox.values() for one in odd)


def sums(db: Database) -> tuple[int, int]:
    with db.read() as tx:
        seen = arrivals.seen_by_postbox(tx, day=DAY)
        states = ledger_counts.counts_by_postbox(tx, day=DAY)
    return sum(seen.values()), sum(sum(one.values()) for one in states.values())


def test_a_day_on_which_nothing_happened_to_the_rows_closes(db: Database) -> None:
    for uid in ("1", "2", "2"):
        samples.keep(db, uid)
    assert sums(db) == (2, 2)
    assert found(db) == ()


def test_a_message_whose_row_vanished_is_named_in_its_postbox(db: Database) -> None:
    lost, _ = samples.keep(db, "1"), samples.keep(db, "2")
    with db.write() as tx:
        tx.run(sa.delete(sighting).where(sighting.c.message_id == lost.message_id))
        tx.run(sa.delete(message).where(message.c.id == lost.message_id))
    with db.read() as tx:
        named = arrivals.differences_by_postbox(tx, day=DAY)
    assert named == {POSTBOX: (Difference(lost.message_id, Fault.LOST),)}
    assert sums(db) == (2, 1)


def test_a_mail_out_of_a_postbox_without_any_place_is_named(db: Database) -> None:
    lost = samples.keep(db, "1")
    samples.keep(db, "2", source="smtp", postbox=None, place=None)
    with db.write() as tx:
        tx.run(sa.delete(sighting).where(sighting.c.message_id == lost.message_id))
    assert found(db) == (Difference(lost.message_id, Fault.PLACELESS),)


def test_a_row_that_no_arrival_explains_is_named_and_does_not_hide_a_loss(db: Database) -> None:
    lost, twin = samples.keep(db, "1"), samples.keep(db, "2")
    with db.write() as tx:
        tx.run(sa.delete(sighting).where(sighting.c.message_id == lost.message_id))
        tx.run(sa.delete(message).where(message.c.id == lost.message_id))
        tx.run(sa.delete(arrival).where(arrival.c.message_id == twin.message_id))
        tx.run(sa.insert(arrival).values(message_id=lost.message_id, at=NOW, source="postbox"))
    assert sums(db) == (2, 1)
    assert set(found(db)) == {
        Difference(lost.message_id, Fault.LOST),
        Difference(lost.message_id, Fault.DOUBLED),
        Difference(twin.message_id, Fault.UNCOUNTED),
    }


def test_a_state_that_is_none_is_not_counted_and_named(db: Database) -> None:
    kept = samples.keep(db, "1")
    with db.write() as tx:
        word = sa.text("UPDATE message SET state = 'verlegt' WHERE id = :id")
        tx.run(word, {"id": kept.message_id})
    assert found(db) == (Difference(kept.message_id, Fault.STATELESS),)
    assert sums(db) == (1, 0)


def test_mail_of_the_day_before_is_not_of_today(db: Database) -> None:
    samples.keep(db, "1")
    with db.read() as tx:
        assert arrivals.seen_by_postbox(tx, day=date(2026, 3, 1)) == {}
        assert arrivals.seen_by_postbox(tx, day=DAY) == {POSTBOX: 1}


def test_a_delivery_of_the_same_key_is_seen_again_and_kept_once(db: Database) -> None:
    delivered = samples.arrival("", postbox=None, place=None, source="smtp", delivery_key="k" * 64)
    with db.write() as tx:
        assert arrivals.seen_again_many(tx, ["k" * 64]) == {}
        kept = keeping.keep(tx, delivered, now=NOW)
    with db.write() as tx:
        assert arrivals.seen_again_many(tx, ["k" * 64]) == {"k" * 64: kept.message_id}
        assert tx.run(sa.select(arrival.c.deliveries)).scalar_one() == 2
    with pytest.raises(Conflict) as caught, db.write() as tx:
        keeping.keep(tx, delivered, now=NOW)
    assert caught.value.code == "store.conflict"
    assert sums(db) == (1, 1)
