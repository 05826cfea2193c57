"""A session can't be made, changed or kept beyond its end by anybody but the house."""

import base64
import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.session import Session, _mac, new_csrf, seal, unseal
from rules.access import Caller, Permission
from rules.codes import Role
from tests.api.small_door import NOON, SECRET

SESSION = Session(
    caller=Caller(
        name="k-4711",
        role=Role.CLERK,
        agencies=frozenset({"435", "411"}),
        regions=None,
        extra=frozenset({Permission.FREE_ITEM}),
    ),
    csrf=new_csrf(),
    expires_at=NOON + timedelta(hours=10),
)
COOKIE = seal(SESSION, SECRET)


def test_what_was_sealed_comes_back_whole() -> None:
    assert unseal(COOKIE, SECRET, NOON) == SESSION


def test_a_session_ends_at_its_end() -> None:
    assert unseal(COOKIE, SECRET, SESSION.expires_at - timedelta(seconds=1)) is not None
    assert unseal(COOKIE, SECRET, SESSION.expires_at) is None


def test_a_session_of_another_house_is_none_of_ours() -> None:
    assert unseal(COOKIE, SECRET[::-1], NOON) is None


@given(
    place=st.integers(0, len(COOKIE) - 1), sign=st.characters(min_codepoint=33, max_codepoint=300)
)
def test_a_cookie_with_one_sign_changed_is_no_session(place: int, sign: str) -> None:
    changed = COOKIE[:place] + sign + COOKIE[place + 1 :]
    assert unseal(changed, SECRET, NOON) == (SESSION if changed == COOKIE else None)


@given(st.text(max_size=80))
def test_nothing_made_up_is_a_session(cookie: str) -> None:
    assert unseal(cookie, SECRET, NOON) is None


@pytest.mark.parametrize("claims", [{}, [], {"name": "x", "role": "king"}, "text", 7])
def test_claims_of_another_version_mean_sign_in_again(claims: object) -> None:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode())
    assert unseal(f"{payload.decode()}.{_mac(payload, SECRET)}", SECRET, NOON) is None
