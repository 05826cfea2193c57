"""Some items, the people and machines around them, and what is known of their money.

For the state machine of the desk. What is known is said without the items' own state: by what
persons said of the money, and by what the eAkte has in its records.
"""

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from ingest.maildir.postbox import MaildirPostbox, create_tree
from outbox.eakte import DirectoryOutlet
from outbox.left_notes import LeftNotes
from rules.access import Caller
from rules.codes import Concern
from rules.errors import Conflict, HouseError
from rules.item import EakteState, ItemState
from rules.item_case import OWES_PROOF
from rules.ledger import LedgerState
from rules.marks import Effect, MarkBook, MarkRule
from rules.postbox import Place
from store.desk import items
from store.desk.items import Item
from store.mails import ledger, originals
from store.processes import leases
from store.tables.ledger import item as table
from tests import one_sorter
from tests.house_fixture import Clock, clerk, eml, open_house, service_center
from tests.triage.desk_peers import DropEakte, Filed, Smarthost
from triage import receive, reconcile, rounds, work
from triage.filing import filing
from triage.house import House, MarksPolicy, PostboxPlan
from triage.marks import read as marks_read
from triage.marks.written import write_due
from triage.ports import Postbox
from triage.send import Outlets

BOX = "SC-Südwest"
DONE, SICK, LATE = "Erledigt", "Krank", "Termin"
BOOK = MarkBook(
    people=(
        MarkRule(DONE, Effect.DONE),
        MarkRule(SICK, Effect.CORRECT, Concern.AU),
        MarkRule(LATE, Effect.CORRECT, Concern.TERMIN),
    )
)
NUMBERS = ["123A456789", "987B654321"]
MAILS = [
    ("Krankmeldung", "Meine Nummer ist 123A456789", True),
    ("Neues Konto", "Guten Tag.", True),
    ("Urlaub", "987B654321", True),
    ("Termin", "Guten Tag.", False),
    ("Kündigung", "123A456789", False),
]
"""Subject, text, and whether the machine says that money may move."""


PEOPLE: list[tuple[Caller, str]] = [
    (clerk("435", "431", name="k-1"), "435"),
    (clerk("435", "431", name="k-2"), "435"),
    (clerk("435", "431", name="k-1"), "431"),
    (service_center(), "435"),
    (service_center(), "431"),
]


@dataclass
class Word:
    """What is known of an item's money by what was said, and in whose hands it is."""

    message_id: int
    sha256: str
    owes: bool
    number: str | None
    """The Kundennummer as it was said last."""
    before: tuple[bool, str | None] | None = None
    token: str = ""
    holder: str = ""
    until: datetime | None = None

    def money(self) -> tuple[bool, str | None]:
        return self.owes, self.number

    def is_covered(self, filed: set[Filed]) -> bool:
        """Where either side knows no number, a person there has chosen the record."""
        return not self.owes or any(
            one.sha256 == self.sha256
            and (None in (self.number, one.kundennummer) or self.number == one.kundennummer)
            for one in filed
        )


@dataclass(frozen=True)
class Copy:
    """A backup of the database, and what was known when it was made."""

    file: Path
    words: dict[int, Word]
    claims: list[tuple[Caller, work.Claim]]
    made_at: datetime


