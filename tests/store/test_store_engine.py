"""Transactions: all or nothing, writers queue, and no driver's error leaves the room."""

import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from rules.errors import Conflict, HouseError, Refused, TryLater
from rules.ledger import LedgerState
from rules.postbox import Watermark
from store.acts import op_steps, ops, wishes
from store.counts import figures, ledger_counts
from store.database import columns, connections, engine, failures
from store.database.engine import Database, Tx
from store.deletion import retention
from store.desk import claim_batches, claims, item_lists, items
from store.desk.claim_batches import Want
from store.desk.claims import Line
from store.doors import idempotency
from store.mails import aside, keeping, ledger, verdicts
from store.mails.verdicts import NewVerdict
from store.places import moves, sightings
from store.processes import heartbeats, leases
from store.processes.leases import Lease
from store.sending import outgoing, outgoing_claims
from store.sending.outgoing import NewOutgoing
from store.tables import ledger as tables
from store.trail import audit
from tests.servers.postgres import PostgresServer
from tests.store.samples import NOW, POSTBOX, arrival, keep, later, place

LEASE = Lease(POSTBOX, "w1", later(60), 1)


def test_a_block_that_raises_writes_nothing(db: Database) -> None:
    def deed(tx: Tx) -> None:
        keeping.keep(tx, arrival("1"), now=NOW)
        raise KeyError

    with pytest.raises(KeyError), db.write() as tx:
        deed(tx)
    with db.read() as tx:
        assert ledger.unsorted(tx, limit=9) == ()
    assert keep(db, "1").is_new


KILLED = """
import os, sys
from datetime import datetime, UTC
from store.mails import keeping
from store.sending import outgoing
from store.trail import audit
from store.database.engine import Database
from tests.store.samples import arrival, NOW

point = int(sys.argv[2])
steps = (
    lambda tx: keeping.keep(tx, arrival("1"), now=NOW),
    lambda tx: outgoing.order(tx, outgoing.NewOutgoing("eakte", "k", {}), now=NOW),
    lambda tx: audit.add(tx, "system", action="mail.kept", subject="message:1", details={}, at=NOW),
)
db = Database.open(sys.argv[1])
with db.write() as tx:
    for number, step in enumerate(steps):
        step(tx)
        if number == point:
            os._exit(9)
os._exit(9)
"""


@pytest.mark.parametrize(("point", "rows"), [(0, 0), (1, 0), (2, 0), (3, 1)])
def test_a_process_killed_at_any_point_leaves_all_or_nothing(
    url: str, point: int, rows: int
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, url, str(point)], check=False)
    assert ended.returncode == 9
    db = Database.open(url)
    with db.read() as tx:
        for table in (tables.original, tables.message, tables.sighting, tables.outgoing,
                      tables.audit):  # fmt: skip
            assert tx.run(sa.select(sa.func.count()).select_from(table)).scalar_one() == rows
    db.close()


def test_reading_can_not_write(db: Database) -> None:
    with pytest.raises(HouseError), db.read() as tx:
        keeping.keep(tx, arrival("1"), now=NOW)
    assert keep(db, "1").is_new


def test_a_broken_rule_of_the_database_is_a_conflict_without_values(db: Database) -> None:
    with pytest.raises(Conflict) as caught, db.write() as tx:
        audit.add(tx, None, action="geheim", subject="", details={}, at=NOW)  # type: ignore[arg-type]
    assert caught.value.code == "store.conflict"
    assert caught.value.__cause__ is None
    assert "geheim" not in str(caught.value)


CLAIMED = audit.Note("item.claimed", "message:1", {})


def write_one_way(db: Database, between: Callable[[Tx], object]) -> None:
    with db.write() as tx, tx.one_way():
        audit.add_many(tx, "a", [CLAIMED], at=NOW)
        between(tx)
        audit.add_many(tx, "a", [CLAIMED], at=NOW)


def written_of_it(db: Database) -> int:
    with db.read() as tx:
        return len(audit.of_subject(tx, CLAIMED.subject))


def test_what_goes_one_way_is_refused_as_alone_and_leaves_nothing(db: Database) -> None:
    def keep_answer(tx: Tx) -> None:
        answer = idempotency.Given("hash", idempotency.Answer(200, {}))
        idempotency.remember_each(tx, {("a", "k"): answer}, now=NOW)

    write_one_way(db, keep_answer)
    assert written_of_it(db) == 2
    with pytest.raises(Conflict) as caught:
        write_one_way(db, keep_answer)
    assert caught.value.code == "store.conflict"
    assert written_of_it(db) == 2


