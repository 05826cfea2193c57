"""An item that is handed to and fro raises one alarm, and one all-clear when it is settled."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from rules.access import Caller
from rules.codes import Role
from rules.item import CloseReason
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, clerk, eml, make_house
from triage import accept, rounds, work
from triage.house import House
from triage.watch import health, wandering

REASON = "Gehört nicht hierher, bitte prüfen."
NAME = "items:wandering:Südwest"


@pytest.fixture
def house(sqlite_url) -> Iterator[House]:
    found = make_house(sqlite_url)
    accept.hand_in(found, MACHINE, eml("Termin", "Ich brauche einen Termin."))
    one_sorter.sort_pending(found)
    yield found
    found.db.close()


def forward(house: House, *agencies: str) -> None:
    """From one agency to the next, by the clerk who holds it there."""
    for here, there in pairwise(agencies):
        claim = work.claim_next(house, clerk(here), here)
        work.forward(
            house, clerk(here), claim.item_id, claim.token, agency_code=there, reason=REASON
        )


def told(house: House) -> list[str]:
    """What the trail says of it, oldest first."""
    with house.db.read() as tx:
        return [entry.action for entry in audit.of_subject(tx, NAME)]


def checks(house: House) -> dict[str, bool]:
    return {one.name: one.ok for one in health.ready(house)}


def test_one_hand_over_is_none_of_the_alarm_s_business(house: House) -> None:
    forward(house, "435", "415")
    rounds.keep_order(house, "w-1")
    assert told(house) == []
    assert wandering.listing(house, ADMIN, limit=10) == ()


def test_the_second_raises_one_alarm_until_the_item_is_closed(house: House) -> None:
    forward(house, "435", "415", "435")
    for _ in range(2):
        rounds.keep_order(house, "w-1")
    assert told(house) == ["items.wandering"]
    assert checks(house)[NAME] is False
    (item,) = wandering.listing(house, ADMIN, limit=10)
    assert (item.hops, item.agency_code) == (2, "435")
    claim = work.claim_next(house, clerk("435"), "435")
    work.close(house, clerk("435"), claim.item_id, claim.token, reason=CloseReason.ANSWERED)
    for _ in range(2):
        rounds.keep_order(house, "w-1")
    assert told(house) == ["items.wandering", "items.wandering_over"]
    assert NAME not in checks(house)


def test_an_admin_of_another_region_does_not_see_it(house: House) -> None:
    forward(house, "435", "415", "435")
    north = Caller("a-2", Role.ADMIN, agencies=None, regions=frozenset({"Nord"}))
    here = Caller("a-3", Role.ADMIN, agencies=None, regions=frozenset({"Südwest"}))
    assert wandering.listing(house, north, limit=10) == ()
    assert len(wandering.listing(house, here, limit=10)) == 1
