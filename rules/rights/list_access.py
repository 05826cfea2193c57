"""What a clerk may see, read off the distribution lists that she stands on.

Source: Weisung 202404002 no. 3 (lists are the basis of permission); F58; own decision 0040.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rules.rights.distribution import ListBook


@dataclass(frozen=True, slots=True)
class Reach:
    """The two bounds of a caller, as in `rules.access.Caller`. None means: not limited."""

    agencies: frozenset[str] | None
    regions: frozenset[str] | None


NOWHERE: Final = Reach(frozenset(), None)
"""Of somebody who stands on no list."""


def reaches(books: Mapping[str, ListBook]) -> dict[str, Reach]:
    """What each person on the lists of these regions may see, by address in lower case.

    A person on a list of the Service Center sees that region and nothing else, clearing folder
    included; others see the agencies of their lists, through groups in groups too.
    Source: F58 ("clerk sees only the agencies of her lists, SC only its region").
    """
    agencies: dict[str, set[str]] = {}
    regions: dict[str, set[str]] = {}
    for region, book in books.items():
        for one in book.lists:
            people = book.members(one.address)[0]
            for person in people:
                if one.agency:
                    agencies.setdefault(person, set()).add(one.agency)
                elif one.region:
                    regions.setdefault(person, set()).add(region)
    found = {who: Reach(frozenset(codes), None) for who, codes in agencies.items()}
    return found | {who: Reach(None, frozenset(names)) for who, names in regions.items()}
