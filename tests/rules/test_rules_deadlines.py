"""By when somebody must have looked."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import LAND_CODES, add_arbeitstage, is_arbeitstag
from rules.codes import Concern, PaymentRelevant
from rules.deadlines import (
    BEFORE_THE_INTERVIEW,
    EAO,
    FIRST_INTERVIEW,
    HOUSE_RULE,
    NOTHING_DUE,
    DeadlineRules,
    Due,
    due,
)
from rules.verdict import ConcernFound, Facts

YES, OPEN, NO = PaymentRelevant.YES, PaymentRelevant.OPEN, PaymentRelevant.NO
WEDNESDAY = date(2026, 6, 3)  # Thursday is Fronleichnam in Hessen


def ask(
    *concerns: Concern,
    payment: PaymentRelevant = NO,
    received: date = WEDNESDAY,
    facts: Facts | None = None,
    rules: DeadlineRules | None = None,
    land: str | None = "Hessen",
) -> Due:
    return due(
        [ConcernFound(code, 0.9, announced=True) for code in concerns],
        payment,
        received=received,
        land=land,
        facts=facts or Facts(),
        rules=rules or DeadlineRules(),
    )


@pytest.mark.parametrize(
    ("concerns", "payment", "day", "source"),
    [
        ((Concern.ARBEITSUCHEND,), NO, date(2026, 6, 18), FIRST_INTERVIEW),
        ((Concern.ARBEITSLOS,), NO, date(2026, 6, 18), FIRST_INTERVIEW),
        ((Concern.AU,), YES, date(2026, 6, 5), HOUSE_RULE),
        ((Concern.ORTSABWESENHEIT,), OPEN, date(2026, 6, 5), HOUSE_RULE),
        ((Concern.AU,), NO, date(2026, 6, 9), HOUSE_RULE),
        ((Concern.BEARBEITUNGSSTAND,), NO, date(2026, 6, 11), HOUSE_RULE),
        # The nearest of several days wins.
        ((Concern.ARBEITSLOS, Concern.BANKVERBINDUNG), YES, date(2026, 6, 5), HOUSE_RULE),
        ((Concern.ARBEITSUCHEND, Concern.BERATUNG), NO, date(2026, 6, 11), HOUSE_RULE),
        ((), NO, None, HOUSE_RULE),
        ((Concern.KEIN_ANLIEGEN,), NO, None, HOUSE_RULE),
    ],
)
def test_the_nearest_day_wins(
    concerns: tuple[Concern, ...], payment: PaymentRelevant, day: date | None, source: str
) -> None:
    found = ask(*concerns, payment=payment)
    assert (found.day, found.source) == (day, source)


@pytest.mark.parametrize(
    ("absence_from", "received", "day"),
    [
        (date(2026, 6, 8), WEDNESDAY, date(2026, 6, 5)),
        (date(2026, 6, 5), WEDNESDAY, WEDNESDAY),
        (date(2026, 6, 4), WEDNESDAY, WEDNESDAY),
        (WEDNESDAY, WEDNESDAY, WEDNESDAY),
        # Written on a Saturday for the Monday: the first day on which anybody works.
        (date(2026, 6, 8), date(2026, 6, 6), date(2026, 6, 8)),
    ],
)
def test_consent_to_an_absence_is_given_before_the_trip(
    absence_from: date, received: date, day: date
) -> None:
    facts = Facts(dates={"absence_from": absence_from})
    found = ask(Concern.ORTSABWESENHEIT, facts=facts, received=received)
    assert (found.day, found.source) == (day, EAO)


def test_a_termin_is_looked_at_before_its_day() -> None:
    facts = Facts(dates={"appointment": date(2026, 6, 8)})
    assert ask(Concern.TERMIN, facts=facts).day == date(2026, 6, 5)


@pytest.mark.parametrize("appointment", [date(2026, 5, 20), date(2062, 6, 8)])
def test_a_day_that_is_over_or_absurd_sets_no_deadline(appointment: date) -> None:
    facts = Facts(dates={"appointment": appointment})
    assert ask(Concern.TERMIN, facts=facts).day == date(2026, 6, 8)


def test_a_far_trip_leaves_the_house_rule_in_force() -> None:
    facts = Facts(dates={"absence_from": date(2026, 8, 1)})
    assert ask(Concern.ORTSABWESENHEIT, facts=facts).day == date(2026, 6, 9)


def test_the_periods_are_configuration() -> None:
    rules = DeadlineRules(first_interview=2, payment=0, house_days={Concern.BERATUNG: 1})
    assert ask(Concern.ARBEITSLOS, rules=rules).day == date(2026, 6, 8)
    assert ask(Concern.AU, payment=YES, rules=rules).day == WEDNESDAY
    assert ask(Concern.BERATUNG, rules=rules).day == date(2026, 6, 5)
    assert ask(Concern.TERMIN, rules=rules) == NOTHING_DUE


def test_of_equal_days_the_reason_is_the_weightiest_concerns() -> None:
    rules = DeadlineRules(first_interview=5, house_days={Concern.BERATUNG: 5})
    found = ask(Concern.BERATUNG, Concern.ARBEITSUCHEND, rules=rules)
    assert found.source == FIRST_INTERVIEW


@pytest.mark.parametrize(
    ("received", "talk"),
    [
        # Himmelfahrt on the 14th and Pfingstmontag on the 25th fall out (facts section 9).
        (date(2026, 5, 11), "27.05.2026"),
        # A Saturday, a Sunday and the Friday before them have the same tenth day but for one.
        (date(2026, 7, 3), "17.07.2026"),
        (date(2026, 7, 4), "17.07.2026"),
        (date(2026, 7, 5), "17.07.2026"),
        (date(2026, 7, 6), "20.07.2026"),
        # Across the year's end: 24, 25, 31 December and 1 January are no Arbeitstage.
        (date(2026, 12, 18), "07.01.2027"),
        # A leap day is a day like another.
        (date(2028, 2, 21), "06.03.2028"),
    ],
)
def test_a_report_is_due_with_its_talk_or_before_where_the_house_says_so(
    received: date, talk: str
) -> None:
    late = ask(Concern.ARBEITSUCHEND, received=received)
    assert (f"{late.day:%d.%m.%Y}", late.source) == (talk, FIRST_INTERVIEW)
    rules = DeadlineRules(house_days={Concern.ARBEITSUCHEND: 2})
    soon = ask(Concern.ARBEITSUCHEND, received=received, rules=rules)
    assert talk in soon.because
    assert soon.source == BEFORE_THE_INTERVIEW
    assert soon.day is not None
    assert add_arbeitstage(soon.day, 8, "Hessen") == late.day


def test_no_rule_of_a_house_lets_a_report_lie_beyond_the_tenth_day() -> None:
    rules = DeadlineRules(house_days={Concern.ARBEITSLOS: 40})
    assert ask(Concern.ARBEITSLOS, rules=rules).day == date(2026, 6, 18)


def test_a_reason_is_told_with_where_it_stands() -> None:
    assert ask(Concern.BERATUNG).told == "5 Arbeitstage nach Eingang (Hausregel)"
    assert ask(Concern.ARBEITSLOS).told.endswith("(Weisung 202502006 Nr. 2.3)")
    assert NOTHING_DUE.told == "Nichts zu erledigen"


def test_every_concern_but_none_has_a_day() -> None:
    without = {concern for concern in Concern if ask(concern).day is None}
    assert without == {Concern.KEIN_ANLIEGEN}


def test_the_days_of_the_house_are_these_until_somebody_decides_otherwise() -> None:
    two = {"termin", "widerspruch", "familienkasse", "jobcenter"}
    five = {
        *("bearbeitungsstand", "antrag_unterlagen", "beratung", "bescheinigung", "arbeitgeber"),
        "sonstiges",
    }
    reports = {"arbeitsuchend", "arbeitslos"}
    for concern in set(Concern) - {Concern.KEIN_ANLIEGEN}:
        days = 10 if concern in reports else 2 if concern in two else 5 if concern in five else 3
        assert ask(concern).day == add_arbeitstage(WEDNESDAY, days, "Hessen"), concern


@given(
    st.lists(st.sampled_from(Concern), max_size=3),
    st.sampled_from(PaymentRelevant),
    st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31)),
    st.sampled_from([*LAND_CODES, None]),
    st.dictionaries(
        st.sampled_from(["absence_from", "appointment"]),
        st.dates(min_value=date(2019, 1, 1), max_value=date(2037, 12, 31)),
    ),
)
def test_a_deadline_is_an_arbeitstag_not_before_receipt_and_not_weeks_away(
    concerns: list[Concern],
    payment: PaymentRelevant,
    received: date,
    land: str | None,
    dates: dict[str, date],
) -> None:
    found = ask(*concerns, payment=payment, received=received, land=land, facts=Facts(dates=dates))
    if found.day is not None:
        assert received <= found.day
        assert (found.day - received).days <= 21
        assert is_arbeitstag(found.day, land)
    assert found.because
    assert found.source
