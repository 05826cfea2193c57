"""Who asks at the same moment as others gets what he would get one after the other."""

import random
from datetime import date, timedelta

import pytest

from rules.codes import Team
from store.database.engine import Database, Tx
from store.desk import items
from store.desk.claim_batches import Want, claim_each
from store.desk.claims import Line
from store.desk.same_moment import MOST
from store.mails import keeping
from tests.store.samples import NOW, arrival, later, new_item, queue

AGENCIES, TEAMS, CLERKS = ("435", "123"), (Team.EZ, Team.SC), "abcdef"
TODAY = date(2026, 11, 23)


def stock(tx: Tx, dice: random.Random, count: int) -> None:
    """Waiting items of two agencies and teams: some alerts, some that came back to a clerk."""
    kept = keeping.keep_many(tx, [arrival(str(n)) for n in range(count)], now=NOW)
    new = [
        new_item(
            one.message_id,
            agency_code=dice.choice(AGENCIES),
            team=dice.choice(TEAMS),
            due_on=dice.choice([None, TODAY + timedelta(days=dice.randrange(9))]),
            received_at=later(dice.randrange(4)),
            alert=dice.choice(["", "", "", "danger"]),
        )
        for one in kept
    ]
    for item_id in items.create_many(tx, new, now=NOW).values():
        if dice.random() < 0.4:
            back = {"preferred_holder": dice.choice(CLERKS)}
            items.save_unheld(tx, item_id, version=1, change=back, now=NOW)


@pytest.mark.parametrize("seed", range(12))
def test_together_each_gets_what_he_gets_one_after_the_other(db: Database, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a test
    wants = [
        Want(Line(dice.choice(AGENCIES), dice.choice(TEAMS), today=TODAY), dice.choice(CLERKS), 60)
        for _ in range(dice.randrange(2, 30))
    ]
    with db.write() as tx:
        stock(tx, dice, 24)
        with tx.connection.begin_nested() as undone:
            alone = [claim_each(tx, [want], now=NOW)[0] for want in wants]
            undone.rollback()
        together = claim_each(tx, wants, now=NOW)
    assert [one and one.item_id for one in together] == [one and one.item_id for one in alone]
    with db.read() as tx:
        for want, one in zip(wants, together, strict=True):
            if one is not None:
                item = items.get(tx, one.item_id)
                assert (item.holder, item.lease_until) == (want.holder, one.until)
                assert item.message_id == one.message_id


def test_more_than_one_look_takes_are_served_by_several(db: Database) -> None:
    with db.write() as tx:
        stock(tx, random.Random(0), MOST * 3)  # noqa: S311 - a test
        line = Line("435", today=TODAY)
        got = claim_each(tx, [Want(line, f"k{n}", 60) for n in range(MOST * 2)], now=NOW)
    taken = [one.item_id for one in got if one is not None]
    assert MOST // 2 < len(taken) == len(set(taken))


def test_no_more_is_kept_from_others_than_is_taken(postgresql_url: str) -> None:
    db = Database.open(postgresql_url)
    ids = [queue(db, str(n), received_at=later(n)) for n in range(5)]
    wants = [Want(Line("435"), name, 60) for name in "ab"]
    with db.write() as one, db.write() as other:
        first, second = claim_each(one, wants, now=NOW), claim_each(other, wants, now=NOW)
    db.close()
    assert [claim and claim.item_id for claim in (*first, *second)] == ids[:4]
