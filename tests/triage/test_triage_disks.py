"""Disks beside the database that are full or read-only: nothing stops but what needs them."""

import errno
import sys
from pathlib import Path

import pytest

from tests.house_fixture import eml
from tests.triage.test_triage_way import bring_in, states
from triage import wiring
from triage.settings import Settings


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


def test_the_key_of_models_is_never_left_empty(tmp_path, monkeypatch):
    monkeypatch.setattr(wiring, "default_model_path", lambda: tmp_path / "share" / "a.postlotse")
    monkeypatch.delenv("POSTLOTSE_MODEL_KEY", raising=False)

    def full(path: Path, *_args: object, **_values: object) -> int:
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", full)
        with pytest.raises(OSError, match="No space"):
            wiring.model_key(Settings())
    assert list((tmp_path / "share").iterdir()) == []
    key = wiring.model_key(Settings())
    assert len(key) == 64
    assert wiring.model_key(Settings()) == key
