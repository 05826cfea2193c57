"""A new version comes in beside the old one while mail and clerks go on: nothing fails or is lost.

    python -m tests.stress.upgrade_run [--old REVISION] [--seconds 20]

The steps are those of docs/operations.md, "A new version", with real processes on PostgreSQL: two
doors and two workers of the old revision, `migrate` of this one, then one process after the other.
Who calls tries the other door where one is away, as a proxy does. Without `--old` it is the last
revision with older tables. Ends with 1 where a call failed at both doors, or a mail is lost,
doubled or unsorted, the clerk got no item, or the sum doesn't close. A model of the old revision
is trained first.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from tests.house_fixture import eml
from tests.load.load_house import _CHEAP, DURABLE, wait_until
from tests.servers.postgres import PostgresServer, free_port

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = "/schema.py"
"""How its name ends; the folders of the store are younger than some revisions."""
KEYS = {"machine": 'role = "automation"', "clerk": 'role = "clerk"\nagencies = ["435"]'}
"""The clerk is of the Eingangszone: who is not, gets the Service Center's items."""
PAUSE_SECONDS = 0.05
"""Between two calls of one caller."""


@dataclass
class Version:
    """A checkout and its configuration; its processes by their names."""

    code: Path
    config: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command until its end. Raises: RuntimeError: with what it said."""
        command = [sys.executable, "-m", "triage", *words]
        done = subprocess.run(command, cwd=self.code, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
        return done

    def start(self, name: str, word: str, *, port: int = 0) -> None:
        """`port` is for a door: each process has a file of its own."""
        config = self.config.with_name(f"{name}.toml")
        config.write_text(f"desk.port = {port}\n{self.config.read_text('utf-8')}", "utf-8")
        command = [sys.executable, "-m", "triage", word, "--config", str(config)]
        with (self.config.parent / f"{name}.log").open("ab") as log:
            environment = os.environ | {"POSTLOTSE_SESSION_SECRET": "upgrade" * 6}
            self.running[name] = subprocess.Popen(
                command, cwd=self.code, stdout=log, stderr=log, env=environment
            )

    def stop(self, name: str) -> None:
        process = self.running.pop(name)
        process.terminate()
        process.wait(60)


@dataclass
class Callers:
    """A machine that hands mail in, and a clerk who fetches, reads and puts back."""

    doors: tuple[str, ...]
    over: threading.Event = field(default_factory=threading.Event)
    accepted: int = 0
    worked: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    longest_seconds: float = 0.0

    def machine(self) -> None:
        with httpx.Client(headers=_bearer("machine"), timeout=30) as client:
            while not self.over.wait(PAUSE_SECONDS):
                number = self.accepted + 1
                sent = {
                    "content": eml("Termin verschieben", f"Nummer {number}, 34117 Kassel"),
                    "headers": {"Content-Type": "message/rfc822", "Idempotency-Key": f"m{number}"},
                }
                self._until(client, "POST", "/v1/mails", **sent)
                self.accepted = number

    def clerk(self) -> None:
        turn = 0
        with httpx.Client(headers=_bearer("clerk"), timeout=30) as client:
            while not self.over.wait(PAUSE_SECONDS):
                turn += 1
                key = {"Idempotency-Key": f"c{turn}"}
                got = self._until(client, "POST", "/v1/agencies/435/items/next", headers=key)
                if got.status_code != 200:
                    continue
                claim = got.json()
                item = f"/v1/items/{claim['item_id']}"
                self._until(client, "GET", item)
                put_back = {"X-Lease-Token": claim["lease_token"]}
                self._until(client, "DELETE", f"{item}/lease", headers=put_back)
                self.worked += 1

    def _until(
        self, client: httpx.Client, method: str, path: str, **sent: object
    ) -> httpx.Response:
        """The answer of the first door that gives one; a call that no door took is a failure."""
        began, name = time.monotonic(), f"{method} {path.split('/')[2]}"
        self.calls[name] += 1
        while True:
            for door in self.doors:
                try:
                    answer = client.request(method, door + path, **sent)
                except httpx.TransportError:
                    continue
                if answer.status_code < 500:
                    if answer.status_code not in {200, 201, 204, 404, 409}:
                        self.failed[f"{name} {answer.status_code} {answer.text[:80]}"] += 1
                    took = time.monotonic() - began
                    self.longest_seconds = max(self.longest_seconds, took)
                    return answer
            self.failed[f"{name} at no door"] += 1
            time.sleep(PAUSE_SECONDS)


def _bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}.s"}


def last_of_other_tables() -> str:
    """The newest revision whose database is older than this one's."""
    here = next(path for path in (ROOT / "store").rglob("*.py") if path.as_posix().endswith(SCHEMA))
    head = _head(here.read_text("utf-8"))
    for revision in _git("log", "--first-parent", "--format=%H").decode().split():
        if _head_at(revision) < head:
            return revision
    raise RuntimeError("no revision with other tables in this history: give --old")


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True).stdout


