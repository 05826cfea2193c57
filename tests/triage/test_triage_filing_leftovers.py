"""A server that copies where it shall move: what it leaves in the source is no new mail.

A real Dovecot behind a line that says COPY for MOVE, keeps COPYUID back, or lets no EXPUNGE pass.
"""

from collections.abc import Iterator

import pytest

from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from rules.postbox import Place
from tests import one_sorter
from tests.house_fixture import eml
from tests.servers.dovecot import DovecotServer
from tests.servers.odd_line import OddLine
from tests.triage.test_triage_reconcile import folders_of
from tests.triage.test_triage_renumbered import places_agree
from tests.triage.way import rows
from triage import receive
from triage.filing import filing, leftovers
from triage.reconcile import reconcile

ACCOUNTS = tuple(f"postfach{number}" for number in range(20))
TERMIN = "435 Kassel/Termin"
_accounts = iter(ACCOUNTS)

COPIES = {"UID MOVE": "UID COPY"}
NO_PROOF = {"[COPYUID": "[X-COPYUID"}
KEEPS = {"UID EXPUNGE": "UID SEARCH UID"}


@pytest.fixture(scope="module")
def server() -> Iterator[DovecotServer]:
    with DovecotServer(users=ACCOUNTS) as server:
        yield server


@pytest.fixture
def line(server) -> Iterator[OddLine]:
    with OddLine(server) as line:
        yield line


@pytest.fixture
def imap(server, line) -> Iterator[ImapPostbox]:
    account = ImapAccount(
        "localhost", line.port, next(_accounts), server.password, ca_file=server.ca_file
    )
    box = ImapPostbox("SC-Südwest", account)
    yield box
    box.close()


def counts(imap) -> tuple[int, int]:
    return len(imap.view("INBOX").uids), len(imap.view(TERMIN).uids)


def rounds(house, imap, lease, clock, *, number: int = 4) -> None:
    """What a worker does: keep, sort, file, look."""
    waited: set[Place] = set()
    for _ in range(number):
        found = receive.receive(house, imap, lease, region="Südwest", waited=waited)
        leftovers.take_away(house, imap, lease, found.rests, may_write=True)
        one_sorter.sort_pending(house)
        filing.file_due(house, imap, lease)
        reconcile(house, imap, lease)
        clock.forward(minutes=10)


@pytest.mark.parametrize("odd", [{}, NO_PROOF], ids=["proof", "no proof"])
def test_what_a_move_left_in_the_source_is_taken_away(house, imap, lease, clock, line, odd):
    line.says, line.hears = COPIES, odd
    for day in range(3):
        imap.append("INBOX", eml("Termin", f"Am {day + 1}. Tag"), clock())
    rounds(house, imap, lease, clock)
    assert counts(imap) == (0, 3)
    assert rows(house) == 3
    assert places_agree(house, imap)


@pytest.mark.parametrize("odd", [{}, NO_PROOF], ids=["proof", "no proof"])
@pytest.mark.parametrize("twins", [1, 2])
def test_what_cannot_be_taken_away_is_left_and_is_no_new_mail(  # noqa: PLR0917 - fixtures and rows
    house, imap, lease, clock, line, odd, twins
):
    line.says, line.hears = COPIES | KEEPS, odd
    for _ in range(twins):
        imap.append("INBOX", eml("Termin"), clock())
    rounds(house, imap, lease, clock)
    assert counts(imap) == (twins, twins)
    assert rows(house) == twins
    assert folders_of(house, imap) == {TERMIN: twins}
    # New mail is kept and filed beside it.
    imap.append("INBOX", eml("Termin", "Noch einer"), clock())
    rounds(house, imap, lease, clock)
    assert counts(imap) == (twins + 1, twins + 1)
    assert rows(house) == twins + 1
    # When the server removes again, nothing is left within the hour.
    line.says, line.hears = {}, {}
    rounds(house, imap, lease, clock, number=8)
    assert counts(imap) == (0, twins + 1)
    assert rows(house) == twins + 1
    assert places_agree(house, imap)
