"""PostgreSQL's disk is full: door and worker wait, say so, and go on when there is room again.

The whole cluster lies on a small disk, its WAL included. Needs the right to mount a tmpfs.
"""

import base64
import os
import shutil
import smtplib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.errors import TryLater
from store.database.engine import Database
from store.processes import heartbeats
from store.upkeep import migrate
from tests.house_fixture import NOW, eml
from tests.servers.postgres import PostgresServer
from tests.triage.test_triage_outages import (
    BOX,
    KASSEL,
    Running,
    fill,
    once_each,
    running,
)
from tests.waiting import until

MAILS = 60
"""More than fit into what PostgreSQL has set aside for its WAL."""


@pytest.fixture
def disk() -> Iterator[Path]:
    # Not below tmp_path, which is closed to the user that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="disk"))
    folder.chmod(0o755)
    mount = ["mount", "-t", "tmpfs", "-o", "size=90m,mode=755", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        folder.rmdir()
        pytest.skip("needs the right to mount a tmpfs")
    # mkdtemp makes the server's own folder, whose owner is the server's user.
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
    shutil.rmtree(folder, ignore_errors=True)


def hand_over(office: Running, number: int) -> int:
    """One large delivery that no compression makes small; the code of the answer."""
    text = base64.b64encode(os.urandom(150_000)).decode()
    with smtplib.LMTP("127.0.0.1", office.door.port, timeout=60) as client:
        try:
            client.sendmail("a@kunde.example", [KASSEL], eml(f"Termin {number}", text))
        except smtplib.SMTPDataError as exc:
            return exc.smtp_code
    return 250


def test_on_postgresqls_full_disk_the_door_says_451_and_all_goes_on(disk, tmp_path, capsys):
    create_tree(tmp_path / "box")
    with PostgresServer(parent=disk) as postgres:
        url = postgres.create("office")
        migrate.upgrade(url)
        with running(url, lambda: MaildirPostbox(BOX, tmp_path / "box")) as office:
            assert hand_over(office, 0) == 250
            once_each(office, 1)
            ballast = fill(disk)
            answers = [hand_over(office, 1)]
            while answers[-1] == 250:
                assert len(answers) < MAILS
                answers.append(hand_over(office, len(answers) + 1))
            assert answers[-1] == 451
            office.box.append("INBOX", eml("Krankmeldung", "y"))
            until(lambda: '"round.failed"' in (said := capsys.readouterr().err) and said)
            assert "store.away" in str(office.checks().values())
            ballast.unlink()
            if postgres.has_ended():
                postgres.resume()
            until(lambda: office.hand_over(1) == 250)
            # What was answered 250, the one before, the one after, and that of the postbox.
            once_each(office, answers.count(250) + 3)
            until(lambda: office.box.view("INBOX").uids == ())
            until(lambda: office.checks() == {})


KILLED = """
import os, sqlite3, sys
file = sqlite3.connect(sys.argv[1])
file.execute("PRAGMA journal_mode=WAL")
file.execute("INSERT INTO beat VALUES ('killed', '2026-11-23 09:00:00.000000', '', '')")
file.commit()
os._exit(0)
"""


def test_a_process_that_started_on_a_read_only_disk_writes_when_it_can_be_written_to(
    sqlite_url, disk
):
    """SQLite beside a WAL, as a killed process leaves it."""
    file = Path(shutil.copy(sqlite_url.removeprefix("sqlite:///"), disk))
    subprocess.run([sys.executable, "-c", KILLED, str(file)], check=True)
    assert list(disk.glob("*-wal"))
    mounted(disk, "ro")
    db = Database.open(f"sqlite:///{file}")
    assert code_of(db) == "store.away"
    mounted(disk, "rw")
    code_of(db)  # opens the file anew
    beat(db, "after")
    with db.read() as tx:
        assert {"killed", "after"} <= {one.name for one in heartbeats.all_beats(tx)}
    db.close()


def code_of(db: Database) -> str:
    """Keeps no error: its frames would keep the connection."""
    try:
        beat(db, "tried")
    except TryLater as exc:
        return exc.code
    return ""


def beat(db: Database, name: str) -> None:
    with db.write() as tx:
        heartbeats.beat(tx, name, code="", message="", now=NOW)


def mounted(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(disk)], check=True)
