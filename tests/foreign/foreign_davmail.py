"""DavMail as a foreign client in front of the Exchange simulator: `make foreign`.

    python -m tests.foreign.foreign_davmail

DavMail (Debian: davmail-server, with a Java) speaks EWS to the simulator and IMAP to us. What it
lists, reads and moves must be what our own driver sees, and each request and reply must fit
Microsoft's schema where `POSTLOTSE_EWS_SCHEMA` gives it. Not in CI: it needs a Java and half a
minute. Ends with 1 where something differs.
"""

import hashlib
import imaplib
import itertools
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from ingest.exchange.postbox import EPOCH, ExchangePostbox
from ingest.exchange.wire import ExchangeAccount
from rules.postbox import Fetched, MarkChange, Place
from tests.servers.exchange import SCHEMA_FOLDER, ExchangeServer
from tests.servers.exchange_foreign import OPERATIONS, furnish
from tests.servers.exchange_store import Mailbox

ADDRESS = "dienst@dienst.example"
PROPERTIES = """
davmail.server=true
davmail.mode=EWS
davmail.url={url}
davmail.imapPort={port}
davmail.bindAddress=127.0.0.1
davmail.allowRemote=false
davmail.disableUpdateCheck=true
davmail.server.certificate.hash={hash}
davmail.imapAutoExpunge=true
davmail.enableKeepAlive=false
davmail.logFilePath={folder}/davmail.log
log4j.rootLogger=WARN
log4j.logger.davmail=WARN
"""


def mail(number: int) -> bytes:
    return (
        f"Message-ID: <{number}@post.example>\r\nFrom: kunde@post.example\r\n"
        f"To: {ADDRESS}\r\nSubject: Umzug {number}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"Größe {number}\r\n"
    ).encode()


