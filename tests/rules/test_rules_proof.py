"""What has to be proved later is not closed by the short way (R12, F38, N12)."""

import pytest

from rules.codes import Concern
from rules.payment import MOVES_MONEY, RUNS_AGAINST_A_DEADLINE
from rules.proof import has_proof_duty

SHORT_WAY = {
    # Documented in ATV, whoever moved it (Weisung 202003006 no. 2.2 a 2).
    "termin",
    "bearbeitungsstand",
    "beratung",
    "bescheinigung",
    "familienkasse",
    "jobcenter",
    "arbeitgeber",
    "online_zugang",
    "sonstiges",
    "kein_anliegen",
}


@pytest.mark.parametrize("concern", Concern)
def test_each_concern_is_held_to_its_duty(concern: Concern) -> None:
    assert has_proof_duty([concern]) is (concern.value not in SHORT_WAY)


def test_what_moves_money_or_has_a_last_day_is_documented() -> None:
    """Weisung 202001001 no. 2.4 a 6: "Fristwahrung und Mitwirkungspflicht"."""
    for concern in MOVES_MONEY | RUNS_AGAINST_A_DEADLINE - {Concern.TERMIN}:
        assert has_proof_duty([concern]), concern


def test_one_concern_under_a_duty_holds_the_whole_mail() -> None:
    assert has_proof_duty([Concern.BERATUNG, Concern.INSOLVENZGELD])
    assert not has_proof_duty([])