class DeskWorld:
    """Items of two agencies, their postbox, the ways out, and copies of the database."""

    def __init__(self, template: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="desk"))
        shutil.copyfile(template, self.folder / "db.sqlite")
        self.clock = Clock()
        self.house = self._open()
        self.eakte, self.post = DropEakte(self.folder / "drop"), Smarthost()
        self.outlets = self.new_outlets()
        create_tree(self.folder / "box")
        self.box = MaildirPostbox(BOX, self.folder / "box")
        self.came: dict[str, tuple[bool, str | None]] = {}
        self.words: dict[int, Word] = {}
        self.claims: list[tuple[Caller, work.Claim]] = []
        self.copies: list[Copy] = []
        self.was_set_back = self.answered_anew = False

    def _open(self) -> House:
        house = open_house(f"sqlite:///{self.folder / 'db.sqlite'}", clock=self.clock)
        plan = PostboxPlan(BOX, "Südwest", is_observed=False, is_swept=True)
        policy = replace(house.policy, postboxes=(plan,), marks=MarksPolicy(book=BOOK))
        return replace(house, policy=policy)

    def new_outlets(self) -> Outlets:
        """As a process that has just begun has them."""
        drop = DirectoryOutlet(self.folder / "drop", clock=self.clock)
        return Outlets(eakte=drop, mail=self.post, notes=LeftNotes(self.folder / "left"))

    def end(self) -> None:
        self.house.db.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def append(self, mail: tuple[str, str, bool]) -> None:
        subject, text, owes = mail
        data = eml(subject, f"{text} {len(self.came)}")
        number = next((one for one in NUMBERS if one in text), None)
        self.came[originals.fingerprint(data)] = owes, number
        self.box.append("INBOX", data, self.clock())

    def read_postbox(self, house: House | None = None, box: Postbox | None = None) -> None:
        """A worker's round; `house` and `box`, where given, are those in which it may die."""
        before = self._versions()
        try:
            self._one_round(house or self.house, box or self.box)
        finally:
            for item_id, version in self._versions().items():
                if version != before.get(item_id, version):
                    self._somebody_marked(item_id)

    def _one_round(self, house: House, box: Postbox) -> None:
        with house.db.write() as tx:
            lease = leases.take(tx, f"postbox:{BOX}", owner="w-1", now=self.clock(), seconds=60)
        assert lease is not None
        receive.receive(house, box, lease, region="Südwest")
        one_sorter.sort_pending(house)
        filing.file_due(house, box, lease)
        reconcile.reconcile(house, box, lease)
        marks_read.read(house, box, lease)
        write_due(house, box, lease)
        with house.db.write() as tx:
            leases.release(tx, lease, now=self.clock())

    def _versions(self) -> dict[int, int]:
        """Of each item; those that are new are known from now on."""
        with self.house.db.read() as tx:
            rows = tx.run(sa.select(table.c.id, table.c.message_id, table.c.version)).all()
            for item_id, message_id, _ in rows:
                digest = ledger.message(tx, message_id).sha256
                fresh = Word(message_id, digest, *self.came[digest])
                self.words.setdefault(item_id, fresh)
        return {item_id: version for item_id, _, version in rows}

    def _somebody_marked(self, item_id: int) -> None:
        """What a mark made of it counts as said by a person, and nobody takes that back."""
        word, item = self.words[item_id], self.item(item_id)
        word.before = None
        word.owes |= item.payment in OWES_PROOF and item.eakte is EakteState.OWED

    def lying(self, pick: int) -> Place | None:
        places = [
            Place(view.folder, view.epoch, uid)
            for view in map(self.box.view, self.box.folders())
            for uid in view.uids
        ]
        return places[pick % len(places)] if places else None

    def somebody_fetches(self, who: tuple[Caller, str]) -> None:
        caller, agency = who
        with suppress(Conflict):  # who holds one already
            claim = work.claim_next(self.house, caller, agency)
            if claim is not None:
                self.is_given(caller, claim)

    def is_given(self, caller: Caller, claim: work.Claim) -> None:
        word = self.words[claim.item_id]
        assert not self.is_live(word), "two have it"
        word.token, word.holder, word.until = claim.token, caller.name, claim.lease_until
        self.claims.append((caller, claim))

    def is_live(self, word: Word) -> bool:
        return word.until is not None and self.clock() < word.until

    def send_round(self, house: House) -> None:
        with suppress(HouseError):
            rounds.send_round(house, self.outlets, "w-1")

    def copy_database(self) -> None:
        file = self.folder / f"copy-{len(self.copies)}.sqlite"
        ours, copy = sqlite3.connect(self.folder / "db.sqlite"), sqlite3.connect(file)
        with closing(ours), closing(copy):
            ours.backup(copy)
        self.copies.append(Copy(file, deepcopy(self.words), list(self.claims), self.clock()))

    def set_back(self, copy: Copy, *, same_process: bool) -> None:
        """As a standby that was behind, or an old copy; what left the house has left it."""
        self.house.db.close()
        for file in self.folder.glob("db.sqlite*"):
            file.unlink()
        shutil.copyfile(copy.file, self.folder / "db.sqlite")
        self.house = self._open()
        self.words, self.claims = deepcopy(copy.words), list(copy.claims)
        if not same_process:
            self.outlets = self.new_outlets()
        self.was_set_back = True

    def is_young(self, copy: Copy) -> bool:
        return self.clock() - copy.made_at < timedelta(days=6)

    def item(self, item_id: int) -> Item:
        with self.house.db.read() as tx:
            return items.get(tx, item_id)

    def money_must_be_safe(self):
        with self.house.db.read() as tx:
            for item_id, word in self.words.items():
                item, message = items.get(tx, item_id), ledger.message(tx, word.message_id)
                closed = item.state is ItemState.CLOSED
                if closed:
                    assert word.is_covered(self.eakte.filed), (item, word)
                if message.state is LedgerState.DELETED:
                    assert closed, item
                else:
                    assert closed == (message.state is LedgerState.DONE), item
                    assert ledger.original(tx, word.message_id)
                if item.state is ItemState.HELD and item.lease_until > self.clock():
                    assert self.is_live(word)
                    assert word.holder == item.holder
