"""Postboxes of all kinds for the contract tests, each with somebody else who uses it, too."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
from imapclient import IMAPClient

from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.wire import ExchangeAccount
from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from ingest.maildir import keywords as maildir_keywords
from ingest.maildir.postbox import MaildirPostbox, create_tree
from tests.servers.dovecot import DovecotServer, make_certificate
from tests.servers.exchange import ExchangeServer
from tests.servers.exchange_store import Item, Mailbox
from triage.ports import Postbox

_numbers = itertools.count()
_ACCOUNTS = tuple(f"postfach{number}" for number in range(400))
_accounts = iter(_ACCOUNTS)


def write_mail(root: Path, data: bytes, name: str = "") -> str:
    """Deliver like a mail server: written under tmp/, renamed into new/. Gives the unique name."""
    name = name or f"17000{next(_numbers):05d}.M{next(_numbers):06d}P1.kunde"
    (root / "tmp" / name).write_bytes(data)
    (root / "tmp" / name).rename(root / "new" / name)
    return name


class Case(Protocol):
    """A driver under test, and what other people do to the same postbox meanwhile."""

    box: Postbox

    def deliver(self, *mails: bytes) -> None: ...
    def remove(self, uid: str) -> None: ...
    def spoil(self, number: int) -> None: ...
    def mark(self, uid: str, flag: str) -> None: ...
    def flags(self, folder: str, uid: str) -> set[str]: ...
    def person_marks(self, uid: str, mark: str) -> None: ...
    def person_unmarks(self, uid: str, mark: str) -> None: ...
    def served(self, data: bytes) -> bytes: ...
    def other_box(self, size_limit_bytes: int) -> Postbox: ...


@dataclass
class MaildirCase:
    root: Path
    box: Postbox = field(init=False)

    def __post_init__(self) -> None:
        create_tree(self.root)
        self.box = MaildirPostbox("nord", self.root)

    def deliver(self, *mails: bytes) -> None:
        for data in mails:
            write_mail(self.root, data)

    def remove(self, uid: str) -> None:
        self._file("INBOX", uid).unlink()

    def spoil(self, number: int) -> None:
        """Make the n-th mail unreadable, also for root."""
        file = sorted((self.root / "new").iterdir())[number]
        file.unlink()
        file.mkdir()

    def mark(self, uid: str, flag: str) -> None:
        file = self._file("INBOX", uid)
        file.rename(self.root / "cur" / f"{uid}:2,{flag[1]}")

    def person_marks(self, uid: str, mark: str) -> None:
        """As another program that knows the letters would do it."""
        names = maildir_keywords.names(self.root)
        letter = next((at for at, name in names.items() if name == mark), chr(97 + len(names)))
        lines = {**names, letter: mark}
        (self.root / "dovecot-keywords").write_text(
            "".join(f"{ord(at) - 97} {name}\n" for at, name in lines.items())
        )
        file = self._file("INBOX", uid)
        info = file.name.partition(":2,")[2] + letter
        file.rename(self.root / "cur" / f"{uid}:2,{''.join(sorted(info))}")

    def person_unmarks(self, uid: str, mark: str) -> None:
        names = maildir_keywords.names(self.root)
        letter = next(at for at, name in names.items() if name == mark)
        file = self._file("INBOX", uid)
        file.rename(self.root / "cur" / file.name.replace(letter, ""))

    def flags(self, folder: str, uid: str) -> set[str]:
        letters = self._file(folder, uid).name.partition(":2,")[2]
        named = {"S": "\\Seen", "F": "\\Flagged"}
        return {named[letter] for letter in letters if letter.isupper()}

    def served(self, data: bytes) -> bytes:
        return data

    def other_box(self, size_limit_bytes: int) -> Postbox:
        return MaildirPostbox("nord", self.root, size_limit_bytes=size_limit_bytes)

    def _file(self, folder: str, uid: str) -> Path:
        directory = self.root if folder == "INBOX" else self.root / folder
        return next(p for p in directory.glob("[nc]*/*") if p.name.split(":")[0] == uid)


@dataclass
class ImapCase:
    server: DovecotServer
    user: str
    box: Postbox = field(init=False)
    boxes: list[Postbox] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.box = self.other_box(64 * 1024 * 1024)

    @property
    def account(self) -> ImapAccount:
        return ImapAccount(
            "localhost",
            self.server.imaps_port,
            self.user,
            self.server.password,
            ca_file=self.server.ca_file,
            timeout_seconds=20,
        )

    def deliver(self, *mails: bytes) -> None:
        root = self.server.maildir(self.user)
        create_tree(root)
        for data in mails:
            write_mail(root, data)
        self.server.hand_over_to_server(self.user)

    def remove(self, uid: str) -> None:
        with self.person() as person:
            person.select_folder("INBOX")
            person.delete_messages([int(uid)])
            person.uid_expunge([int(uid)])

    def spoil(self, number: int) -> None:
        """Make the n-th mail unreadable for Dovecot."""
        file = sorted((self.server.maildir(self.user) / "new").iterdir())[number]
        os.chown(file, os.geteuid(), os.getegid())
        file.chmod(0)

    def mark(self, uid: str, flag: str) -> None:
        with self.person() as person:
            person.select_folder("INBOX")
            person.add_flags([int(uid)], [flag])

    def person_marks(self, uid: str, mark: str) -> None:
        self.mark(uid, mark)

    def person_unmarks(self, uid: str, mark: str) -> None:
        with self.person() as person:
            person.select_folder("INBOX")
            person.remove_flags([int(uid)], [mark])

    def flags(self, folder: str, uid: str) -> set[str]:
        with self.person() as person:
            person.select_folder(folder, readonly=True)
            found = person.get_flags([int(uid)])[int(uid)]
        return {flag.decode() for flag in found if flag.startswith(b"\\")} - {"\\Recent"}

    def served(self, data: bytes) -> bytes:
        """Dovecot serves CRLF for bare LF, and 0x80 for NUL."""
        return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").replace(b"\0", b"\x80")

    def other_box(self, size_limit_bytes: int) -> Postbox:
        box = ImapPostbox("nord", self.account, size_limit_bytes=size_limit_bytes)
        self.boxes.append(box)
        return box

    def person(self) -> IMAPClient:
        """A second client, as a clerk's Outlook would be."""
        client = IMAPClient(
            "localhost", self.server.imaps_port, ssl_context=self.server.client_context()
        )
        client.login(self.user, self.server.password)
        return client


