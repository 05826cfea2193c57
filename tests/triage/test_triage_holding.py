"""How long a clerk holds an item, how many, and how items come back; each with a trail entry."""

import threading
from dataclasses import replace
from datetime import date

import pytest

from rules.access import Permission
from rules.errors import Conflict, Refused
from rules.item import ItemState
from rules.worktime import WorkingHours
from store.processes.leases import Lease
from store.trail import audit
from tests.house_fixture import ADMIN, MACHINE, NOW, Clock, clerk, eml, service_center
from tests.triage.way import item_of
from triage import accept, rounds, work
from triage.desk import holding
from triage.house import House

LEAD = replace(service_center(), extra=frozenset({Permission.FREE_ITEM}))
REASON = "wartet auf die Anlage"


def with_policy(house: House, **changes: object) -> House:
    return replace(house, policy=replace(house.policy, **changes))


def bring(house: House, *subjects: str) -> list[int]:
    return [accept.hand_in(house, MACHINE, eml(one)).item_id or 0 for one in subjects]


def told(house: House, item_id: int) -> list[tuple[str, str]]:
    """The trail of an item: who, what."""
    subject = f"message:{item_of(house, item_id).message_id}"
    with house.db.read() as tx:
        return [(one.actor, one.action) for one in audit.of_subject(tx, subject)]


def take(house: House, name: str = "k-1") -> work.Claim:
    claim = work.claim_next(house, clerk("435", name=name), "435")
    assert claim is not None
    return claim


def test_a_supervisor_frees_what_is_held_and_the_old_token_is_stale(house: House) -> None:
    (item_id,) = bring(house, "Termin")
    claim = take(house)
    holding.free(house, LEAD, item_id)
    assert item_of(house, item_id).state is ItemState.WAITING
    assert told(house, item_id)[-1] == ("sc-1", "item.freed")
    with pytest.raises(Conflict) as stale:
        work.release(house, clerk("435"), item_id, claim.token)
    assert stale.value.code == "item.lease_stale"
    assert take(house, "k-2").item_id == item_id


def test_a_supervisor_frees_and_sees_what_is_stuck_in_his_own_region_only(house: House) -> None:
    (item_id,) = bring(house, "Termin")
    take(house)
    other = replace(service_center("Nord"), extra=frozenset({Permission.FREE_ITEM}))
    for deed, code in (
        (lambda: holding.free(house, other, item_id), "item.unknown"),
        (lambda: holding.stuck(house, other, agency_code="435"), "access.denied"),
        (lambda: holding.stuck(house, clerk("435"), agency_code="435"), "access.denied"),
    ):
        with pytest.raises(Refused) as hidden:
            deed()
        assert hidden.value.code == code
    assert holding.stuck(house, other) == ()
    of_another_agency = replace(clerk("431"), extra=frozenset({Permission.FREE_ITEM}))
    assert holding.stuck(house, of_another_agency) == ()
    assert [one.id for one in holding.stuck(house, LEAD, agency_code="435")] == [item_id]
    assert item_of(house, item_id).state is ItemState.HELD


def test_the_sign_of_life_of_a_stranger_takes_the_item_from_nobody(house: House) -> None:
    (item_id,) = bring(house, "Termin")
    claim = take(house)
    before = told(house, item_id)
    with pytest.raises(Refused) as hidden:
        work.renew(house, clerk("431", name="k-2"), item_id, claim.token)
    assert hidden.value.code == "item.unknown"
    assert told(house, item_id) == before
    work.release(house, clerk("435"), item_id, claim.token)


def test_a_parked_item_is_freed_by_an_admin_who_need_not_read_it(house: House) -> None:
    (item_id,) = bring(house, "Termin")
    claim = take(house)
    until = house.today().replace(day=30)
    work.park(house, clerk("435"), item_id, claim.token, until=until, reason=REASON)
    (stuck,) = holding.stuck(house, ADMIN)
    assert (stuck.id, stuck.state) == (item_id, ItemState.PARKED)
    holding.free(house, ADMIN, item_id, version=stuck.version)
    assert holding.stuck(house, ADMIN) == ()


