"""Claims that travel together are those that run alone, and fail in the words of the house."""

import psycopg
import pytest
import sqlalchemy as sa

from rules.codes import Concern
from rules.errors import TryLater
from store.database.engine import Database
from store.desk import claims
from store.desk.claim_batches import Want, claim_each, open_claims_of
from store.desk.claims import Line
from tests.store.samples import NOW, later, queue

KASSEL = Line("435")


def test_each_claim_sees_what_those_before_it_took(db: Database) -> None:
    ids = [queue(db, str(n), received_at=later(n)) for n in range(3)]
    wants = [Want(KASSEL, name, 60) for name in "abcd"]
    with db.write() as tx:
        got = claim_each(tx, wants, now=NOW)
    assert [one and one.item_id for one in got] == [*ids, None]
    with db.write() as tx:
        for one, name in zip(got[:3], "abc", strict=True):
            assert one is not None
            item = claims.held(tx, one.item_id, token=one.token, now=NOW)
            assert (item.holder, item.lease_until) == (name, one.until) == (name, later(60))
            assert (item.message_id, item.version) == (one.message_id, 2)
        held = open_claims_of(tx, ["a", "c", "nobody"], now=NOW)
    assert {name: [one.id for one in has] for name, has in held.items()} == {
        "a": [ids[0]], "c": [ids[2]]
    }  # fmt: skip
    with db.read() as tx:
        assert open_claims_of(tx, ["a"], now=later(60)) == {}, "whose time is over holds nothing"


def test_lines_of_all_shapes_go_together(db: Database) -> None:
    lines = [
        Line(agency, concern=concern, language=language, today=NOW.date())
        for agency in ("435", None)
        for concern in (Concern.AU, None)
        for language in ("other", None)
    ]
    ids = [
        queue(
            db,
            str(n),
            agency_code=line.agency_code,
            first_concern=line.concern or "termin",
            language=line.language or "de",
            received_at=later(n),
        )
        for n, line in enumerate(lines)
    ]
    with db.write() as tx:
        got = claim_each(tx, [Want(line, f"k-{n}", 60) for n, line in enumerate(lines)], now=NOW)
    assert [one and one.item_id for one in got] == ids


def test_what_another_transaction_is_taking_is_passed_over(postgresql_url: str) -> None:
    db = Database.open(postgresql_url)
    first, second = queue(db, "1", received_at=later(1)), queue(db, "2", received_at=later(2))
    with db.write() as one, db.write() as other:
        got = claim_each(one, [Want(KASSEL, "a", 60)], now=NOW)
        more = claim_each(other, [Want(KASSEL, "b", 60), Want(KASSEL, "c", 60)], now=NOW)
    db.close()
    assert [claim and claim.item_id for claim in (*got, *more)] == [first, second, None]


def claim_impatiently(db: Database) -> None:
    with db.write() as tx:
        tx.run(sa.text("SET LOCAL lock_timeout = '50ms'"))
        claim_each(tx, [Want(KASSEL, "a", 60), Want(KASSEL, "b", 60)], now=NOW)


def test_a_lock_that_lasts_too_long_means_try_later(postgresql_url: str) -> None:
    """Not in the words of the driver, whose statement this is."""
    db = Database.open(postgresql_url)
    with psycopg.connect(postgresql_url) as other:
        other.execute("LOCK TABLE item IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(TryLater) as caught:
            claim_impatiently(db)
    assert caught.value.code == "store.away"
    with db.write() as tx:
        assert claim_each(tx, [Want(KASSEL, "a", 60)] * 2, now=NOW) == [None, None]
    db.close()
