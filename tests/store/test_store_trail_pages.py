"""Who reads the trail page by page misses no entry, whenever it was committed; none is twice."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from rules.errors import Conflict
from store.database.engine import Database, Tx
from store.tables.ledger import audit as table
from store.trail import audit, trail_pages
from store.trail.trail_pages import Place, TrailPage
from tests.store.samples import NOW

FIRST = Place()


def _commit(db: Database, *ids: int, subject: str = "item:1") -> None:
    """Entries whose ids were given out earlier than others that are there already, maybe."""
    with db.write() as tx:
        for number in ids:
            entry = {"actor": "k-1", "action": "item.saved", "subject": subject, "details": {}}
            tx.run(sa.insert(table).values(id=number, at=NOW, **entry))


def _seal(db: Database) -> None:
    with db.write() as tx:
        audit.seal(tx, limit=100)


def _page(db: Database, place: Place, *, limit: int = 2, subject: str | None = None) -> TrailPage:
    with db.read() as tx:
        return trail_pages.page(tx, place, limit=limit, subject=subject)


def _ids(page: TrailPage) -> list[int]:
    return [entry.id for entry in page.entries]


def _on(page: TrailPage) -> Place:
    assert page.going_on is not None
    return page.going_on


def test_an_entry_that_comes_late_with_a_lower_id_is_still_read(db: Database) -> None:
    _commit(db, 10, 20, 30)
    _seal(db)
    first = _page(db, FIRST)
    assert _ids(first) == [10, 20]
    _commit(db, 5, 40)
    _seal(db)
    second = _page(db, _on(first))
    assert _ids(second) == [30, 5]
    third = _page(db, _on(second))
    assert (_ids(third), third.going_on) == ([40], None)


def test_a_transaction_that_is_open_while_others_are_sealed_is_read_afterwards(
    postgresql_url: str,
) -> None:
    db = Database.open(postgresql_url)
    with db.write() as tx:
        late = audit.add(tx, "k-1", action="a", subject="item:1", details={}, at=NOW)
        _commit(db, late + 1, late + 2)
        _seal(db)
        first = _page(db, FIRST, limit=5)
        assert _ids(first) == [late + 1, late + 2]
    _seal(db)
    assert _ids(_page(db, first.sealed)) == [late]
    db.close()


def test_what_waits_for_its_seal_stands_at_the_end_and_comes_again_sealed(db: Database) -> None:
    _commit(db, 1, 2)
    _seal(db)
    _commit(db, 3)
    page = _page(db, FIRST, limit=3)
    assert (_ids(page), page.going_on) == ([1, 2, 3], None)
    assert [entry.seal_seq for entry in page.entries] == [1, 2, None]
    _seal(db)
    (again,) = _page(db, page.sealed).entries
    assert (again.id, again.seal_seq) == (3, 3)


def test_more_than_a_page_may_wait_and_be_sealed_meanwhile(db: Database) -> None:
    _commit(db, 1)
    _seal(db)
    _commit(db, *range(2, 8))
    first = _page(db, FIRST, limit=3)
    assert _ids(first) == [1, 2, 3]
    _seal(db)
    second = _page(db, _on(first), limit=3)
    assert _ids(second) == [4, 5, 6]
    third = _page(db, _on(second), limit=3)
    assert (_ids(third), third.going_on) == ([7], None)
    assert third.sealed == first.sealed, "all that was shown without a seal comes once more"


def test_a_full_page_of_sealed_ones_leads_to_what_waits(db: Database) -> None:
    _commit(db, 1, 2)
    _seal(db)
    _commit(db, 3)
    first = _page(db, FIRST)
    assert _ids(first) == [1, 2]
    second = _page(db, _on(first))
    assert (_ids(second), second.going_on) == ([3], None)


def test_what_is_sealed_between_the_two_looks_is_shown_once(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _commit(db, 1, 2, 3)

    def sealed_in_between(tx: Tx, *, limit: int, subject: str | None) -> tuple[audit.Entry, ...]:
        found = waiting(tx, limit=limit, subject=subject)
        audit.seal(tx, limit=2)
        return found

    waiting = audit.waiting
    monkeypatch.setattr(audit, "waiting", sealed_in_between)
    with db.write() as tx:
        page = trail_pages.page(tx, FIRST, limit=2)
    assert _ids(page) == [1, 2]
    monkeypatch.undo()
    assert _ids(_page(db, _on(page))) == [3]


def test_of_one_thing_only_its_entries_are_paged(db: Database) -> None:
    _commit(db, 1, 3, 5, subject="item:1")
    _commit(db, 2, 4, subject="item:2")
    _seal(db)
    _commit(db, 6, subject="item:2")
    first = _page(db, FIRST, limit=1, subject="item:2")
    assert _ids(first) == [2]
    rest = _page(db, _on(first), subject="item:2")
    assert (_ids(rest), rest.going_on) == ([4, 6], None)


def test_who_has_read_by_id_goes_on_before_all_that_he_has_not_seen(db: Database) -> None:
    _commit(db, 10, 30, 40)
    _seal(db)
    _commit(db, 20)
    _seal(db)
    with db.read() as tx:
        assert trail_pages.behind_id(tx, 10).seq == 1
        assert trail_pages.behind_id(tx, 20).seq == 1, "30 and 40 lie before it"
        assert trail_pages.behind_id(tx, 40).seq == 4
        assert trail_pages.behind_id(tx, 0) == FIRST


def test_a_place_of_before_the_database_was_set_back_is_refused(db: Database) -> None:
    _commit(db, 1)
    _seal(db)
    behind = _page(db, FIRST).sealed
    for other in (replace(behind, mark="0" * 12), replace(behind, seq=9)):
        with pytest.raises(Conflict) as caught:
            _page(db, other)
        assert caught.value.code == "trail.cursor_ahead"
