"""The life of an item, and the bolt that no path gets around."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from rules.codes import PaymentRelevant, Team
from rules.errors import Conflict, HouseError, Refused
from rules.item import (
    HOP_ALARM,
    AfterReceipt,
    Claimed,
    CloseAsked,
    CloseReason,
    EakteState,
    Event,
    Forwarded,
    Freed,
    HandedOver,
    HandoverRejected,
    HandoverRepeated,
    ItemCase,
    ItemState,
    MarkedConcern,
    MarkedDone,
    MovedByHand,
    Parked,
    PaymentCorrected,
    ReceiptArrived,
    ReceiptAwaited,
    Released,
    Reopened,
    Returned,
    Unparked,
    Waived,
    apply,
    new_case,
    receipt_missing,
)

YES, OPEN, NO = PaymentRelevant.YES, PaymentRelevant.OPEN, PaymentRelevant.NO
MONEY = (YES, OPEN)
REASON = "Anliegen schon in Papier erledigt"
TODAY, TOMORROW = date(2026, 6, 3), date(2026, 6, 4)

EVENTS: tuple[Event, ...] = (
    Claimed("c1"),
    Released(),
    Freed(),
    Parked(until=TOMORROW, today=TODAY),
    Unparked(),
    Returned(REASON),
    Forwarded("435", REASON),
    *(PaymentCorrected(to, reason) for to in PaymentRelevant for reason in ("", REASON)),
    PaymentCorrected(YES, other_record=True),
    Waived(REASON),
    Waived("zu kurz"),
    HandedOver(),
    ReceiptArrived(),
    HandoverRejected(),
    HandoverRepeated(),
    *(ReceiptAwaited(then, reason) for then in AfterReceipt for reason in CloseReason),
    *(CloseAsked(reason) for reason in CloseReason),
    *(MarkedDone(reason) for reason in CloseReason),
    *(MarkedConcern(payment) for payment in PaymentRelevant),
    MovedByHand(),
    Reopened(),
)


def held(payment: PaymentRelevant = YES, *, proof_duty: bool = False) -> ItemCase:
    return apply(new_case(payment, team=Team.EZ, proof_duty=proof_duty), Claimed("c1"))


def run(case: ItemCase, *events: Event) -> ItemCase:
    for event in events:
        case = apply(case, event)
    return case


def steps(case: ItemCase) -> Iterator[tuple[Event, ItemCase]]:
    """Every event that the case lets through. Hops are cut, so that the space stays finite."""
    for event in EVENTS:
        try:
            after = apply(case, event)
        except HouseError:
            continue
        yield event, replace(after, hops=min(after.hops, HOP_ALARM))


def reachable() -> dict[ItemCase, list[tuple[Event, ItemCase]]]:
    """All cases that any path of events can reach, to the fixpoint, with their steps."""
    starts = [
        new_case(payment, team=team, proof_duty=duty)
        for payment in PaymentRelevant
        for team in (Team.EZ, Team.SC)
        for duty in (True, False)
    ]
    seen: dict[ItemCase, list[tuple[Event, ItemCase]]] = {}
    queue = deque(starts)
    while queue:
        case = queue.popleft()
        if case in seen:
            continue
        seen[case] = list(steps(case))
        queue.extend(after for _, after in seen[case])
    return seen


@pytest.fixture(scope="module")
def world() -> dict[ItemCase, list[tuple[Event, ItemCase]]]:
    return reachable()


Space = dict[ItemCase, list[tuple[Event, ItemCase]]]


def test_no_path_closes_a_payment_relevant_item_without_receipt_or_reasoned_no(
    world: Space,
) -> None:
    closed = [case for case in world if case.state is ItemState.CLOSED]
    assert len(closed) > 50  # the search really went somewhere
    for case in closed:
        if case.payment in MONEY:
            assert case.eakte in (EakteState.RECEIVED, EakteState.WAIVED)


def test_nothing_waits_for_a_receipt_that_nobody_will_send(world: Space) -> None:
    pending = [case for case in world if case.state is ItemState.PENDING]
    assert {case.eakte for case in pending} == {EakteState.SENT}


@pytest.mark.parametrize("before", [(), (HandedOver(), HandoverRejected())])
def test_what_is_not_under_way_is_not_left_to_the_receipt(before: tuple[Event, ...]) -> None:
    with pytest.raises(Refused) as refused:
        run(held(), *before, ReceiptAwaited(AfterReceipt.CLOSE, CloseReason.HANDED_OVER))
    assert refused.value.code == "item.not_handed_over"


def test_every_waiver_carries_a_written_reason(world: Space) -> None:
    for case in world:
        if case.eakte is EakteState.WAIVED:
            assert len(case.waiver) >= 10


def test_payment_relevance_falls_to_no_only_with_a_reason_or_a_receipt(world: Space) -> None:
    for case, out in world.items():
        for event, after in out:
            if case.payment in MONEY and after.payment is NO:
                assert isinstance(event, PaymentCorrected)
                assert len(event.reason) >= 10


def test_an_item_has_a_holder_exactly_while_it_is_held(world: Space) -> None:
    for case in world:
        assert (case.holder is not None) == (case.state is ItemState.HELD)
        assert (case.parked_until is not None) == (case.state is ItemState.PARKED)
        assert (case.state is ItemState.CLOSED) <= (case.close_reason is not None)


def test_an_item_closes_by_itself_only_if_its_clerk_said_so(world: Space) -> None:
    for case, out in world.items():
        for event, after in out:
            if isinstance(event, ReceiptArrived) and after.state is not case.state:
                assert case.state is ItemState.PENDING
                by_itself = after.state is ItemState.CLOSED
                assert by_itself == case.close_when_received


def test_from_everywhere_an_item_can_still_be_closed(world: Space) -> None:
    back: dict[ItemCase, list[ItemCase]] = {}
    for case, out in world.items():
        for _, after in out:
            back.setdefault(after, []).append(case)
    queue = deque(case for case in world if case.state is ItemState.CLOSED)
    finishes = set(queue)
    while queue:
        for before in back.get(queue.popleft(), []):
            if before not in finishes:
                finishes.add(before)
                queue.append(before)
    assert finishes == set(world)


def test_a_receipt_is_lost_only_where_it_was_for_the_record_of_somebody_else(world: Space) -> None:
    for case, out in world.items():
        if case.eakte is EakteState.RECEIVED:
            for event, after in out:
                is_other = isinstance(event, PaymentCorrected) and event.other_record
                assert after.eakte is (EakteState.OWED if is_other else EakteState.RECEIVED)


@pytest.mark.parametrize(("payment", "eakte"), [(YES, "owed"), (OPEN, "owed"), (NO, "none")])
def test_what_moves_money_owes_a_hand_over_from_the_start(
    payment: PaymentRelevant, eakte: str
) -> None:
    assert new_case(payment, team=Team.EZ).eakte == eakte


@pytest.mark.parametrize("payment", MONEY)
@pytest.mark.parametrize("before", [(), (HandedOver(),), (HandedOver(), HandoverRejected())])
def test_closing_without_the_receipt_is_refused(
    payment: PaymentRelevant, before: tuple[Event, ...]
) -> None:
    case = run(held(payment), *before)
    assert receipt_missing(case)
    with pytest.raises(Refused) as refused:
        apply(case, CloseAsked(CloseReason.DONE))
    assert refused.value.code == "item.receipt_missing"


@pytest.mark.parametrize(
    "before",
    [(HandedOver(), ReceiptArrived()), (Waived(REASON),), (PaymentCorrected(NO, REASON),)],
)
def test_receipt_waiver_or_reasoned_correction_open_the_bolt(before: tuple[Event, ...]) -> None:
    case = run(held(), *before, CloseAsked(CloseReason.HANDED_OVER))
    assert case.state is ItemState.CLOSED
    assert case.close_reason is CloseReason.HANDED_OVER


@pytest.mark.parametrize(
    ("then", "state", "preferred"),
    [
        (AfterReceipt.CLOSE, ItemState.CLOSED, None),
        (AfterReceipt.COME_BACK, ItemState.WAITING, "c1"),
    ],
)
def test_the_receipt_closes_or_brings_back_as_the_clerk_wished(
    then: AfterReceipt, state: ItemState, preferred: str | None
) -> None:
    pending = run(held(), HandedOver(), ReceiptAwaited(then, CloseReason.ANSWERED))
    assert pending.state is ItemState.PENDING
    after = apply(pending, ReceiptArrived())
    assert (after.state, after.preferred) == (state, preferred)
    # The faster receipt comes to the same end.
    faster = run(held(), HandedOver(), ReceiptArrived(), ReceiptAwaited(then, CloseReason.ANSWERED))
    assert (faster.state, faster.preferred) == (state, preferred)


def test_a_rejected_hand_over_comes_back_to_its_clerk_and_closes_nothing() -> None:
    wish = ReceiptAwaited(AfterReceipt.CLOSE, CloseReason.DONE)
    case = run(held(), HandedOver(), wish, HandoverRejected())
    assert (case.state, case.preferred) == (ItemState.WAITING, "c1")
    assert not case.close_when_received
    again = run(case, HandedOver(), ReceiptArrived())
    assert again.state is ItemState.WAITING


def test_a_rejected_hand_over_does_not_sleep_until_its_parked_item_comes_back() -> None:
    parked = run(held(), HandedOver(), Parked(until=TOMORROW, today=TODAY))
    assert apply(parked, ReceiptArrived()).state is ItemState.PARKED
    case = apply(parked, HandoverRejected())
    assert (case.state, case.preferred, case.parked_until) == (ItemState.WAITING, "c1", None)


def test_a_package_that_is_sent_again_waits_for_its_receipt_as_the_first_time() -> None:
    case = run(held(), HandedOver(), HandoverRejected(), HandoverRepeated())
    assert case.eakte is EakteState.SENT
    assert apply(case, HandoverRejected()).eakte is EakteState.REJECTED
    other = run(held(), HandedOver(), HandoverRejected(), PaymentCorrected(YES, other_record=True))
    assert other.eakte is EakteState.OWED
    assert apply(other, HandoverRepeated()).eakte is EakteState.OWED


@pytest.mark.parametrize("late", [ReceiptArrived(), HandoverRejected(), HandoverRepeated()])
def test_what_the_eakte_says_after_a_waiver_closes_and_reopens_nothing(late: Event) -> None:
    closed = run(held(), HandedOver(), Waived(REASON), CloseAsked(CloseReason.DONE))
    assert apply(closed, late).state is ItemState.CLOSED


def test_a_late_rejection_does_not_undo_a_receipt() -> None:
    case = run(held(), HandedOver(), ReceiptArrived(), HandoverRejected(), ReceiptArrived())
    assert case.eakte is EakteState.RECEIVED


def test_nothing_is_rejected_that_was_never_owed() -> None:
    assert apply(held(NO), HandoverRejected()).eakte is EakteState.NONE


@pytest.mark.parametrize(
    ("before", "eakte"),
    [
        ((), EakteState.OWED),
        ((PaymentCorrected(YES), Waived(REASON)), EakteState.OWED),
        ((PaymentCorrected(YES), HandedOver()), EakteState.SENT),
        ((PaymentCorrected(YES), HandedOver(), ReceiptArrived()), EakteState.RECEIVED),
    ],
)
def test_a_correction_to_yes_owes_the_hand_over_unless_it_is_under_way(
    before: tuple[Event, ...], eakte: EakteState
) -> None:
    case = run(held(NO), *before, PaymentCorrected(YES))
    assert (case.payment, case.eakte, case.waiver) == (YES, eakte, "")


def test_a_correction_from_no_to_no_changes_nothing() -> None:
    assert apply(held(NO), PaymentCorrected(NO)) == held(NO)


@pytest.mark.parametrize(
    "event",
    [
        Waived("nein"),
        Waived("   nein      "),
        PaymentCorrected(NO),
        Returned(""),
        Forwarded("435", "kurz"),
    ],
)
def test_a_reason_is_a_few_words(event: Event) -> None:
    with pytest.raises(Refused) as refused:
        apply(held(), event)
    assert refused.value.code == "item.reason_too_short"


def test_ten_characters_are_a_reason() -> None:
    assert apply(held(), Waived(" " + "x" * 10 + " ")).waiver == "x" * 10


def test_what_moves_no_money_is_not_handed_over() -> None:
    with pytest.raises(Refused) as refused:
        apply(held(NO), HandedOver())
    assert refused.value.code == "item.handover_not_owed"


@pytest.mark.parametrize(
    ("case", "event"),
    [
        (held(NO), CloseAsked),
        (held(NO), lambda reason: ReceiptAwaited(AfterReceipt.CLOSE, reason)),
        # A mark in Outlook is no way around it either.
        (new_case(NO, team=Team.EZ), MarkedDone),
    ],
)
def test_settled_elsewhere_is_no_way_out_of_a_proof_duty(
    case: ItemCase, event: Callable[[CloseReason], Event]
) -> None:
    owing = replace(case, proof_duty=True)
    with pytest.raises(Refused) as refused:
        apply(owing, event(CloseReason.SETTLED_ELSEWHERE))
    assert refused.value.code == "item.proof_duty"
    assert apply(case, event(CloseReason.SETTLED_ELSEWHERE)).state is ItemState.CLOSED
    assert apply(owing, event(CloseReason.DONE)).state is ItemState.CLOSED


def test_a_mark_that_moves_money_wakes_only_who_parked_it_for_harmless() -> None:
    parked = [apply(held(payment), Parked(until=TOMORROW, today=TODAY)) for payment in (NO, OPEN)]
    woken, asleep = (apply(case, MarkedConcern(YES)) for case in parked)
    assert (woken.state, woken.preferred, woken.eakte) == (
        ItemState.WAITING, "c1", EakteState.OWED,
    )  # fmt: skip
    assert (asleep.state, asleep.parked_until) == (ItemState.PARKED, TOMORROW)


def test_a_parked_item_comes_back_to_the_clerk_who_parked_it() -> None:
    parked = apply(held(), Parked(until=TOMORROW, today=TODAY))
    assert (parked.state, parked.parked_until) == (ItemState.PARKED, TOMORROW)
    back = apply(parked, Unparked())
    assert (back.state, back.preferred) == (ItemState.WAITING, "c1")


@pytest.mark.parametrize("until", [TODAY, date(2026, 1, 1)])
def test_an_item_is_parked_only_until_a_later_day(until: date) -> None:
    with pytest.raises(Refused) as refused:
        apply(held(), Parked(until=until, today=TODAY))
    assert refused.value.code == "item.park_day"


def test_a_slip_in_the_year_parks_no_item_out_of_sight() -> None:
    year = TODAY + timedelta(days=366)
    assert apply(held(), Parked(until=year, today=TODAY)).state is ItemState.PARKED
    with pytest.raises(Refused) as refused:
        apply(held(), Parked(until=year + timedelta(days=1), today=TODAY))
    assert refused.value.code == "item.park_too_far"


def test_the_second_hop_raises_the_alarm() -> None:
    once = apply(held(), Returned(REASON))
    assert (once.team, once.hops) == (Team.SC, 1)
    twice = run(once, Claimed("c2"), Returned(REASON))
    assert (twice.team, twice.hops) == (Team.EZ, HOP_ALARM)
    assert run(once, Claimed("c2"), Forwarded("435", REASON)).hops == 2


def test_what_somebody_moved_in_outlook_waits_there_for_the_eingangszone_and_counts_a_hop() -> None:
    moved = apply(new_case(YES, team=Team.SC), MovedByHand())
    assert (moved.state, moved.team, moved.hops) == (ItemState.WAITING, Team.EZ, 1)


@pytest.mark.parametrize(
    "before",
    [
        (),
        (Parked(until=TOMORROW, today=TODAY),),
        (HandedOver(), ReceiptAwaited(AfterReceipt.CLOSE, CloseReason.DONE)),
    ],
)
def test_a_supervisor_frees_an_item_for_everybody(before: tuple[Event, ...]) -> None:
    freed = run(held(), *before, Freed())
    assert (freed.state, freed.preferred) == (ItemState.WAITING, None)


@pytest.mark.parametrize(
    ("case", "event"),
    [
        (held(), Claimed("c2")),
        (new_case(NO, team=Team.EZ), Released()),
        (new_case(NO, team=Team.EZ), Parked(until=TOMORROW, today=TODAY)),
        (new_case(NO, team=Team.EZ), Returned(REASON)),
        (new_case(NO, team=Team.EZ), Forwarded("435", REASON)),
        (held(), MovedByHand()),
        (new_case(NO, team=Team.EZ), Freed()),
        (new_case(NO, team=Team.EZ), CloseAsked(CloseReason.DONE)),
        (new_case(NO, team=Team.EZ), Waived(REASON)),
        (new_case(NO, team=Team.EZ), ReceiptAwaited(AfterReceipt.CLOSE, CloseReason.DONE)),
        (held(), Unparked()),
        (held(), Reopened()),
        (apply(held(NO), CloseAsked(CloseReason.DONE)), Claimed("c1")),
    ],
)
def test_an_event_that_no_longer_fits_the_state_is_a_conflict(case: ItemCase, event: Event) -> None:
    with pytest.raises(Conflict) as conflict:
        apply(case, event)
    assert conflict.value.code == "item.state"


def test_something_that_is_no_event_is_a_bug() -> None:
    with pytest.raises(TypeError):
        apply(held(), "close")  # type: ignore[arg-type]  # the bug itself
