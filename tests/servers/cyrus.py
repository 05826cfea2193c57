"""A throw-away Cyrus IMAP 3.6 for tests: one folder, its own configuration, loopback only.

    with CyrusServer(users=("nord",)) as server:
        account = ImapAccount("localhost", server.imaps_port, "nord", server.password,
                              ca_file=server.ca_file)

Debian's package conflicts with Dovecot's; it is unpacked (`tests.servers.unpacked`), not installed.
As root mail belongs to `nobody`. Has the face of `DovecotServer`, as far as the tests use it.
"""

import os
import pwd
import shutil
import signal
import smtplib
import socket
import ssl
import tempfile
import threading
from pathlib import Path
from typing import Self

from imapclient import IMAPClient

from tests.servers.dovecot import DEFAULT_PASSWORD, free_ports, make_certificate
from tests.servers.group import Group
from tests.servers.unpacked import environment, unpacked
from tests.waiting import says

ADMIN = "cyrus"
_DATA = ("conf", "conf/socket", "spool", "proc", "lock", "socket")
_LAYOUTS = {"debian": ("no", "."), "upstream": ("yes", "/")}
"""altnamespace and unixhierarchysep, and the separator: Debian's and Cyrus' own default."""

_IMAPD = """\
configdirectory: {base}/conf
proc_path: {base}/proc
mboxname_lockpath: {base}/lock
defaultpartition: default
partition-default: {base}/spool
cyrus_user: {owner}
admins: {admin}
altnamespace: {layout}
unixhierarchysep: {layout}
umask: 077
hashimapspool: true
allowplaintext: yes
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {base}/mux
sasl_mech_list: PLAIN LOGIN
autocreate_quota: 0
lmtp_downcase_rcpt: yes
duplicatesuppression: no
tls_server_cert: {base}/cert.pem
tls_server_key: {base}/key.pem
tls_session_timeout: 0
lmtpsocket: {base}/socket/lmtp
idlesocket: {base}/socket/idle
notifysocket: {base}/socket/notify
syslog_prefix: cyrus
"""
_CYRUS = """\
START {{
  recover cmd="{bin}/ctl_cyrusdb -C {base}/imapd.conf -r"
  idled cmd="{bin}/idled -C {base}/imapd.conf"
}}
SERVICES {{
  imap cmd="{bin}/imapd -C {base}/imapd.conf -U 30" listen="127.0.0.1:{imap}" prefork=0
  imaps cmd="{bin}/imapd -C {base}/imapd.conf -s -U 30" listen="127.0.0.1:{imaps}" prefork=0
  lmtp cmd="{bin}/lmtpd -C {base}/imapd.conf -a" listen="127.0.0.1:{lmtp}" prefork=0
}}
EVENTS {{
}}
"""


