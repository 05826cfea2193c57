"""Foreign IMAP servers for the walks: Cyrus in both its layouts, and Courier."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from tests.ingest.conftest import ImapCase
from tests.servers.courier import CourierServer
from tests.servers.cyrus import CyrusServer

_numbers = itertools.count()
SERVERS: dict[str, Callable[[], CyrusServer | CourierServer]] = {
    "cyrus": lambda: CyrusServer(()),
    "cyrus-slash": lambda: CyrusServer((), layout="upstream"),
    "courier": lambda: CourierServer(()),
}


class ForeignCase(ImapCase):
    """As on Dovecot, but mail comes in by the server itself."""

    def deliver(self, *mails: bytes) -> None:
        if isinstance(self.server, CourierServer):
            for data in mails:
                self.server.deliver(self.user, data)
            return
        with self.person() as person:
            for data in mails:
                person.append("INBOX", data)

    def spoil(self, number: int) -> None:
        """Make the n-th mail unreadable for Courier."""
        root = self.server.maildir(self.user)
        sorted((*root.glob("new/*"), *root.glob("cur/*")))[number].chmod(0)

    def flags(self, folder: str, uid: str) -> set[str]:
        with self.other_box(1)._talk() as session:
            return super().flags(session.names.to_server(folder), uid)

    def served(self, data: bytes) -> bytes:
        """Both serve CRLF for bare LF."""
        return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


NOT_THERE = {
    # They make no folder with these letters, and say so: the errors are of the house.
    ("cyrus", "as_it_was_named", 'a "b" c'),
    ("cyrus", "as_it_was_named", "100 %"),
    ("cyrus", "as_it_was_named", "vor"),
    ("courier", "as_it_was_named", "Emoji"),
    # To them it is a name as any other.
    ("", "can_not_be_a_folder_is_refused", "~a"),
    # Cyrus takes no such mail in; of 8 bits in a head it makes X, before anybody reads it.
    ("cyrus", "bytes_come_exactly", "8-bit"),
    ("cyrus", "bytes_come_exactly", "NUL"),
    ("cyrus", "bytes_come_exactly", "no header"),
    ("cyrus", "bytes_come_exactly", "empty"),
    # It holds its files open, so that none becomes unreadable by a test.
    ("cyrus", "can_not_be_read_holds_up_no_other", ""),
    # Courier has no MOVE: sets are not tried (`test_ingest_imap_move`).
    ("courier", "many_are_moved_at_once", ""),
    ("courier", "a_set_that_is_refused", ""),
    ("courier", "marks_go_along", ""),
}
"""What a server has not, by its name, the test's, and the row's."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if not any(_is(item, row) for row in NOT_THERE)]


def _is(item: pytest.Item, row: tuple[str, str, str]) -> bool:
    name, _, rows = item.name.partition("[")
    return row[0] in rows and row[1] in name and row[2] in rows


@pytest.fixture(scope="session", params=SERVERS)
def foreign(request: pytest.FixtureRequest) -> Iterator[CyrusServer | CourierServer]:
    with SERVERS[request.param]() as server:
        yield server


@pytest.fixture
def new_case(foreign) -> Iterator[Callable[[], ForeignCase]]:
    """A postbox of its own each time."""
    made: list[ForeignCase] = []

    def make() -> ForeignCase:
        user = f"postfach{next(_numbers)}"
        foreign.add(user)
        made.append(ForeignCase(foreign, user))
        return made[-1]

    yield make
    for case in made:
        for box in case.boxes:
            box.close()


@pytest.fixture
def case(new_case) -> ForeignCase:
    return new_case()
