"""When content may go."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import PaymentRelevant
from rules.item import EakteState
from rules.ledger import LedgerState
from rules.retention import HOUSE_RETENTION, Keep, Period, Record, RetentionRules, retention

YES, OPEN, NO = PaymentRelevant.YES, PaymentRelevant.OPEN, PaymentRelevant.NO
END = date(2026, 3, 1)
LONG_AFTER = date(2030, 1, 1)


@pytest.mark.parametrize(
    ("record", "today", "keep"),
    [
        (Record(LedgerState.DONE, END), LONG_AFTER, Keep.NOT),
        (Record(LedgerState.ASIDE, END, seen=True), LONG_AFTER, Keep.NOT),
        (Record(LedgerState.ASIDE, END), LONG_AFTER, Keep.UNSEEN),
        (Record(LedgerState.ASIDE, END, seen=True), END, Keep.PERIOD),
        (Record(LedgerState.GONE, END), LONG_AFTER, Keep.NOT),
        (Record(LedgerState.GONE, END, item_open=True), LONG_AFTER, Keep.NOT_DONE),
        (Record(LedgerState.DONE, END, YES, EakteState.RECEIVED), LONG_AFTER, Keep.NOT),
        (Record(LedgerState.DONE, END, OPEN, EakteState.WAIVED), LONG_AFTER, Keep.NOT),
        (Record(LedgerState.DONE, END), END + timedelta(days=89), Keep.PERIOD),
        (Record(LedgerState.DONE, END), END + timedelta(days=90), Keep.NOT),
        (Record(LedgerState.ASIDE, END, seen=True), END + timedelta(days=29), Keep.PERIOD),
        (Record(LedgerState.ASIDE, END, seen=True), END + timedelta(days=30), Keep.NOT),
        (Record(LedgerState.GONE, END), END + timedelta(days=29), Keep.PERIOD),
        (Record(LedgerState.GONE, END), END + timedelta(days=30), Keep.NOT),
        (Record(LedgerState.KEPT, END), LONG_AFTER, Keep.NOT_DONE),
        (Record(LedgerState.SORTED, END), LONG_AFTER, Keep.NOT_DONE),
        (Record(LedgerState.DONE, END, holds=("klage-7",)), LONG_AFTER, Keep.HOLD),
        (Record(LedgerState.SORTED, END, holds=("klage-7",)), LONG_AFTER, Keep.HOLD),
        (Record(LedgerState.GONE, END, YES, EakteState.SENT), LONG_AFTER, Keep.RECEIPT_MISSING),
        (
            Record(LedgerState.ASIDE, END, OPEN, EakteState.OWED, seen=True),
            LONG_AFTER,
            Keep.RECEIPT_MISSING,
        ),
        (Record(LedgerState.DONE, END, on_its_way=True), LONG_AFTER, Keep.ON_ITS_WAY),
        (Record(LedgerState.DELETED, END), LONG_AFTER, Keep.DELETED),
    ],
)
def test_content_stays_until_done_handed_over_and_old(
    record: Record, today: date, keep: Keep
) -> None:
    answer = retention(record, today)
    assert answer.keep is keep
    assert answer.may_go is (keep is Keep.NOT)
    assert answer.because


def test_where_only_the_period_is_missing_its_last_day_is_told() -> None:
    last = END + timedelta(days=HOUSE_RETENTION.done.days)
    assert f"bis {last:%d.%m.%Y}" in retention(Record(LedgerState.DONE, END), END).because


def test_the_periods_are_configuration() -> None:
    rules = RetentionRules(done=Period(1, "Test"))
    assert retention(Record(LedgerState.DONE, END), END + timedelta(days=1), rules=rules).may_go


@given(
    st.builds(
        Record,
        st.sampled_from(LedgerState),
        st.just(END),
        st.sampled_from(PaymentRelevant),
        st.sampled_from(EakteState),
        st.sampled_from([(), ("h",)]),
        st.booleans(),
    ),
    st.integers(min_value=0, max_value=5000),
)
def test_payment_relevant_content_never_goes_without_receipt_or_waiver(
    record: Record, days: int
) -> None:
    if retention(record, END + timedelta(days=days)).may_go:
        assert not record.holds
        assert record.payment is NO or record.eakte in (EakteState.RECEIVED, EakteState.WAIVED)
        assert record.state in (LedgerState.DONE, LedgerState.ASIDE, LedgerState.GONE)
        assert record.seen or record.state is not LedgerState.ASIDE
