"""A throw-away Dovecot, 2.3 or 2.4, for tests: one folder, one configuration file, loopback only.

    with DovecotServer(users=("nord", "sued")) as server:
        account = ImapAccount("localhost", server.imaps_port, "nord", server.password,
                              ca_file=server.ca_file)

Needs Debian's packages dovecot-imapd, dovecot-lmtpd and openssl; no service of the system
is started or touched. Runs as an ordinary user; as root mail belongs to `nobody`, because
Dovecot refuses UID 0 for mail. Where the binary is missing, starting fails, and so do the tests.
"""

import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import ssl
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

from tests.servers.group import Group
from tests.waiting import says

_OLD_LANGUAGE, _LANGUAGE = "2.3", "2.4"
"""Of the configuration: Debian 12's Dovecot reads the first only, Debian 13's the second only."""
_BINARY = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
DEFAULT_PASSWORD = "geheim"
_SIEVE = {
    _OLD_LANGUAGE: """
protocols = $protocols sieve
plugin {
  sieve = file:~/sieve;active=~/.dovecot.sieve
}
""",
    _LANGUAGE: """
protocols {
  sieve = yes
}
sieve_script personal {
  path = ~/sieve
  active_path = ~/.dovecot.sieve
}
""",
}
_SIEVE_PORT = """
service managesieve-login {{
  chroot =
  inet_listener sieve {{
    port = {port}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class DovecotOptions:
    """What differs between servers. `capability`, if any, replaces what is advertised."""

    capability: str = ""
    separator: str = "/"
    prefix: str = ""
    sieve: bool = False
    """Whether ManageSieve listens, too; scripts lie in the account's home, as Pigeonhole has it."""


