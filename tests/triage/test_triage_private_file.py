"""What a command writes of people's mail or rights is for its owner only, whatever the umask."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rules.errors import Refused
from triage import cli
from triage.cli import private_file
from triage.learning import training_file

COMMANDS = Path(cli.__file__).parent
OPEN_TO_ALL = {"texts.py"}
"""Approved texts, as everybody gets them."""


@pytest.fixture(autouse=True)
def _everybody_may_read() -> Iterator[None]:
    before = os.umask(0o000)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_file_and_one_that_was_open_to_all_are_the_owners(tmp_path: Path) -> None:
    new, old = tmp_path / "new.eml", tmp_path / "old.eml"
    old.write_bytes(b"longer than what comes")
    assert mode(old) == 0o666
    for out in (new, old):
        private_file.write(out, b"mail")
        assert (out.read_bytes(), mode(out)) == (b"mail", 0o600)


def test_a_pipe_keeps_its_rights_and_gets_the_bytes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o622)
    pipe.chmod(0o622)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    private_file.write(pipe, b"mail")
    assert (os.read(reader, 9), mode(pipe)) == (b"mail", 0o622)
    os.close(reader)


def test_what_can_not_be_written_is_refused_with_its_code(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        private_file.write(tmp_path / "no" / "mail.eml", b"", code="aside.file")
    assert refused.value.code == "aside.file"


def test_lines_for_training_lie_in_a_folder_of_the_owner(tmp_path: Path) -> None:
    out = tmp_path / "relearn" / "confirmed.jsonl"
    training_file.write(out, [{"text": "mail"}])
    assert (mode(out.parent), mode(out)) == (0o700, 0o600)


def test_no_command_writes_a_file_past_it() -> None:
    past = {
        path.name
        for path in COMMANDS.glob("*.py")
        if re.search(r"\.write_(text|bytes)\(|\.open\([^)]*[\"'][wax]", path.read_text("utf-8"))
    }
    assert past == OPEN_TO_ALL