def _head_at(revision: str) -> str:
    names = _git("ls-tree", "-r", "--name-only", revision, "store").decode().splitlines()
    schema = next(name for name in names if name.endswith(SCHEMA))
    return _head(_git("show", f"{revision}:{schema}").decode())


def _head(schema: str) -> str:
    return next(line for line in schema.splitlines() if line.startswith("HEAD ="))


def checked_out(revision: str, folder: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(_git("archive", revision))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def configured(folder: Path, url: str, more: str = "") -> Path:
    keys = "".join(
        f'[[keys]]\nname = "{name}"\nhash = "{_CHEAP.hash(f"{name}.s")}"\n{rights}\n'
        for name, rights in KEYS.items()
    )
    folder.mkdir()
    (folder / "eakte").mkdir()
    config = folder / "postlotse.toml"
    text = f'store.url = "{url}"\neakte.drop = "eakte"\nworker.poll_seconds = 0.5\n{more}{keys}'
    config.write_text(text, encoding="utf-8")
    assert tomllib.loads(text)
    return config


def answers(door: str) -> bool:
    try:
        return httpx.get(f"{door}/health/ready", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def roll_out(old: Version, new: Version, doors: dict[str, str]) -> dict[str, float]:
    """Steps 2 to 4; how long each took, in seconds."""
    took: dict[str, float] = {}
    began = time.monotonic()
    new.run("migrate", "--config", str(new.config))
    took["migrate"] = time.monotonic() - began
    for name, url in doors.items():
        began = time.monotonic()
        old.stop(name)
        new.start(name, "serve", port=int(url.rpartition(":")[2]))
        wait_until(lambda url=url: answers(url), seconds=180, what=name)
        took[name] = time.monotonic() - began
    for name in ("work-1", "work-2"):
        began = time.monotonic()
        old.stop(name)
        new.start(name, "work")
        took[name] = time.monotonic() - began
    return took


def counted(url: str) -> tuple[int, int, int]:
    """Mails in the ledger, different ones, and those that are sorted."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(*), count(DISTINCT sha256), count(*) FILTER (WHERE state = 'sorted')"
            " FROM message"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def main() -> int:
    """One roll-out; the figures go to standard output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--old", default="")
    parser.add_argument("--model", type=Path, help="of the old revision; else it is trained")
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    revision = given.old or last_of_other_tables()
    with tempfile.TemporaryDirectory() as name, PostgresServer(DURABLE) as server:
        folder, url = Path(name), server.create("upgrade")
        code = checked_out(revision, folder / "old")
        model = given.model or folder / "model.postlotse"
        old = Version(code, configured(folder / "before", url, f'data.model = "{model}"\n'))
        new = Version(ROOT, configured(folder / "after", url))
        if given.model is None:
            old.run("train", "corpus", "--out", str(model))
        old.run("migrate", "--config", str(old.config))
        try:
            return tried(old, new, url, seconds=given.seconds)
        finally:
            for version in (old, new):
                for running in list(version.running):
                    version.stop(running)


def tried(old: Version, new: Version, url: str, *, seconds: float) -> int:
    """The old house at work, the new one beside it; 0 where all held."""
    doors = {f"serve-{n}": f"http://127.0.0.1:{free_port()}" for n in (1, 2)}
    for name, door in doors.items():
        old.start(name, "serve", port=int(door.rpartition(":")[2]))
    for name in ("work-1", "work-2"):
        old.start(name, "work")
    for name, door in doors.items():
        wait_until(lambda door=door: answers(door), seconds=180, what=name)
    callers = Callers(tuple(doors.values()))
    threads = [threading.Thread(target=one) for one in (callers.machine, callers.clerk)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(seconds / 2)
        before = counted(url)
        took = roll_out(old, new, doors)
        time.sleep(seconds / 2)
    finally:
        callers.over.set()
        for thread in threads:
            thread.join(60)
    wait_until(lambda: counted(url)[2] == callers.accepted, seconds=180, what="all is sorted")
    found = counted(url)
    new.run("reconcile", "--config", str(new.config))
    figures = {
        "accepted": callers.accepted,
        "worked": callers.worked,
        "before": before,
        "ledger": found,
        "calls": dict(callers.calls),
        "failed": dict(callers.failed),
        "longest_seconds": round(callers.longest_seconds, 2),
        "took_seconds": {step: round(value, 1) for step, value in took.items()},
    }
    sys.stdout.write(json.dumps(figures, ensure_ascii=False, indent=1) + "\n")
    idle = callers.worked == 0
    return int(bool(callers.failed) or idle or found != (callers.accepted,) * 3)


if __name__ == "__main__":
    sys.exit(main())
