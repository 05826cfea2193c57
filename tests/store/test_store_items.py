"""The queue: one clerk at a time, in order, and a stale token writes nothing."""

import threading
from dataclasses import replace
from datetime import date

import pytest

from rules.codes import Concern, PaymentRelevant, Team
from rules.errors import Conflict, Refused
from rules.item import (
    AfterReceipt,
    CloseReason,
    EakteState,
    HandedOver,
    ItemState,
    ReceiptAwaited,
    apply,
)
from store.database.engine import Database
from store.desk import claims, items
from store.desk.claims import Claimed, Line
from store.desk.items import Back
from tests.store.samples import NOW, claim_next, keep, later, new_item, queue

KASSEL = Line("435")


def _next(db: Database, line: Line = KASSEL, *, holder: str = "anna", at: float = 0) -> int | None:
    claimed = _claim(db, line, holder=holder, at=at)
    return claimed.item.id if claimed else None


def _claim(
    db: Database, line: Line = KASSEL, *, holder: str = "anna", at: float = 0
) -> Claimed | None:
    with db.write() as tx:
        return claim_next(tx, line, holder=holder, now=later(at))


def _held(db: Database, **changes: object) -> Claimed:
    queue(db, "1", **changes)
    claimed = _claim(db)
    assert claimed is not None
    return claimed


def test_hand_out_is_by_due_day_then_receipt_and_without_a_day_last(db: Database) -> None:
    never = queue(db, "1", due_on=None, received_at=later(-99))
    late = queue(db, "2", due_on=date(2026, 3, 9), received_at=later(-50))
    young = queue(db, "3", due_on=date(2026, 3, 4), received_at=later(20))
    old = queue(db, "4", due_on=date(2026, 3, 4), received_at=later(10))
    assert [_next(db) for _ in range(5)] == [old, young, late, never, None]


def test_what_came_back_to_a_clerk_is_his_first_but_others_may_have_it(db: Database) -> None:
    first = queue(db, "1", due_on=date(2026, 3, 3))
    mine = queue(db, "2", due_on=date(2026, 3, 9))
    with db.write() as tx:
        version = items.get(tx, mine).version
        items.save_unheld(tx, mine, version=version, change={"preferred_holder": "anna"}, now=NOW)
    assert _next(db, holder="bernd") == first
    assert _next(db, holder="anna") == mine
    assert _next(db, holder="anna") is None


@pytest.mark.parametrize("other", [{"agency_code": "111"}, {"team": Team.SC}])
def test_a_preferred_item_of_another_line_is_not_handed_out_here(
    db: Database, other: dict[str, object]
) -> None:
    elsewhere = queue(db, "1", **other)
    with db.write() as tx:
        items.save_unheld(tx, elsewhere, version=1, change={"preferred_holder": "anna"}, now=NOW)
    assert _next(db, holder="anna") is None


def test_lines_are_apart(db: Database) -> None:
    kassel = queue(db, "1")
    clearing = queue(db, "2", agency_code=None)
    centre = queue(db, "3", team=Team.SC)
    rent = queue(db, "4", first_concern="rente")
    assert _next(db, Line("435", concern=Concern.RENTE)) == rent
    assert _next(db, Line("435", concern=Concern.TERMIN)) is None
    assert _next(db, Line(None)) == clearing
    assert _next(db, Line("435", team=Team.SC)) == centre
    assert [_next(db), _next(db)] == [kassel, None]


def test_a_claim_tells_holder_lease_and_a_token_that_stands_nowhere_else(db: Database) -> None:
    claimed = _held(db)
    assert len(claimed.token) == 32
    assert (claimed.item.holder, claimed.item.lease_until) == ("anna", later(60))
    assert (claimed.item.state, claimed.item.version) == (ItemState.HELD, 2)
    assert claimed.token not in repr(claimed.item)


def test_a_certain_item_can_be_taken_while_it_waits_or_its_lease_is_over(db: Database) -> None:
    item_id = queue(db, "1")
    with db.write() as tx:
        take = {"holder": "anna", "lease_seconds": 60}
        assert claims.claim_one(tx, item_id, now=NOW, **take).item.holder == "anna"
        other = take | {"holder": "bert"}
        with pytest.raises(Conflict) as caught:
            claims.claim_one(tx, item_id, now=later(59), **other)
        assert caught.value.code == "item.not_waiting"
        assert claims.claim_one(tx, item_id, now=later(60), **other).item.version == 3
        with pytest.raises(Refused) as unknown:
            claims.claim_one(tx, 99, now=NOW, **take)
        assert unknown.value.code == "item.unknown"


def test_who_holds_it_already_gets_a_new_token_and_the_old_one_is_stale(db: Database) -> None:
    first = _held(db)
    with db.write() as tx:
        second = claims.claim_one(tx, first.item.id, holder="anna", now=later(10), lease_seconds=60)
        assert second.token != first.token
        with pytest.raises(Conflict) as stale:
            claims.held(tx, first.item.id, token=first.token, now=later(11))
        assert stale.value.code == "item.lease_stale"
        assert claims.held(tx, first.item.id, token=second.token, now=later(11)).holder == "anna"


