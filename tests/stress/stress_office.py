"""The office under stress: Dovecot, a database, and workers as processes that can be killed.

Workers run the command `postlotse work` with a configuration of short times. They are forked
from a nursery that has loaded the libraries, because loading takes longer than they live.
"""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from ingest.imap.session import ImapAccount
from tests.servers.courier import CourierServer
from tests.servers.cyrus import CyrusServer
from tests.servers.dovecot import DovecotServer, free_ports
from tests.servers.postgres import PostgresServer

BOXES = {"SC-Südwest": ("mitte", "Südwest"), "SC-Nord": ("nord", "Nord")}
"""Postbox, its account on the server, its region."""

ServerKind = Literal["dovecot", "cyrus", "courier"]
SERVERS = {"dovecot": DovecotServer, "cyrus": CyrusServer, "courier": CourierServer}
"""The mail server; the name `dovecot` stays for whichever it is."""

SLOWER = {"dovecot": 1, "cyrus": 2, "courier": 5}
"""By so much the leases are longer: a look at 43 folders took 6 s on Courier under load."""

LEASE_SECONDS = 4
GRACE_SECONDS = 2
TIMEOUT_SECONDS = 3

COMMON = """
[store]
url = "{url}"
[worker]
poll_seconds = 0.2
lease_seconds = {lease}
grace_seconds = {grace}
look_seconds = 2
batch_mails = 10
[replies]
sent_root = "sent"
[eakte]
drop = "eakte"
first_wait_seconds = 1
longest_wait_seconds = 2
max_tries = 1000
"""

BOX = """
[[postboxes]]
kind = "imap"
name = "{name}"
region = "{region}"
host = "localhost"
port = {port}
user = "{user}"
password_env = "PB_PASSWORD"
ca_file = "{ca_file}"
timeout_seconds = {timeout}
"""

DOOR = """
[door]
port = {port}
"""


@dataclass(slots=True)
class Nursery:
    """Starts workers by fork: `python -m tests.stress.stress_nursery`, one line a worker."""

    process: subprocess.Popen[str] = field(init=False)

    def start(self, environ: dict[str, str]) -> None:
        """Load the libraries; returns when they are there."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stress.stress_nursery"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ,
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def work(self, config: Path, log: Path) -> int:
        """A new process that runs `postlotse work`; its number."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{config}\t{log}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def stop(self) -> None:
        """End it; workers are ended by those who started them."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


@dataclass(slots=True)
class Mortal:
    """A worker or door: started, killed, paused, started again."""

    name: str
    nursery: Nursery
    config: Path
    log: Path
    pid: int = 0

    def start(self) -> None:
        """Start it; nothing is waited for."""
        self.pid = self.nursery.work(self.config, self.log)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def is_alive(self) -> bool:
        """Whether the process is there; the nursery takes the dead away."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


@dataclass(slots=True)
class Office:
    """Everything that runs, in one folder."""

    folder: Path
    engine: Literal["postgresql", "sqlite"]
    count: int
    kind: ServerKind = "dovecot"
    dovecot: DovecotServer | CyrusServer | CourierServer = field(init=False)
    postgres: PostgresServer | None = None
    nursery: Nursery = field(default_factory=Nursery)
    workers: list[Mortal] = field(default_factory=list)
    door: Mortal = field(init=False)
    door_port: int = 0
    url: str = ""

    def __enter__(self) -> Self:
        """Start all servers and workers."""
        users = tuple(user for user, _ in BOXES.values())
        self.dovecot = SERVERS[self.kind](users=users).start()
        if self.engine == "postgresql":
            self.postgres = PostgresServer().start()
            self.url = self.postgres.create("office")
        else:
            self.url = f"sqlite:///{self.folder / 'office.sqlite'}"
        (self.door_port,) = free_ports(1)
        (self.folder / "eakte").mkdir()
        self._write_configurations()
        environ = os.environ | {
            "PB_PASSWORD": self.dovecot.password, "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        self.run("migrate", environ=environ)
        self.nursery.start(environ)
        for number in range(self.count):
            log = self.folder / f"worker-{number}.log"
            self.workers.append(
                Mortal(f"worker-{number}", self.nursery, self.folder / "work.toml", log)
            )
        self.door = Mortal(
            "door", self.nursery, self.folder / "door.toml", self.folder / "door.log"
        )
        if self.engine == "sqlite":
            # One machine, one process: the door opens in the worker itself.
            self.door = self.workers[0]
        for mortal in self.mortals():
            mortal.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill whatever still runs."""
        for mortal in self.mortals():
            if mortal.pid and mortal.is_alive():
                mortal.signal(signal.SIGKILL)
        self.nursery.stop()
        self.dovecot.remove()
        if self.postgres:
            self.postgres.stop()

    def mortals(self) -> list[Mortal]:
        """All processes of ours."""
        return [*self.workers, *([] if self.door in self.workers else [self.door])]

    def run(self, *words: str, environ: dict[str, str] | None = None) -> tuple[int, str]:
        """Run one command of ours on the configuration; its exit code and what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "triage", *words, "-c", str(self.folder / "work.toml")],
            env=environ or os.environ | {"PB_PASSWORD": self.dovecot.password},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def account(self, box: str) -> ImapAccount:
        """How to log in to that postbox as the person who works in it."""
        return ImapAccount(
            "localhost", self.dovecot.imaps_port, BOXES[box][0], self.dovecot.password,
            ca_file=self.dovecot.ca_file, timeout_seconds=20,
        )  # fmt: skip

    def logs(self) -> str:
        """What all processes said."""
        return "".join(path.read_text(errors="replace") for path in self.folder.glob("*.log"))

    def _write_configurations(self) -> None:
        common = COMMON.format(
            url=self.url, lease=LEASE_SECONDS * SLOWER[self.kind], grace=GRACE_SECONDS
        )
        boxes = "".join(
            BOX.format(
                name=name, region=region, port=self.dovecot.imaps_port, user=user,
                ca_file=self.dovecot.ca_file, timeout=TIMEOUT_SECONDS,
            )
            for name, (user, region) in BOXES.items()
        )  # fmt: skip
        door = DOOR.format(port=self.door_port)
        alone = self.engine == "sqlite"
        (self.folder / "work.toml").write_text(common + boxes + (door if alone else ""))
        (self.folder / "door.toml").write_text(common + door)
