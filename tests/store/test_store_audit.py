"""The trail: written with the deed, sealed afterwards, and tampering shows."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa

from rules.errors import Refused
from store.database.engine import Database
from store.tables.ledger import audit as table
from store.trail import audit
from tests.store.samples import NOW, later


def _add(db: Database, count: int = 1, *, subject: str = "item:1", **details: Any) -> None:
    with db.write() as tx:
        for number in range(count):
            audit.add(
                tx, "clerk:a", action="item.saved", subject=subject,
                details={"n": number, **details}, at=later(number),
            )  # fmt: skip


def _seal(db: Database, limit: int = 100) -> int:
    with db.write() as tx:
        return audit.seal(tx, limit=limit)


def _verify(db: Database, **where: int) -> audit.Verified:
    with db.read() as tx:
        return audit.verify(tx, **where)


def test_an_unsealed_trail_is_a_whole_trail(db: Database) -> None:
    _add(db, 3)
    with db.read() as tx:
        assert audit.unsealed(tx) == 3
    assert _verify(db) == audit.Verified(0, 0, None)
    assert _seal(db) == 3
    assert _seal(db) == 0
    assert _verify(db) == audit.Verified(3, 3, None)


def test_sealing_goes_on_where_it_stopped(db: Database) -> None:
    _add(db, 5)
    assert [_seal(db, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert _verify(db) == audit.Verified(5, 5, None)
    assert _verify(db, limit=2) == audit.Verified(2, 2, None)
    assert _verify(db, after_seq=2, limit=2) == audit.Verified(2, 4, None)
    assert _verify(db, after_seq=5) == audit.Verified(0, 5, None)
    with pytest.raises(Refused) as caught:
        _verify(db, after_seq=6)
    assert caught.value.code == "audit.no_such_seal"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "clerk:b"),
        ("action", "item.closed"),
        ("subject", "item:2"),
        ("at", later(99)),
        ("details", {"n": 9}),
        ("hash", "0" * 64),
        ("seal_seq", 77),
    ],
)
def test_a_changed_entry_breaks_the_chain(db: Database, column: str, value: object) -> None:
    _add(db, 4)
    _seal(db)
    with db.write() as tx:
        tx.run(sa.update(table).where(table.c.seal_seq == 2).values({column: value}))
    broken = _verify(db).broken
    assert broken is not None
    assert broken.seq in (2, 3)


def test_a_dropped_entry_breaks_the_chain(db: Database) -> None:
    _add(db, 4)
    _seal(db)
    with db.write() as tx:
        tx.run(sa.delete(table).where(table.c.seal_seq == 2))
    broken = _verify(db).broken
    assert broken is not None
    assert (broken.seq, broken.kind) == (3, "gap")


@pytest.mark.parametrize(
    "details",
    [{"when": [1, 2.5, None, True]}, {"ü": "Straße\udce4"}, {"nested": {"b": 1, "a": (1, 2)}}],
)
def test_whatever_details_come_the_seal_fits_what_the_database_gives_back(
    db: Database, details: dict[str, Any]
) -> None:
    _add(db, 2, **details)
    _seal(db)
    assert _verify(db) == audit.Verified(2, 2, None)


def test_the_story_of_one_thing_and_the_cursor_over_all(db: Database) -> None:
    _add(db, 2, subject="item:1")
    _add(db, 2, subject="item:2")
    with db.read() as tx:
        story = audit.of_subject(tx, "item:2")
        assert [entry.details["n"] for entry in story] == [0, 1]
        assert story[0].at == NOW
        everything = audit.listing(tx, limit=9)
        assert audit.listing(tx, after=everything[1].id, limit=9) == everything[2:]
        assert audit.sealed_after(tx, 0, limit=9) == ()
    _seal(db, limit=3)
    with db.read() as tx:
        assert [entry.seal_seq for entry in audit.sealed_after(tx, 1, limit=9)] == [2, 3]


def test_writers_do_not_wait_for_the_tail_of_the_chain(postgresql_url: str) -> None:
    db = Database.open(postgresql_url)
    _add(db, 2)
    other = threading.Thread(target=_add, args=(db,))
    with db.write() as tx:
        audit.seal(tx, limit=9)
        other.start()
        other.join(timeout=5)
        assert not other.is_alive()
    assert _seal(db) == 1
    assert _verify(db) == audit.Verified(3, 3, None)
    db.close()
