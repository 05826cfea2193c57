"""What tests of the way do with a house: bring mail in, and stand for eAkte and mail server."""

from ingest.maildir.postbox import MaildirPostbox
from rules.handover import Receipt
from store.counts import ledger_counts
from store.desk import items
from store.desk.items import Item
from store.processes.leases import Lease
from store.sending import outgoing
from store.sending.outgoing import Outgoing
from tests import one_sorter
from triage import receive
from triage.filing import filing
from triage.house import House


def bring_in(house: House, box: MaildirPostbox, lease: Lease, *mails: bytes) -> None:
    """Deliver, keep, sort and file these mails."""
    for mail in mails:
        box.append("INBOX", mail)
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    filing.file_due(house, box, lease)


def states(house: House) -> dict[str, int]:
    with house.db.read() as tx:
        return {state.value: n for state, n in ledger_counts.counts(tx).items() if n}


def rows(house: House) -> int:
    """How many mails the ledger has."""
    return sum(states(house).values())


def item_of(house: House, item_id: int) -> Item:
    with house.db.read() as tx:
        return items.get(tx, item_id)


def row_of(house: House, outgoing_id: int) -> Outgoing:
    with house.db.read() as tx:
        return outgoing.get(tx, outgoing_id)


class Eakte:
    """An eAkte by hand: remembers what was delivered, answers what the test says."""

    def __init__(self, *, accepts: bool = True) -> None:
        self.accepts = accepts
        self.delivered: dict[str, object] = {}
        self.confirmed: set[str] = set()

    def deliver(self, package) -> None:
        self.delivered[package.key] = package

    def receipts(self):
        for key, package in self.delivered.items():
            if key not in self.confirmed:
                yield Receipt(
                    key,
                    self.accepts,
                    "AZ-1",
                    package.sha256,
                    "2026-11-23T10:00:00Z",
                    "" if self.accepts else "Kundennummer unbekannt",
                )

    def confirm(self, paper) -> None:
        self.confirmed.add(paper.key)

    set_aside = confirm


class Post:
    """A mail outlet that keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
        self.sent.append((recipient, data))
        return "250 ok"
