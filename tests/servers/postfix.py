"""A throw-away Postfix for tests: a queue and a configuration of its own, loopback only.

    with PostfixServer(lmtp_port=door.port) as server:
        smtplib.SMTP("127.0.0.1", server.port) ...

It takes mail by SMTP and hands all of it to one LMTP server, as in front of the door in
operation. Needs root, as Postfix's master does; the system's own Postfix is not touched.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.waiting import greets, says

_MASTER = Path("/usr/lib/postfix/sbin/master")
_START_SECONDS = 20.0

_MAIN = """\
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {base}/log/postfix.log
maillog_file_prefixes = {base}/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.dienst.example
mydestination =
mynetworks = 127.0.0.0/8
relay_domains = arbeitsagentur.example
relay_transport = lmtp:inet:127.0.0.1:{lmtp}
relay_recipient_maps =
smtpd_relay_restrictions = permit_mynetworks, reject
lmtp_destination_concurrency_limit = 4
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
# A peer that is away is tried again at once, not after a while.
default_destination_concurrency_failed_cohort_limit = 0
transport_retry_time = 1s
alias_maps =
smtputf8_enable = yes
"""

_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixServer:
    """One server that hands everything to the LMTP server at `lmtp_port`."""

    def __init__(self, *, lmtp_port: int) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="postfix"))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._config = self.base / "etc"
        self._process: subprocess.Popen[bytes] | None = None
        self._prepare(lmtp_port)

    def __enter__(self) -> Self:
        """Start and wait until the port greets. Raises: RuntimeError with the server's log."""
        if not _MASTER.exists():
            raise RuntimeError("postfix is missing: run tests/servers/system_packages.sh")
        self._process = subprocess.Popen(
            [_MASTER, "-c", str(self._config), "-d"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if not greets(self._process, lambda: says(self.port, b"220"), seconds=_START_SECONDS):
            log = self.log()
            self._remove()
            raise RuntimeError(f"postfix did not start:\n{log}")
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def log(self) -> str:
        """Everything the server said."""
        file = self.base / "log" / "postfix.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def flush(self) -> None:
        """Try all deferred mail again now."""
        subprocess.run(
            ["/usr/sbin/postqueue", "-c", str(self._config), "-f"], check=False, capture_output=True
        )

    def waiting(self) -> int:
        """How many mails are still in the queue."""
        folders = ("incoming", "active", "deferred")
        return sum(
            path.is_file()
            for folder in folders
            for path in (self.base / "queue" / folder).rglob("*")
        )

    def _prepare(self, lmtp_port: int) -> None:
        owner = pwd.getpwnam("postfix")
        self.base.chmod(0o755)
        for name in ("etc", "queue", "data", "log"):
            (self.base / name).mkdir()
        os.chown(self.base / "data", owner.pw_uid, owner.pw_gid)
        main = _MAIN.format(base=self.base, lmtp=lmtp_port)
        (self._config / "main.cf").write_text(main)
        (self._config / "master.cf").write_text(_SERVICES.format(port=self.port))
        subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self._config), "check"], check=True, capture_output=True
        )

    def _remove(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(10)
        shutil.rmtree(self.base, ignore_errors=True)