@contextmanager
def davmail(server: ExchangeServer) -> Iterator[int]:
    """DavMail in front of the server; its IMAP port."""
    folder = Path(tempfile.mkdtemp(prefix="davmail"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    der = ssl.PEM_cert_to_DER_cert(server.ca_file.read_text())
    print_ = hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
    colons = ":".join(print_[at : at + 2] for at in range(0, len(print_), 2))
    config = folder / "davmail.properties"
    config.write_text(PROPERTIES.format(url=server.url, port=port, hash=colons, folder=folder))
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            ["davmail-server", str(config)], stdout=out, stderr=subprocess.STDOUT, cwd=folder
        )
        try:
            _listens(port, process)
            yield port
        except BaseException:
            sys.stderr.write((folder / "out").read_text(errors="replace")[-3000:])
            raise
        finally:
            process.terminate()
            process.wait(20)
            shutil.rmtree(folder, ignore_errors=True)


def _listens(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("DavMail does not start")


def ok(answer: tuple[str, list]) -> list:
    kind, data = answer
    assert kind == "OK", answer
    return data


@dataclass(frozen=True, slots=True)
class Two:
    """The foreign client and our driver, in front of one mailbox with three mails."""

    server: ExchangeServer
    client: imaplib.IMAP4
    box: ExchangePostbox

    @property
    def mailbox(self) -> Mailbox:
        return self.server.mailboxes[ADDRESS]


def read_and_mark(two: Two) -> Iterator[str]:
    """Each step is told when it is done."""
    client, box, mailbox = two.client, two.box, two.mailbox
    box.ensure_folder("435 Kassel")
    client.login("dienst", "geheim")
    yield "LOGIN"
    listed = b"\n".join(ok(client.list()))
    assert b"INBOX" in listed
    assert b"435 Kassel" in listed, listed
    yield "LIST names the folder that our driver has made"
    assert ok(client.select("INBOX")) == [b"3"]
    yield "SELECT counts three mails"
    assert [_read(client, number) for number in (1, 2, 3)] == [mail(1), mail(2), mail(3)]
    assert not any(item.is_read for item in mailbox.items.values())
    yield "FETCH BODY.PEEK[] gives the very bytes, and marks nothing"
    ok(client.store("1", "+FLAGS", r"(\Seen)"))
    assert [item.is_read for item in mailbox.lying_in(mailbox.inbox)] == [True, False, False]
    yield "STORE marks as read"
    _, second, third = box.view("INBOX").uids
    box.set_marks(Place("INBOX", EPOCH, second), MarkChange(add=("Postlotse",)))
    ok(client.select("INBOX"))
    flags = ok(client.fetch("2", "(FLAGS)"))[0]
    assert b"postlotse" in flags.lower(), flags
    yield "our category is a keyword there"
    ok(client.store("3", "+FLAGS", "(Rueckfrage)"))
    assert box.marks("INBOX").by_uid[third] == {"Rueckfrage"}
    yield "a keyword of theirs is a category for us"
    assert ok(client.search(None, "UNSEEN")) == [b"2 3"]
    yield "SEARCH UNSEEN"


def move_and_remove(two: Two) -> Iterator[str]:
    """Each step is told when it is done."""
    client, box = two.client, two.box
    first, second, third = box.view("INBOX").uids
    ok(client.create('"INBOX/431 Hanau"'))
    assert "431 Hanau" in box.folders()
    yield "CREATE makes a folder that our driver sees"
    uid = ok(client.fetch("1", "(UID)"))[0].decode().split()[2].rstrip(")")
    ok(client.uid("MOVE", uid, '"INBOX/431 Hanau"'))
    assert box.view("431 Hanau").uids == (first,)
    assert first not in box.view("INBOX").uids
    assert _all(box, "431 Hanau") == [mail(1)]
    yield "MOVE: our driver finds the mail by its search key, with the same bytes"
    moved = box.move(Place("INBOX", EPOCH, second), "435 Kassel")
    assert moved == Place("435 Kassel", EPOCH, second)
    assert ok(client.select('"INBOX/435 Kassel"')) == [b"1"]
    assert _read(client, 1) == mail(2)
    yield "what our driver moves, it finds"
    with two.server.lock:
        two.mailbox.deliver(mail(4))
    assert ok(client.select("INBOX")) == [b"2"]
    assert _all(box, "INBOX") == [_read(client, 1), _read(client, 2)]
    yield "new mail is the same for both"
    ok(client.store("2", "+FLAGS", r"(\Deleted)"))
    ok(client.expunge())
    assert box.view("INBOX").uids == (third,)
    yield "EXPUNGE: our driver sees it gone"
    client.logout()
    yield "LOGOUT"


def _read(client: imaplib.IMAP4, number: int) -> bytes:
    data = ok(client.fetch(str(number), "(BODY.PEEK[])"))
    assert isinstance(data[0], tuple), data
    found: bytes = data[0][1]
    return found


def _all(box: ExchangePostbox, folder: str) -> list[bytes]:
    found = box.fetch(folder, EPOCH, box.view(folder).uids)
    return [one.data for one in found if isinstance(one, Fetched)]


def main() -> None:
    if shutil.which("davmail-server") is None:
        raise SystemExit("Not installed: apt-get install --no-install-recommends davmail-server")
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with ExchangeServer({"dienst": "geheim"}) as server:
        server.foreign, server.owners = dict(OPERATIONS), {"dienst": ADDRESS}
        mailbox = server.add_mailbox(ADDRESS, readers={"dienst"})
        furnish(mailbox)
        for number in (1, 2, 3):
            mailbox.deliver(mail(number))
        account = ExchangeAccount(
            server.url, ADDRESS, "dienst", "geheim", auth="basic", ca_file=server.ca_file
        )
        box = ExchangePostbox("nord", account)
        with davmail(server) as port:
            two = Two(server, imaplib.IMAP4("127.0.0.1", port, timeout=60), box)
            steps = itertools.chain(read_and_mark(two), move_and_remove(two))
            for number, step in enumerate(steps, start=1):
                sys.stdout.write(f"{number:2} {step}\n")
                sys.stdout.flush()
        box.close()
        told = "held against the schema" if SCHEMA_FOLDER else "no schema given"
        sys.stdout.write(f"{len(server.calls)} requests, {told}\n")
        for violation in server.violations:
            sys.stdout.write(f"VIOLATION {violation}\n")
        raise SystemExit(1 if server.violations else 0)


if __name__ == "__main__":
    main()
