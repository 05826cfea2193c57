"""Disks beside the database that are full or read-only: nothing stops but what needs them."""

import errno
import resource
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from rules.errors import Refused
from store.acts import ops
from store.tables.ledger import op
from tests import one_sorter
from tests.house_fixture import eml
from tests.triage.way import Eakte, Post, bring_in, states
from triage import send, wiring
from triage.cli import private_file
from triage.filing import filing, steps
from triage.postboxes.round import PostboxJob, PostboxRound
from triage.settings import Settings
from triage.watch import health
from triage.wiring import judging
from triage.worker import Worker


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
    monkeypatch.setattr(judging, "default_model_path", lambda: tmp_path / "share" / "a.postlotse")
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
    a_round, name = PostboxRound(worker, job), f"postbox:{box.name}"

    def read_only(*_args: object, **_values: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", read_only)
        patched.setattr(Path, "rename", read_only)
        for _ in range(2):
            worker._one_round(name, a_round)
            one_sorter.sort_pending(house)
        assert states(house) == {"sorted": 1}
        told = {check.name: check.message for check in health.ready(house) if not check.ok}
        assert told[f"filing:{box.name}"] == "postbox.disk 1: 435 Kassel/AU"
        assert name not in told
    house.clock.forward(minutes=10)
    worker._one_round(name, a_round)
    assert box.view("INBOX").uids == ()
    assert all(check.ok for check in health.ready(house) if check.name.startswith("filing:"))


def refuse_under(monkeypatch, word, number):
    """The operating system makes nothing, and renames nothing, under names with that word."""
    for name in ("mkdir", "rename"):
        real = getattr(Path, name)

        def refusing(path, *args, real=real, **values):
            if any(word in str(one) for one in (path, *args)):
                raise OSError(number, "on purpose", str(path))
            return real(path, *args, **values)

        monkeypatch.setattr(Path, name, refusing)


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_folder_that_takes_nothing_holds_up_no_other(
    house, box, lease, monkeypatch, number, is_there
):
    """More mails into it than a pass takes, and all of them older."""
    few = replace(house, policy=replace(house.policy, batch_mails=2))
    if is_there:
        box.ensure_folder("435 Kassel/AU")
    with monkeypatch.context() as patched:
        refuse_under(patched, "/AU", number)
        bring_in(few, box, lease, *(eml(f"Krankmeldung {n}") for n in range(5)), eml("Termin"))
        for _ in range(3):
            filing.file_due(few, box, lease)
        assert len(box.view("435 Kassel/Termin").uids) == 1
        assert len(box.view("INBOX").uids) == 5
    house.clock.forward(minutes=1)
    assert filing.file_due(house, box, lease).done == 5
    assert len(box.view("435 Kassel/AU").uids) == 5


def test_a_folder_without_room_is_tried_again_ever_more_seldom_and_never_given_up(
    house, box, lease, monkeypatch
):
    waits = []
    with monkeypatch.context() as patched:
        refuse_under(patched, "/AU", errno.ENOSPC)
        bring_in(house, box, lease, eml("Krankmeldung"))
        for _ in range(3 * house.backoff.max_tries):
            with house.db.read() as tx:
                due = tx.run(sa.select(op.c.next_try_at)).scalar_one()
            waits.append((due - house.clock()).total_seconds())
            house.clock.forward(seconds=waits[-1])
            assert filing.file_due(house, box, lease).failed == 1
        with house.db.read() as tx:
            assert ops.held_up(tx, box.name, error_code=steps.DISK) == {"435 Kassel/AU": 1}
    assert waits[:3] == [10, 20, 40]
    assert waits[-1] == steps.DISK_CAP_SECONDS
    house.clock.forward(seconds=waits[-1])
    assert filing.file_due(house, box, lease).done == 1


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
