"""What a clerk takes back is hers again, unless it is somebody else's or something else by now."""

from dataclasses import replace

import pytest

from rules.codes import PaymentRelevant, Team
from rules.errors import Conflict
from rules.item import ItemState
from rules.item_case import ItemCase, new_case
from rules.undo import Undoable, taken_back

HELD = replace(
    new_case(PaymentRelevant.NO, team=Team.EZ), state=ItemState.HELD, holder="clerk:anna", hops=1
)


def after(state: ItemState, holder: str | None = None) -> ItemCase:
    return replace(HELD, state=state, holder=holder, hops=2)


@pytest.mark.parametrize(
    ("deed", "state"),
    [
        (Undoable.CLOSED, ItemState.CLOSED),
        (Undoable.PARKED, ItemState.PARKED),
        (Undoable.RETURNED, ItemState.WAITING),
        (Undoable.FORWARDED, ItemState.WAITING),
        (Undoable.CORRECTED, ItemState.HELD),
        (Undoable.LEFT, ItemState.PENDING),
    ],
)
def test_a_deed_is_taken_back_only_from_where_it_led(deed, state):
    assert taken_back(after(state), HELD, deed=deed, clerk="clerk:anna") == HELD
    for other in set(ItemState) - {state}:
        with pytest.raises(Conflict) as refused:
            taken_back(after(other), HELD, deed=deed, clerk="clerk:anna")
        assert refused.value.code == "item.nothing_to_undo"


def test_what_somebody_else_holds_is_not_taken_from_her():
    hers = after(ItemState.HELD, "clerk:anna")
    assert taken_back(hers, HELD, deed=Undoable.CORRECTED, clerk="clerk:anna") == HELD
    with pytest.raises(Conflict) as refused:
        taken_back(hers, HELD, deed=Undoable.CORRECTED, clerk="clerk:berta")
    assert refused.value.code == "item.nothing_to_undo"
