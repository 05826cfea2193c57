"""A throw-away OpenLDAP for tests: one folder, one configuration file, loopback only.

    with SlapdServer(ldif) as server:
        account = LdapAccount("localhost", server.ldaps_port, USER, PASSWORD, BASE, ...)

Needs the Debian packages slapd and openssl; the system's own slapd is not touched. The data is
loaded before the start and never changed. A login without TLS is refused, and an answer of more
than two entries comes by pages only.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from tests.servers.dovecot import free_ports, make_certificate
from tests.servers.group import Group

BASE = "dc=dienst,dc=example"
USER = f"cn=postlotse,{BASE}"
PASSWORD = "geheim"
_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"

_CONF = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile {base}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {base}/cert.pem
TLSCertificateKeyFile {base}/key.pem
security simple_bind=64
database mdb
suffix "{suffix}"
directory {base}/data
limits * size.soft=2 size.hard=2 size.prtotal={total}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{user}" read by * none
"""

_HEAD = f"""\
dn: {BASE}
objectClass: domain
dc: dienst

dn: {USER}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: postlotse
userPassword: {PASSWORD}

"""


class SlapdServer:
    """One server, with the entries of `ldif` below `BASE`; no search gives more than `total`."""

    def __init__(self, ldif: str, *, total: str = "unlimited") -> None:
        self.base = Path(tempfile.mkdtemp(prefix="slapd"))
        self.ldap_port, self.ldaps_port = free_ports(2)
        self.ca_file = self.base / "cert.pem"
        self._ldif, self._total = _HEAD + ldif, total
        self._group: Group | None = None

    def __enter__(self) -> Self:
        slapd = shutil.which("slapd", path=_PATH)
        slapadd = shutil.which("slapadd", path=_PATH)
        if not slapd or not slapadd:
            raise RuntimeError("slapd is missing: run tests/servers/system_packages.sh")
        make_certificate(self.base)
        (self.base / "data").mkdir()
        conf = self.base / "slapd.conf"
        conf.write_text(_CONF.format(base=self.base, suffix=BASE, user=USER, total=self._total))
        load = [slapadd, "-q", "-f", str(conf)]
        subprocess.run(load, input=self._ldif.encode(), check=True, capture_output=True)
        urls = f"ldap://127.0.0.1:{self.ldap_port} ldaps://127.0.0.1:{self.ldaps_port}"
        words = [slapd, "-f", str(conf), "-h", urls, "-d", "none"]
        self._group = Group(words, None, self.base / "log")
        self._group.start(self._listens)
        return self

    def __exit__(self, *_: object) -> None:
        if self._group:
            self._group.kill()
        shutil.rmtree(self.base, ignore_errors=True)

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.ldaps_port), 1):
                return True
        except OSError:
            return False
