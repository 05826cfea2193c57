"""Numbers and their shapes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import facts

# Check digits fit, but bank code 00000000 belongs to no bank.
NOBODYS_IBAN = "DE36000000000000000000"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("123A456789", "123A456789"),
        ("123 A 456 789", "123A456789"),
        ("123a456789", "123A456789"),
        ("123-A-456.789", "123A456789"),
        ("123A45678", None),
        ("123AB56789", None),
        ("١٢٣A456789", None),
        ("", None),
    ],
)
def test_a_kundennummer_is_three_digits_a_letter_six_digits(text: str, normal: str | None) -> None:
    assert facts.kundennummer(text) == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (NOBODYS_IBAN, NOBODYS_IBAN),
        ("de36 0000 0000 0000 0000 00", NOBODYS_IBAN),
        ("DE37000000000000000000", None),
        ("DE3600000000000000000", None),
        ("kein IBAN", None),
    ],
)
def test_an_iban_comes_back_in_normal_form_only_if_its_check_digits_fit(
    text: str, normal: str | None
) -> None:
    assert facts.iban(text) == normal


@pytest.mark.parametrize(
    ("text", "shaped"),
    [
        ("DE37000000000000000000", True),
        ("DE3700000000000000000X", False),
        ("DE370000000000000000", False),
        ("AT48 3200 0000 1234 5864", True),
        ("Kassel", False),
    ],
)
def test_a_wrong_iban_is_still_told_from_other_words_by_its_shape(text: str, shaped: bool) -> None:
    assert facts.iban_shape(text) is shaped


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_exactly_one_pair_of_check_digits_from_02_to_98_makes_a_german_iban(bban: int) -> None:
    candidates = [f"DE{check:02d}{bban:018d}" for check in range(2, 99)]
    assert sum(facts.iban(candidate) is not None for candidate in candidates) == 1


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (NOBODYS_IBAN, "[IBAN]"),
        ("Konto de36 0000 0000 0000 0000 00!", "Konto [IBAN]!"),
        ("DE36\u00a00000\u00a00000 0000 0000 00", "[IBAN]"),
        ("GB33 BUKB 2020 1555 5555 55.", "[IBAN]."),
        ("Nr. 123A456789, bitte", "Nr. [Kundennummer], bitte"),
        ("123 a 456 789", "[Kundennummer]"),
        ("RV 15070649C103", "RV [RV-Nummer]"),
        ("postbox.away Kassel 435", "postbox.away Kassel 435"),
        ("2026-11-25T19:40:59Z", "2026-11-25T19:40:59Z"),
    ],
)
def test_a_masked_line_names_only_the_kind_of_a_number(text: str, masked: str) -> None:
    assert facts.mask(text) == masked


words = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Nd",)), max_size=12)


@given(words, st.from_regex(r"[0-9]{3}[A-Z][0-9]{6}", fullmatch=True), words)
def test_no_kundennummer_survives_masking(before: str, number: str, after: str) -> None:
    assert number not in facts.mask(f"{before} {number} {after}")


@given(words, st.integers(min_value=0, max_value=10**20 - 1), words, st.booleans())
def test_no_german_iban_survives_masking(
    before: str, digits: int, after: str, grouped: bool
) -> None:
    number = f"DE{digits:020d}"
    written = " ".join(re.findall(".{1,4}", number)) if grouped else number
    masked = facts.mask(f"{before} {written} {after}")
    assert number not in masked.replace(" ", "")


@given(st.text(max_size=60))
def test_masking_twice_is_masking_once(text: str) -> None:
    assert facts.mask(facts.mask(text)) == facts.mask(text)
