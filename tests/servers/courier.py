"""A throw-away Courier-IMAP 5.0 for tests: one folder, loopback only.

    with CourierServer(users=("nord",)) as server:
        account = ImapAccount("localhost", server.imaps_port, "nord", server.password,
                              ca_file=server.ca_file)

Debian's package conflicts with Dovecot's; it is unpacked (`tests.servers.unpacked`), not installed.
TLS and the login are `tests.servers.courier_front`, since the path of Courier's own login service
is built in; all after the login is Courier's `imapd` with Debian's settings, and its Gamin.
As root mail belongs to `nobody`. Has the face of `DovecotServer`, as far as the tests use it.
"""

import itertools
import json
import os
import pwd
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from ingest.maildir.postbox import create_tree
from tests.servers.dovecot import DEFAULT_PASSWORD, free_ports, make_certificate
from tests.servers.group import Group
from tests.servers.unpacked import environment, unpacked

_numbers = itertools.count()


class CourierServer:
    """One server; ports and data outlive `stop`, `kill` and `start`."""

    def __init__(
        self,
        users: tuple[str, ...] = ("nord", "sued", "ost", "west", "mitte"),
        password: str = DEFAULT_PASSWORD,
    ) -> None:
        self.users = users
        self.password = password
        self._root = unpacked("courier-imap")
        self.base = Path(tempfile.mkdtemp(prefix="courier"))
        (self.imaps_port,) = free_ports(1)
        self.ca_file = self.base / "cert.pem"
        self._owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._prepare()
        self._group = Group(
            [sys.executable, "-m", "tests.servers.courier_front", str(self.base)],
            {**os.environ}, self.base / "courier.log",
        )  # fmt: skip

    def start(self) -> Self:
        """Start and wait until the port greets."""
        self._group.start(self._greets)
        return self

    def kill(self) -> None:
        """Power cut: SIGKILL to all. The mail on disk stays."""
        self._group.kill()

    def stop(self) -> None:
        """As an admin stops it."""
        self._group.stop()

    def pause(self) -> None:
        """SIGSTOP to all: the port takes connections, nobody answers."""
        self._group.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """The end of a pause."""
        self._group.signal(signal.SIGCONT)

    def remove(self) -> None:
        """Stop at once and delete everything."""
        self.kill()
        shutil.rmtree(self.base, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.remove()

    def client_context(self) -> ssl.SSLContext:
        """Trusts this server only."""
        return ssl.create_default_context(cafile=self.ca_file)

    def maildir(self, user: str) -> Path:
        """The root of the user's Maildir."""
        return self.base / "mail" / user / "Maildir"

    def add(self, user: str) -> None:
        """Make the mailbox of an account, if it is not there."""
        home = self.maildir(user).parent
        if not home.exists():
            home.mkdir(parents=True)
            create_tree(self.maildir(user))
            self._give(home, *home.rglob("*"))

    def deliver(self, user: str, data: bytes) -> None:
        """Deliver as Courier's own maildrop does: a file under tmp/, renamed into new/.

        Lines end with LF there, as on every Unix; Courier serves CRLF for LF.
        """
        root, name = self.maildir(user), f"17000{next(_numbers):06d}.M1P1.kunde"
        (root / "tmp" / name).write_bytes(data.replace(b"\r\n", b"\n"))
        self._give(root / "tmp" / name)
        (root / "tmp" / name).rename(root / "new" / name)

    def folders(self, user: str) -> list[str]:
        """The directories of all folders, that of INBOX (empty) first."""
        return sorted(str(cur.parent.relative_to(self.maildir(user))).removesuffix(".")
                      for cur in self.maildir(user).rglob("cur"))  # fmt: skip

    def renumber(self, user: str, folder: str = "") -> None:
        """What a restore does that leaves Courier's list out: a new UIDVALIDITY, a time."""
        (self.maildir(user) / folder / "courierimapuiddb").unlink(missing_ok=True)

    def set_back(self, user: str, folder: str = "", *, next_uid: int) -> None:
        """The old UIDVALIDITY, and numbers from `next_uid` on again; all mails stay.

        Only while the server is stopped. Source: Courier, imap/imapscanclient.c (the first line is
        ":1 UIDVALIDITY UIDNEXT", the others "UID NAME").
        """
        uiddb = self.maildir(user) / folder / "courierimapuiddb"
        if not uiddb.exists():
            return
        head, *lines = uiddb.read_text().splitlines()
        version, epoch, _ = head.split()
        kept = [line for line in lines if int(line.split()[0]) < next_uid]
        uiddb.write_text("\n".join([f"{version} {epoch} {next_uid}", *kept, ""]))

    def log(self) -> str:
        """Everything the server said, for a failing test."""
        return (self.base / "courier.log").read_text(errors="replace")

    def _greets(self) -> bool:
        try:
            with (
                socket.create_connection(("127.0.0.1", self.imaps_port), 5) as sock,
                self.client_context().wrap_socket(sock, server_hostname="localhost") as secured,
            ):
                return secured.recv(200).startswith(b"* OK")
        except OSError:
            return False

    def _prepare(self) -> None:
        make_certificate(self.base)
        (self.base / "mail").mkdir()
        self._give(self.base, *self.base.iterdir())
        for user in self.users:
            self.add(user)
        front = {
            "port": self.imaps_port, "password": self.password,
            "program": str(self._root / "usr/bin/imapd"),
            "owner": (self._owner.pw_uid, self._owner.pw_gid),
            "gamin": str(self._root / "usr/libexec/gam_server"), "environment": self._settings(),
        }  # fmt: skip
        (self.base / "front.json").write_text(json.dumps(front))

    def _settings(self) -> dict[str, str]:
        """Debian's file of settings, read by a shell as its start script reads it."""
        read = f"set -a; . {shlex.quote(str(self._root / 'etc/courier/imapd'))}; env -0"
        told = subprocess.run(
            ["env", "-i", "sh", "-c", read], check=True, capture_output=True, text=True
        ).stdout
        found = dict(line.split("=", 1) for line in told.split("\0") if line)
        return found | {"LD_LIBRARY_PATH": environment(self._root)["LD_LIBRARY_PATH"]}

    def _give(self, *paths: Path) -> None:
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)