def test_a_server_that_goes_in_the_middle_of_one_way_means_try_later(
    own_postgresql_url: str,
) -> None:
    db = Database.open(own_postgresql_url)

    def cut_all(_: Tx) -> None:
        with db.write() as other:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            words = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"  # noqa: S608
            other.run(sa.text(words))

    with pytest.raises(TryLater) as caught:
        write_one_way(db, cut_all)
    assert caught.value.code == "store.away"
    assert written_of_it(db) == 0
    write_one_way(db, lambda _: None)
    assert written_of_it(db) == 2
    db.close()


def test_times_come_back_aware_in_utc(db: Database) -> None:
    berlin = datetime(2026, 7, 1, 10, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    kept = keep(db, "1", received_at=berlin)
    with db.read() as tx:
        received_at = ledger.message(tx, kept.message_id).received_at
    assert received_at == berlin
    assert received_at.tzinfo is UTC


def test_a_naive_time_is_a_bug_that_shows(db: Database) -> None:
    with pytest.raises((ValueError, sa.exc.StatementError), match="naive"):
        keep(db, "1", received_at=datetime(2026, 7, 1))  # noqa: DTZ001 - on purpose


@pytest.mark.parametrize(
    "url", ["", "no url", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:"]
)
def test_an_address_that_can_not_serve_is_refused(url: str) -> None:
    with pytest.raises(Refused) as caught:
        Database.open(url)
    assert caught.value.code == "store.url"


def test_a_missing_file_is_not_made_by_opening(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        Database.open(f"sqlite:///{tmp_path / 'none.sqlite'}")
    assert caught.value.code == "store.schema"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").write_text("This is a letter, not a database. " * 40)
    with pytest.raises(Refused) as caught:
        Database.open(f"sqlite:///{tmp_path / 'a.sqlite'}")
    assert caught.value.code == "store.statement"


def test_a_server_that_is_not_there_means_try_later() -> None:
    with pytest.raises(TryLater) as caught:
        Database.open("postgresql://nobody@127.0.0.1:1/none")
    assert caught.value.code == "store.away"


def test_the_password_is_not_kept_in_sight(postgresql_url: str) -> None:
    db = Database.open(postgresql_url.replace("postlotse@", "postlotse:geheim@"))
    assert "geheim" not in repr(db)
    db.close()


def test_what_the_administrator_wrote_into_the_address_wins(postgresql_url: str) -> None:
    db = Database.open(f"{postgresql_url}?options=-c%20lock_timeout%3D7s")
    with db.read() as tx:
        told = tx.connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
        kept = tx.connection.exec_driver_sql("SHOW statement_timeout").scalar_one()
    db.close()
    assert (told, kept) == ("7s", "30s")


def test_sqlite_keeps_its_promises(sqlite_url: str) -> None:
    db = Database.open(sqlite_url)
    with db.write() as tx:
        ask = tx.connection.exec_driver_sql
        assert ask("PRAGMA journal_mode").scalar_one() == "wal"
        assert ask("PRAGMA synchronous").scalar_one() == 2
        assert ask("PRAGMA foreign_keys").scalar_one() == 1
        assert ask("PRAGMA cache_size").scalar_one() == -connections.WRITER_CACHE_KB
    with db.read() as tx:
        assert tx.connection.exec_driver_sql("PRAGMA cache_size").scalar_one() == -2000
    db.close()


def test_connections_cut_by_a_restart_of_the_server_are_made_anew(
    postgres: PostgresServer, postgresql_url: str
) -> None:
    def deed(tx: Tx) -> None:
        keeping.keep(tx, arrival("1"), now=NOW)
        postgres.cut_connections("shared")
        ledger.unsorted(tx, limit=1)

    db = Database.open(postgresql_url)
    with pytest.raises(TryLater) as caught, db.write() as tx:
        deed(tx)
    assert caught.value.code == "store.away"
    assert keep(db, "1").is_new
    postgres.cut_connections("shared")
    db.ping()
    db.close()


def test_writers_of_one_process_queue_and_none_is_told_to_try_later(db: Database) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for step in range(5):
                keep(db, f"{number}-{step}")
        except BaseException as exc:  # noqa: BLE001 - a thread's error must reach the test
            errors.append(exc)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with db.read() as tx:
        assert len(ledger.unsorted(tx, limit=99)) == 40


def test_who_queues_too_long_is_told_to_try_later(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WRITE_QUEUE_SECONDS", 0.05)
    db = Database.open(sqlite_url)
    caught: list[BaseException] = []

    def second() -> None:
        with pytest.raises(TryLater) as info, db.write():
            pass
        caught.append(info.value)

    with db.write():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    db.close()
    assert [error.code for error in caught if isinstance(error, TryLater)] == ["store.away"]


Call = Callable[[Tx], object]
VERDICT = {"model": "m", "rules": "r", "payment_relevant": "yes", "concerns": [], "review": False}
WRITES: dict[str, Call] = {
    "keeping.keep": lambda tx: keeping.keep(tx, arrival("9"), now=NOW),
    "ledger.describe": lambda tx: ledger.describe(
        tx, 1, sender="", subject="", message_id_header="", defects=()
    ),
    "ledger.set_state": lambda tx: ledger.set_state(tx, 1, LedgerState.SORTED, reason="", now=NOW),
    "moves.move": lambda tx: moves.move(tx, 1, to=place("9"), now=NOW),
    "sightings.mark_absent": lambda tx: sightings.mark_absent(tx, [1]),
    "sightings.mark_gone": lambda tx: sightings.mark_gone(tx, [1]),
    "wishes.want": lambda tx: wishes.want(tx, 1, dst_folder="A", now=NOW),
    "op_steps.sent": lambda tx: op_steps.sent(
        tx, 1, mark=Watermark("A", "", ""), lease=LEASE, now=NOW
    ),
    "leases.take": lambda tx: leases.take(tx, POSTBOX, owner="w", now=NOW, seconds=1),
    "leases.renew": lambda tx: leases.renew(tx, LEASE, now=NOW, seconds=1),
    "claim_batches.claim_each": lambda tx: claim_batches.claim_each(
        tx, [Want(Line("435"), "anna", 1)], now=NOW
    ),
    "claims.renew": lambda tx: claims.renew(tx, 1, token="t", now=NOW, lease_seconds=1),
    "claims.expire": lambda tx: claims.expire(tx, NOW),
    "items.save": lambda tx: items.save(tx, 1, token="t", change={"hops": 1}, now=NOW),
    "items.unpark": lambda tx: items.unpark(tx, NOW.date()),
    "outgoing.order": lambda tx: outgoing.order(tx, NewOutgoing("eakte", "k", {}), now=NOW),
    "outgoing.claim": lambda tx: outgoing_claims.claim(
        tx, kinds=["eakte"], worker="w", now=NOW, limit=1, lease_seconds=1
    ),
    "outgoing.receipted": lambda tx: outgoing.receipted(tx, "k", receipt={}, now=NOW),
    "audit.add": lambda tx: audit.add(tx, "a", action="a", subject="s", details={}, at=NOW),
    "audit.seal": lambda tx: audit.seal(tx, limit=1),
    "verdicts.add": lambda tx: verdicts.add(tx, NewVerdict(1, "machine", "m", VERDICT), now=NOW),
    "aside.put": lambda tx: aside.put(tx, 1, step="s", reason_code="r", detail="", now=NOW),
    "aside.resolve": lambda tx: aside.resolve(tx, 1, resolution="replayed", now=NOW),
    "beats.beat": lambda tx: heartbeats.beat(tx, "w", code="", message="", now=NOW),
    "idempotency.remember": lambda tx: idempotency.remember(
        tx, "c", key="k", request_hash="h", answer=idempotency.Answer(200, {}), now=NOW
    ),
    "retention.erase": lambda tx: retention.erase(tx, 1, now=NOW),
}
READS: dict[str, Call] = {
    "ledger.message": lambda tx: ledger.message(tx, 1),
    "ledger.original": lambda tx: ledger.original(tx, 1),
    "ledger.counts": ledger_counts.counts,
    "ledger.unsorted": lambda tx: ledger.unsorted(tx, limit=1),
    "sightings.known_uids": lambda tx: sightings.known_uids(tx, POSTBOX, folder="INBOX", epoch="1"),
    "ops.due": lambda tx: ops.due(tx, POSTBOX, now=NOW, limit=1),
    "items.get": lambda tx: items.get(tx, 1),
    "item_lists.held_by": lambda tx: item_lists.held_by(tx, "k-1"),
    "outgoing.counts": outgoing.counts,
    "audit.verify": audit.verify,
    "verdicts.latest": lambda tx: verdicts.latest(tx, 1),
    "aside.listing": lambda tx: aside.listing(tx, limit=1),
    "beats.all_beats": heartbeats.all_beats,
    "idempotency.look": lambda tx: idempotency.look(tx, "c", key="k", request_hash="h"),
    "figures.standing": lambda tx: figures.standing(
        tx, agency_codes=None, today=NOW.date(), until=NOW.date()
    ),
    "retention.ended": lambda tx: retention.ended(tx, before=NOW, limit=1),
}


@pytest.fixture
def locked(
    request: pytest.FixtureRequest, url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """A database in which somebody else holds all locks, and whose patience is short."""
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_MS", 20)
    monkeypatch.setitem(connections.POSTGRESQL_LIMITS, "lock_timeout", "20ms")
    db = Database.open(url)
    keep(db, "1")
    if db.dialect == "sqlite":
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield db
        other.close()
    else:
        hold = sa.create_engine(connections.parse_url(url), poolclass=sa.NullPool).connect()
        names = ", ".join(table.name for table in columns.metadata.sorted_tables)
        hold.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
        yield db
        hold.close()
    db.close()


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
def test_writing_into_a_locked_database_means_try_later(locked: Database, call: Call) -> None:
    with pytest.raises(TryLater) as caught, locked.write() as tx:
        call(tx)
    assert caught.value.code == "store.away"
    assert not caught.value.permanent


@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_reading_from_a_locked_database_never_shows_a_drivers_error(
    locked: Database, call: Call
) -> None:
    """SQLite's readers go on beside a writer; PostgreSQL's wait for an exclusive lock."""
    beside = {"sqlite": {"", "item.unknown"}, "postgresql": {"store.away"}}
    assert _code(locked, call) in beside[locked.dialect]


def _code(db: Database, call: Call) -> str:
    try:
        with db.read() as tx:
            call(tx)
    except HouseError as error:
        return error.code
    return ""


def test_a_table_that_is_missing_is_a_matter_of_the_schema(own_url: str) -> None:
    db = Database.open(own_url)
    with db.write() as tx:
        tx.connection.exec_driver_sql("DROP TABLE beat")
    with pytest.raises(Refused) as caught, db.read() as tx:
        heartbeats.all_beats(tx)
    db.close()
    assert caught.value.code == "store.schema"


def test_every_statement_that_the_database_never_takes_is_refused(db: Database) -> None:
    with pytest.raises(Refused) as caught, db.write() as tx:
        tx.run(sa.text("SELEC 1"))
    assert caught.value.code == "store.statement"


def test_a_full_pool_means_try_later() -> None:
    with pytest.raises(TryLater) as caught, failures.translated():
        raise sa.exc.TimeoutError
    assert caught.value.code == "store.away"


@pytest.mark.parametrize("number", [2**63, 10**30])
def test_a_number_too_large_for_the_database_is_refused(db: Database, number: int) -> None:
    """As typed into the address of a page."""
    with pytest.raises(Refused) as caught, db.read() as tx:
        items.get(tx, number)
    assert caught.value.code == "store.number"


def test_whoever_was_paused_in_a_transaction_for_too_long_tries_later(postgresql_url: str) -> None:
    """PostgreSQL ended the session meanwhile: nothing is wrong with the statement."""
    limit = "-c%20idle_in_transaction_session_timeout%3D100"
    db = Database.open(f"{postgresql_url}?options={limit}")

    def paused() -> None:
        with db.write() as tx:
            tx.run(sa.text("SELECT 1"))
            time.sleep(0.5)
            tx.run(sa.text("SELECT 1"))

    with pytest.raises(TryLater) as caught:
        paused()
    db.close()
    assert caught.value.code == "store.away"


def test_the_driver_writes_nothing_into_the_log_by_itself() -> None:
    """What a server says when it dies may quote a statement; our own events say that it is away."""
    assert not logging.getLogger("psycopg").isEnabledFor(logging.CRITICAL)
    assert not logging.getLogger("psycopg.pipeline").isEnabledFor(logging.CRITICAL)
