"""The process is killed in the middle of the backlog, again and again; the ledger closes."""

import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.journey.conftest import is_ready, start_demo, wait_until

pytestmark = pytest.mark.journey

FED = 40 + 11
"""The demo's backlog of these tests, and the ugly mails before it."""


def rows(folder: Path, question: str) -> list[tuple]:
    file = folder / "demo" / "postlotse.sqlite"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        return database.execute(question).fetchall()


def on_disk(folder: Path) -> int:
    boxes = folder / "demo" / "postboxes"
    return sum(1 for place in ("new", "cur") for _ in boxes.rglob(f"{place}/*"))


def test_sigkill_in_the_backlog_loses_and_doubles_nothing(tmp_path):
    note = tmp_path / "demo" / "fed.txt"
    for kill_after in (0.4, 1.1, 2.3):
        running = start_demo(tmp_path)
        time.sleep(kill_after)
        if kill_after > 2:
            wait_until(note.exists)
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
    # As if the last kill had come between the last mail and the note of it.
    note.write_text(str(int(note.read_text()) - 1))
    running = start_demo(tmp_path)

    def worked_off() -> bool:
        states = dict(rows(tmp_path, "select state, count(*) from message group by state"))
        waiting = rows(tmp_path, "select count(*) from op where state in ('new', 'sent')")[0][0]
        return sum(states.values()) >= FED and "kept" not in states and waiting == 0

    # The dead worker's lease has to run out before its successor may write.
    wait_until(worked_off, seconds=120, every=1)
    assert running.stop() == 0
    assert on_disk(tmp_path) == FED
    assert rows(tmp_path, "select count(*) from message") == [(FED,)]
    assert rows(tmp_path, "select count(*) from sighting where state = 'live'") == [(FED,)]
    inbox = rows(tmp_path, "select count(*) from sighting where state='live' and folder='INBOX'")
    assert inbox == [(0,)]


def test_ctrl_c_ends_in_order_and_the_next_start_goes_on(tmp_path):
    running = start_demo(tmp_path)
    time.sleep(1)
    assert running.stop(signal.SIGINT) == 0
    before = rows(tmp_path, "select count(*) from message")[0][0]
    again = start_demo(tmp_path)

    def ready() -> bool:
        return is_ready(again.url)

    wait_until(ready)

    def complete() -> bool:
        return rows(tmp_path, "select count(*) from message")[0][0] == FED

    wait_until(complete)
    assert again.stop(signal.SIGTERM) == 0
    assert before <= FED
