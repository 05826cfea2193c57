"""What moves money: the label guide's table."""

import re
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import Concern, PaymentRelevant
from rules.payment import (
    MOVES_MONEY,
    YES_IF_ANNOUNCED,
    PaymentHint,
    RenteStage,
    by_weight,
    of_message,
    relevance,
    weight,
)
from rules.verdict import ConcernFound

YES, OPEN, NO = PaymentRelevant.YES, PaymentRelevant.OPEN, PaymentRelevant.NO
NEVER = frozenset(Concern) - MOVES_MONEY - {Concern.ORTSABWESENHEIT}
GUIDE = Path(__file__).parents[2] / "docs" / "labels.md"
ROW = re.compile(r"^\| `(\w+)` \|.*\| ([^|]+?) \|$", re.MULTILINE)
OF_THE_GUIDE = dict(ROW.findall(GUIDE.read_text("utf-8")))
"""What the label guide says of each concern: "announced (§ …)", "no", "granted: yes; …"."""


def found(code: Concern, announced: bool = True, probability: float = 0.9) -> ConcernFound:
    return ConcernFound(code, probability, announced)


@pytest.mark.parametrize("concern", list(Concern))
def test_the_table_is_that_of_the_label_guide(concern: Concern) -> None:
    said = OF_THE_GUIDE[concern.value].partition(" (")[0]
    assert (concern in YES_IF_ANNOUNCED) is (said == "announced")
    assert (concern in NEVER) is (said == "no")


def test_what_runs_against_a_deadline_is_what_a_law_ends() -> None:
    """§§ 38, 141, 309, 324 SGB III; EAO § 3; § 84 SGG."""
    assert {concern for concern in Concern if weight(concern) == 2} == {
        Concern.ARBEITSUCHEND,
        Concern.ARBEITSLOS,
        Concern.ORTSABWESENHEIT,
        Concern.TERMIN,
        Concern.WIDERSPRUCH,
        Concern.INSOLVENZGELD,
    }


@pytest.mark.parametrize("concern", sorted(YES_IF_ANNOUNCED))
def test_a_change_moves_money_only_if_it_is_announced(concern: Concern) -> None:
    assert relevance(concern, announced=True) is YES
    assert relevance(concern, announced=False) is NO


@pytest.mark.parametrize("concern", sorted(NEVER))
@pytest.mark.parametrize("announced", [True, False])
def test_the_other_concerns_never_move_money(concern: Concern, announced: bool) -> None:
    assert relevance(concern, announced=announced) is NO


@pytest.mark.parametrize(
    ("stage", "announced", "expected"),
    [
        (RenteStage.GRANTED, True, YES),
        (RenteStage.GRANTED, False, YES),
        (RenteStage.APPLIED, True, OPEN),
        (RenteStage.APPLIED, False, OPEN),
        (RenteStage.UNKNOWN, True, YES),
        (RenteStage.UNKNOWN, False, NO),
    ],
)
def test_a_rente_moves_money_when_granted_and_is_open_when_only_applied_for(
    stage: RenteStage, announced: bool, expected: PaymentRelevant
) -> None:
    hint = PaymentHint(rente=stage)
    assert relevance(Concern.RENTE, announced=announced, hint=hint) is expected


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (PaymentHint(), OPEN),
        (PaymentHint(absence_days=21), OPEN),
        (PaymentHint(absence_days=22), YES),
        (PaymentHint(absence_unapproved=True), YES),
        (PaymentHint(absence_days=5, absence_unapproved=True), YES),
        (PaymentHint(absence_days=40, absence_withdrawn=True), NO),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_an_absence_is_open_unless_too_long_or_unapproved(
    hint: PaymentHint, announced: bool, expected: PaymentRelevant
) -> None:
    assert relevance(Concern.ORTSABWESENHEIT, announced=announced, hint=hint) is expected


@pytest.mark.parametrize(
    ("concerns", "expected", "reasons"),
    [
        ([], NO, ()),
        ([found(Concern.TERMIN)], NO, ()),
        ([found(Concern.AU, announced=False)], NO, ("au: not_announced",)),
        ([found(Concern.ORTSABWESENHEIT)], OPEN, ("ortsabwesenheit: absence",)),
        (
            [found(Concern.TERMIN), found(Concern.ORTSABWESENHEIT)],
            OPEN,
            ("ortsabwesenheit: absence",),
        ),
        ([found(Concern.ORTSABWESENHEIT), found(Concern.AU)], YES, ("au: announced",)),
        (
            [found(Concern.BANKVERBINDUNG), found(Concern.ANSCHRIFT_NAME)],
            YES,
            ("bankverbindung: announced", "anschrift_name: announced"),
        ),
    ],
)
def test_yes_beats_open_beats_no_and_the_reasons_are_those_that_carried_it(
    concerns: list[ConcernFound], expected: PaymentRelevant, reasons: tuple[str, ...]
) -> None:
    assert of_message(concerns) == (expected, reasons)


concern_lists = st.lists(
    st.builds(found, st.sampled_from(Concern), st.booleans()), min_size=1, max_size=4
)


@given(concern_lists, st.builds(found, st.sampled_from(Concern), st.booleans()))
def test_one_more_concern_never_makes_a_message_less_payment_relevant(
    concerns: list[ConcernFound], another: ConcernFound
) -> None:
    order = [NO, OPEN, YES]
    before, after = of_message(concerns)[0], of_message([*concerns, another])[0]
    assert order.index(after) >= order.index(before)


@given(concern_lists)
def test_the_order_of_the_concerns_does_not_change_the_result(
    concerns: list[ConcernFound],
) -> None:
    assert len({of_message(order)[0] for order in permutations(concerns)}) == 1


@pytest.mark.parametrize(
    ("concern", "expected"),
    [
        (Concern.BANKVERBINDUNG, 3),
        (Concern.RENTE, 3),
        (Concern.ARBEITSUCHEND, 2),
        (Concern.TERMIN, 2),
        (Concern.BERATUNG, 1),
        (Concern.SONSTIGES, 0),
        (Concern.KEIN_ANLIEGEN, 0),
    ],
)
def test_money_weighs_more_than_a_deadline_and_that_more_than_the_rest(
    concern: Concern, expected: int
) -> None:
    assert weight(concern) == expected


def test_the_weightiest_concern_comes_first_and_equals_keep_their_order() -> None:
    given_order = [Concern.BERATUNG, Concern.TERMIN, Concern.RENTE, Concern.AU]
    assert by_weight(given_order) == (
        Concern.RENTE,
        Concern.AU,
        Concern.TERMIN,
        Concern.BERATUNG,
    )
