"""Clerks reach what their lists give them, the Service Center its region, strangers nothing."""

from rules.rights.distribution import DistributionList, ListBook, Member, MemberKind
from rules.rights.list_access import Reach, reaches

NORTH = ListBook(
    (
        DistributionList("ez-1@x.example", agency="123", members=(Member("anna@x.example"),)),
        DistributionList(
            "ez-2@x.example",
            agency="131",
            members=(Member("team@x.example", MemberKind.GROUP), Member("anna@x.example")),
        ),
        DistributionList("team@x.example", members=(Member("bert@x.example"),)),
        DistributionList("sc@x.example", region="Nord", members=(Member("carl@x.example"),)),
    )
)
WEST = ListBook(
    (
        DistributionList("ez-3@x.example", agency="311", members=(Member("anna@x.example"),)),
        DistributionList("ez-4@x.example", agency="313", members=(Member("carl@x.example"),)),
    )
)


def test_each_person_reaches_what_the_lists_say() -> None:
    assert reaches({"Nord": NORTH, "West": WEST}) == {
        "anna@x.example": Reach(frozenset({"123", "131", "311"}), None),
        "bert@x.example": Reach(frozenset({"131"}), None),
        "carl@x.example": Reach(None, frozenset({"Nord"})),
    }


def test_no_list_reaches_nobody() -> None:
    assert reaches({"Nord": ListBook()}) == {}
