"""A house on PostgreSQL for two deeds at one moment: what a clerk may do, and what others may.

The states of it are in interleaved_states.py.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.access import Caller, Permission
from rules.codes import Concern, PaymentRelevant
from rules.errors import Refused
from rules.handover import Receipt
from rules.item import CloseReason
from rules.marks import Effect, MarkBook, MarkRule
from store.mails import ledger
from store.processes import leases
from store.processes.leases import Lease
from store.sending import outgoing
from tests.house_fixture import ADMIN, Clock, clerk, open_house, service_center
from tests.servers.postgres import PostgresServer
from tests.triage.interleaving import Deed, Explorer
from tests.triage.rights_office import BOX
from tests.triage.way import Eakte, Post, bring_in
from triage import handover, rounds, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.desk import holding, undo
from triage.desk.claimed import Claim
from triage.desk.correction import Correction
from triage.house import House, MarksPolicy, PostboxPlan
from triage.marks import outlook_correction
from triage.marks import read as marks_read
from triage.send import Outlets
from triage.sending import dead_letters, receipts

DONE, LATE = "Erledigt", "Termin"
MARKS = MarkBook(
    people=(MarkRule(DONE, Effect.DONE), MarkRule(LATE, Effect.CORRECT, Concern.TERMIN))
)
OWN, OTHER = "123A456789", "987B654321"
REASON = "so steht es in der Nachricht"
ME, SHE = clerk("435", "431", name="k-1"), clerk("435", "431", name="k-2")
LEAD = replace(service_center(name="lead"), extra=frozenset({Permission.FREE_ITEM}))
HASTY = "-c deadlock_timeout=30ms"
"""Who waits for each other is told at once."""


@dataclass(frozen=True, slots=True)
class World:
    """A house on PostgreSQL with its postbox, and what runs pairs of deeds in it."""

    house: House
    box: MaildirPostbox
    lease: Lease
    explorer: Explorer
    folder: Path

    def mail(self, *mails: bytes) -> None:
        bring_in(self.house, self.box, self.lease, *mails)

    def claim(self) -> Claim:
        claim = work.claim_next(self.house, ME, "435")
        assert claim is not None
        return claim

    def leave(self, outlet: Any = None) -> None:
        """What is due leaves; the eAkte answers nothing yet."""
        rounds.send_round(self.house, Outlets(outlet or Papers(), Letters()), "w-1")

    def receipt(self, place: int, *, accepted: bool = True, number: str = OWN) -> Deed:
        """A worker takes the eAkte's answer to the hand-over at that place."""
        with self.house.db.read() as tx:
            row = outgoing.of_item(tx, 1)[place]
            digest = ledger.message(tx, 1).sha256
        paper = Receipt(
            key=row.idempotency_key, accepted=accepted, reference="AZ-1" if accepted else "",
            sha256=digest, received_at="2026-11-23T10:00:00Z",
            reason="" if accepted else "gesperrt", kundennummer=number,
        )  # fmt: skip
        return lambda: receipts.take(self.house, Papers(paper))


class Papers(Eakte):
    """Takes packages, and answers with these papers each time."""

    def __init__(self, *papers: Receipt) -> None:
        super().__init__()
        self.papers = papers

    def receipts(self) -> Iterator[Receipt]:
        return iter(self.papers)

    def told(self, *_: object, **__: object) -> tuple[Receipt, ...]:
        return ()


class Letters(Post):
    """Keeps no copy of what it sent."""

    def discard(self, answer: str) -> bool:
        return True


class Refusing(Papers):
    """Refuses each package for good."""

    def deliver(self, package: object) -> None:
        raise Refused("eakte.no", "no")


@contextmanager
def world(server: PostgresServer, name: str, template: str) -> Iterator[World]:
    """On a database of its own."""
    address = server.create(name, template=template)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        create_tree(folder / "box")
        house = open_house(f"{address}?options={HASTY}", clock=Clock())
        stack.callback(server.drop, name)
        stack.callback(house.db.close)
        plan = PostboxPlan(BOX, "Südwest", is_observed=False, is_swept=True)
        policy = replace(house.policy, postboxes=(plan,), marks=MarksPolicy(book=MARKS))
        house = replace(house, policy=replace(policy, open_claims=2))
        onlooker = stack.enter_context(psycopg.connect(address, autocommit=True))
        with house.db.write() as tx:
            lease = leases.take(tx, f"postbox:{BOX}", owner="w-1", now=house.clock(), seconds=10**8)
        assert lease is not None
        explorer = Explorer(house.db._writer, onlooker)
        yield World(house, MaildirPostbox(BOX, folder / "box"), lease, explorer, folder)


def desk(house: House, claim: Claim) -> dict[str, Deed]:
    """What the clerk who holds it may do."""
    it = (house, ME, claim.item_id, claim.token)

    def said(payment: PaymentRelevant, number: str | None = None) -> Deed:
        told = Correction((Concern.SONSTIGES,), payment, number, REASON)
        return lambda: work.correct(*it, told)

    return {
        "release": lambda: work.release(*it),
        "renew": lambda: work.renew(*it),
        "park": lambda: work.park(*it, until=3, reason=REASON),
        "give back": lambda: work.give_back(*it, reason=REASON),
        "forward": lambda: work.forward(*it, agency_code="431", reason=REASON),
        "other number": said(PaymentRelevant.YES, OTHER),
        "no money": said(PaymentRelevant.NO),
        "waive": lambda: handover.waive(*it, reason=REASON),
        "hand over": lambda: handover.order(*it),
        "hand over and leave": lambda: handover.order(*it, close_when_received=True),
        "leave": lambda: handover.leave(*it),
        "close": lambda: work.close(*it, reason=CloseReason.DONE),
        "answer": lambda: answer(*it),
    }


def answer(house: House, who: Caller, item_id: int, token: str) -> int:
    text = reply.proposals(house, who, item_id).texts[0]
    values = reply.defaults(house, who, item_id, text.id)
    return reply.order(house, who, item_id, token, Choice(text.id, text.version, values))


def around(at: World) -> dict[str, Deed]:
    """What others may do about the first item."""
    house = at.house
    return {
        "undo": lambda: undo.take_back(house, ME, 1),
        "take it": lambda: work.claim_item(house, SHE, 1),
        "take it again": lambda: work.claim_item(house, ME, 1),
        "free": lambda: holding.free(house, LEAD, 1),
        "replay all": lambda: dead_letters.replay_all(house, ADMIN),
        "keep order": lambda: back_to_the_line(at),
        "moved by hand": lambda: moved_by_hand(at),
        "marked done": lambda: marked(at, DONE),
        "marked late": lambda: marked(at, LATE),
        "taken out": lambda: taken_out(at),
    }


def back_to_the_line(at: World) -> None:
    """The first of the deeds of which keeping order is made."""
    with at.house.db.write() as tx:
        holding.back_to_the_line(at.house, tx, now=at.house.clock())


def moved_by_hand(at: World) -> None:
    with at.house.db.write() as tx:
        leases.hold(tx, at.lease, now=at.house.clock())
        outlook_correction.moved(at.house, tx, 1, folder="431 Hanau/AU")


def marked(at: World, mark: str) -> None:
    change = marks_read._Change(1, (mark,), (), None)
    marks_read._take(at.house, BOX, at.lease, change)


def taken_out(at: World) -> None:
    with at.house.db.write() as tx:
        leases.hold(tx, at.lease, now=at.house.clock())
        ledger.take_out(tx, 1, now=at.house.clock())
