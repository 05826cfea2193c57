"""Disks beside the database that are full or read-only: nothing stops but what needs them."""

import errno
import resource
import sys
from pathlib import Path

import pytest

from rules.errors import Refused
from tests.house_fixture import eml
from tests.triage.test_triage_way import Eakte, Post, bring_in, states
from triage import health, private_file, rounds, send, wiring
from triage.settings import Settings
from triage.worker import PostboxJob, Worker, _PostboxRound


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
    (tmp_path / "share" / "a.key").write_bytes(b"")
    assert len(wiring.model_key(Settings())) == 64


def test_mail_is_kept_though_the_disk_of_its_postbox_takes_nothing(house, box, monkeypatch):
    box.append("INBOX", eml("Krankmeldung"))
    job = PostboxJob(box.name, "Südwest", lambda: box, files=True)
    worker = Worker(house, send.Outlets(Eakte(), Post()), (job,), poll_seconds=1)
    a_round, name = _PostboxRound(worker, job), f"postbox:{box.name}"

    def read_only(*_args: object, **_values: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", read_only)
        patched.setattr(Path, "rename", read_only)
        for _ in range(2):
            worker._one_round(name, a_round)
            rounds.sort_pending(house)
        assert states(house) == {"sorted": 1}
        told = {check.name: check.message for check in health.ready(house) if not check.ok}
        assert told[name] == "postbox.disk"
    house.clock.forward(minutes=10)
    worker._one_round(name, a_round)
    assert box.view("INBOX").uids == ()


def test_a_mail_that_is_written_out_is_whole_or_not_there(tmp_path):
    out, mine = tmp_path / "mail.eml", tmp_path / "mine.eml"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))  # Python ignores SIGXFSZ
    try:
        with pytest.raises(Refused, match="large"):
            private_file.write(out, eml("Termin"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not out.exists()
    mine.mkdir()
    with pytest.raises(Refused, match="directory"):
        private_file.write(mine, b"")
    private_file.write(out, eml("Termin"))
    assert out.read_bytes() == eml("Termin")
