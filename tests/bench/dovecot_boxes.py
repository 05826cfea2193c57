"""Postboxes full of mails on a Dovecot that runs: for the benchmarks of intake and whole way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from imapclient import imap_utf7

from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from tests.servers.dovecot import DovecotServer


@dataclass(frozen=True, slots=True)
class Box:
    """A postbox full of mails, on a server that runs."""

    server: DovecotServer
    user: str
    count: int

    @property
    def account(self) -> ImapAccount:
        return ImapAccount(
            "localhost",
            self.server.imaps_port,
            self.user,
            self.server.password,
            ca_file=self.server.ca_file,
        )


def filled(
    server: DovecotServer, user: str, samples: Sequence[bytes], folders: Iterable[str] = ()
) -> Box:
    """The mails lie in the INBOX, and the server has read its index: all clients find it ready.

    `folders` are there, empty, as they are in a postbox that was filed into before.
    """
    root = server.maildir(user)
    for folder in ("", *folders):
        for part in ("new", "cur", "tmp"):
            (root / imap_utf7.encode(folder).decode("ascii") / part).mkdir(parents=True)
    for number, data in enumerate(samples):
        (root / "new" / f"{1_790_000_000 + number}.M1P1.bench").write_bytes(data)
    server.hand_over_to_server(user)
    box = Box(server, user, len(samples))
    client = ImapPostbox(user, box.account)
    assert len(client.view("INBOX").uids) == box.count
    client.close()
    return box


def lying(box: Box) -> dict[str, int]:
    """How many mails lie in each folder, by its name on disk; folders without mail left out."""
    root = box.server.maildir(box.user)
    found = {
        folder: sum(1 for part in ("new", "cur") for _ in (root / folder / part).iterdir())
        for folder in box.server.folders(box.user)
    }
    return {folder: count for folder, count in found.items() if count}
