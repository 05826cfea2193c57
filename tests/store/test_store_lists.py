"""Lists and figures of the queue."""

from datetime import date, timedelta

import pytest

from rules.item import EakteState, ItemState
from store.counts import figures
from store.counts.figures import AgencyLine
from store.database.engine import Database, Tx
from store.desk import item_lists, items
from store.desk.claims import Line
from tests.store.samples import NOW, claim_next, describe, later, queue

TODAY = date(2026, 3, 4)


@pytest.fixture
def five(db: Database) -> list[int]:
    """Kassel: one held, one due today, one without a day; clearing: one; Hamburg: one closed."""
    ids = [
        queue(db, "1", due_on=date(2026, 3, 2)),
        queue(db, "2", due_on=TODAY, received_at=later(-10)),
        queue(db, "3", due_on=None, first_concern="rente"),
        queue(db, "4", agency_code=None, due_on=date(2026, 3, 3)),
        queue(db, "5", agency_code="123", eakte=EakteState.SENT),
    ]
    with db.write() as tx:
        claim_next(tx, Line("435"), holder="anna")
        items.save_unheld(tx, ids[4], version=1, change={"state": ItemState.CLOSED}, now=later(5))
    return ids


def test_pages_follow_each_other_in_the_order_of_hand_out(db: Database, five: list[int]) -> None:
    where = {"agency_codes": None, "states": list(ItemState), "limit": 2}
    seen: list[int] = []
    with db.read() as tx:
        while page := item_lists.listing(tx, after=seen[-1] if seen else None, **where):
            seen += [row.item.id for row in page]
        assert item_lists.listing(tx, after=999, **where) == ()
    assert seen == [five[0], five[3], five[1], five[4], five[2]]


@pytest.mark.parametrize("day", [date(2026, 2, 1), date(2026, 9, 1)])
def test_the_next_page_goes_on_where_the_last_row_stood_not_where_it_stands_now(
    db: Database, five: list[int], day: date
) -> None:
    where = {"agency_codes": None, "states": list(ItemState), "limit": 2}
    with db.write() as tx:
        page = item_lists.listing(tx, **where)
        last = page[-1].item
        change = items.due_by(last, day)
        items.save_unheld(tx, last.id, version=last.version, change=change, now=NOW)
        rest = item_lists.listing(tx, after=item_lists.spot_of(last), **where | {"limit": 3})
    assert [row.item.id for row in rest] == [five[1], five[4], five[2]][: len(rest)]
    assert len(rest) == 3


@pytest.mark.parametrize(
    ("codes", "states", "expected"),
    [
        (["435"], [ItemState.WAITING], [1, 2]),
        (["435", None], [ItemState.WAITING], [3, 1, 2]),
        ([None], list(ItemState), [3]),
        (["435"], [ItemState.HELD], [0]),
        ([], list(ItemState), []),
    ],
)
def test_a_list_shows_the_agencies_and_states_asked_for(
    db: Database,
    five: list[int],
    codes: list[str | None],
    states: list[ItemState],
    expected: list[int],
) -> None:
    with db.read() as tx:
        page = item_lists.listing(tx, agency_codes=codes, states=states, limit=9)
    assert [row.item.id for row in page] == [five[index] for index in expected]


def test_a_row_of_a_list_names_sender_and_subject(db: Database) -> None:
    item_id = queue(db, "1")
    with db.write() as tx:
        describe(tx, items.get(tx, item_id).message_id)
        (row,) = item_lists.listing(tx, agency_codes=["435"], states=[ItemState.WAITING], limit=9)
        assert (row.item, row.sender, row.subject) == (
            items.get(tx, item_id),
            "kundin@kunde.example",
            "Krankmeldung",
        )


def test_other_open_items_of_the_sender_are_found(db: Database) -> None:
    ids = [queue(db, "1", received_at=later(9)), queue(db, "2"), queue(db, "3"), queue(db, "4")]
    with db.write() as tx:
        for item_id in ids[:3]:
            describe(tx, items.get(tx, item_id).message_id)
        items.save_unheld(tx, ids[2], version=1, change={"state": ItemState.CLOSED}, now=NOW)
        sender = "kundin@kunde.example"
        assert [row.id for row in item_lists.open_of_sender(tx, sender, exclude=0)] == [
            ids[1],
            ids[0],
        ]
        assert [row.id for row in item_lists.open_of_sender(tx, sender, exclude=ids[1])] == [ids[0]]
        # Mail whose sender is unreadable is not all from one person.
        assert item_lists.open_of_sender(tx, "", exclude=0) == ()


def standing(tx: Tx, codes: list[str | None] | None) -> figures.Standing:
    return figures.standing(tx, agency_codes=codes, today=TODAY, until=TODAY + timedelta(days=7))


def test_near_due_days_are_counted_from_today_on(db: Database, five: list[int]) -> None:
    with db.read() as tx:
        near = standing(tx, None).near
    assert near[0][0] >= TODAY
    assert sum(number for _, number in near) == 1


def test_what_waits_is_counted_by_agency_and_concern(db: Database, five: list[int]) -> None:
    with db.read() as tx:
        assert standing(tx, None).concerns == (("au", 2), ("rente", 1))
        assert standing(tx, []) == figures.Standing((), (), ())
        assert sum(number for _, number in standing(tx, ["435"]).concerns) == 2


def test_a_line_for_each_agency_with_open_items(db: Database, five: list[int]) -> None:
    with db.read() as tx:
        found = standing(tx, None)
        assert standing(tx, [None]).lines == found.lines[:1]
    clearing, kassel = found.lines
    assert clearing == AgencyLine(
        None, "Nord", waiting=1, held=0, parked=0, pending=0, due_today=0, overdue=1, oldest=NOW
    )
    assert kassel == AgencyLine(
        "435", "Nord", waiting=2, held=1, parked=0, pending=0, due_today=1, overdue=1,
        oldest=later(-10),
    )  # fmt: skip


def test_closed_items_and_open_receipts_are_counted(db: Database, five: list[int]) -> None:
    between = {"since": later(0), "until": later(6)}
    with db.write() as tx:
        assert figures.closed_between(tx, agency_codes=None, **between) == 1
        assert figures.closed_between(tx, agency_codes=["435"], **between) == 0
        assert figures.closed_between(tx, agency_codes=None, since=NOW, until=later(5)) == 0
        assert figures.receipts_open(tx, agency_codes=None) == 0
        items.save_unheld(tx, five[2], version=1, change={"eakte": EakteState.SENT}, now=NOW)
        assert figures.receipts_open(tx, agency_codes=None) == 1
