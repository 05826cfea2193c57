"""A reason says at least a few words."""

import pytest

from rules import reasons


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("", True), ("neun Buch", True), ("   neun Buch  \n", True), ("zehn Buchs", False)],
)
def test_blanks_around_it_make_no_reason_longer(reason: str, expected: bool) -> None:
    assert reasons.is_too_short(reason) is expected
