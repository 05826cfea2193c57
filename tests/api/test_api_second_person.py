"""Where two persons are asked for, a machine's key is neither of them, whatever its role."""

import pytest

from api.keyring import KeyRing
from rules.access import Caller
from rules.codes import Role
from tests.api.conftest import Doors

SECOND_YES = {
    "/v1/admin/retention/runs/1/approve": None,
    "/v1/admin/rights/plans/1/approve": None,
    "/v1/admin/corrections/1/confirm": None,
    "/v1/admin/texts/termin.neu/versions/1/approve": {"sha256": "0" * 64},
    "/v1/admin/rulesets/regeln/versions/1/activate": {},
    "/v1/admin/rulesets/rollback": {},
}


@pytest.mark.parametrize("path", SECOND_YES)
def test_a_key_with_the_role_of_an_admin_never_says_the_second_yes(doors: Doors, path: str) -> None:
    body = SECOND_YES[path]
    by_key = doors.admin.post(path, json=body)
    assert (by_key.status_code, by_key.json()["code"]) == (403, "access.machine")
    signed_in = doors.person().post(path, json=body)
    assert signed_in.json()["code"] != "access.machine"


def test_a_token_of_the_sign_in_service_is_a_machine_too() -> None:
    admin = Caller("m-1", Role.ADMIN, agencies=None)
    assert not KeyRing((), of_token=lambda _: admin).caller("a.b.c").is_person
