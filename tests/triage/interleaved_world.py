"""States of a house, and the deeds that may meet in each: `STATES`.

    python -m tests.triage.interleaved_world [the name of a state ...]

runs all pairs of a state in every interleaving (interleaving.py), some minutes each. The pairs that
matter most are run by test_triage_interleaved.py each time.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any, Final

import psycopg
import structlog

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules import sent_id
from rules.access import Caller, Permission
from rules.codes import Concern, PaymentRelevant
from rules.errors import Refused
from rules.handover import Receipt
from rules.item import CloseReason
from rules.marks import Effect, MarkBook, MarkRule
from rules.reply_policy import MAX_REPLIES_A_DAY
from store.mails import ledger, verdicts
from store.mails.verdicts import NewVerdict
from store.processes import leases
from store.processes.leases import Lease
from store.sending import outgoing
from store.upkeep import migrate
from tests import one_sorter
from tests.house_fixture import ADMIN, Clock, clerk, eml, open_house, service_center
from tests.rules.ruleset_samples import HEAD, rule
from tests.rules.text_samples import typed
from tests.servers.postgres import PostgresServer
from tests.triage import rights_office
from tests.triage.interleaving import Deed, Explorer
from tests.triage.rights_office import ANNA, BERT, BOX
from tests.triage.test_triage_returned import report
from tests.triage.way import Eakte, Post, bring_in
from triage import admin, aside, handover, outgoing_care, receive, rounds, send, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.desk import holding, undo
from triage.desk.claimed import Claim
from triage.desk.correction import Correction
from triage.house import House, MarksPolicy, PostboxPlan
from triage.marks import outlook_correction
from triage.marks import read as marks_read
from triage.rights import decisions as rights
from triage.rulesets import drafts, rollback
from triage.send import Outlets
from triage.sending import again, receipts
from triage.sweep import orders as sweep_orders
from triage.sweep import run as sweep_run
from triage.texts import life as text_life
from triage.texts.life import Seen

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
        rounds.send_round(self.house, Outlets(outlet or Papers(), Post()), "w-1")

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
        "take the next": lambda: work.claim_next(house, SHE, "435"),
        "free": lambda: holding.free(house, LEAD, 1),
        "replay all": lambda: outgoing_care.replay_all(house, ADMIN),
        "keep order": lambda: rounds.keep_order(house, "w-1"),
        "moved by hand": lambda: _moved(at),
        "marked done": lambda: _marked(at, DONE),
        "marked late": lambda: _marked(at, LATE),
        "taken out": lambda: _taken_out(at),
    }


def _moved(at: World) -> None:
    with at.house.db.write() as tx:
        leases.hold(tx, at.lease, now=at.house.clock())
        outlook_correction.moved(at.house, tx, 1, folder="431 Hanau/AU")


def _marked(at: World, mark: str) -> None:
    change = marks_read._Change(1, (mark,), (), None)
    marks_read._take(at.house, BOX, at.lease, change)


def _taken_out(at: World) -> None:
    with at.house.db.write() as tx:
        leases.hold(tx, at.lease, now=at.house.clock())
        ledger.take_out(tx, 1, now=at.house.clock())


def waiting(at: World) -> dict[str, Deed]:
    at.mail(eml("Krankmeldung", OWN), eml("Termin"))
    return around(at)


def held(at: World) -> dict[str, Deed]:
    at.mail(eml("Krankmeldung", OWN), eml("Termin"))
    return desk(at.house, at.claim()) | around(at)


def handed_over(at: World) -> dict[str, Deed]:
    """A clerk holds it; the package lies in the eAkte, which has answered."""
    at.mail(eml("Krankmeldung", OWN))
    claim = at.claim()
    handover.order(at.house, ME, claim.item_id, claim.token)
    at.leave()
    return desk(at.house, claim) | around(at) | _answered(at)


def left_to_the_receipt(at: World) -> dict[str, Deed]:
    at.mail(eml("Krankmeldung", OWN))
    claim = at.claim()
    handover.order(at.house, ME, claim.item_id, claim.token, close_when_received=True)
    at.leave()
    return around(at) | _answered(at)


def _answered(at: World) -> dict[str, Deed]:
    return {
        "receipt": at.receipt(0),
        "rejection": at.receipt(0, accepted=False),
        "send again": lambda: again.send_again(at.house, ADMIN, 1, reason=REASON),
        "replay": lambda: admin.outgoing_replay(at.house, ADMIN, 1),
    }


def turned_down(at: World) -> dict[str, Deed]:
    """A clerk holds it; the package was refused for good."""
    at.mail(eml("Krankmeldung", OWN))
    claim = at.claim()
    handover.order(at.house, ME, claim.item_id, claim.token)
    at.leave(Refusing())
    return desk(at.house, claim) | around(at) | _answered(at)


def two_records(at: World) -> dict[str, Deed]:
    """Handed over to the records of two customers, both answer."""
    at.mail(eml("Krankmeldung"))
    with at.house.db.write() as tx:
        latest = verdicts.latest(tx, 1)
        assert latest is not None
        facts = latest.body["facts"] | {"kundennummer": None, "kundennummern": [OWN, OTHER]}
        said = NewVerdict(1, "machine", "m-1", latest.body | {"facts": facts})
        verdicts.add(tx, said, now=at.house.clock())
    claim = at.claim()
    it = (at.house, ME, claim.item_id, claim.token)
    handover.order(*it, numbers=[OWN, OTHER], close_when_received=True)
    at.leave()
    return {
        "receipt": at.receipt(0),
        "rejection": at.receipt(0, accepted=False),
        "other receipt": at.receipt(1, number=OTHER),
        "other rejection": at.receipt(1, number=OTHER, accepted=False),
    }


def leaving(at: World) -> dict[str, Deed]:
    """A worker has the hand-over in his hands."""
    at.mail(eml("Krankmeldung", OWN))
    claim = at.claim()
    handover.order(at.house, ME, claim.item_id, claim.token)
    row = send.claim_due(at.house, ("eakte",), worker="w-1")
    assert row is not None
    sending = {
        "it left": lambda: send.deliver(at.house, Outlets(Papers(), Post()), row),
        "it is refused": lambda: send.deliver(at.house, Outlets(Refusing(), Post()), row),
    }
    return desk(at.house, claim) | sending | _answered(at) | {"free": around(at)["free"]}


def answered(at: World) -> dict[str, Deed]:
    """An answer has left, its report is kept; the clerk holds the item still."""
    at.mail(eml("Termin"))
    claim = at.claim()
    row = answer(at.house, ME, claim.item_id, claim.token)
    at.leave()
    with at.house.db.read() as tx:
        about = sent_id.of(row, outgoing.get(tx, row).idempotency_key)
    at.box.append("INBOX", report(about))
    receive.receive(at.house, at.box, at.lease, region="Südwest")
    came_back = {"came back": lambda: rounds.sort_guarded(at.house, 2)}
    deeds = desk(at.house, claim) | around(at)
    met = (
        "answer",
        "close",
        "release",
        "park",
        "no money",
        "take it",
        "free",
        "undo",
        "keep order",
    )
    return came_back | _answered(at) | {name: deeds[name] for name in met}


def closed_answered(at: World) -> dict[str, Deed]:
    """The same after the clerk has closed it, and after its period is over."""
    deeds = answered(at)
    deeds["close"]()
    at.house.clock.forward(days=200)
    found = sweep_orders.preview(at.house, ADMIN)
    sweep_orders.order(at.house, ADMIN, hash_=found.hash)
    deletion = {
        "delete": lambda: sweep_run.one_round(at.house, Outlets(Papers(), Post()), "w-1"),
    }
    return {name: deeds[name] for name in ("came back", "send again", "undo")} | deletion


def set_aside(at: World) -> dict[str, Deed]:
    at.mail(eml("Abwesend", Auto_Submitted="auto-replied"))
    return {
        "replay": lambda: aside.replay(at.house, ADMIN, 1),
        "replay all": lambda: aside.replay_all(at.house, ADMIN),
        "take in": lambda: aside.take_in(at.house, ADMIN, 1),
        "taken out": lambda: _taken_out(at),
        "sort": lambda: one_sorter.sort_pending(at.house),
    }


def double_click(at: World) -> dict[str, Deed]:
    """She may hold two, and holds one."""
    at.mail(eml("Termin 1"), eml("Termin 2"), eml("Termin 3"))
    at.claim()
    return {
        "next": lambda: work.claim_next(at.house, ME, "435"),
        "that one": lambda: work.claim_item(at.house, ME, 3),
        "hers again": lambda: work.claim_item(at.house, ME, 1),
    }


def same_address(at: World) -> dict[str, Deed]:
    """One more answer may go there today, and two clerks write one."""
    at.mail(*(eml(f"Termin {n}") for n in range(MAX_REPLIES_A_DAY + 1)))
    house = replace(at.house, policy=replace(at.house.policy, open_claims=None))
    claims = [work.claim_next(house, ME, "435") for _ in range(MAX_REPLIES_A_DAY + 1)]
    given = [(house, ME, claim.item_id, claim.token) for claim in claims if claim]
    for it in given[2:]:
        answer(*it)
    return {"answer": lambda: answer(*given[0]), "other answer": lambda: answer(*given[1])}


def text(at: World) -> dict[str, Deed]:
    name, anna, berta = "termin.neu", replace(ADMIN, name="anna"), replace(ADMIN, name="berta")
    text_life.draft(at.house, anna, name, typed())
    text_life.submit(at.house, anna, name, 1)
    return {
        "approve": lambda: text_life.approve(at.house, berta, name, 1, seen=Seen()),
        "withdraw": lambda: text_life.withdraw(at.house, anna, name, 1),
        "turn down": lambda: text_life.turn_down(at.house, berta, name, 1, reason=REASON),
        "retire": lambda: text_life.retire(at.house, berta, name, 1, reason=REASON),
        "draft": lambda: text_life.draft(at.house, anna, name, typed()),
        "save": lambda: text_life.save(
            at.house, berta, name, 1, typed=typed(titel="Neu"), seen=Seen(edition=1)
        ),
    }


def rule_set(at: World) -> dict[str, Deed]:
    writer = replace(ADMIN, name="writer")

    def words(n: int) -> str:
        return HEAD + rule('betreff = "Umschulung"', 'thema = "beratung"', rule_id=f"r{n}")

    for n in (1, 2):
        saved, _ = drafts.save(at.house, writer, words(n))
        drafts.activate(at.house, ADMIN, saved.set_id, saved.version)
        at.house.clock.forward(minutes=1)
    saved, _ = drafts.save(at.house, writer, words(3))
    other = replace(ADMIN, name="other")
    return {
        "activate": lambda: drafts.activate(at.house, ADMIN, saved.set_id, saved.version),
        "activate too": lambda: drafts.activate(at.house, other, saved.set_id, saved.version),
        "roll back": lambda: rollback.rollback(at.house, ADMIN, ""),
        "roll back too": lambda: rollback.rollback(at.house, other, ""),
        "save": lambda: drafts.save(at.house, writer, words(4)),
    }


def rights_plan(at: World) -> dict[str, Deed]:
    """One is proposed, by Anna."""
    office = rights_office.make_office(at.house, at.folder / "rights", rights_office.DEFECTS)
    office.look()
    house, plan = office.house, rights.propose(office.house, ANNA, BOX)
    key = rights.standing(house, ANNA, BOX).open[0].key
    until = house.local_now().date() + timedelta(days=30)
    return {
        "propose": lambda: rights.propose(house, ANNA, BOX),
        "propose too": lambda: rights.propose(house, BERT, BOX),
        "approve": lambda: rights.approve(house, BERT, plan),
        "reject": lambda: rights.reject(house, BERT, plan, reason=REASON),
        "keep": lambda: rights.keep(house, ANNA, BOX, key, reason=REASON, until=until),
        "order": lambda: rights.order(house, BERT, BOX, "audit"),
        "order too": lambda: rights.order(house, ANNA, BOX, "audit"),
    }


STATES: Final[Mapping[str, Callable[[World], dict[str, Deed]]]] = {
    one.__name__: one
    for one in (
        *(waiting, held, handed_over, left_to_the_receipt, turned_down, two_records, leaving),
        *(answered, closed_answered, same_address, set_aside, double_click),
        *(text, rule_set, rights_plan),
    )
}


def run(server: PostgresServer, template: str, name: str) -> None:
    with world(server, name, template) as at:
        deeds = STATES[name](at)
        at.explorer.remember()
        pairs = list(product(deeds, deeds))
        number, faults = 0, 0
        for first, second in pairs:
            found = at.explorer.explore(deeds, first, second)
            number, faults = number + found.number, faults + len(found.faults)
            for one in found.faults:
                print(f"{name}: {first} | {second}\n{one}", flush=True)
        print(f"{name}: {len(pairs)} pairs, {number} interleavings, {faults} faults", flush=True)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with PostgresServer() as server:
        migrate.upgrade(server.create("template"))
        for name in sys.argv[1:] or STATES:
            run(server, "template", name)


if __name__ == "__main__":
    main()
