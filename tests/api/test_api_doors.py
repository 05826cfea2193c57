"""What the doors refuse to be told."""

from typing import Any

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from api.cursor import page_of
from api.doors import new_key
from rules.errors import Refused
from tests.api.small_door import KEYS, door_settings


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"demo": True, "host": "0.0.0.0"}, "door.demo_not_local"),  # noqa: S104 - the thing refused
        ({"session_secret": b"short"}, "door.secret_short"),
        ({"keys": (KEYS[0], KEYS[0])}, "door.key_twice"),
    ],
)
def test_settings_that_would_open_the_door_too_wide_are_refused(
    changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Refused) as refused:
        door_settings(**changes)
    assert refused.value.code == code


def test_the_demo_starts_where_the_house_listens_on_loopback() -> None:
    assert door_settings(demo=True).demo


def test_a_new_key_names_its_machine_and_fits_its_hash() -> None:
    key, hashed = new_key("sc-nord")
    assert key.startswith("sc-nord.")
    assert key not in hashed
    assert PasswordHasher().verify(hashed, key)
    # At least 19 MiB and two turns. Source: OWASP Password Storage Cheat Sheet, argon2id.
    cost = extract_parameters(hashed)
    assert (cost.type, cost.memory_cost >= 19_456, cost.time_cost >= 2) == (Type.ID, True, True)


@pytest.mark.parametrize(
    "name", ["", "a.b", "ümlaut", "new\nline", "cli:root", "p-abcdefghijklmnop", "worker", "lists"]
)
def test_a_key_whose_name_would_be_lost_or_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(Refused) as refused:
        new_key(name)
    assert refused.value.code == "door.key_name"


@given(rows=st.integers(0, 40), limit=st.integers(1, 12))
def test_pages_put_together_are_the_list(rows: int, limit: int) -> None:
    everything = list(range(rows, 0, -1))

    def read(count: int, after: int | None) -> tuple[int, ...]:
        rest = everything if after is None else [row for row in everything if row < after]
        return tuple(rest[:count])

    seen: list[int] = []
    cursor = None
    while True:
        page = page_of(read, lambda row: row, limit=limit, cursor=cursor)
        seen += page.rows
        assert len(page.rows) <= limit
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == everything


@pytest.mark.parametrize("cursor", ["x", "", "aToxLjU", "ajox", "////", "ü"])
def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(Refused) as refused:
        page_of(lambda _count, _after: (), lambda row: row, limit=1, cursor=cursor)
    assert refused.value.code == "request.cursor"
