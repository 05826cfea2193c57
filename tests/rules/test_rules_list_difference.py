"""Members follow the directory by themselves; which lists there are, a person decides."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.rights.distribution import DistributionList, ListBook, Member, MemberKind
from rules.rights.folder_levels import Level
from rules.rights.list_difference import FEW, followed

CROWD = [f"c{number}@dienst.example" for number in range(13)]
PEOPLE = [f"p{number}@dienst.example" for number in range(12)]
GROUP = Member("team@dienst.example", MemberKind.GROUP)


def of(agency: str, *members: Member | str) -> DistributionList:
    found = tuple(one if isinstance(one, Member) else Member(one) for one in members)
    return DistributionList(f"ez-{agency}@dienst.example", agency, members=found)


def team(*people: str) -> DistributionList:
    return DistributionList(GROUP.address, members=tuple(map(Member, people)))


def test_who_joins_and_who_leaves_follows() -> None:
    before, after = of("435", *PEOPLE[:4]), of("435", *PEOPLE[1:6])
    assert followed([before], [after]) == followed([after], [after])
    assert followed([before], [after]).lists == (after,)
    assert followed([before], [after]).waiting == ()


@pytest.mark.parametrize(
    "after",
    [
        [],
        [of("415", PEOPLE[0])],
        [of("435")],
        [of("435", Member(""))],
        [replace(of("435", *PEOPLE), level=Level.REVIEWER)],
        [of("435", *PEOPLE[: len(PEOPLE) - FEW - 2])],
        [of("435", *PEOPLE, *CROWD)],
        [of("435", *PEOPLE, Member("crowd@dienst.example", MemberKind.GROUP))],
    ],
    ids=[
        "gone",
        "another's",
        "empty",
        "nobody known",
        "level",
        "most left",
        "crowd",
        "crowd inside",
    ],
)
def test_what_looks_like_a_slip_or_is_no_member_waits(after: list[DistributionList]) -> None:
    before = of("435", *PEOPLE)
    other = of("431", *PEOPLE[:2])
    changed = of("431", *PEOPLE[:3])
    if after == [of("435", *PEOPLE[: len(PEOPLE) - FEW - 2])]:
        assert len(PEOPLE) == 2 * (FEW + 1)
    crowd = DistributionList("crowd@dienst.example", members=tuple(map(Member, CROWD)))
    result = followed([before, other, crowd], [*after, changed, crowd])
    assert "435" in result.waiting
    assert set(result.lists) == {before, changed, crowd}, "the others follow all the same"


def test_five_may_leave_or_join_a_small_list_at_once() -> None:
    before, after = of("435", *PEOPLE[:6]), of("435", PEOPLE[0])
    assert followed([before], [after]).waiting == ()
    assert followed([after], [before]).waiting == ()
    assert followed([of("435")], [of("435", *PEOPLE[:FEW])]).waiting == ()
    assert followed([of("435")], [of("435", *PEOPLE[: FEW + 1])]).waiting == ("435",)


def test_how_many_are_few_is_the_houses_to_say() -> None:
    before, after = of("435", *PEOPLE[:2]), of("435", *PEOPLE[:10])
    assert followed([before], [after], few=8).waiting == ()
    assert followed([before], [after], few=7).waiting == ("435",)
    assert followed([of("435", *PEOPLE[:6])], [after], few=0).waiting == (), "less than half"


@given(st.sets(st.sampled_from(PEOPLE), min_size=1), st.sets(st.sampled_from(PEOPLE), min_size=1))
def test_the_bound_is_the_same_whether_people_leave_or_join(was: set[str], now: set[str]) -> None:
    one, other = of("435", *sorted(was)), of("435", *sorted(now))
    assert followed([one], [other]).waiting == followed([other], [one]).waiting


def test_groups_count_with_their_people_and_stay_where_their_list_waits() -> None:
    before = [of("435", GROUP), of("431", PEOPLE[0], GROUP), team(*PEOPLE)]
    after = [of("435", GROUP), of("431", PEOPLE[1]), team()]
    result = followed(before, after)
    assert result.waiting == ("431", "435")
    assert set(result.lists) == set(before)
    newcomer = [of("435", GROUP), team(*PEOPLE[:11])]
    assert set(followed([of("435", *PEOPLE)], newcomer).lists) == set(newcomer)


LISTS = st.dictionaries(
    st.sampled_from(["415", "431", "435"]), st.lists(st.sampled_from(PEOPLE), unique=True)
).map(lambda found: [of(code, *people) for code, people in found.items()])


@given(LISTS, LISTS)
def test_no_agency_gains_or_loses_a_list_by_itself(
    before: list[DistributionList], after: list[DistributionList]
) -> None:
    result = followed(before, after)
    assert {one.agency for one in result.lists} == {one.agency for one in before}
    was, now, wanted = ListBook(tuple(before)), ListBook(result.lists), ListBook(tuple(after))
    for one in before:
        people = now.members(one.address)[0]
        source = was if one.agency in result.waiting else wanted
        assert people == source.members(one.address)[0]
        assert people or not was.members(one.address)[0], "nobody's list runs empty by itself"
    assert followed(result.lists, after).waiting == result.waiting
