"""How fast mail comes out of a Dovecot on loopback and is durable, beside others. `make bench`.

    python -m tests.bench.bench_intake 1000 --rounds 3

Each client takes the same mails out of the same server, over TLS. Ours fetches, keeps them in
SQLite with every promise of the ledger, and moves the source in UID sets. Beside it stands what the
server itself takes for one FETCH and the same sets of UID MOVE, the bytes thrown away. mbsync (with
FSync) and getmail6 (300 mails of each set) write a Maildir and move nothing. A peer that is not
installed is left out.
Ratios of one run on one machine; nothing here is a timed test.
"""

import argparse
import os
import pwd
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import structlog

from ingest.imap.postbox import ImapPostbox
from store.acts import wishes
from store.mails import ledger
from store.processes import leases
from tests.bench import bench_mails
from tests.bench.dovecot_boxes import Box, filled
from tests.bench.stopwatch import seconds
from tests.house_fixture import make_house, sqlite_url
from tests.servers.dovecot import DovecotServer
from triage import receive, wiring
from triage.filing import filing
from triage.house import House
from triage.settings import Settings

MBSYNC = """
FSync yes

IMAPAccount server
Host localhost
Port {port}
User {user}
Pass {password}
SSLType IMAPS
CertificateFile {ca}

IMAPStore far
Account server

MaildirStore near
Path {out}/
Inbox {out}/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Sync Pull
Create Near
SyncState *
"""
GETMAIL = """
[retriever]
type = SimpleIMAPSSLRetriever
server = localhost
port = {port}
username = {user}
password = {password}
ca_certs = {ca}
mailboxes = ("INBOX",)
[destination]
type = Maildir
path = {out}/
[options]
read_all = true
delete = false
verbose = 0
max_messages_per_session = {most}
"""
GETMAIL_MAILS = 300
"""It needs some ten seconds for them; its rate does not depend on how many."""


