"""Permissions and scope."""

from dataclasses import replace

import pytest

from rules.access import (
    ROLE_PERMISSIONS,
    Caller,
    Permission,
    covers,
    may,
    may_see_region,
    may_work_agency,
    require,
    require_agency,
    require_person,
)
from rules.codes import Role
from rules.errors import Refused

CLERK = Caller("c1", Role.CLERK, agencies=frozenset({"435", "431"}))
SC_WEST = Caller("sc", Role.AUTOMATION, agencies=None, regions=frozenset({"West"}))
ADMIN = Caller("a1", Role.ADMIN, agencies=None)


@pytest.mark.parametrize(
    ("caller", "agency", "region", "expected"),
    [
        (CLERK, "435", "Südwest", True),
        (CLERK, "123", "Nord", False),
        (CLERK, None, "Südwest", False),
        (SC_WEST, "357", "West", True),
        (SC_WEST, "435", "Südwest", False),
        (SC_WEST, None, "West", True),
        (SC_WEST, None, None, False),
        (ADMIN, None, None, True),
        (Caller("c2", Role.CLERK), "435", "Südwest", False),
    ],
)
def test_a_caller_reaches_only_her_agencies_and_her_region(
    caller: Caller, agency: str | None, region: str | None, expected: bool
) -> None:
    assert may_work_agency(caller, agency, region) is expected


@pytest.mark.parametrize(
    ("caller", "region", "expected"),
    [
        (CLERK, "Südwest", False),
        (replace(CLERK, regions=frozenset({"Südwest"})), "Südwest", False),
        (replace(CLERK, role=Role.ADMIN), None, False),
        (SC_WEST, "West", True),
        (SC_WEST, "Nord", False),
        (SC_WEST, None, False),
        (ADMIN, "Nord", True),
        (ADMIN, None, True),
    ],
)
def test_who_is_limited_to_agencies_reaches_no_region_whole(
    caller: Caller, region: str | None, expected: bool
) -> None:
    assert may_see_region(caller, region) is expected


@pytest.mark.parametrize(
    ("role", "permission", "expected"),
    [
        (Role.CLERK, Permission.WORK_ITEM, True),
        (Role.CLERK, Permission.APPROVE_TEXTS, False),
        (Role.CLERK, Permission.FREE_ITEM, False),
        (Role.AUTOMATION, Permission.HAND_IN, True),
        (Role.AUTOMATION, Permission.READ_ITEM, False),
        (Role.ADMIN, Permission.REVIEW_RIGHTS, True),
        (Role.ADMIN, Permission.WORK_ITEM, False),
    ],
)
def test_a_role_has_its_permissions_and_no_others(
    role: Role, permission: Permission, expected: bool
) -> None:
    caller = Caller("x", role)
    assert may(caller, permission) is expected
    if expected:
        require(caller, permission)
        return
    with pytest.raises(Refused) as refused:
        require(caller, permission)
    assert refused.value.code == "access.denied"
    assert "x" not in refused.value.details.values()


def test_every_permission_belongs_to_some_role_and_every_role_has_some() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert frozenset().union(*ROLE_PERMISSIONS.values()) == frozenset(Permission)


def test_a_supervisor_is_a_clerk_with_one_more_permission() -> None:
    supervisor = Caller("s1", Role.CLERK, extra=frozenset({Permission.FREE_ITEM}))
    assert may(supervisor, Permission.FREE_ITEM)
    assert may(supervisor, Permission.WORK_ITEM)


def test_permission_and_scope_must_both_hold() -> None:
    require_agency(CLERK, Permission.WORK_ITEM, agency_code="435", region="Südwest")
    for caller, agency in ((CLERK, "123"), (CLERK, None), (ADMIN, "435")):
        with pytest.raises(Refused) as refused:
            require_agency(caller, Permission.WORK_ITEM, agency_code=agency, region="Südwest")
        assert refused.value.code == "access.denied"


def test_a_machine_with_all_rights_of_an_admin_is_no_second_person() -> None:
    require_person(ADMIN)
    with pytest.raises(Refused) as refused:
        require_person(replace(ADMIN, is_person=False))
    assert refused.value.code == "access.machine"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"agencies": frozenset({"435", "431", "123"})}, True),
        ({"agencies": None, "extra": frozenset({Permission.FREE_ITEM})}, True),
        ({"agencies": frozenset({"435"})}, False),
        ({"regions": frozenset({"Südwest"})}, False),
        ({"role": Role.ADMIN}, False),
    ],
)
def test_a_reach_holds_another_if_nothing_of_it_is_missing(
    changed: dict[str, object], expected: bool
) -> None:
    assert covers(replace(CLERK, **changed), CLERK) is expected
    assert covers(CLERK, replace(CLERK, extra=frozenset({Permission.FREE_ITEM}))) is False