def test_a_sign_of_life_prolongs_the_lease(db: Database) -> None:
    claimed = _held(db)
    with db.write() as tx:
        until = claims.renew(
            tx, claimed.item.id, token=claimed.token, now=later(50), lease_seconds=60
        )
        assert until == later(110)
        item = claims.held(tx, claimed.item.id, token=claimed.token, now=later(109))
        assert item.version == claimed.item.version


@pytest.mark.parametrize(
    ("token", "at"), [("wrong", 1.0), ("right", 60.0), ("right", 61.0)], ids=str
)
def test_a_stale_token_writes_nothing(db: Database, token: str, at: float) -> None:
    claimed = _held(db)
    token = claimed.token if token == "right" else token
    with db.write() as tx:
        for call in (
            lambda: items.save(tx, claimed.item.id, token=token, change={"hops": 9}, now=later(at)),
            lambda: claims.renew(tx, claimed.item.id, token=token, now=later(at), lease_seconds=60),
            lambda: claims.held(tx, claimed.item.id, token=token, now=later(at)),
        ):
            with pytest.raises(Conflict) as caught:
                call()
            assert caught.value.code == "item.lease_stale"
        assert items.get(tx, claimed.item.id) == claimed.item


def test_a_token_is_good_for_its_own_item_only(db: Database) -> None:
    claimed = _held(db)
    other = queue(db, "2")
    with db.write() as tx:
        with pytest.raises(Conflict):
            items.save(tx, other, token=claimed.token, change={"hops": 9}, now=NOW)
        with pytest.raises(Refused):
            items.save(tx, 99, token=claimed.token, change={"hops": 9}, now=NOW)
        with pytest.raises(Conflict):
            claims.renew(tx, other, token=claimed.token, now=later(1), lease_seconds=60)
        with pytest.raises(Conflict):
            claims.held(tx, other, token=claimed.token, now=later(1))
        assert items.get(tx, claimed.item.id) == claimed.item


def test_taking_back_writes_the_one_item_and_only_as_it_was_read(db: Database) -> None:
    mine, other = _held(db), queue(db, "2")
    assert _next(db, holder="bernd") == other

    def take_back(version: int) -> Claimed | None:
        with db.write() as tx:
            return claims.take_back(
                tx, mine.item.id, version=version, change={}, holder="anna", now=NOW,
                lease_seconds=60,
            )  # fmt: skip

    again = take_back(mine.item.version)
    assert again is not None
    assert again.item.version == mine.item.version + 1
    assert take_back(mine.item.version) is None, "somebody acted since"
    with db.read() as tx:
        assert items.get(tx, other).holder == "bernd"


def test_the_token_of_before_is_dead_after_another_claim(db: Database) -> None:
    old = _held(db)
    with db.write() as tx:
        assert claims.expire(tx, later(59)) == ()
        assert claims.expire(tx, later(60)) == (Back(old.item.id, old.item.message_id),)
        assert claims.expire(tx, later(60)) == ()
        back = items.get(tx, old.item.id)
        assert (back.state, back.holder, back.lease_until) == (ItemState.WAITING, None, None)
        with pytest.raises(Conflict) as changed:
            items.save_unheld(tx, back.id, version=old.item.version, change={"hops": 9}, now=NOW)
        assert changed.value.code == "item.changed"
    new = _claim(db, holder="bernd", at=61)
    assert new is not None
    with db.write() as tx:
        with pytest.raises(Conflict):
            items.save(tx, old.item.id, token=old.token, change={"hops": 9}, now=later(62))
        saved = items.save(tx, new.item.id, token=new.token, change={"hops": 1}, now=later(62))
    assert (saved.hops, saved.version) == (1, new.item.version + 1)


def test_leaving_the_hands_gives_the_lease_back(db: Database) -> None:
    claimed = _held(db)
    with db.write() as tx:
        saved = items.save(
            tx, claimed.item.id, token=claimed.token,
            change={"state": ItemState.PARKED, "parked_until": date(2026, 3, 5)}, now=later(1),
        )  # fmt: skip
        assert (saved.holder, saved.lease_until) == (None, None)
        with pytest.raises(Conflict):
            items.save(tx, saved.id, token=claimed.token, change={"hops": 9}, now=later(2))
        assert items.unpark(tx, date(2026, 3, 4)) == ()
        assert items.unpark(tx, date(2026, 3, 5)) == (Back(saved.id, saved.message_id),)
        waiting = items.get(tx, saved.id)
        assert (waiting.state, waiting.parked_until) == (ItemState.WAITING, None)
        assert waiting.version == saved.version + 1


def test_closing_and_reopening_write_and_take_back_the_time(db: Database) -> None:
    claimed = _held(db)
    with db.write() as tx:
        closed = items.save(
            tx, claimed.item.id, token=claimed.token,
            change={"state": ItemState.CLOSED, "close_reason": CloseReason.ANSWERED},
            now=later(1),
        )  # fmt: skip
        assert (closed.closed_at, closed.close_reason) == (later(1), CloseReason.ANSWERED)
        opened = items.save_unheld(
            tx, closed.id, version=closed.version, change={"state": ItemState.WAITING}, now=NOW
        )
    assert opened.closed_at is None


