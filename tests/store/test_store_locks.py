"""Who reads first and writes later is alone meanwhile.

On PostgreSQL only; SQLite has one writer anyway.
"""

import threading
from collections.abc import Callable, Iterator

import pytest

from rules.errors import Conflict
from rules.ledger import LedgerState
from rules.postbox import Watermark
from store.acts import op_steps, ops, wishes
from store.database.engine import Database, Tx
from store.desk import items
from store.mails import ledger
from store.processes import leases
from tests.store.samples import NOW, POSTBOX, keep, later, new_item, take_lease

Lock = Callable[[Tx, int], object]

LOCKS: dict[str, Lock] = {
    "one": ledger.locked,
    "many": lambda tx, message_id: ledger.locked_many(tx, [message_id]),
    "no row is read": lambda tx, message_id: ledger.lock_many(tx, [message_id]),
}


@pytest.fixture
def db(postgresql_url: str) -> Iterator[Database]:
    database = Database.open(postgresql_url)
    yield database
    database.close()


def _beside(db: Database, step: Callable[[Tx], object]) -> threading.Thread:
    """The step, in a transaction of its own; it had time enough to end."""

    def run() -> None:
        with db.write() as tx:
            step(tx)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=0.3)
    return thread


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS)
def test_a_locked_message_is_nobody_elses_and_another_is_free(db: Database, lock: Lock) -> None:
    first, second = keep(db, "1").message_id, keep(db, "2").message_id
    with db.write() as tx:
        lock(tx, first)
        free = _beside(db, lambda other: lock(other, second))
        assert not free.is_alive()
        waits = _beside(db, lambda other: lock(other, first))
        assert waits.is_alive()
    waits.join(timeout=5)
    assert not waits.is_alive()


def test_no_step_is_taken_from_a_state_that_somebody_just_left(db: Database) -> None:
    message_id = keep(db, "1").message_id
    said: list[str] = []

    def put_aside(tx: Tx) -> None:
        try:
            ledger.set_state(tx, message_id, LedgerState.ASIDE, reason="mail.bounce", now=NOW)
        except Conflict as exc:
            said.append(exc.code)

    with db.write() as tx:
        for state in (LedgerState.SORTED, LedgerState.DONE):
            ledger.set_state(tx, message_id, state, reason="", now=NOW)
        late = _beside(db, put_aside)
        assert late.is_alive()
    late.join(timeout=5)
    assert said == ["ledger.step"]


def test_who_waits_for_an_item_or_a_lease_sees_what_was_written_on_it(db: Database) -> None:
    kept = keep(db, "1")
    lease = take_lease(db)
    with db.write() as tx:
        item_id = items.create(tx, new_item(kept.message_id), now=NOW)
    seen: list[int] = []

    def look(tx: Tx) -> None:
        items.wait_for(tx, kept.message_id)
        seen.append(items.get(tx, item_id).hops)

    with db.write() as tx:
        items.save_unheld(tx, item_id, version=1, change=items.ItemChange(hops=2), now=NOW)
        leases.hold(tx, lease, now=later(1))
        waits = (_beside(db, look), _beside(db, lambda other: leases.wait_for(other, lease.name)))
        assert all(thread.is_alive() for thread in waits)
    for thread in waits:
        thread.join(timeout=5)
    assert seen == [2]


@pytest.mark.parametrize("to", ["431 Hanau/AU", "INBOX"], ids=["aimed anew", "withdrawn"])
def test_no_command_goes_out_for_a_wish_that_somebody_is_just_changing(
    db: Database, to: str
) -> None:
    """Else the mail would lie in a folder that nobody wished for, and count as lost."""
    message_id = keep(db, "1").message_id
    target = "435 Kassel/AU"
    with db.write() as tx:
        wishes.want(tx, message_id, dst_folder=target, now=NOW)
        (read,) = ops.due(tx, POSTBOX, now=NOW, limit=1)
    lease = take_lease(db)
    commands: list[object] = []

    def send(tx: Tx) -> None:
        marks = {target: Watermark(target, "1", "5")}
        commands.extend(op_steps.sent_many(tx, [read], marks=marks, lease=lease, now=NOW))

    with db.write() as tx:
        wishes.want(tx, message_id, dst_folder=to, now=NOW)
        worker = _beside(db, send)
        assert worker.is_alive()
    worker.join(timeout=5)
    assert not worker.is_alive()
    assert commands == []
