"""Database, mail server or disk are away for a while: worker and door wait, say so, and go on.

Real servers that stop and start, and a real disk that is full. In the end each mail is there once.
"""

import signal
import smtplib
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.errors import HouseError
from store.counts import ledger_counts
from store.upkeep import migrate
from tests.house_fixture import ADMIN, eml, open_house
from tests.servers.dovecot import DovecotServer
from tests.servers.postgres import PostgresServer
from tests.triage.way import Eakte, Post
from tests.waiting import until
from triage import completeness, log, wiring
from triage.house import House
from triage.ports import Door, Postbox
from triage.postboxes.round import PostboxJob
from triage.send import Outlets
from triage.settings import Settings
from triage.settings.door import DoorSettings
from triage.watch import health
from triage.worker import Worker

KASSEL = "kassel@arbeitsagentur.example"
BOX = "SC-Südwest"


@dataclass
class Running:
    """A worker with its door and one postbox, at work."""

    house: House
    box: Postbox
    door: Door

    def hand_over(self, number: int) -> int:
        """One delivery by LMTP; the code of the answer."""
        with smtplib.LMTP("127.0.0.1", self.door.port, timeout=60) as client:
            try:
                client.sendmail("a@kunde.example", [KASSEL], eml(f"Termin {number}", "x" * 3000))
            except smtplib.SMTPDataError as exc:
                return exc.smtp_code
        return 250

    def counted(self) -> int:
        """Mails that are sorted, by the ledger; -1 while it can't be asked."""
        try:
            with self.house.db.read() as tx:
                return sum(ledger_counts.counts(tx).values()) - ledger_counts.unsorted_count(tx)
        except HouseError:
            return -1

    def checks(self) -> dict[str, str]:
        """What /health/ready would list as not in order."""
        return {check.name: check.message for check in health.ready(self.house) if not check.ok}


@contextmanager
def running(url: str, make_box: Callable[[], Postbox]) -> Iterator[Running]:
    log.configure(json_lines=True)
    house = open_house(url, clock=wiring.utc_now)
    door = wiring.letterbox(house, Settings(door=DoorSettings(port=0)))
    job = PostboxJob(BOX, "Südwest", make_box, files=True)
    worker = Worker(house, Outlets(Eakte(), Post()), (job,), poll_seconds=0.05, door=door)
    worker.start()
    box = make_box()
    try:
        until(lambda: door.port)
        yield Running(house, box, door)
    finally:
        worker.stop()
        box.close()
        house.db.close()


def once_each(office: Running, mails: int) -> None:
    """All that was accepted is sorted and accounted for, once."""
    until(lambda: office.counted() == mails)
    proof = completeness.of_day(office.house, ADMIN)
    assert (proof.seen, proof.closes) == (mails, True)


@pytest.fixture
def maildir(tmp_path) -> Callable[[], Postbox]:
    create_tree(tmp_path / "box")
    return lambda: MaildirPostbox(BOX, tmp_path / "box")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_without_the_database_the_door_says_451_and_all_goes_on_afterwards(maildir, number, capsys):
    with PostgresServer() as postgres:
        url = postgres.create("office")
        migrate.upgrade(url)
        with running(url, maildir) as office:
            assert office.hand_over(1) == 250
            office.box.append("INBOX", eml("Krankmeldung 1"))
            once_each(office, 2)
            until(lambda: office.box.view("INBOX").uids == ())
            postgres.halt(number)
            assert office.hand_over(2) == 451
            office.box.append("INBOX", eml("Krankmeldung 2"))
            assert office.checks() == {"database": "store.away"}
            until(lambda: '"round.failed"' in (said := capsys.readouterr().err) and said)
            assert len(office.box.view("INBOX").uids) == 1, "what was not kept is not touched"
            postgres.resume()
            until(lambda: office.hand_over(2) == 250)
            once_each(office, 4)
            until(lambda: office.box.view("INBOX").uids == ())
            until(lambda: office.checks() == {})


def test_without_the_mail_server_the_rest_goes_on_and_the_postbox_afterwards(sqlite_url, capsys):
    with DovecotServer(users=("mitte",)) as dovecot:
        account = ImapAccount(
            "localhost", dovecot.imaps_port, "mitte", dovecot.password, ca_file=dovecot.ca_file
        )
        with running(sqlite_url, lambda: ImapPostbox(BOX, account)) as office:
            dovecot.deliver("mitte", eml("Krankmeldung 1"))
            once_each(office, 1)
            dovecot.kill()
            until(lambda: office.checks() == {f"postbox:{BOX}": "postbox.away"})
            assert office.hand_over(1) == 250
            once_each(office, 2)
            dovecot.start()
            dovecot.deliver("mitte", eml("Krankmeldung 2"))
            once_each(office, 3)
            # Killed while it wrote, Dovecot leaves the lock of a folder behind. It waits for the
            # process that the lock names, seconds mostly, minutes if that number is in use again.
            until(lambda: office.checks() == {}, seconds=240, told=office.checks)
            until(lambda: len(office.box.view("435 Kassel/AU").uids) == 2)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    """A disk of 8 MB. Making one needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Nothing can be written any more; the file to remove afterwards."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        size = 1 << 20
        while size >= 1:
            try:
                file.write(b"\0" * size)
            except OSError:
                size //= 2
    return ballast


def test_on_a_full_disk_the_door_says_451_and_all_goes_on_afterwards(small_disk, capsys):
    create_tree(small_disk / "box")
    url = f"sqlite:///{small_disk / 'office.sqlite'}"
    migrate.upgrade(url)
    with running(url, lambda: MaildirPostbox(BOX, small_disk / "box")) as office:
        office.box.append("INBOX", eml("Krankmeldung 1"))
        assert office.hand_over(1) == 250
        once_each(office, 2)
        until(lambda: office.box.view("INBOX").uids == ())
        ballast = fill(small_disk)
        answers = [office.hand_over(number) for number in range(2, 9)]
        # What fits into the pages that are there may still be kept; then it is durable, too.
        assert set(answers) <= {250, 451}
        assert answers[-1] == 451
        until(lambda: '"round.failed"' in (said := capsys.readouterr().err) and said)
        ballast.unlink()
        office.box.append("INBOX", eml("Krankmeldung 2"))
        for number in range(2, 9):
            until(lambda number=number: office.hand_over(number) == 250)
        once_each(office, 10)
        until(lambda: office.box.view("INBOX").uids == ())
        until(lambda: office.checks() == {})
