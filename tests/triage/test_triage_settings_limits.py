"""The doors of the command line have limits, whether or not the file names any."""

from pathlib import Path

import pytest

from api.buckets import Limits, Rate
from rules.errors import Refused
from triage.cli.door import door_of
from triage.settings import check


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, Limits(Rate(100, 1000), Rate(100, 2000), Rate(1, 120))),
        (
            {"caller_per_second": 7, "address_burst": 9, "attempts_per_minute": 30},
            Limits(Rate(7, 1000), Rate(100, 9), Rate(0.5, 120)),
        ),
    ],
)
def test_limits_come_from_the_file_or_are_those_of_the_house(
    told: dict[str, object], expected: Limits, tmp_path: Path
) -> None:
    settings = check({"limits": told, "desk": {"demo": True}}, base=tmp_path)
    assert door_of(settings).limits == expected


@pytest.mark.parametrize("folder", ["inbox", "gesendet"])
def test_drafts_are_not_taken_from_where_other_mail_lies(folder: str, tmp_path: Path) -> None:
    told = {"replies": {"drafts_folder": folder}, "desk": {"demo": True}}
    with pytest.raises(Refused, match="drafts_folder"):
        check(told, base=tmp_path)
