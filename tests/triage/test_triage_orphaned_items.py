"""An agency is merged, or goes to another region, while its items are open: none is forgotten."""

from dataclasses import replace

import pytest

from rules.directory import Directory
from rules.errors import Refused
from store.desk import items
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import MACHINE, clerk, eml, service_center
from triage import accept, rounds, work
from triage.desk import item_view
from triage.house import House

OLD, HEIR = "435", "415"
REASON = "Wartet auf eine Unterlage."


def after_an_update(house: House, **change: object) -> House:
    """The same house with the next version's table of agencies."""
    before = house.directory
    agencies = tuple(
        replace(one, **change) if one.code == OLD else one  # type: ignore[arg-type]  # a table of fields
        for one in before.active()
    )
    directory = Directory(agencies, ())
    return replace(house, judging=replace(house.judging, directory=directory))


def agencies_of(house: House, *item_ids: int) -> list[str | None]:
    with house.db.read() as tx:
        return [items.get(tx, one).agency_code for one in item_ids]


def test_what_an_agency_leaves_behind_goes_on_in_the_line_of_its_heir(house: House) -> None:
    for number in range(3):
        accept.hand_in(house, MACHINE, eml("Krank", f"Ich bin krank, {number}."))
    one_sorter.sort_pending(house)
    first, second = clerk(OLD, name="k-1"), clerk(OLD, name="k-2")
    parked, held = work.claim_next(house, first, OLD), work.claim_next(house, second, OLD)
    work.park(house, first, parked.item_id, parked.token, until=2, reason=REASON)

    house = after_an_update(house, active=False, merged_into=HEIR)
    for _ in range(2):
        rounds.keep_order(house, "w-1")
    waiting = work.claim_next(house, clerk(HEIR, name="k-3"), HEIR)
    assert waiting is not None
    assert agencies_of(house, parked.item_id, held.item_id) == [HEIR, OLD]

    work.release(house, second, held.item_id, held.token)
    rounds.keep_order(house, "w-1")
    assert agencies_of(house, held.item_id) == [HEIR]
    with house.db.read() as tx:
        message = items.get(tx, waiting.item_id).message_id
        told = audit.of_subject(tx, f"message:{message}", actions={"item.forwarded"})
    assert [(one.details["from"], one.details["to"]) for one in told] == [(OLD, HEIR)]


def test_an_agency_in_another_region_takes_its_items_along(house: House) -> None:
    accept.hand_in(house, MACHINE, eml("Termin", "Ich brauche einen Termin."))
    one_sorter.sort_pending(house)
    house = after_an_update(house, region="Ost")
    rounds.keep_order(house, "w-1")
    item_view.view(house, service_center("Ost"), 1)
    with pytest.raises(Refused) as refused:
        item_view.view(house, service_center("Südwest"), 1)
    assert refused.value.code == "item.unknown"