class CyrusServer:
    """One server; ports and data outlive `stop`, `kill` and `start`."""

    def __init__(
        self,
        users: tuple[str, ...] = ("nord", "sued", "ost", "west", "mitte"),
        layout: str = "debian",
        password: str = DEFAULT_PASSWORD,
    ) -> None:
        self.users = users
        self.password = password
        self._flag, self.separator = _LAYOUTS[layout]
        self._root = unpacked("cyrus-imapd")
        self._bin = self._root / "usr/lib/cyrus/bin"
        # Not pytest's tmp_path: the path of a Unix socket must stay under 108 bytes.
        self.base = Path(tempfile.mkdtemp(prefix="cyrus"))
        self.imap_port, self.imaps_port, self.lmtp_port = free_ports(3)
        self.ca_file = self.base / "cert.pem"
        self._owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._prepare()
        self._group = Group(
            [str(self._bin / "master"), "-D", "-C", str(self.base / "imapd.conf"),
             "-M", str(self.base / "cyrus.conf"), "-p", str(self.base / "master.pid")],
            environment(self._root), self.base / "stdout.log",
        )  # fmt: skip
        self._made: set[str] = set()

    def start(self) -> Self:
        """Start, and make the accounts' mailboxes the first time."""
        self._group.start(lambda: says(self.imap_port, b"* OK"))
        for user in self.users:
            self.add(user)
        return self

    def add(self, user: str) -> None:
        """Make the mailbox of an account, if it is not there."""
        if user not in self._made:
            with self._client(ADMIN) as admin:
                admin.create_folder(f"user{self.separator}{user}")
            self._made.add(user)

    def kill(self) -> None:
        """Power cut: SIGKILL to master and children. The mail on disk stays."""
        self._group.kill()
        (self.base / "master.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """As an admin stops it: what was begun is done first."""
        self._group.stop()
        (self.base / "master.pid").unlink(missing_ok=True)

    def pause(self) -> None:
        """SIGSTOP to master and children: the ports take connections, nobody answers."""
        self._group.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """The end of a pause."""
        self._group.signal(signal.SIGCONT)

    def remove(self) -> None:
        """Stop at once and delete everything."""
        self.kill()
        self._doorkeeper.shutdown(socket.SHUT_RDWR)
        self._doorkeeper.close()
        shutil.rmtree(self.base, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.remove()

    def client_context(self) -> ssl.SSLContext:
        """Trusts this server only."""
        return ssl.create_default_context(cafile=self.ca_file)

    def deliver(self, user: str, data: bytes) -> None:
        """Deliver by LMTP, as a mail server would; Cyrus puts its headers on top."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            lmtp.sendmail("absender@kunde.example", [user], data)

    def renumber(self, user: str) -> None:
        """All mailboxes of the account are deleted, and put back with their mails and flags."""
        top = f"user{self.separator}{user}"
        with self._client(ADMIN) as admin:
            names = [
                name
                for _, _, name in admin.list_folders()
                if f"{name}{self.separator}".startswith(f"{top}{self.separator}")
            ]
            mails = []
            for name in names:
                admin.setacl(name, ADMIN, "lrswipkxtecda")
                admin.select_folder(name, readonly=True)
                found = admin.fetch(admin.search(), ["BODY.PEEK[]", "FLAGS", "INTERNALDATE"])
                mails += [(name, found[uid]) for uid in sorted(found)]
            admin.unselect_folder()
            admin.delete_folder(top)
            for name in names:
                admin.create_folder(name)
                admin.setacl(name, ADMIN, "lrswipkxtecda")
            for name, mail in mails:
                flags = [flag for flag in mail[b"FLAGS"] if flag != b"\\Recent"]
                admin.append(name, mail[b"BODY[]"], flags, mail[b"INTERNALDATE"])

    def log(self) -> str:
        """Everything the server said, for a failing test; Cyrus tells the rest to syslog."""
        return (self.base / "stdout.log").read_text(errors="replace")

    def _client(self, user: str) -> IMAPClient:
        client = IMAPClient("localhost", self.imaps_port, ssl_context=self.client_context())
        client.login(user, self.password)
        return client

    def _check_passwords(self) -> None:
        """What saslauthd does: four strings with their lengths, and one as the answer."""
        while True:
            try:
                client, _ = self._doorkeeper.accept()
            except OSError:
                return  # closed
            with client, client.makefile("rwb") as stream:
                user, password, *_ = [
                    stream.read(int.from_bytes(stream.read(2), "big")) for _ in range(4)
                ]
                is_right = user.decode() in {ADMIN, *self._made}
                is_right &= password == self.password.encode()
                stream.write(b"\0\2" + (b"OK" if is_right else b"NO"))

    def _prepare(self) -> None:
        for name in _DATA:
            (self.base / name).mkdir()
        values = {
            "base": self.base, "bin": self._bin, "owner": self._owner.pw_name, "admin": ADMIN,
            "layout": self._flag, "imap": self.imap_port, "imaps": self.imaps_port,
            "lmtp": self.lmtp_port,
        }  # fmt: skip
        (self.base / "imapd.conf").write_text(_IMAPD.format(**values))
        (self.base / "cyrus.conf").write_text(_CYRUS.format(**values))
        make_certificate(self.base)
        self._doorkeeper = socket.socket(socket.AF_UNIX)
        self._doorkeeper.bind(str(self.base / "mux"))
        self._doorkeeper.listen(64)
        threading.Thread(target=self._check_passwords, daemon=True).start()
        self.base.chmod(0o755)
        if os.geteuid() == 0:
            for path in (self.base, *self.base.rglob("*")):
                os.chown(path, self._owner.pw_uid, self._owner.pw_gid)
