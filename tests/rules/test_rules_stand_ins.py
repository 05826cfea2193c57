"""What lines for training hold in place of people's numbers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import facts, stand_ins


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("KdNr. 123A456789, danke", "KdNr. 111A111111, danke"),
        ("123 a 456 789", "111 a 111 111"),
        ("AU_123A456789_Muster.pdf", "AU_111A111111_Muster.pdf"),
        ("RV-Nr. 65 170839 J 008", "RV-Nr. 11 111111 J 111"),
        ("Tel. 0561 / 40 22 19 oder +49 170 5550123", "Tel. 0111 / 11 11 11 oder +49 111 1111111"),
        ("Steuer-ID 12345678901.", "Steuer-ID 11111111111."),
        ("an karla.muster@post.example bitte", "an jemand@ersetzt.example bitte"),
    ],
)
def test_a_number_keeps_its_shape_and_is_nobodys(written: str, instead: str) -> None:
    assert stand_ins.replace(written) == instead


@pytest.mark.parametrize(
    "text",
    [
        "vom 03.03.2026 bis 14.03.2026",
        "2026-03-03 bis 2026-03-14",
        "in den Jahren 2022-2025",
        "um 8:30 Uhr in 34117 Kassel, Raum 1204",
        "1.234.567,89 Euro",
        "538-Euro-Job, § 138 SGB III, 15 Stunden",
    ],
)
def test_days_sums_times_and_places_stay(text: str) -> None:
    assert stand_ins.replace(text) == text


@pytest.mark.parametrize("written", ["DE89 3704 0044 0532 0130 00", "de89370400440532013000"])
def test_a_valid_iban_stays_valid_and_is_another(written: str) -> None:
    instead = stand_ins.replace(f"neu: {written}").removeprefix("neu: ")
    assert facts.iban(instead) is not None
    assert facts.iban(instead) != facts.iban(written)
    assert len(instead) == len(written)


def test_a_wrong_iban_stays_wrong() -> None:
    instead = stand_ins.replace("DE88 3704 0044 0532 0130 00")
    assert facts.iban(instead) is None
    assert facts.iban_shape(instead)


@given(st.from_regex(r"[0-9]{3}[A-Z][0-9]{6}|DE[0-9]{20}|0[1-9][0-9]{6,10}", fullmatch=True))
def test_no_number_survives_and_a_second_time_changes_nothing(number: str) -> None:
    once = stand_ins.replace(f"Nummer {number} bitte")
    digits = re.sub(r"[^0-9]", "", number)
    assert digits not in re.sub(r"[^0-9]", "", once) or set(digits[2:]) <= {"1"}
    assert stand_ins.replace(once) == once