@dataclass
class ExchangeCase:
    server: ExchangeServer
    address: str
    box: Postbox = field(init=False)
    boxes: list[Postbox] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server.add_mailbox(self.address, readers={"dienst"})
        self.box = self.other_box(64 * 1024 * 1024)

    @property
    def mailbox(self) -> Mailbox:
        return self.server.mailboxes[self.address]

    @property
    def account(self) -> ExchangeAccount:
        return ExchangeAccount(
            self.server.url,
            self.address,
            "dienst",
            self.server.users["dienst"],
            auth="basic",
            ca_file=self.server.ca_file,
            timeout_seconds=20,
        )

    def item(self, folder: str, uid: str) -> Item:
        with self.server.lock:
            here = self.mailbox.lying_in(self.mailbox.folder(folder))
            return next(item for item in here if item.search_key.hex() == uid)

    def deliver(self, *mails: bytes) -> None:
        with self.server.lock:
            for data in mails:
                self.mailbox.deliver(data)

    def remove(self, uid: str) -> None:
        with self.server.lock:
            self.mailbox.remove(self.item("INBOX", uid))

    def spoil(self, number: int) -> None:
        """Make the server unable to give the n-th mail, or anything of it but its place."""
        with self.server.lock:
            item = self.mailbox.lying_in(self.mailbox.inbox)[number]
            item.broken, item.headless = "ErrorContentConversionFailed", True

    def mark(self, uid: str, flag: str) -> None:
        with self.server.lock:
            item = self.item("INBOX", uid)
            item.is_flagged = flag == "\\Flagged"
            self.mailbox.touch(item)

    def person_marks(self, uid: str, mark: str) -> None:
        with self.server.lock:
            item = self.item("INBOX", uid)
            item.categories = (*item.categories, mark)
            self.mailbox.touch(item)

    def person_unmarks(self, uid: str, mark: str) -> None:
        with self.server.lock:
            item = self.item("INBOX", uid)
            item.categories = tuple(one for one in item.categories if one != mark)
            self.mailbox.touch(item)

    def flags(self, folder: str, uid: str) -> set[str]:
        item = self.item(folder, uid)
        named = {"\\Seen": item.is_read, "\\Flagged": item.is_flagged}
        return {flag for flag, is_set in named.items() if is_set}

    def served(self, data: bytes) -> bytes:
        return data

    def other_box(self, size_limit_bytes: int) -> Postbox:
        box = ExchangePostbox("nord", self.account, size_limit_bytes=size_limit_bytes)
        self.boxes.append(box)
        return box


@pytest.fixture(scope="session")
def dovecot() -> Iterator[DovecotServer]:
    """One server for all tests; every test takes an account of its own."""
    with DovecotServer(users=(*_ACCOUNTS, "vom-treiber", "vom-server", "gemeinsam")) as server:
        yield server


@pytest.fixture
def imap_case(dovecot: DovecotServer) -> Iterator[ImapCase]:
    case = ImapCase(dovecot, next(_accounts))
    yield case
    for box in case.boxes:
        box.close()


@pytest.fixture(scope="session")
def exchange() -> Iterator[ExchangeServer]:
    """One server for all tests; every test takes a mailbox of its own."""
    with ExchangeServer({"dienst": "geheim-ä"}) as server:
        yield server


@pytest.fixture
def exchange_case(exchange: ExchangeServer) -> Iterator[ExchangeCase]:
    case = ExchangeCase(exchange, f"postfach{next(_numbers)}@dienst.example")
    yield case
    for box in case.boxes:
        box.close()
    case.mailbox.faults.clear()
    assert exchange.violations == []


@pytest.fixture
def maildir_case(tmp_path: Path) -> MaildirCase:
    return MaildirCase(tmp_path / "nord")


@pytest.fixture(params=["maildir", "imap", "exchange"])
def case(request: pytest.FixtureRequest) -> Case:
    """The same test body runs on all drivers."""
    found: Case = request.getfixturevalue(f"{request.param}_case")
    return found


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of localhost that is not Dovecot's."""
    directory = tmp_path_factory.mktemp("tls")
    make_certificate(directory)
    return directory / "cert.pem"
