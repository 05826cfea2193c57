"""A receipt counts only for what was sent; and both sides of a day beside each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.handover import Objection, Receipt, TargetCheck, is_other_record, objection
from rules.handover_match import Match, Sent, match

SUM = "a" * 64
AT = "2026-11-23T10:00:00+00:00"


def receipt(**changes):
    given = {"key": "k-1", "accepted": True, "reference": "EA-1", "sha256": SUM, "received_at": AT}
    return Receipt(**given | changes)


def verdict_on(told, *, check=TargetCheck.IF_TOLD, kundennummer="123A456789"):
    return objection(told, check, sha256=SUM, kundennummer=kundennummer)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, None),
        ({"kundennummer": "123A456789"}, None),
        ({"kundennummer": "123a 456789"}, None),
        ({"kundennummer": "999A456789"}, Objection.OTHER_RECORD),
        ({"sha256": "b" * 64}, Objection.OTHER_BYTES),
        ({"sha256": SUM.upper()}, None),
        ({"sha256": ""}, None),
        ({"sha256": "b" * 64, "accepted": False}, None),
        ({"kundennummer": "999A456789", "accepted": False}, None),
    ],
)
def test_an_acceptance_for_something_else_does_not_count(told, expected):
    assert verdict_on(receipt(**told)) == expected


def test_who_demands_it_gets_no_receipt_without_record_or_checksum():
    assert verdict_on(receipt(), check=TargetCheck.MUST) is Objection.NO_RECORD
    named = receipt(kundennummer="123A456789")
    assert verdict_on(named, check=TargetCheck.MUST) is None
    no_sum = receipt(kundennummer="123A456789", sha256="")
    assert verdict_on(no_sum, check=TargetCheck.MUST) is Objection.OTHER_BYTES


def test_a_mail_without_kundennummer_is_assigned_over_there():
    told = receipt(kundennummer="999A456789")
    assert verdict_on(told, check=TargetCheck.MUST, kundennummer=None) is None


def test_each_hand_over_falls_into_its_heap():
    ours = [
        Sent("fine", SUM, accepted=True),
        Sent("fine-yesterday", SUM, accepted=True),
        Sent("refused", SUM, accepted=False),
        Sent("lost", SUM, accepted=None),
        Sent("not-taken", SUM, accepted=None),
        Sent("bytes", SUM, accepted=True),
        Sent("record", SUM, accepted=False),
    ]
    theirs = [
        receipt(key="fine"),
        receipt(key="refused", accepted=False),
        receipt(key="not-taken"),
        receipt(key="stranger"),
        receipt(key="bytes", sha256="b" * 64),
        receipt(key="record"),
    ]
    assert match(ours, theirs) == Match(
        correct=("fine", "fine-yesterday"),
        rejected=("refused",),
        missing_there=("lost",),
        missing_here=("not-taken", "stranger"),
        different=("bytes", "record"),
    )
    assert match(ours[:3], theirs[:2]).closes


def test_a_receipt_without_checksum_differs_from_nothing():
    assert match([Sent("old", SUM, accepted=True)], [receipt(key="old", sha256="")]).closes


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([Sent("lost", SUM, accepted=None)], []),
        ([], [receipt(key="stranger")]),
        ([Sent("bytes", SUM, accepted=True)], [receipt(key="bytes", sha256="b" * 64)]),
    ],
)
def test_one_hand_over_that_does_not_match_keeps_the_day_open(ours, theirs):
    assert not match(ours, theirs).closes


KEYS = st.sampled_from("abcdefgh")


@given(
    st.dictionaries(KEYS, st.sampled_from([True, False, None])),
    st.dictionaries(KEYS, st.booleans()),
)
def test_no_key_of_either_side_is_left_out_or_counted_twice(ours, theirs):
    found = match(
        [Sent(key, SUM, accepted=said) for key, said in ours.items()],
        [receipt(key=key, accepted=said) for key, said in theirs.items()],
    )
    heaps = [
        *found.correct,
        *found.rejected,
        *found.missing_there,
        *found.missing_here,
        *found.different,
    ]
    assert sorted(heaps) == sorted({*ours, *theirs})


@pytest.mark.parametrize(
    ("told", "sent", "other"),
    [
        ("999A456789", "123A456789", True),
        ("123a 456789", "123A456789", False),
        (None, "123A456789", False),
        ("999A456789", None, False),
        ("", "", False),
    ],
)
def test_a_record_is_another_one_only_where_both_are_told(told, sent, other):
    assert is_other_record(told, sent) is other
