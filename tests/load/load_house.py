"""The house under load: PostgreSQL, `postlotse serve`, two `postlotse work`."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from argon2 import PasswordHasher

from store.upkeep import migrate
from tests.servers.postgres import PostgresServer, free_port

AGENCIES = {"435": "Kassel", "431": "Hanau", "447": "Marburg", "032": "Rostock", "033": "Schwerin"}
"""Codes and names of the mailboxes that mail goes to (domain/agencies.csv)."""

DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "shared_buffers": "256MB",
    "max_connections": "150",
}
"""A server as one would run it: what is told as accepted lies on the disk."""

_CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""So that 200 keys take no minute of the machine that is measured; what follows is the same."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """One of many: the agency, and the value of the Authorization header."""

    agency: str
    bearer: str


@dataclass(frozen=True, slots=True)
class House:
    """Where it is to be reached, and its processes by name."""

    url: str
    door_port: int
    drop: Path
    clerks: tuple[Clerk, ...]
    processes: dict[str, subprocess.Popen[bytes]]
    database: str

    def states(self) -> dict[str, int]:
        """Mails by state, asked of the database: doors that are busy answer late."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            rows = connection.execute("SELECT state, count(*) FROM message GROUP BY state")
            return dict(rows.fetchall())

    def memory_mb(self) -> dict[str, float]:
        """Resident memory of each process now, in MB; 0 where one has ended."""
        return {name: resident_mb(one.pid) for name, one in self.processes.items()}


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB; 0 where it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text("ascii", errors="replace")
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+(\d+)", text)
    return int(found[1]) / 1000 if found else 0.0


@contextmanager
def open_house(folder: Path, *, clerks: int) -> Iterator[House]:
    """All processes up and answering; ended and removed afterwards."""
    drop, http, smtp = folder / "eakte", free_port(), free_port()
    drop.mkdir()
    names = list(AGENCIES)
    people = {f"clerk-{n}": names[n % len(names)] for n in range(clerks)}
    with ExitStack() as stack:
        server = stack.enter_context(PostgresServer(DURABLE))
        store = server.create("load")
        migrate.upgrade(store)
        base = f'store.url = "{store}"\neakte.drop = "{drop}"\nworker.poll_seconds = 0.5\n'
        keys = "".join(
            f'[[keys]]\nname = "{name}"\nhash = "{_CHEAP.hash(f"{name}.s")}"\nrole = "clerk"\n'
            f'agencies = ["{agency}"]\n'
            for name, agency in people.items()
        )
        door = f'[door]\nprotocol = "smtp"\nport = {smtp}\nmax_connections = 200\n'
        files = {
            "work-1": base + door,
            "work-2": base,
            # All keys come first at the same moment, and from one machine.
            "serve": base + f"desk.port = {http}\nlimits.attempts_burst = 5000\n" + keys,
        }
        processes = {}
        for name, text in files.items():
            processes[name] = stack.enter_context(running(folder, name, text))
            # The first takes the texts in; who comes meanwhile waits for its lock, and gives up.
            if name == "work-1":
                log = folder / f"{name}.log"
                wait_until(
                    lambda log=log: b"door.opened" in log.read_bytes(), seconds=300, what=name
                )
        yield House(
            url=f"http://127.0.0.1:{http}",
            door_port=smtp,
            drop=drop,
            clerks=tuple(Clerk(agency, f"Bearer {name}.s") for name, agency in people.items()),
            processes=processes,
            database=store,
        )


@contextmanager
def running(folder: Path, name: str, text: str) -> Iterator[subprocess.Popen[bytes]]:
    """`postlotse serve` or `work`, by the name up to the hyphen, with that configuration."""
    config = folder / f"{name}.toml"
    config.write_text(text, encoding="utf-8")
    environment = os.environ | {"POSTLOTSE_SESSION_SECRET": "load" * 12}
    command = [sys.executable, "-m", "triage", name.partition("-")[0], "--config", str(config)]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(reached: object, *, seconds: float, what: str) -> None:
    """Wait for a neighbour. Raises: TimeoutError: with its name."""
    until = time.monotonic() + seconds
    while not reached():  # type: ignore[operator]
        if time.monotonic() > until:
            raise TimeoutError(what)
        time.sleep(0.2)
