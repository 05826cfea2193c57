"""Every test of the way runs on both engines: ask for `house`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from ingest.maildir.postbox import MaildirPostbox, create_tree
from store.processes import leases
from store.processes.leases import Lease
from tests.house_fixture import Clock, open_house
from tests.servers.dovecot import DovecotServer
from triage.house import House


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(url: str, clock: Clock) -> Iterator[House]:
    house = open_house(url, clock=clock)
    yield house
    house.db.close()


@pytest.fixture
def box(tmp_path: Path) -> MaildirPostbox:
    root = tmp_path / "postbox"
    create_tree(root)
    return MaildirPostbox("SC-Südwest", root, size_limit_bytes=1_000_000)


@pytest.fixture
def lease(house: House) -> Lease:
    return _lease(house)


def _lease(house: House) -> Lease:
    with house.db.write() as tx:
        lease = leases.take(
            tx, "postbox:SC-Südwest", owner="test", now=house.clock(), seconds=86_400
        )
    assert lease is not None
    return lease


@pytest.fixture
def on_dovecot(
    sqlite_url: str, clock: Clock
) -> Iterator[tuple[House, Lease, DovecotServer, ImapPostbox]]:
    """On one engine: of the database other tests have seen both; here the server is what is new."""
    house = open_house(sqlite_url, clock=clock)
    with DovecotServer(users=("postfach",)) as server:
        account = ImapAccount(
            "localhost", server.imaps_port, "postfach", server.password, ca_file=server.ca_file
        )
        box = ImapPostbox("SC-Südwest", account)
        yield house, _lease(house), server, box
        box.close()
    house.db.close()


@pytest.fixture
def small_config(sqlite_url: str, tmp_path: Path) -> Path:
    """The configuration of one Maildir, whose folder nobody has made, over tables without rows."""
    file = tmp_path / "postlotse.toml"
    file.write_text(
        f'[store]\nurl = "{sqlite_url}"\n'
        '[[postboxes]]\nkind = "maildir"\nname = "SC-Ost"\nregion = "Ost"\nroot = "mail"\n'
    )
    return file


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """The folder that is the eAkte."""
    folder = tmp_path / "eakte"
    folder.mkdir()
    return folder
