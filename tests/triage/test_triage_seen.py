"""Two deeds on one item at the same moment, on PostgreSQL, where none waits for the other."""

from dataclasses import replace

import pytest

from rules.access import Permission
from rules.codes import Concern, PaymentRelevant
from rules.errors import Conflict, Refused
from store.desk import claims, items
from tests import one_sorter
from tests.house_fixture import MACHINE, clerk, eml, make_house, service_center
from triage import accept, work
from triage.desk import holding
from triage.desk.correction import Correction

KASSEL, HAMBURG = clerk("435"), clerk("123", name="k-9")
REASON = "zieht nach Hamburg um"


def test_on_postgresql_the_second_deed_asks_again_once_it_has_the_row(
    postgresql_url, monkeypatch
) -> None:
    """SQLite has one writer: there the first look is the last one."""
    house = make_house(postgresql_url)
    accept.hand_in(house, MACHINE, eml("Termin"))
    one_sorter.sort_pending(house)
    claim = work.claim_next(house, clerk("435"), "435")
    with house.db.read() as tx:
        seen = replace(clerk("435"), seen=items.get(tx, claim.item_id).version)
    held = claims.held

    def after_the_first(tx, item_id, **asked):
        monkeypatch.setattr(claims, "held", held)
        first = Correction((Concern.TERMIN,), PaymentRelevant.NO)
        work.correct(house, seen, item_id, claim.token, first)
        return held(tx, item_id, **asked)

    monkeypatch.setattr(claims, "held", after_the_first)
    second = Correction((Concern.BERATUNG,), PaymentRelevant.NO)
    with pytest.raises(Conflict) as refused:
        work.correct(house, seen, claim.item_id, claim.token, second)
    assert refused.value.code == "item.precondition"
    with house.db.read() as tx:
        assert items.get(tx, claim.item_id).first_concern == "termin"
    house.db.close()


@pytest.fixture
def held(postgresql_url):
    """A house whose clerk of Kassel holds an item, and that clerk's claim."""
    house = make_house(postgresql_url)
    accept.hand_in(house, MACHINE, eml("Termin"))
    claim = work.claim_next(house, KASSEL, "435")
    yield house, claim
    house.db.close()


def given_away(house, claim):
    work.forward(house, KASSEL, claim.item_id, claim.token, agency_code="123", reason=REASON)


def test_who_asks_for_an_item_that_goes_to_another_agency_at_that_moment_does_not_get_it(
    held, monkeypatch
):
    house, claim = held
    require_room = holding.require_room

    def after_it_was_given_away(*asked, **more):
        given_away(house, claim)
        require_room(*asked, **more)

    monkeypatch.setattr(holding, "require_room", after_it_was_given_away)
    with pytest.raises(Refused) as refused:
        work.claim_item(house, clerk("435", name="k-2"), claim.item_id)
    assert refused.value.code == "item.unknown"
    assert work.claim_next(house, HAMBURG, "123").item_id == claim.item_id


def test_nobody_frees_what_went_into_another_region_at_that_moment(held, monkeypatch):
    house, claim = held
    wait_for, taken = items.wait_for, []

    def after_it_was_taken_there(*asked):
        monkeypatch.setattr(items, "wait_for", wait_for)
        given_away(house, claim)
        taken.append(work.claim_next(house, HAMBURG, "123"))
        wait_for(*asked)

    monkeypatch.setattr(items, "wait_for", after_it_was_taken_there)
    lead = replace(service_center(), extra=frozenset({Permission.FREE_ITEM}))
    with pytest.raises(Refused) as refused:
        holding.free(house, lead, claim.item_id)
    assert refused.value.code == "item.unknown"
    work.release(house, HAMBURG, claim.item_id, taken[0].token)
