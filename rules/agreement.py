"""Whether a person filed a mail where Postlotse would have: what a trial run is measured by.

Source: N18, F63; Weisung 202404002 no. 3 (subfolder of the agency).
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Agreement(StrEnum):
    """What a person did with a mail of an observed postbox, beside what would have been done.

    `untouched`: it lies where it arrived. `same`: in the very folder. `same_agency`: in another
    folder of that agency. `other`: elsewhere. `gone`: in no folder that is known.
    """

    UNTOUCHED = "untouched"
    SAME = "same"
    SAME_AGENCY = "same_agency"
    OTHER = "other"
    GONE = "gone"


MOVED: Final = (Agreement.SAME, Agreement.SAME_AGENCY, Agreement.OTHER)
"""A person decided: only these say something about agreement. Own rule for N18."""


def compare(would: str, lies_in: str | None, *, arrived_in: str) -> Agreement:
    """Folders as people read them, levels by "/"; `lies_in` None: no place is known any more.

    The first level is the agency. Source: N18; Weisung 202404002 no. 3.
    """
    if lies_in is None:
        return Agreement.GONE
    if lies_in == would:
        return Agreement.SAME
    if lies_in == arrived_in:
        return Agreement.UNTOUCHED
    same_agency = lies_in.partition("/")[0] == would.partition("/")[0]
    return Agreement.SAME_AGENCY if same_agency else Agreement.OTHER


def share(found: Iterable[Agreement]) -> float | None:
    """Of what people moved, the part that went into the very folder; None where nothing moved.

    Source: N18.
    """
    moved = [one for one in found if one in MOVED]
    return moved.count(Agreement.SAME) / len(moved) if moved else None
