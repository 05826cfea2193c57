"""States of a house, and the deeds that may meet in each: `STATES`.

    python -m tests.triage.interleaved_states [the name of a state ...]

runs all pairs of a state in every interleaving (interleaving.py), some minutes each. The pairs that
matter most are run by test_triage_interleaved.py each time.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Final

import structlog

from rules import sent_id
from rules.postbox import Place
from rules.reply_policy import MAX_REPLIES_A_DAY
from store.mails import verdicts
from store.mails.verdicts import NewVerdict
from store.sending import outgoing
from store.upkeep import migrate
from tests import one_sorter
from tests.house_fixture import ADMIN, eml
from tests.rules.ruleset_samples import HEAD, rule
from tests.rules.text_samples import typed
from tests.servers.postgres import PostgresServer
from tests.triage import rights_office
from tests.triage.interleaved_world import (
    DONE,
    LEAD,
    ME,
    OTHER,
    OWN,
    REASON,
    SHE,
    Letters,
    Papers,
    Refusing,
    World,
    answer,
    around,
    back_to_the_line,
    desk,
    marked,
    moved_by_hand,
    taken_out,
    world,
)
from tests.triage.interleaving import Deed
from tests.triage.rights_office import ANNA, BERT, BOX
from tests.triage.test_triage_returned import report
from triage import aside, handover, receive, reconcile, rounds, send, work
from triage.desk import holding, undo
from triage.rights import decisions as rights
from triage.rulesets import drafts, rollback
from triage.send import Outlets
from triage.sending import again, dead_letters
from triage.sweep import orders as sweep_orders
from triage.sweep import run as sweep_run
from triage.texts import life as text_life
from triage.texts.life import Seen


def waiting(at: World) -> dict[str, Deed]:
    at.mail(eml("Krankmeldung", OWN), eml("Termin"))
    return around(at)


def overdue(at: World) -> dict[str, Deed]:
    """The lease of the first item is over, and the day has come for the second one that is parked.

    Nobody has put them back yet.
    """
    at.mail(eml("Krankmeldung", OWN), eml("Termin"))
    first, second = at.claim(), at.claim()
    work.park(at.house, ME, second.item_id, second.token, until=1, reason=REASON)
    at.house.clock.forward(days=2)
    return {
        "undo": lambda: undo.take_back(at.house, ME, second.item_id),
        "take it": lambda: work.claim_item(at.house, SHE, first.item_id),
        "take it again": lambda: work.claim_item(at.house, ME, first.item_id),
        "free": lambda: holding.free(at.house, LEAD, second.item_id),
        "free it": lambda: holding.free(at.house, LEAD, first.item_id),
        "keep order": lambda: back_to_the_line(at),
        "moved by hand": lambda: moved_by_hand(at),
        "marked done": lambda: marked(at, DONE),
        "release": lambda: work.release(at.house, ME, first.item_id, first.token),
    }


def moved_in_outlook(at: World) -> dict[str, Deed]:
    return _moved_by_a_person(at, "431 Hanau/AU", "other number")


def back_in_the_inbox(at: World) -> dict[str, Deed]:
    return _moved_by_a_person(at, "INBOX", "renew")


def back_before_it_was_filed(at: World) -> dict[str, Deed]:
    return _moved_by_a_person(at, "INBOX", "other number")


def _moved_by_a_person(at: World, to: str, before: str) -> dict[str, Deed]:
    """A clerk holds it and has done that; then a person moved it."""
    at.mail(eml("Krankmeldung", OWN))
    claim = at.claim()
    deeds = desk(at.house, claim)
    deeds[before]()
    (uid,) = at.box.view("435 Kassel/AU").uids
    at.box.ensure_folder(to)
    at.box.move(Place("435 Kassel/AU", at.box.view("435 Kassel/AU").epoch, uid), to)
    met = ("forward", "give back", "no money", "release", "park", "hand over")
    look = {
        "look": lambda: reconcile.reconcile(at.house, at.box, at.lease),
        "read": lambda: receive.receive(at.house, at.box, at.lease, region="Südwest"),
    }
    return look | {name: deeds[name] for name in met}


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
        "replay": lambda: dead_letters.replay(at.house, ADMIN, 1),
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
        "it left": lambda: send.deliver(at.house, Outlets(Papers(), Letters()), row),
        "it is refused": lambda: send.deliver(at.house, Outlets(Refusing(), Letters()), row),
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
        "delete": lambda: sweep_run.one_round(at.house, Outlets(Papers(), Letters()), "w-1"),
    }
    return {name: deeds[name] for name in ("came back", "send again", "undo")} | deletion


def set_aside(at: World) -> dict[str, Deed]:
    at.mail(eml("Abwesend", Auto_Submitted="auto-replied"))
    return {
        "replay": lambda: aside.replay(at.house, ADMIN, 1),
        "replay all": lambda: aside.replay_all(at.house, ADMIN),
        "take in": lambda: aside.take_in(at.house, ADMIN, 1),
        "taken out": lambda: taken_out(at),
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


UNDER_ONE_LEASE: Final = frozenset({"delete", "read", "look"})
"""Deeds of workers that never meet: who has no lease does nothing."""

STATES: Final[Mapping[str, Callable[[World], dict[str, Deed]]]] = {
    one.__name__: one
    for one in (
        *(
            waiting,
            overdue,
            moved_in_outlook,
            back_in_the_inbox,
            back_before_it_was_filed,
            held,
            handed_over,
            left_to_the_receipt,
            turned_down,
            two_records,
            leaving,
        ),
        *(answered, closed_answered, same_address, set_aside, double_click),
        *(text, rule_set, rights_plan),
    )
}


def run(server: PostgresServer, template: str, name: str) -> None:
    with world(server, name, template) as at:
        deeds = STATES[name](at)
        at.explorer.remember()
        pairs = [pair for pair in product(deeds, deeds) if not UNDER_ONE_LEASE.issuperset(pair)]
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
