"""Marks in the postbox: spelling, what ours say, and what those of people may do."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import Concern, PaymentRelevant, Team
from rules.errors import Refused
from rules.item import CloseReason, EakteState, ItemCase, ItemState, apply, receipt_missing
from rules.mark_law import Asked, asked
from rules.marks import (
    OWN_NAMES,
    Effect,
    MarkBook,
    MarkRule,
    Outcome,
    OwnMark,
    fold,
    keyword,
    wanted,
)

YES, OPEN, NO = PaymentRelevant.YES, PaymentRelevant.OPEN, PaymentRelevant.NO
DONE = MarkRule("Erledigt", Effect.DONE)
ELSEWHERE = MarkRule("Abgegeben", Effect.ELSEWHERE)
NOTE = MarkRule("Lage", Effect.NOTE)
TERMIN = MarkRule("Termin", Effect.CORRECT, Concern.TERMIN)
SICK = MarkRule("Krank", Effect.CORRECT, Concern.AU)
RULES = (DONE, ELSEWHERE, NOTE, TERMIN, SICK, None)


def case(state: ItemState = ItemState.WAITING, **changed: object) -> ItemCase:
    base: dict[str, object] = {"payment": NO, "eakte": EakteState.NONE, "state": state}
    return ItemCase(**(base | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Postlotse: in Arbeit", "Postlotse_in_Arbeit"),
        ("Postlotse: übergeben", "Postlotse_uebergeben"),
        ("Größe/Maß (neu)", "Groesse_Mass_neu"),
        ("Café № 5", "Cafe_No_5"),
        ("日本", "Postlotse"),
    ],
)
def test_a_name_becomes_a_word_that_imap_takes(name: str, word: str) -> None:
    assert keyword(name) == word


@given(st.text(max_size=80))
def test_any_name_becomes_an_atom_and_stays_one(name: str) -> None:
    word = keyword(name)
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", word)
    assert keyword(word) == word
    assert fold(word) == fold(name)


def test_spellings_of_all_servers_are_one_mark() -> None:
    spelled = ["Rückfrage: Chef", "rückfrage: chef", "Rueckfrage_Chef", "Ru\u0308ckfrage: Chef"]
    assert len({fold(one) for one in spelled}) == 1


@pytest.mark.parametrize(
    ("state", "reason", "marks"),
    [
        (ItemState.WAITING, None, set()),
        (ItemState.HELD, None, {OwnMark.IN_WORK}),
        (ItemState.PARKED, None, {OwnMark.IN_WORK}),
        (ItemState.PENDING, CloseReason.HANDED_OVER, {OwnMark.HANDED_OVER}),
        (ItemState.CLOSED, CloseReason.DONE, {OwnMark.DONE}),
        (ItemState.CLOSED, CloseReason.HANDED_OVER, {OwnMark.DONE, OwnMark.HANDED_OVER}),
        (ItemState.CLOSED, CloseReason.PASSED_ON, {OwnMark.DONE, OwnMark.HANDED_OVER}),
    ],
)
def test_our_marks_follow_the_item(
    state: ItemState, reason: CloseReason | None, marks: set[OwnMark]
) -> None:
    assert wanted(state, reason) == marks


def test_a_mark_is_found_in_any_spelling_and_our_own_done_closes() -> None:
    book = MarkBook(people=(DONE, SICK))
    assert book.rule_of("erledigt") == DONE
    assert book.rule_of("KRANK") == SICK
    assert book.rule_of("Frau Beispiel") is None
    assert book.own_of("postlotse_erledigt") is OwnMark.DONE
    mine = book.rule_of("Postlotse_erledigt")
    assert mine is not None
    assert mine.effect is Effect.DONE
    in_work = book.rule_of(OWN_NAMES[OwnMark.IN_WORK])
    assert in_work is not None
    assert in_work.effect is Effect.NOTE


@pytest.mark.parametrize(
    ("item", "rule", "outcome"),
    [
        (case(), DONE, Outcome.CLOSED),
        (case(ItemState.PARKED), ELSEWHERE, Outcome.CLOSED),
        (case(ItemState.HELD, holder="k-1"), DONE, Outcome.HELD),
        (case(ItemState.HELD, holder="k-1"), SICK, Outcome.HELD),
        (case(ItemState.CLOSED), DONE, Outcome.ALREADY),
        (case(payment=YES, eakte=EakteState.OWED), DONE, Outcome.RECEIPT_MISSING),
        (case(payment=OPEN, eakte=EakteState.REJECTED), ELSEWHERE, Outcome.RECEIPT_MISSING),
        (case(payment=YES, eakte=EakteState.RECEIVED), DONE, Outcome.CLOSED),
        (case(ItemState.PENDING, payment=YES, eakte=EakteState.SENT), DONE,
         Outcome.RECEIPT_MISSING),
        (case(ItemState.PENDING, payment=YES, eakte=EakteState.SENT), TERMIN, Outcome.HELD),
        (case(), TERMIN, Outcome.CORRECTED),
        (case(), NOTE, Outcome.NOTED),
        (case(), None, Outcome.NOTED),
    ],
)  # fmt: skip
def test_what_a_mark_may_do(item: ItemCase, rule: MarkRule | None, outcome: Outcome) -> None:
    assert asked(item, rule, first_concern="sonstiges").outcome is outcome


def test_the_concern_it_has_already_is_no_correction() -> None:
    assert asked(case(), SICK, first_concern="au") == Asked(Outcome.ALREADY)


def test_a_correction_raises_what_moves_money_and_never_lowers_it() -> None:
    raised = asked(case(), SICK, first_concern="sonstiges")
    assert raised.event is not None
    after = apply(case(), raised.event)
    assert (after.payment, after.eakte) == (YES, EakteState.OWED)
    paid = case(payment=YES, eakte=EakteState.OWED)
    lowered = asked(paid, TERMIN, first_concern="au")
    assert lowered.event is not None
    assert apply(paid, lowered.event) == paid


@pytest.mark.parametrize("state", ItemState)
@pytest.mark.parametrize("eakte", EakteState)
@pytest.mark.parametrize("payment", PaymentRelevant)
@pytest.mark.parametrize("rule", RULES)
def test_no_mark_closes_past_the_bolt_or_touches_what_somebody_holds(
    state: ItemState, eakte: EakteState, payment: PaymentRelevant, rule: MarkRule | None
) -> None:
    """Every state there is, also those that no way leads to."""
    before = case(state, payment=payment, eakte=eakte, team=Team.EZ, holder="k-1")
    found = asked(before, rule, first_concern="sonstiges")
    if found.event is None:
        return
    after = apply(before, found.event)
    assert state in {ItemState.WAITING, ItemState.PARKED}
    assert not (after.state is ItemState.CLOSED and receipt_missing(before))
    assert not (receipt_missing(before) and not receipt_missing(after))


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ((MarkRule("", Effect.NOTE),), "mark.name"),
        ((MarkRule(" Lage", Effect.NOTE),), "mark.name"),
        ((MarkRule("Lage, Nord", Effect.NOTE),), "mark.name"),
        ((MarkRule("La\nge", Effect.NOTE),), "mark.name"),
        ((MarkRule("x" * 61, Effect.NOTE),), "mark.name"),
        ((MarkRule("Größe", Effect.NOTE), MarkRule("groesse", Effect.DONE)), "mark.twice"),
        ((MarkRule("postlotse erledigt", Effect.DONE),), "mark.twice"),
        ((MarkRule("Termin", Effect.CORRECT),), "mark.concern"),
        ((MarkRule("Termin", Effect.DONE, Concern.TERMIN),), "mark.concern"),
    ],
)
def test_a_book_that_no_server_could_keep_is_refused(
    rules: tuple[MarkRule, ...], code: str
) -> None:
    with pytest.raises(Refused) as caught:
        MarkBook(people=rules)
    assert caught.value.code == code
