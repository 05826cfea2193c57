"""Ledger states, filing states, and the daily sum."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Conflict
from rules.ledger import (
    LEDGER_STEPS,
    OP_STEPS,
    Counts,
    LedgerState,
    OpState,
    completeness,
    ledger_step,
    op_step,
)


@pytest.mark.parametrize(("current", "target"), list(product(LedgerState, LedgerState)))
def test_a_mail_goes_only_the_allowed_ways(current: LedgerState, target: LedgerState) -> None:
    if target is current or target in LEDGER_STEPS[current]:
        assert ledger_step(current, target) is target
        return
    with pytest.raises(Conflict) as conflict:
        ledger_step(current, target)
    assert conflict.value.code == "ledger.step"


@pytest.mark.parametrize(
    ("current", "target"),
    [
        (LedgerState.KEPT, LedgerState.DELETED),
        (LedgerState.SORTED, LedgerState.DELETED),
        (LedgerState.KEPT, LedgerState.DONE),
        *((LedgerState.DELETED, state) for state in LedgerState if state != "deleted"),
    ],
)
def test_open_mail_is_never_deleted_and_deleted_mail_never_returns(
    current: LedgerState, target: LedgerState
) -> None:
    with pytest.raises(Conflict):
        ledger_step(current, target)


@pytest.mark.parametrize("state", [s for s in LedgerState if s is not LedgerState.DELETED])
def test_every_mail_can_end_deleted_one_day(state: LedgerState) -> None:
    seen, queue = set[LedgerState](), [state]
    while queue:
        here = queue.pop()
        if here not in seen:
            seen.add(here)
            queue.extend(LEDGER_STEPS[here])
    assert LedgerState.DELETED in seen


@pytest.mark.parametrize(("current", "target"), list(product(OpState, OpState)))
def test_a_filing_goes_only_the_allowed_ways(current: OpState, target: OpState) -> None:
    if target in OP_STEPS[current]:
        assert op_step(current, target) is target
        return
    with pytest.raises(Conflict) as conflict:
        op_step(current, target)
    assert conflict.value.code == "op.step"


@pytest.mark.parametrize("state", [OpState.DONE, OpState.LOST])
def test_what_is_proven_or_lost_is_never_sent_again(state: OpState) -> None:
    assert OpState.SENT not in OP_STEPS[state]
    assert OpState.NEW not in OP_STEPS[state]


counts = st.lists(st.integers(min_value=0, max_value=10**6), min_size=6, max_size=6)


@given(counts, st.integers(-5, 5))
def test_the_sum_closes_exactly_if_every_mail_is_accounted_for(
    counted: list[int], lost: int
) -> None:
    total = completeness(Counts(sum(counted) + lost, *counted))
    assert total.open == counted[0] + counted[1]
    assert total.difference == lost
    assert total.closes is (lost == 0)