def main(mails: int, rounds: int) -> None:
    """Small mails, then large ones; every client in each round."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    for name, make in {"small": bench_mails.small, "large": bench_mails.large}.items():
        samples = [made.data for made in make(mails)]
        size = sum(map(len, samples)) / len(samples) / 1000
        sys.stdout.write(f"{mails} {name} mails, {size:.1f} kB on average\n")
        _compare(samples, rounds)


def _compare(samples: Sequence[bytes], rounds: int) -> None:
    found: dict[str, list[float]] = {}
    users = tuple(f"{kind}{number}" for kind in "abc" for number in range(rounds))
    with DovecotServer(users=users) as server:
        for number in range(rounds):
            boxes = [filled(server, f"{kind}{number}", samples) for kind in "abc"]
            for name, rate in _round(*boxes):
                found.setdefault(name, []).append(rate)
    medians = {name: statistics.median(rates) for name, rates in found.items()}
    for name, rate in medians.items():
        others = [other for other in _PEERS if other != name and other in medians]
        words = ", ".join(f"{rate / medians[other]:.2f} x {other}" for other in others)
        sys.stdout.write(f"  {name:34} {rate:8.0f} mails/s  {words}\n")
    sys.stdout.flush()


_PEERS = ("bare socket", "bare socket, moved", "mbsync, FSync", "getmail6")


def _round(read: Box, moved: Box, emptied: Box) -> Iterator[tuple[str, float]]:
    yield "bare socket", read.count / seconds(lambda: _bare(read))
    yield "bare socket, moved", emptied.count / seconds(lambda: _bare(emptied, is_moved=True))
    yield "fetch alone", read.count / seconds(lambda: _fetch(read))
    yield from _durably(moved)
    with tempfile.TemporaryDirectory() as folder:
        if shutil.which("mbsync"):
            yield "mbsync, FSync", read.count / seconds(lambda: _mbsync(read, Path(folder)))
        if shutil.which("getmail"):
            most = min(GETMAIL_MAILS, read.count)
            yield "getmail6", most / seconds(lambda: _getmail(read, Path(folder)))


def _bare(box: Box, *, is_moved: bool = False) -> None:
    """What nobody can beat by much: one FETCH of everything, and the bytes thrown away; then UID
    MOVE in sets as large as ours, where wanted, one after the other as a proof for each asks."""
    context = box.server.client_context()
    with (
        socket.create_connection(("localhost", box.server.imaps_port)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as line,
    ):
        for command in _bare_commands(box, is_moved=is_moved):
            line.sendall(f"c {command}\r\n".encode())
            tail = b"\r\n"
            while b"\r\nc OK" not in tail:
                tail = tail[-20:] + line.recv(1 << 18)


def _bare_commands(box: Box, *, is_moved: bool) -> Iterator[str]:
    yield f"LOGIN {box.user} {box.server.password}"
    yield "SELECT INBOX"
    yield "UID FETCH 1:* (BODY.PEEK[])"
    if is_moved:
        yield "CREATE Ablage"
        step = Settings().worker.batch_mails
        for first in range(1, box.count + 1, step):
            yield f"UID MOVE {first}:{first + step - 1} Ablage"


def _fetch(box: Box) -> None:
    client = ImapPostbox(box.user, box.account)
    view = client.view("INBOX")
    assert sum(1 for _ in client.fetch("INBOX", view.epoch, view.uids)) == box.count
    client.close()


def _durably(box: Box) -> Iterator[tuple[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        whole = make_house(sqlite_url(Path(folder)), clock=wiring.utc_now)
        batch_mails = Settings().worker.batch_mails
        house = replace(whole, policy=replace(whole.policy, batch_mails=batch_mails))
        client = ImapPostbox(box.user, box.account)
        with house.db.write() as tx:
            lease = leases.take(tx, "postbox:b", owner="b", now=house.clock(), seconds=3600)
        assert lease is not None
        kept = seconds(lambda: receive.receive(house, client, lease, region="Ost"))
        _wish(house)
        moved = seconds(lambda: _drained(lambda: filing.file_due(house, client, lease).done))
        assert not client.view("INBOX").uids
        assert len(client.view("Ablage").uids) == box.count
        client.close()
        house.db.close()
    yield "ours: fetched and kept", box.count / kept
    yield "ours: moved in sets, proven", box.count / moved
    yield "ours: kept and moved", box.count / (kept + moved)


def _wish(house: House) -> None:
    """What sorting would write; sorting is not intake."""
    with house.db.write() as tx:
        targets = {row.id: "Ablage" for row in ledger.unsorted(tx, limit=1_000_000)}
        wishes.want_many(tx, targets, now=house.clock())


def _drained(step: Callable[[], int]) -> None:
    while step():
        pass


def _words(box: Box, out: Path) -> dict[str, object]:
    """What the configuration of a peer asks for."""
    return {
        "port": box.server.imaps_port,
        "user": box.user,
        "password": box.server.password,
        "ca": box.server.ca_file,
        "out": out,
        "most": GETMAIL_MAILS,
    }


def _mbsync(box: Box, folder: Path) -> None:
    out = folder / "mbsync"
    out.mkdir()
    (folder / "mbsyncrc").write_text(MBSYNC.format(**_words(box, out)))
    _run(["mbsync", "-q", "-c", str(folder / "mbsyncrc"), "all"])
    assert _files(out / "INBOX") == box.count


def _getmail(box: Box, folder: Path) -> None:
    out = folder / "getmail"
    for name in ("new", "cur", "tmp"):
        (out / name).mkdir(parents=True)
    (folder / "getmailrc").write_text(GETMAIL.format(**_words(box, out)))
    # As root it delivers nothing.
    other = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if other:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, other.pw_uid, other.pw_gid)
    command = ["getmail", f"--getmaildir={folder}", f"--rcfile={folder / 'getmailrc'}"]
    _run(command, **({"user": other.pw_uid, "group": other.pw_gid} if other else {}))
    assert _files(out) == min(GETMAIL_MAILS, box.count)


def _run(command: list[str], **who: int) -> None:
    told = subprocess.run(command, capture_output=True, check=False, **who)
    assert told.returncode == 0, (told.stdout + told.stderr)[:1000]


def _files(maildir: Path) -> int:
    return sum(len(os.listdir(maildir / box)) for box in ("new", "cur"))  # noqa: PTH208 - names only


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("mails", nargs="?", type=int, default=5000)
    told.add_argument("--rounds", type=int, default=3)
    options = told.parse_args()
    main(options.mails, options.rounds)
