"""The table of tasks: who gets what, from which concern, and nothing beyond it."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import Concern
from rules.errors import Refused
from rules.tasks import (
    TASKS,
    Carried,
    Known,
    Receiver,
    Said,
    TaskKind,
    carried,
    key,
    kind_of_key,
    offered,
    rule_of,
)

TODAY = date(2026, 11, 23)
KNOWN = Known(
    concerns=(Concern.ARBEITSUCHEND,),
    kundennummer="123A456789",
    phone="0561 1234",
    agency=("435", "Kassel"),
    land="Hessen",
    received_on=date(2026, 11, 20),
)
ALL_SAID = Said(claim_start=date(2026, 11, 1), called=True, complete=True)


def known(*concerns, **changes):
    return replace(KNOWN, concerns=concerns, **changes)


def code(kind, known_, said=ALL_SAID, today=TODAY):
    with pytest.raises(Refused) as refused:
        carried(kind, known_, said, today=today)
    return refused.value.code


@pytest.mark.parametrize(
    ("concern", "kinds"),
    [
        (Concern.ARBEITSUCHEND, ["atv_termin", "verbis_azb", "sofortzugang"]),
        (Concern.AU, ["os_algplus"]),
        (Concern.BEARBEITUNGSSTAND, ["bearbeitungsstand"]),
        (Concern.FAMILIENKASSE, ["familienkasse"]),
        (Concern.JOBCENTER, ["jobcenter"]),
        (Concern.ARBEITGEBER, ["betriebsnummern"]),
        (Concern.KEIN_ANLIEGEN, []),
    ],
)
def test_each_concern_is_offered_its_tasks(concern, kinds):
    assert [rule.kind.value for rule in offered([concern])] == kinds


def test_every_task_has_a_row_with_a_source():
    assert set(TASKS) == set(TaskKind)
    assert {rule.receiver for rule in TASKS.values()} == set(Receiver)
    assert all(rule.source and rule.concerns for rule in TASKS.values())


@given(st.sampled_from(list(TaskKind)), st.lists(st.sampled_from(list(Concern)), unique=True))
def test_a_task_never_carries_more_than_its_row_says(kind, concerns):
    try:
        fields = carried(kind, known(*concerns), ALL_SAID, today=TODAY)
    except Refused:
        return
    assert set(fields) == {name.value for name in rule_of(kind).carries}


def test_only_who_is_in_charge_gets_the_mail_and_then_no_number_beside_it():
    with_mail = {kind for kind, rule in TASKS.items() if rule.carries_mail}
    assert with_mail == {TaskKind.FAMILIENKASSE, TaskKind.JOBCENTER, TaskKind.BETRIEBSNUMMERN}
    assert all(Carried.KUNDENNUMMER not in TASKS[kind].carries for kind in with_mail)
    assert with_mail == {kind for kind, rule in TASKS.items() if rule.holds_item}


def test_an_appointment_is_due_on_the_tenth_arbeitstag_after_one_call():
    fields = carried(TaskKind.ATV_TERMIN, KNOWN, Said(called=True), today=TODAY)
    assert fields == {
        "kundennummer": "123A456789",
        "agency": "435 Kassel",
        "concern": "arbeitsuchend",
        "received_on": "2026-11-20",
        "phone": "0561 1234",
        "due_on": "2026-12-04",
        "call_attempts": 1,
    }
    assert code(TaskKind.ATV_TERMIN, KNOWN, Said()) == "task.not_called"
    spared = carried(TaskKind.ATV_TERMIN, KNOWN, Said(call_spared=True), today=TODAY)
    assert spared["call_attempts"] == 0
    talk = known(Concern.BERATUNG)
    assert carried(TaskKind.ATV_TERMIN, talk, Said(), today=TODAY)["call_attempts"] == 0


@pytest.mark.parametrize(("day", "leaves"), [(date(2026, 11, 22), False), (TODAY, True)])
def test_a_ticket_leaves_on_day_seven_after_the_claim_began(day, leaves):
    said = Said(claim_start=date(2026, 11, 16), complete=True)
    asked = known(Concern.BEARBEITUNGSSTAND)
    if leaves:
        fields = carried(TaskKind.BEARBEITUNGSSTAND, asked, said, today=day)
        assert fields["claim_start"] == "2026-11-16"
        return
    with pytest.raises(Refused) as refused:
        carried(TaskKind.BEARBEITUNGSSTAND, asked, said, today=day)
    assert refused.value.code == "task.too_early"
    assert refused.value.details["earliest"] == date(2026, 11, 23)


def test_a_ticket_needs_the_day_and_a_complete_application():
    asked = known(Concern.BEARBEITUNGSSTAND)
    assert code(TaskKind.BEARBEITUNGSSTAND, asked, Said()) == "task.claim_start_missing"
    said = Said(claim_start=date(2026, 11, 1))
    assert code(TaskKind.BEARBEITUNGSSTAND, asked, said) == "task.incomplete"


def test_a_mail_about_more_is_not_passed_on_whole():
    both = known(Concern.FAMILIENKASSE, Concern.BANKVERBINDUNG)
    assert code(TaskKind.FAMILIENKASSE, both) == "task.other_concerns"
    alone = known(Concern.FAMILIENKASSE, kundennummer=None)
    assert set(carried(TaskKind.FAMILIENKASSE, alone, Said(), today=TODAY)) == {
        "agency",
        "received_on",
    }


def test_a_task_without_the_mail_names_its_own_concern_alone():
    both = known(Concern.WIDERSPRUCH, Concern.BERATUNG)
    assert carried(TaskKind.VERBIS_AZB, both, Said(), today=TODAY)["concern"] == "beratung"
    assert carried(TaskKind.OS_ALGPLUS, both, Said(), today=TODAY)["concern"] == "widerspruch"


def test_only_the_appointment_waits_for_the_call():
    for kind in (TaskKind.VERBIS_AZB, TaskKind.SOFORTZUGANG):
        assert carried(kind, KNOWN, Said(), today=TODAY)["concern"] == "arbeitsuchend"


def test_without_number_or_concern_there_is_no_task():
    unknown = known(Concern.AU, kundennummer=None)
    assert code(TaskKind.OS_ALGPLUS, unknown) == "task.kundennummer_missing"
    assert code(TaskKind.OS_ALGPLUS, known(Concern.TERMIN)) == "task.not_offered"


def test_a_key_tells_its_kind_and_nothing_else_does():
    assert kind_of_key(key(TaskKind.VERBIS_AZB, "0a" * 10)) is TaskKind.VERBIS_AZB
    unknown = f"task-fax-{'0a' * 10}"
    for stranger in (
        unknown,
        "eakte-1-2-abc",
        "task-x-0a",
        "task-atv_termin",
        "task-atv_termin-XY",
        "",
    ):
        assert kind_of_key(stranger) is None
