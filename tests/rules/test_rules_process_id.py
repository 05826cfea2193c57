"""The number of a hand-over leads back to its key."""

from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import process_id

NUMBERS = st.integers(0, (1 << 37) - 1)
DIGESTS = st.text("0123456789abcdef", min_size=12, max_size=12)


@given(NUMBERS, NUMBERS, DIGESTS)
def test_every_key_of_a_hand_over_comes_back_from_its_number(message, verdict, digest):
    key = f"eakte-{message}-{verdict}-{digest}"
    number = process_id.of_key(key)
    assert number is not None
    assert (number.version, process_id.key_of(UUID(str(number).upper()))) == (8, key)


@pytest.mark.parametrize(
    "key", ["item-12-v3", "eakte-1-2-short", "eakte-137438953472-1-" + "a" * 12]
)
def test_a_key_of_another_form_has_no_number(key):
    assert process_id.of_key(key) is None


def test_numbers_of_others_are_no_keys():
    assert process_id.key_of(uuid4()) is None
    assert process_id.key_of(uuid5(UUID(int=1), "a")) is None
    assert process_id.key_of(UUID(int=8 << 76)) is None
