"""Where a person filed a mail, beside where Postlotse would have."""

import pytest

from rules.agreement import Agreement, compare, share


@pytest.mark.parametrize(
    ("lies_in", "expected"),
    [
        ("435 Kassel/AU", Agreement.SAME),
        ("435 Kassel/Termin", Agreement.SAME_AGENCY),
        ("435 Kassel", Agreement.SAME_AGENCY),
        ("431 Hanau/AU", Agreement.OTHER),
        ("INBOX", Agreement.UNTOUCHED),
        (None, Agreement.GONE),
    ],
)
def test_a_place_is_compared_by_folder_and_by_agency(lies_in, expected):
    assert compare("435 Kassel/AU", lies_in, arrived_in="INBOX") is expected


def test_only_what_people_moved_counts_for_the_share():
    some = [Agreement.SAME, Agreement.SAME, Agreement.OTHER, Agreement.SAME_AGENCY]
    assert share([*some, Agreement.UNTOUCHED, Agreement.GONE]) == 0.5
    assert share([Agreement.UNTOUCHED, Agreement.GONE]) is None
