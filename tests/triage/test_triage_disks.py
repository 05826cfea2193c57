"""Disks beside the database that are full or read-only: nothing stops but what needs them."""

import errno
import sys

from tests.house_fixture import eml
from tests.triage.test_triage_way import bring_in, states


class NoRoom:
    """Standard error that is a file on a full disk."""

    def __init__(self) -> None:
        self.asked = 0

    def write(self, text: str) -> int:
        self.asked += 1
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def isatty(self) -> bool:
        return False


def test_where_the_log_has_no_room_mail_is_kept_sorted_and_filed(house, box, lease, monkeypatch):
    log_file = NoRoom()
    monkeypatch.setattr(sys, "stderr", log_file)
    bring_in(house, box, lease, eml("Krankmeldung"), eml("explodiere"))
    monkeypatch.undo()
    assert log_file.asked
    assert states(house) == {"sorted": 1, "aside": 1}