class DovecotServer:
    """One server; ports and data outlive `stop`, `kill` and `start`."""

    def __init__(
        self,
        users: tuple[str, ...] = ("nord", "sued", "ost", "west", "mitte"),
        options: DovecotOptions | None = None,
        password: str = DEFAULT_PASSWORD,
    ) -> None:
        self.users = users
        self.password = password
        self._options = options or DovecotOptions()
        # Not pytest's tmp_path: its parents are closed to `nobody`, and the path of a Unix
        # socket must stay under 108 bytes.
        self.base = Path(tempfile.mkdtemp(prefix="dovecot"))
        self.imap_port, self.imaps_port, self.lmtp_port, self.sieve_port = free_ports(4)
        self.ca_file = self.base / "cert.pem"
        conf = str(self.base / "dovecot.conf")
        self._group = Group([str(_BINARY), "-F", "-c", conf], None, self.base / "dovecot.log")
        self._as_root = os.geteuid() == 0
        self._owner = pwd.getpwnam("nobody") if self._as_root else pwd.getpwuid(os.geteuid())
        self._prepare()

    def start(self) -> Self:
        """Start and wait until the port greets. Raises: RuntimeError with the server's log."""
        if not _BINARY:
            raise RuntimeError("dovecot is missing: run tests/servers/system_packages.sh")
        self._group.start(lambda: says(self.imap_port, b"* OK"))
        return self

    def kill(self) -> None:
        """Power cut: SIGKILL to master and children. The mail on disk stays."""
        self._group.kill()
        (self.base / "run" / "master.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """As an admin stops it: what was begun is done first, in five seconds; no lock is left."""
        self._group.stop()
        self.kill()
        for lock in (self.base / "mail").rglob("*.lock"):
            lock.unlink()

    def folders(self, user: str) -> list[str]:
        """The directories of all folders of the user's tree, that of INBOX (empty) first."""
        root = self.maildir(user)
        return sorted(str(cur.parent.relative_to(root)).strip(".") for cur in root.rglob("cur"))

    def pause(self) -> None:
        """SIGSTOP to master and children: the ports take connections, nobody answers."""
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
        """The root of the user's Maildir tree; may be filled while no client is logged in."""
        return self.base / "mail" / user / "Maildir"

    def hand_over_to_server(self, user: str) -> None:
        """Give files that a test wrote as root to the server's mail user."""
        if self._as_root:
            top = self.base / "mail" / user
            for path in (top, *top.rglob("*")):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)

    def deliver(self, user: str, data: bytes) -> None:
        """Deliver by LMTP, as a mail server would; Dovecot puts its headers on top."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            lmtp.sendmail("absender@kunde.example", [f"{user}@postfach.example"], data)

    def renumber(self, user: str, folder: str = "") -> None:
        """What a restore from backup does: the folder gets a new UIDVALIDITY.

        UIDVALIDITY is a time in seconds: let 1.1 s go by since the folder was made.
        """
        directory = self.maildir(user) / folder
        for name in ("dovecot-uidlist", *(p.name for p in directory.glob("dovecot.index*"))):
            (directory / name).unlink(missing_ok=True)

    def set_back(self, user: str, folder: str = "", *, next_uid: int, keeps: str = "files") -> None:
        """What a restore of files does: the old UIDVALIDITY, and numbers from `next_uid` on again.

        Only while the server is stopped. `keeps` "files": they are newer than the list, and get
        other numbers; "nothing": mails from that number on are not in the backup either.
        Source: Dovecot 2.3, "Maildir", format of dovecot-uidlist.
        """
        directory = self.maildir(user) / folder
        uidlist = directory / "dovecot-uidlist"
        if not uidlist.exists():
            return
        head, *lines = uidlist.read_text().splitlines()
        words = [f"N{next_uid}" if word[0] == "N" else word for word in head.split()]
        kept = [line for line in lines if int(line.split()[0]) < next_uid]
        uidlist.write_text("\n".join([" ".join(words), *kept, ""]))
        for index in (*directory.glob("dovecot.index*"), *self.maildir(user).glob("dovecot.list*")):
            index.unlink()
        names = {line.partition(":")[2].partition(":")[0] for line in kept}
        for file in (*directory.glob("cur/*"), *directory.glob("new/*")):
            if keeps == "nothing" and file.name.partition(":")[0] not in names:
                file.unlink()

    def log(self) -> str:
        """Everything the server said, for a failing test."""
        return (self.base / "dovecot.log").read_text(errors="replace")

    def _prepare(self) -> None:
        for name in ("run", "state", "mail"):
            (self.base / name).mkdir()
        (self.base / "users").write_text(
            "".join(f"{user}:{self.password}::::::\n" for user in self.users)
        )
        (self.base / "dovecot.log").touch()
        (self.base / "dovecot.conf").write_text(self._configuration())
        make_certificate(self.base)
        if self._as_root:
            self.base.chmod(0o755)
            (self.base / "dovecot.log").chmod(0o666)
            for name in ("mail", "state"):
                os.chown(self.base / name, self._owner.pw_uid, self._owner.pw_gid)

    def _configuration(self) -> str:
        mine = pwd.getpwuid(os.geteuid()).pw_name
        values = {
            "BASE": self.base,
            "IMAP": self.imap_port,
            "IMAPS": self.imaps_port,
            "LMTP": self.lmtp_port,
            "INTERNAL_USER": "dovecot" if self._as_root else mine,
            "INTERNAL_GROUP": "dovecot" if self._as_root else grp.getgrgid(os.getegid()).gr_name,
            "LOGIN_USER": "dovenull" if self._as_root else mine,
            "MAIL_UID": self._owner.pw_uid,
            "MAIL_GID": self._owner.pw_gid,
            "CAPABILITY": f"imap_capability = {told}" if (told := self._options.capability) else "",
            "SEPARATOR": self._options.separator,
            "PREFIX": self._options.prefix,
        }
        language = _language()
        text = Path(__file__).with_name(f"dovecot-{language}.conf.in").read_text()
        for name, value in values.items():
            text = text.replace(f"@{name}@", str(value))
        if self._options.sieve:
            text += _SIEVE[language] + _SIEVE_PORT.format(port=self.sieve_port)
        return text

    def add_script(self, user: str, name: str, text: str, *, active: str = "") -> None:
        """A Sieve script of the account; `active` names the one that runs."""
        home = self.base / "mail" / user
        (home / "sieve").mkdir(parents=True, exist_ok=True)
        (home / "sieve" / f"{name}.sieve").write_text(text, encoding="utf-8")
        if active:
            (home / ".dovecot.sieve").symlink_to(f"sieve/{active}.sieve")
        self.hand_over_to_server(user)


@cache
def _language() -> str:
    """That of the installed version. A missing server is told by `start`."""
    if not _BINARY:
        return _LANGUAGE
    told = subprocess.run([_BINARY, "--version"], check=True, capture_output=True, text=True)
    return _OLD_LANGUAGE if told.stdout.startswith("2.3.") else _LANGUAGE


def make_certificate(directory: Path) -> None:
    """A self-signed certificate for localhost: cert.pem (also the authority) and key.pem."""
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
            ),
            *("-nodes", "-days", "30", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )


def free_ports(count: int) -> list[int]:
    """Ports that are free now; all are held until all are found, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports
