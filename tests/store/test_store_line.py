"""The line is fair: a wish never starves anything, and nothing waits for ever."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from rules.codes import Concern
from store.database.engine import Database
from store.desk import items
from store.desk.claims import Line
from store.desk.items import Item
from store.tables.ledger import WAIT_AT_MOST_DAYS
from store.tables.ledger import item as table
from tests.store.samples import NOW, claim_next, keep, later, new_item, queue

TODAY = NOW.date()
DAY_SECONDS = 86_400


def fetch(db: Database, line: Line, holder: str = "anna") -> Item | None:
    with db.write() as tx:
        claimed = claim_next(tx, line, holder=holder)
    return claimed.item if claimed else None


def asked(concern: Concern | None = None, language: str | None = None) -> Line:
    return Line("435", concern=concern, language=language, today=TODAY)


def test_a_wish_gets_its_own_while_nothing_is_due(db: Database) -> None:
    queue(db, "1", due_on=TODAY + timedelta(days=1))
    rent = queue(db, "2", due_on=TODAY + timedelta(days=5), first_concern="rente")
    foreign = queue(db, "3", due_on=TODAY + timedelta(days=6), language="other")
    found = fetch(db, asked(Concern.RENTE))
    other = fetch(db, asked(language="other"))
    assert found is not None
    assert other is not None
    assert (found.id, other.id) == (rent, foreign)
    assert fetch(db, asked(Concern.TERMIN)) is None


@pytest.mark.parametrize("days_ago", [1, 0])
def test_what_is_due_goes_before_every_wish(db: Database, days_ago: int) -> None:
    """Also what is due today and has waited longer."""
    queue(db, "1", due_on=TODAY, first_concern="rente", language="other", received_at=later(9))
    due = queue(db, "2", due_on=TODAY - timedelta(days=days_ago))
    found = fetch(db, asked(Concern.RENTE, "other"))
    assert found is not None
    assert found.id == due


def test_an_alert_goes_before_all_and_before_what_came_back(db: Database) -> None:
    mine = queue(db, "1", due_on=TODAY)
    alarm = queue(db, "2", due_on=TODAY + timedelta(days=9), alert="self_harm")
    with db.write() as tx:
        items.save_unheld(tx, mine, version=1, change={"preferred_holder": "anna"}, now=NOW)
    handed_out = [fetch(db, asked(Concern.TERMIN)), fetch(db, asked())]
    assert [item and item.id for item in handed_out] == [alarm, mine]


def test_what_came_back_goes_before_what_is_due_also_with_a_wish(db: Database) -> None:
    due = queue(db, "1", due_on=TODAY)
    mine = queue(db, "2", due_on=TODAY + timedelta(days=9))
    with db.write() as tx:
        items.save_unheld(tx, mine, version=1, change={"preferred_holder": "anna"}, now=NOW)
    handed_out = [fetch(db, asked(Concern.RENTE)) for _ in range(2)]
    assert [item and item.id for item in handed_out] == [mine, due]


def test_without_a_due_day_an_item_gets_a_day_four_weeks_after_receipt(db: Database) -> None:
    never = queue(db, "1", due_on=None)
    before = queue(db, "2", due_on=TODAY + timedelta(days=WAIT_AT_MOST_DAYS - 1))
    younger = later(DAY_SECONDS * 40)
    after = queue(db, "3", due_on=younger.date(), received_at=younger)
    order = [fetch(db, Line("435")) for _ in range(3)]
    assert [item and item.id for item in order] == [before, never, after]


waiting = st.lists(
    st.tuples(
        st.integers(-6, 12) | st.none(),
        st.sampled_from(["au", "rente", "termin"]),
        st.sampled_from(["de", "other"]),
        st.integers(0, 40),
    ),
    max_size=8,
)
wishes = st.builds(
    asked,
    st.sampled_from([None, Concern.AU, Concern.RENTE]),
    st.sampled_from([None, "de", "other"]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(waiting=waiting, line=wishes)
def test_no_wish_passes_what_is_due_and_every_wish_is_served(
    sqlite_url: str, waiting: list[tuple[int | None, str, str, int]], line: Line
) -> None:
    """Whatever waits: the one handed out is the first of what is due, else the first that fits."""
    db = Database.open(sqlite_url)
    with db.write() as tx:
        tx.run(delete(table))
    for number, (days, concern, language, age) in enumerate(waiting):
        kept = keep(db, f"{number}")
        with db.write() as tx:
            received = later(-age * DAY_SECONDS)
            new = new_item(
                kept.message_id,
                due_on=None if days is None else TODAY + timedelta(days=days),
                first_concern=concern,
                language=language,
                received_at=received,
            )
            if items.of_message(tx, kept.message_id) is None:
                items.create(tx, new, now=NOW)
    with db.read() as tx:
        rows = tx.run(table.select().order_by(table.c.queue_day, table.c.received_at, table.c.id))
        line_up = [(row.id, row.queue_day, row.first_concern, row.language) for row in rows]
    due = [row[0] for row in line_up if row[1] <= TODAY]
    fits = [
        row[0]
        for row in line_up
        if line.concern in {None, row[2]} and line.language in {None, row[3]}
    ]
    found = fetch(db, line)
    db.close()
    assert (found and found.id) == next(iter([*due, *fits]), None)


def test_under_a_stream_of_nearer_days_each_item_is_handed_out_in_the_end(db: Database) -> None:
    """One old item without a day against one new mail a day with the shortest period."""
    old = queue(db, "old", due_on=None)
    for number in range(WAIT_AT_MOST_DAYS + 2):
        received = later(DAY_SECONDS * number)
        queue(db, f"{number}", due_on=received.date(), received_at=received)
        found = fetch(db, asked(Concern.AU))
        assert found is not None
        if found.id == old:
            break
    assert found.id == old
