"""Statements that are put into words once find what they ask for by its key, in any backlog."""

from datetime import timedelta

import sqlalchemy as sa

from rules.marks import OwnMark
from store.acts import mark_wishes
from store.database.engine import Database, Tx
from store.doors import idempotency
from store.doors.idempotency import Answer, Given
from store.processes import leases
from tests.bench import bench_stock
from tests.store.samples import NOW

MANY, RUNS = 2_000, 16
"""Runs after which the driver has prepared and PostgreSQL keeps one plan (manual, PREPARE)."""

TAKEN = frozenset({OwnMark.IN_WORK})


def test_an_answer_is_found_by_caller_and_key_together(db: Database) -> None:
    odd = 'Zoë "\\" [1, 2]'
    kept = {("a", "1"), ("b", "2"), (odd, odd)}
    with db.write() as tx:
        _keep(tx, kept)
        found = idempotency.look_each(tx, [("a", "1"), ("a", "2"), ("b", "1"), (odd, odd)])
        assert idempotency.look_each(tx, []) == {}
    assert found == {pair: _given(pair) for pair in [("a", "1"), (odd, odd)]}


def test_what_is_read_does_not_grow_with_what_is_there(own_postgresql_url: str) -> None:
    bench_stock.fill(own_postgresql_url, MANY)
    db = Database.open(own_postgresql_url)
    with db.write() as tx:
        _keep(tx, {("early", str(n)) for n in range(10)})
        tx.run(sa.text("ANALYZE idempotency"))
    with db.write() as tx:
        _ask(tx)  # a plan that is kept from now would be one for ten answers
    with db.write() as tx:
        _keep(tx, {("machine", str(n)) for n in range(MANY)})
    with db.write() as tx:
        before = _read_whole(tx)
        assert _ask(tx) == RUNS
        assert _read_whole(tx) == before
    db.close()


def test_leases_are_passed_through_where_they_are_free_or_have_run_out(db: Database) -> None:
    with db.write() as tx:
        for name, seconds in (("held", 60), ("over", 1)):
            leases.take(tx, name, owner="w", now=NOW, seconds=seconds)
        now = NOW + timedelta(seconds=10)
        free = leases.pass_through(tx, ["over", "new", "held"], now=now, seconds=60)
        assert free == {"over", "new"}
        assert leases.pass_through(tx, [], now=now, seconds=60) == frozenset()
        again = leases.take(tx, "over", owner="v", now=now, seconds=60)
    assert again is not None
    assert (again.fence, again.taken_over_from_until) == (3, None)


def _ask(tx: Tx) -> int:
    """The answers that were found."""
    found = 0
    for n in range(RUNS):
        found += len(idempotency.look_each(tx, [("machine", str(n)), ("other", "x")]))
        mark_wishes.want_each(tx, [n + 1, n + 2], marks=TAKEN, now=NOW)
        leases.pass_through(tx, [f"x{n}", "y"], now=NOW, seconds=60)
    return found


def _read_whole(tx: Tx) -> dict[str, int]:
    """Rows that were read by no index since the connection was made, at least."""
    words = sa.text(
        "SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE relname IN"
        " ('idempotency', 'message', 'lease', 'mark_wish')"
    )
    return {row.relname: row.seq_tup_read for row in tx.run(words)}


def _keep(tx: Tx, pairs: set[tuple[str, str]]) -> None:
    idempotency.remember_each(tx, {pair: _given(pair) for pair in pairs}, now=NOW)


def _given(pair: tuple[str, str]) -> Given:
    return Given("f" * 64, Answer(200, {"text": pair[1]}))
