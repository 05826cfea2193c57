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
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

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


class PostgresServer:
    """One cluster with one superuser; databases are made by `create`, cheap by template.

    `settings` of the server go before those of the tests (a benchmark wants `fsync="on"`).
    """

    def __init__(self, **settings: str) -> None:
        self._settings = _SETTINGS | settings
        # Not pytest's tmp_path: its parents are closed to the user that root starts it as.
        self._base = Path(tempfile.mkdtemp(prefix="postgres"))
        self.port = _free_port()
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
                  "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
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
        until = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                text = (self._base / "log").read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"PostgreSQL did not start:\n{text[-2000:]}")
            time.sleep(0.02)
        return self

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
        """End all connections to a database, as a restart of the server would."""
        self.execute(
            sql.SQL(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}"
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
