import pytest

from classify.measuring.measures import Answer, by_code, confusions, figures, micro_f1
from rules.codes import PaymentRelevant

YES, OPEN, NO = PaymentRelevant.YES, PaymentRelevant.OPEN, PaymentRelevant.NO
TRUTH = [
    Answer(("au", "termin"), YES, "freie_email"),
    Answer(("termin",), NO, "freie_email"),
    Answer(("konto",), YES, "maschinell"),
    Answer(("termin",), NO, "freie_email"),
]
GIVEN = [
    Answer(("termin", "au"), OPEN, "freie_email"),
    Answer(("termin",), YES, "freie_email"),
    Answer(("au",), NO, "freie_email", review=True),
    Answer(("termin",), NO, "freie_email"),
]


def test_all_figures_of_a_small_case() -> None:
    found = figures("x", TRUTH, GIVEN)
    assert (found.first, found.first_among) == (0.5, 0.75)
    assert (found.payment_recall, found.payment_false_yes, found.handed_over) == (0.5, 0.5, 0.5)
    assert (found.channel, found.review) == (0.75, 0.25)
    assert (found.payment_called_yes, found.payment_open) == (0.0, 0.25)
    assert found.sure_first == pytest.approx(2 / 3)
    assert found.sure_among == 1.0


def test_f1_by_code_and_over_all() -> None:
    rows = {row.code: row for row in by_code(TRUTH, GIVEN)}
    assert rows["au"].f1 == pytest.approx(2 / 3)
    assert rows["konto"].f1 == 0.0
    assert rows["termin"].recall == 1.0
    assert micro_f1(TRUTH, GIVEN) == pytest.approx(0.8)


def test_a_first_concern_that_the_label_has_too_is_no_confusion() -> None:
    assert confusions(TRUTH, GIVEN) == (("konto", "au", 1),)


def test_perfect_answers_have_perfect_figures() -> None:
    found = figures("x", TRUTH, TRUTH)
    assert (found.first, found.micro_f1, found.macro_f1, found.payment_recall) == (1, 1, 1, 1)
