"""A throw-away PostgreSQL for tests: one cluster in a temporary folder, loopback only.

    with PostgresServer() as server:
        url = server.create("mine")

Needs the Debian package postgresql; no service of the system is started or touched. Runs as an
ordinary user; as root the server runs as `postgres` or `nobody`, because PostgreSQL refuses
UID 0. Where the binary is missing, starting fails, and so do the tests. Data is not flushed to
the disk (fsync off): tests of this house kill processes, never the machine, and what a process
wrote stays in the system's memory.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

from tests.waiting import greets

_USER = "postlotse"
_START_SECONDS = 20.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "120",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


REPLICATION = {"wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}
"""What a primary and its standby need beyond the settings of a lone server."""


class PostgresServer:
    """One cluster with one superuser; databases are made by `create`, cheap by template.

    `settings` of the server go before those of the tests (a benchmark wants `fsync` on); `parent`
    is a folder on a disk that a test chose, which is small.
    """

    def __init__(
        self, settings: Mapping[str, str] | None = None, *, parent: Path | None = None
    ) -> None:
        self._init = ("--wal-segsize=1",) if parent else ()
        self._settings = _SETTINGS | dict(settings or {})
        # Not pytest's tmp_path: its parents are closed to the user that root starts it as.
        self._base = Path(tempfile.mkdtemp(prefix="postgres", dir=parent))
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            owner = _unprivileged()
            self._as = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
            os.chown(self._base, owner.pw_uid, owner.pw_gid)

    def start(self) -> Self:
        """Make the cluster and wait until it answers.

        Raises: RuntimeError: with the server's log.
        """
        self._run("initdb", "-D", str(self._base / "data"), "-U", _USER, "-A", "trust",
                  "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
                  *self._init)  # fmt: skip
        return self.resume()

    def resume(self) -> Self:
        """Start on the data that is there, on the same port, and wait until it answers.

        Raises: RuntimeError: with the server's log.
        """
        data = self._base / "data"
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        # Output to a file: a pipe would stay open in children that outlive a killed master.
        with (self._base / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [binary("postgres"), "-D", str(data), "-p", str(self.port), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._base,
                **self._as,
            )
        if not greets(self._process, self._answers, seconds=_START_SECONDS):
            text = (self._base / "log").read_text(errors="replace")
            self.stop()
            raise RuntimeError(f"PostgreSQL did not start:\n{text[-2000:]}")
        return self

    def clone(self, port: int) -> Self:
        """A standby of this server that runs on that port, by pg_basebackup; stop it yourself.

        This server needs `REPLICATION` among its settings.
        """
        other = type(self)(REPLICATION)
        other.port = port
        other._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(self.port), "-U", _USER,
                   "-D", str(other._base / "data"), "-R", "-X", "stream", "--no-sync",
                   "-c", "fast")  # fmt: skip
        return other.resume()

    def is_followed(self) -> bool:
        """Whether a standby confirms each commit of this server."""
        query = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute(query).fetchone()
        return bool(found and found[0])

    def holds_back_commits(self) -> bool:
        """Whether somebody waits for a standby to confirm a commit."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        with psycopg.connect(self.url(), autocommit=True) as connection:
            found = connection.execute(query).fetchone()
        return bool(found and found[0])

    def cut_off_standby(self) -> None:
        """Nothing reaches a standby any more, as with a broken network: its senders are stopped."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for (pid,) in connection.execute("SELECT pid FROM pg_stat_replication").fetchall():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGSTOP)

    def kill_all(self) -> None:
        """The server and all its processes die at once, as with the machine's power."""
        if self._process is not None:
            master = self._process.pid
            # Held still, it starts nobody after its children were counted; one may end by itself.
            os.kill(master, signal.SIGSTOP)
            children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
            for pid in (master, *map(int, children)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    def dump(self, name: str, file: Path) -> None:
        """What `pg_dump --format=custom` makes of a database."""
        self._run("pg_dump", "--format=custom", f"--file={file}", self.url(name))

    def restore(self, name: str, file: Path) -> None:
        """`pg_restore` into a database that is there and empty."""
        self._run("pg_restore", "--exit-on-error", f"--dbname={self.url(name)}", str(file))

    def has_ended(self) -> bool:
        """Whether it went down by itself."""
        return self._process is not None and self._process.poll() is not None

    def halt(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop and keep the data. SIGINT ends connections in order, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=_START_SECONDS)
            self._process = None

    def stop(self) -> None:
        """Stop at once and remove all data."""
        self.halt()
        shutil.rmtree(self._base, ignore_errors=True)

    def url(self, name: str = "postgres") -> str:
        """The address of a database in this cluster."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{name}"

    def create(self, name: str, *, template: str = "template0") -> str:
        """Make a database as a copy of `template`, to which nobody is connected; its address."""
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.url(name)

    def drop(self, name: str) -> None:
        """Remove a database, and end whoever is connected to it."""
        self.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def execute(self, statement: sql.Composed | sql.SQL) -> None:
        """Run one statement as the administrator, outside a transaction."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)

    def cut_connections(self, name: str) -> None:
        """End all connections to a database, as a restart would; they are gone then."""
        self.execute(
            sql.SQL(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {}"
            ).format(sql.Literal(name))
        )

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(
            [binary(program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._base,
            **self._as,
        )
        if result.returncode:
            raise RuntimeError(f"{program} failed:\n{result.stderr[-2000:]}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def binary(name: str) -> str:
    """Debian keeps the server's programs out of the PATH, in a folder for each version."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    path = os.pathsep.join([*(str(folder) for folder in reversed(folders)), os.defpath])
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}{os.pathsep}{path}")
    if not found:
        raise RuntimeError(f"{name} is missing: run tests/servers/system_packages.sh")
    return found


def _unprivileged() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
