"""The table of next steps: each concern once, each step with its source (N14, R11, R15)."""

from datetime import date

import pytest

from api.web.task_steps import DOES
from rules.codes import Concern
from rules.next_steps import HANDOVER, STEPS, next_steps
from rules.tasks import offered

TABLE = {
    "au": ["os_alg_plus"],
    "arbeitsuchend": ["like_online", "first_interview"],
    "arbeitslos": ["first_interview_in_person"],
    "bankverbindung": ["os_alg_plus"],
    "anschrift_name": ["os_alg_plus"],
    "arbeitsaufnahme": ["os_alg_plus"],
    "nebeneinkommen": ["os_alg_plus"],
    "leistungsaenderung": ["os_alg_plus"],
    "rente": ["pension_kind", "os_alg_plus"],
    "termin": ["atv_cancelled"],
    "bearbeitungsstand": ["ticket"],
    "beratung": ["advice_by_video"],
    "insolvenzgeld": ["step_level"],
    "widerspruch": ["objection"],
    "familienkasse": ["familienkasse"],
    "jobcenter": ["jobcenter"],
    "arbeitgeber": ["betriebsnummer"],
}
"""By concern; for those left out no Weisung names a step."""


@pytest.mark.parametrize("concern", Concern)
def test_each_concern_has_its_steps_or_says_that_it_has_none(concern: Concern) -> None:
    steps = next_steps([concern], handover_owed=False)
    assert [step.code for step in steps] == TABLE.get(concern.value, [])
    assert (concern in STEPS) is bool(steps)


def test_every_step_names_a_weisung_or_a_law() -> None:
    for step in (HANDOVER, *(step for steps in STEPS.values() for step in steps)):
        assert "Weisung 20" in step.source or "§" in step.source
        assert ("202001001" in step.source) <= ("abgelaufen" in step.source)


def test_who_is_out_of_work_is_asked_in_and_others_may_come_by_video() -> None:
    """Weisung 202502006 no. 2.1: advice is no talk on the telephone, § 141 SGB III no video."""
    (in_person,) = next_steps([Concern.ARBEITSLOS], handover_owed=False)
    assert "nicht per Video" in in_person.why
    (_, before) = next_steps([Concern.ARBEITSUCHEND], handover_owed=False)
    assert "per Video, nicht am Telefon" in before.why


def test_a_step_that_a_task_does_is_offered_as_that_task() -> None:
    for concern, steps in STEPS.items():
        kinds = {rule.kind for rule in offered([concern])}
        assert {DOES[step.code] for step in steps if step.code in DOES} <= kinds, concern


def test_one_call_attempt_is_enough() -> None:
    (first, _) = next_steps([Concern.ARBEITSUCHEND], handover_owed=False)
    assert "Ein Anrufversuch genügt" in first.why


def test_the_duty_comes_first_and_a_step_of_two_concerns_once() -> None:
    steps = next_steps([Concern.AU, Concern.RENTE], handover_owed=True)
    assert [step.code for step in steps] == ["eakte", "os_alg_plus", "pension_kind"]
    assert steps[0].must


def test_the_ticket_waits_seven_days_after_the_expected_start() -> None:
    (step,) = next_steps(
        [Concern.BEARBEITUNGSSTAND], handover_owed=False, claim_start=date(2026, 11, 28)
    )
    assert step.not_before == date(2026, 12, 5)
    (unknown,) = next_steps([Concern.BEARBEITUNGSSTAND], handover_owed=False)
    assert unknown.not_before is None
    others = set(Concern) - {Concern.BEARBEITUNGSSTAND}
    at_once = next_steps(others, handover_owed=True, claim_start=date(2026, 11, 28))
    assert {step.not_before for step in at_once} == {None}
