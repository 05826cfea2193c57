"""What must not grow with the archive or the backlog reads an index, in its order."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from rules.codes import Concern
from rules.item import ItemState
from store.acts import ops, refused_acts
from store.counts import figures, ledger_counts
from store.database.engine import Database, Tx
from store.deletion import retention
from store.desk import claims, item_lists, threads, wandering
from store.desk.claims import Line
from store.mails import arrivals, aside, keeping, ledger, sort_slots, verdicts
from store.places import sightings
from store.sending import outgoing, outgoing_claims
from store.trail import audit, events, trail_pages
from store.trail.events import Reach
from store.trail.trail_pages import Place
from tests.store.samples import NOW, POSTBOX, arrival


def take(tx: Tx, line: Line) -> object:
    """The statement of a claim, which goes to the driver past all that listens here."""
    taker = claims.to_whom("anna", claims.until(NOW, 60))
    return tx.run(claims.next_statement(claims.shape(line)), claims.values_of(line) | taker)


CALLS: dict[str, Callable[[Tx], object]] = {
    "next item": lambda tx: take(tx, Line("435")),
    "who waited at a shut way": lambda tx: outgoing_claims.due_again(
        tx, "reply", but_for=["smtp.later"], now=NOW
    ),
    "next item of clearing": lambda tx: take(tx, Line(None)),
    "next item of a concern": lambda tx: take(tx, Line("435", concern=Concern.AU)),
    "next item of a language": lambda tx: take(tx, Line("435", language="other", today=NOW.date())),
    "list by receipt": lambda tx: item_lists.chronological(tx, agency_code="435", limit=100),
    "list by hand-out": lambda tx: item_lists.listing(
        tx, agency_codes=["435"], states=set(ItemState) - {ItemState.CLOSED}, limit=100
    ),
    "what is stuck": lambda tx: item_lists.listing(
        tx,
        agency_codes=None,
        states=[ItemState.HELD, ItemState.PARKED, ItemState.PENDING],
        limit=100,
    ),
    "what is open": lambda tx: figures.standing(
        tx, agency_codes=["435", None], today=NOW.date(), until=NOW.date()
    ),
    "what is open in all agencies": lambda tx: figures.standing(
        tx, agency_codes=None, today=NOW.date(), until=NOW.date()
    ),
    "receipts that are due": lambda tx: figures.receipts_open(tx, agency_codes=["435"]),
    "sorted today": lambda tx: ledger_counts.sorted_count(tx, day=NOW.date()),
    "corrections": lambda tx: verdicts.latest_of_source(tx, "clerk", limit=50),
    "open claims": lambda tx: claims.open_claims(tx, "anna", now=NOW),
    "leases that are over": lambda tx: claims.expire(tx, NOW),
    "keep": lambda tx: keeping.keep_many(tx, [arrival("1")], now=NOW),
    "known uids": lambda tx: sightings.known_uids(tx, POSTBOX, folder="INBOX", epoch="1"),
    "folders of a postbox": lambda tx: sightings.folders(tx, POSTBOX),
    "unsorted but of some slots": lambda tx: sort_slots.take(
        tx,
        "w2",
        now=NOW,
        times=(timedelta(seconds=60), timedelta(seconds=60)),
        limit=50,
        limit_bytes=50,
    ),
    "delivery seen again": lambda tx: arrivals.seen_again_many(tx, ["k"]),
    "differences of a day": lambda tx: arrivals.differences_by_postbox(tx, day=NOW.date()),
    "unsorted": lambda tx: ledger.unsorted(tx, limit=50),
    "moves that were given up": lambda tx: refused_acts.listing(tx, [POSTBOX, "b"], limit=50),
    "moves that were given up, from there on": lambda tx: refused_acts.listing(
        tx, [POSTBOX], code="imap.over_quota", after=7, limit=50
    ),
    "acts that are due": lambda tx: ops.due(tx, POSTBOX, now=NOW, limit=50),
    "outgoing": lambda tx: outgoing_claims.claim(
        tx, kinds=["eakte"], worker="w", now=NOW, limit=9, lease_seconds=60
    ),
    "old webhooks": lambda tx: outgoing.forget_webhooks(tx, before=NOW, limit=50),
    "events": lambda tx: events.page(
        tx, Reach(frozenset({"item.closed"}), agencies=frozenset({"435"})), after=0, limit=50
    ),
    "seal": lambda tx: audit.seal(tx, limit=50),
    "page of the trail": lambda tx: trail_pages.page(tx, Place(), limit=50),
    "end of the trail": lambda tx: trail_pages.page(tx, Place(waiting=1), limit=50),
    "mail aside": lambda tx: aside.listing(tx, limit=50),
    "ended": lambda tx: retention.ended(tx, before=NOW, limit=50),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_sqlite_reads_no_whole_table_and_sorts_nothing(
    sqlite_url: str, call: Callable[[Tx], object]
) -> None:
    steps = [step for _, step in _plans(sqlite_url, call)]
    assert steps
    before = ["", *steps[:-1]]
    slow = [(last, step) for last, step in zip(before, steps, strict=True) if _is_slow(step, last)]
    assert slow == []


def test_a_conversation_is_found_by_its_links_and_sorted_alone(sqlite_url: str) -> None:
    plans = [
        step for _, step in _plans(sqlite_url, lambda tx: threads.open_of_thread(tx, 1, limit=2))
    ]
    assert [step for step in plans if step.startswith("SCAN")] == []
    assert any("ix_mail_thread_message_id" in step for step in plans)
    assert any("sqlite_autoindex_item" in step for step in plans), "not by an index of states"


def _plans(url: str, call: Callable[[Tx], object]) -> list[tuple[str, str]]:
    """Each statement of the call with the steps that SQLite takes for it."""
    db = Database.open(url)
    statements: list[tuple[str, object]] = []
    with db.write() as tx:
        sa.event.listen(
            tx.connection,
            "before_cursor_execute",
            lambda _c, _cur, text, values, _ctx, many: many or statements.append((text, values)),
        )
        call(tx)
        noted = list(statements)
        plans = [
            (text, row[3])
            for text, values in noted
            if text.startswith(("SELECT", "UPDATE", "WITH", "DELETE"))
            for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
        ]
    db.close()
    return plans


FEW: dict[str, tuple[str, Callable[[Tx], object]]] = {
    "wanderers": (
        "ix_item_wandering",
        lambda tx: wandering.listing(tx, agency_codes=None, limit=9),
    ),
    "wanderers of an agency": (
        "ix_item_wandering",
        lambda tx: wandering.listing(tx, agency_codes=["435", None], limit=9),
    ),
    "what came back to a clerk": (
        "ix_item_claim_preferred",
        lambda tx: take(tx, Line("435")),
    ),
    "wanderers by region": ("ix_item_wandering", wandering.by_region),
    "differences of a day": (
        "COVERING INDEX ix_message_day_counts",
        lambda tx: arrivals.differences_by_postbox(tx, day=NOW.date()),
    ),
    "moves that were given up": (
        "ix_op_refused",
        lambda tx: refused_acts.listing(tx, [POSTBOX, "b"], limit=50),
    ),
    "moves that were given up, by code": (
        "ix_op_refused",
        lambda tx: refused_acts.reasons(tx, [POSTBOX]),
    ),
    "what stays, of what is in work": (
        "COVERING INDEX ix_item_open_counts",
        lambda tx: retention.remaining(tx, since=NOW, regions=None),
    ),
}


@pytest.mark.parametrize(("index", "call"), FEW.values(), ids=FEW)
def test_a_count_reads_the_index_that_was_made_for_it(
    sqlite_url: str, index: str, call: Callable[[Tx], object]
) -> None:
    assert any(index in step for _, step in _plans(sqlite_url, call))


MOVES = """
INSERT INTO op (message_id, postbox, kind, src_folder, src_epoch, src_uid, dst_folder, state,
                created_at, next_try_at)
