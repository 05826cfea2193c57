"""What groups at the sign-in service give here: role and scope, and never more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.access import Caller, Permission, may_work_agency
from rules.codes import Role
from rules.errors import Refused
from rules.groups import GroupRule, Places, caller_of

RULES = (
    GroupRule("ez-{agency}", Role.CLERK),
    GroupRule("sc-{region}", Role.CLERK),
    GroupRule("lead", Role.CLERK, frozenset({"435"}), None, frozenset({Permission.FREE_ITEM})),
    GroupRule("west", Role.CLERK, None, frozenset({"West"})),
    GroupRule("all", Role.CLERK),
    GroupRule("boss", Role.ADMIN),
)
PLACES = Places(("435", "123"), ("West", "Nord", "Süd"))


def of(*groups: str) -> Caller:
    return caller_of("p", groups, rules=RULES, places=PLACES)


@pytest.mark.parametrize(
    ("groups", "agencies", "regions"),
    [
        (["ez-435"], {"435"}, None),
        (["ez-435", "ez-123", "else"], {"435", "123"}, None),
        (["sc-West"], None, {"West"}),
        (["sc-Süd"], None, {"Süd"}),
        (["sc-Sued", "sc-West"], None, {"Süd", "West"}),
        (["sc-West", "ez-123"], None, {"West"}),
        (["west", "sc-Nord"], None, {"West", "Nord"}),
        (["lead", "ez-123"], {"435", "123"}, None),
        (["all", "ez-123"], None, None),
    ],
)
def test_groups_add_up_as_lists_do(groups, agencies, regions):
    found = of(*groups)
    assert (found.role, found.agencies, found.regions) == (Role.CLERK, agencies, regions)


def test_a_group_may_give_a_permission_beside_the_role():
    assert of("lead", "ez-123").extra == {Permission.FREE_ITEM}
    assert of("ez-435").extra == frozenset()


@pytest.mark.parametrize(
    "group",
    [
        "ez-999",
        "ez-",
        "ez-435 ",
        "xez-435",
        "ez-435x",
        "EZ-435",
        "sc-Mond",
        "sc-sued",
        "ez-{agency}",
        "",
        "*",
    ],
)
def test_a_group_that_does_not_fit_exactly_gives_nothing(group):
    with pytest.raises(Refused) as refused:
        of(group)
    assert refused.value.code == "access.no_group"


def test_two_roles_are_refused():
    with pytest.raises(Refused) as refused:
        of("ez-435", "boss")
    assert refused.value.code == "access.two_roles"


@given(st.lists(st.sampled_from(["ez-435", "ez-123", "sc-West", "sc-Nord", "lead", "west"])))
def test_together_groups_reach_no_agency_that_none_of_them_reaches(groups):
    places = [("435", "West"), ("123", "Nord"), ("999", "Ost")]
    if not groups:
        return
    together = of(*groups)
    for code, region in places:
        if may_work_agency(together, code, region):
            assert any(may_work_agency(of(one), code, region) for one in groups)