def test_a_change_that_stays_in_the_hands_keeps_the_lease(db: Database) -> None:
    claimed = _held(db)
    same = items.change_to(items.case_of(claimed.item))
    with db.write() as tx:
        for at in (1, 2):
            saved = items.save(tx, claimed.item.id, token=claimed.token, change=same, now=later(at))
    assert (saved.state, saved.holder) == (ItemState.HELD, "anna")


def test_the_machine_writes_by_version_and_leaves_the_token_good(db: Database) -> None:
    claimed = _held(db)
    with db.write() as tx:
        with pytest.raises(Conflict) as caught:
            items.save_unheld(
                tx, claimed.item.id, version=1, change={"eakte": EakteState.RECEIVED}, now=NOW
            )
        assert caught.value.code == "item.changed"
        items.save_unheld(
            tx, claimed.item.id, version=2, change={"eakte": EakteState.RECEIVED}, now=NOW
        )
        saved = items.save(
            tx, claimed.item.id, token=claimed.token, change={"hops": 1}, now=later(1)
        )
        with pytest.raises(Refused):
            items.save_unheld(tx, 99, version=1, change={}, now=NOW)
    assert (saved.eakte, saved.hops, saved.version) == (EakteState.RECEIVED, 1, 4)


def test_a_supervisor_may_take_an_item_out_of_a_clerks_hands(db: Database) -> None:
    claimed = _held(db)
    with db.write() as tx:
        items.save_unheld(
            tx, claimed.item.id, version=2, change={"state": ItemState.WAITING}, now=NOW
        )
        with pytest.raises(Conflict):
            claims.renew(tx, claimed.item.id, token=claimed.token, now=later(1), lease_seconds=60)


def test_the_rules_case_goes_out_and_comes_back_whole(db: Database) -> None:
    claimed = _held(db, proof_duty=True)
    case = items.case_of(claimed.item)
    assert (case.holder, case.state, case.proof_duty) == ("anna", ItemState.HELD, True)
    wish = ReceiptAwaited(AfterReceipt.CLOSE, CloseReason.HANDED_OVER)
    after = apply(apply(case, HandedOver()), wish)
    with db.write() as tx:
        saved = items.save(
            tx, claimed.item.id, token=claimed.token, change=items.change_to(after), now=NOW
        )
    assert items.case_of(saved) == after


def test_a_message_has_one_item(db: Database) -> None:
    kept = keep(db, "1")
    with db.write() as tx:
        item_id = items.create(tx, new_item(kept.message_id), now=NOW)
        with pytest.raises(Conflict) as caught:
            items.create(tx, new_item(kept.message_id), now=NOW)
        assert caught.value.code == "item.exists"
        # The transaction is still good, also on PostgreSQL.
        found = items.of_message(tx, kept.message_id)
        assert found is not None
        assert found.id == item_id
        assert items.of_message(tx, 99) is None


@pytest.mark.parametrize("threads", [8])
def test_many_clerks_at_once_never_get_the_same_item(db: Database, threads: int) -> None:
    ids = {queue(db, str(number)) for number in range(40)}
    got: list[int] = []
    start = threading.Barrier(threads)

    def work(holder: str) -> None:
        start.wait()
        while (item_id := _next(db, holder=holder)) is not None:
            got.append(item_id)

    clerks = [threading.Thread(target=work, args=(f"clerk{n}",)) for n in range(threads)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert len(got) == len(ids)
    assert set(got) == ids


def test_a_receipt_that_comes_while_a_clerk_writes_is_not_overwritten(postgresql_url: str) -> None:
    """The clerk's case is read, changed and written whole: nobody writes in between."""
    db = Database.open(postgresql_url)
    claimed = _held(db, payment=PaymentRelevant.YES, eakte=EakteState.SENT)
    said: list[str] = []

    def receipt() -> None:
        change = items.ItemChange(eakte=EakteState.RECEIVED)
        with db.write() as tx:
            try:
                items.save_unheld(
                    tx, claimed.item.id, version=claimed.item.version, change=change, now=later(2)
                )
            except Conflict as exc:
                said.append(exc.code)

    other = threading.Thread(target=receipt)
    with db.write() as tx:
        item = claims.held(tx, claimed.item.id, token=claimed.token, now=later(1))
        other.start()
        other.join(timeout=0.3)
        assert other.is_alive()
        case = replace(items.case_of(item), hops=1)
        items.save(tx, item.id, token=claimed.token, change=items.change_to(case), now=later(1))
    other.join(timeout=5)
    assert said == ["item.changed"]
    db.close()


def test_a_claim_does_not_wait_for_another_that_is_still_open(postgresql_url: str) -> None:
    db = Database.open(postgresql_url)
    ids = [queue(db, uid) for uid in "12"]
    with db.write() as tx:
        first = claim_next(tx, KASSEL, holder="anna")
        assert first is not None
        assert [first.item.id, _next(db, holder="bernd")] == ids
    db.close()