def test_a_clearing_item_is_parked_by_the_holidays_of_all_germany(house: House) -> None:
    assert holding.park_day(house, None, date(2027, 5, 27)) == date(2027, 5, 27)
    assert holding.park_day(house, "435", date(2027, 5, 27)) == date(2027, 5, 28)  # Fronleichnam


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        (clerk("435"), "access.denied"),
        (MACHINE, "access.denied"),
        (replace(LEAD, regions=frozenset({"Nord"})), "item.unknown"),
    ],
)
def test_only_a_supervisor_of_the_region_frees(house: House, caller, code: str) -> None:
    (item_id,) = bring(house, "Termin")
    take(house)
    with pytest.raises(Refused) as refused:
        holding.free(house, caller, item_id)
    assert refused.value.code == code
    assert item_of(house, item_id).state is ItemState.HELD


def test_what_went_on_since_it_was_looked_at_is_not_freed(house: House) -> None:
    (item_id,) = bring(house, "Termin")
    with pytest.raises(Conflict) as waits:
        holding.free(house, LEAD, item_id)
    assert waits.value.code == "item.state"
    take(house)
    with pytest.raises(Conflict) as changed:
        holding.free(house, LEAD, item_id, version=1)
    assert changed.value.code == "item.changed"
    assert item_of(house, item_id).state is ItemState.HELD


def test_a_lease_that_ran_out_and_a_day_that_came_stand_in_the_trail(
    house: House, clock: Clock, lease: Lease
) -> None:
    held, parked = bring(house, "Termin 1", "Termin 2")
    take(house, "k-1")
    claim = take(house, "k-2")
    until = house.today().replace(day=24)
    work.park(house, clerk("435", name="k-2"), parked, claim.token, until=until, reason=REASON)
    clock.forward(days=1)
    rounds.keep_order(house, "w-1")
    assert told(house, held)[-1] == ("worker", "item.lease_expired")
    assert told(house, parked)[-1] == ("worker", "item.unparked")
    rounds.keep_order(house, "w-1")
    assert [action for _, action in told(house, held)].count("item.lease_expired") == 1


def test_a_clerk_holds_one_item_and_is_told_which(house: House, clock: Clock) -> None:
    one = with_policy(house, open_claims=1)
    first, second = bring(one, "Termin 1", "Termin 2")
    claim = take(one)
    for ask in (lambda: take(one), lambda: work.claim_item(one, clerk("435"), second)):
        with pytest.raises(Conflict) as open_claim:
            ask()
        assert open_claim.value.code == "item.open_claim"
        assert open_claim.value.details["item_id"] == claim.item_id == first
    # The very item again is the same clerk at another browser; another clerk is not concerned.
    assert work.claim_item(one, clerk("435"), first).item_id == first
    assert take(one, "k-2").item_id == second
    # A lease that is over counts no more.
    clock.forward(hours=1)
    assert work.claim_item(one, clerk("435"), second).item_id == second


def test_a_double_click_does_not_pass_the_limit(house: House) -> None:
    one = with_policy(house, open_claims=1)
    bring(one, *(f"Termin {number}" for number in range(6)))
    start, got = threading.Barrier(6), []

    def click() -> None:
        start.wait()
        try:
            got.append(take(one).item_id)
        except Conflict as exc:
            got.append(exc.code)

    threads = [threading.Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got.count("item.open_claim") == 5


def test_a_lease_lasts_over_the_night_and_not_over_the_next_morning(
    house: House, clock: Clock
) -> None:
    office = with_policy(house, working_hours=WorkingHours())
    (item_id,) = bring(office, "Termin")
    clock.now = NOW.replace(hour=16, minute=50)
    claim = take(office)
    assert claim.lease_until == NOW.replace(day=24, hour=6, minute=5)
    clock.now = NOW.replace(hour=23)
    rounds.keep_order(office, "w-1")
    assert item_of(office, item_id).state is ItemState.HELD
    renewed = work.renew(office, clerk("435"), item_id, claim.token)
    assert renewed.lease_until == NOW.replace(day=24, hour=6, minute=15)
    clock.now = NOW.replace(day=24, hour=6, minute=15)
    rounds.keep_order(office, "w-1")
    assert item_of(office, item_id).state is ItemState.WAITING
