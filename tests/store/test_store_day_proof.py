"""The proof of a day in one pass says what the three slow sums say, whatever is wrong."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from rules.ledger import LedgerState
from store.counts import day_proof, ledger_counts
from store.counts.day_proof import DayProof
from store.database.engine import Database, Tx
from store.mails import arrivals, keeping
from store.mails.arrivals import Fault
from store.tables.ledger import arrival, message, sighting
from tests.store import samples
from tests.store.samples import NOW, POSTBOX

DAY = date(2026, 3, 2)
YESTERDAY = NOW - timedelta(days=1)


def fill(db: Database) -> None:
    """Four mails of a postbox, one of them aside, one by SMTP, one of the day before."""
    for uid in "1234":
        samples.keep(db, uid)
    samples.keep(db, "5", postbox=None, source="smtp", place=None)
    with db.write() as tx:
        keeping.keep(tx, samples.arrival("6"), now=YESTERDAY)
        tx.run(sa.update(message).where(message.c.id == 2).values(state="aside"))


def slow(tx: Tx) -> DayProof:
    return DayProof(
        arrivals.seen_by_postbox(tx, day=DAY),
        ledger_counts.counts_by_postbox(tx, day=DAY),
        arrivals.differences_by_postbox(tx, day=DAY),
    )


def lose(tx: Tx) -> None:
    tx.run(sa.delete(sighting).where(sighting.c.message_id == 3))
    tx.run(sa.delete(message).where(message.c.id == 3))


def uncount(tx: Tx) -> None:
    tx.run(sa.delete(arrival).where(arrival.c.message_id == 3))


def lose_and_uncount(tx: Tx) -> None:
    """Two that cancel out in every count."""
    lose(tx)
    tx.run(sa.delete(arrival).where(arrival.c.message_id == 4))


def double(tx: Tx) -> None:
    tx.run(sa.update(arrival).where(arrival.c.message_id == 4).values(message_id=3))


def double_of_another_day(tx: Tx) -> None:
    row = {"message_id": 3, "at": YESTERDAY, "source": "postbox", "postbox": POSTBOX}
    tx.run(sa.insert(arrival).values(row))


def of_another_day(tx: Tx) -> None:
    """Counted the day before, and kept on this one; and the reverse."""
    tx.run(sa.update(arrival).where(arrival.c.message_id == 3).values(at=YESTERDAY))
    tx.run(sa.update(arrival).where(arrival.c.message_id == 6).values(at=NOW))


def displace(tx: Tx) -> None:
    tx.run(sa.delete(sighting).where(sighting.c.message_id == 3))


def lose_the_state(tx: Tx) -> None:
    tx.run(sa.text("UPDATE message SET state = 'nothing' WHERE id = 3"))


def change_the_postbox(tx: Tx) -> None:
    tx.run(sa.update(message).where(message.c.id == 3).values(postbox="other"))


HARM: dict[Callable[[Tx], None], set[Fault]] = {
    lose: {Fault.LOST},
    uncount: {Fault.UNCOUNTED},
    lose_and_uncount: {Fault.LOST, Fault.UNCOUNTED},
    double: {Fault.DOUBLED, Fault.UNCOUNTED},
    double_of_another_day: {Fault.DOUBLED},
    of_another_day: set(),
    displace: {Fault.PLACELESS},
    lose_the_state: {Fault.STATELESS},
    change_the_postbox: set(),
}


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
def test_whatever_is_wrong_is_named_as_by_reading_each_row(
    db: Database, harm: Callable[[Tx], None]
) -> None:
    fill(db)
    with db.write() as tx:
        harm(tx)
    with db.read() as tx:
        proof = day_proof.of_day(tx, DAY)
        assert proof == slow(tx)
    named = {one.fault for found in proof.differences.values() for one in found}
    assert named == HARM[harm]


def test_a_day_on_which_all_is_well_is_proved_by_three_statements(db: Database) -> None:
    fill(db)
    asked: list[str] = []
    with db.read() as tx:
        expected = slow(tx)
        sa.event.listen(
            tx.connection,
            "before_cursor_execute",
            lambda _c, _cur, text, *_rest: asked.append(text),
        )
        proof = day_proof.of_day(tx, DAY)
    assert proof == expected
    assert proof.states[POSTBOX][LedgerState.ASIDE] == 1
    assert len(asked) == 3
    assert len([text for text in asked if " JOIN " in text]) == 1, "each arrival and row once"


def test_only_the_pass_reads_rows_the_two_counts_read_indexes(sqlite_url: str) -> None:
    db = Database.open(sqlite_url)
    fill(db)
    asked: list[tuple[str, object]] = []
    with db.read() as tx:
        sa.event.listen(
            tx.connection,
            "before_cursor_execute",
            lambda _c, _cur, text, values, *_rest: asked.append((text, values)),
        )
        day_proof.of_day(tx, DAY)
        plans = [
            [row[3] for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
            for text, values in asked[:3]
        ]
    db.close()
    reads = [step for plan in plans[1:] for step in plan if "SEARCH" in step or "SCAN" in step]
    assert len(reads) == 3
    assert all("COVERING INDEX" in step for step in reads)


def test_a_day_without_mail_is_empty(db: Database) -> None:
    with db.read() as tx:
        assert day_proof.of_day(tx, DAY) == DayProof({}, {}, {})