SELECT 1, 'SC-West', 'move', 'INBOX', '1', n, 'a', CASE n WHEN 7 THEN 'refused' ELSE 'done' END,
       now(), now()
FROM generate_series(1, 2000) AS n
"""


def test_postgresql_finds_the_moves_that_were_given_up_by_their_index(postgresql_url: str) -> None:
    db = Database.open(postgresql_url)
    noted: list[tuple[str, object]] = []
    with db.write() as tx:
        keeping.keep_many(tx, [arrival("1")], now=NOW)
        tx.connection.exec_driver_sql(MOVES)
        tx.connection.exec_driver_sql("ANALYZE op")
        sa.event.listen(
            tx.connection,
            "before_cursor_execute",
            lambda _c, _cur, text, values, _ctx, _many: noted.append((text, values)),
        )
        refused_acts.listing(tx, [POSTBOX], limit=50)
        refused_acts.reasons(tx, [POSTBOX])
        for text, values in tuple(noted):
            plan = tx.connection.exec_driver_sql(f"EXPLAIN {text}", values).scalars().all()
            assert any("ix_op_refused" in step for step in plan), plan
    db.close()


_SMALL = {"SCAN due", "SCAN found", "SCAN heap", "SCAN of_0", "SCAN unsorted"}
"""Results of a step before, read once."""


def _is_slow(step: str, last: str) -> bool:
    """A whole table, or a sort; scanning a partial index or a common table is neither.

    What came back to one clerk and is due on one day may be sorted, and the few of each kind that
    are due longest: a handful.
    """
    if "TEMP B-TREE" in step:
        return "ix_item_claim_preferred" not in last and last != "SCAN of_0"
    return step.startswith("SCAN ") and "USING" not in step and step not in _SMALL


@pytest.mark.parametrize("asked", [sightings.folders_of_gone, ops.targets_of_gone])
def test_folders_of_gone_mails_are_found_from_the_gone_mails(sqlite_url: str, asked) -> None:
    db = Database.open(sqlite_url)
    noted: list[tuple[str, object]] = []
    with db.read() as tx:
        sa.event.listen(
            tx.connection,
            "before_cursor_execute",
            lambda _c, _cur, text, values, _ctx, _many: noted.append((text, values)),
        )
        asked(tx, POSTBOX)
        (text, values), *_ = noted
        plan = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
    db.close()
    assert any("ix_message_gone" in row[3] for row in plan)
