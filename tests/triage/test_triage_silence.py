"""Promise 8: the whole way on sample mails, by clerks, machines and admins, and nothing of a mail
is told to the log, the metrics or the trail. The judge is the real one; some outlets break.
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import timedelta

import pytest

from api.app import make_app
from classify.corpus import lines as corpus
from classify.corpus.lines import LabelledMail
from ingest.maildir.postbox import MaildirPostbox
from rules.access import Caller
from rules.codes import PaymentRelevant, Role
from rules.errors import HouseError
from rules.item import CloseReason, ItemState
from rules.postbox import Place
from store.desk import item_lists
from store.mails import aside
from store.processes import heartbeats
from store.processes.leases import Lease
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from store.trail import audit
from tests.api.door_client import DoorClient
from tests.api.small_door import door_settings
from tests.house_fixture import MACHINE, WordJudge, eml
from tests.triage.way import Eakte, Post, bring_in
from triage import accept, handover, log, reconcile, rounds, send, wiring, work
from triage.answers import reply
from triage.demo import mails as demo_mails
from triage.desk import item_view
from triage.desk.correction import Correction
from triage.house import House
from triage.settings import Settings
from triage.worker import Worker

COUNT = 50
SECRET = "Kundennummer 123A456789 von Alex Beispiel, alex@post.example"
REASON = f"Die Person schreibt: {SECRET}"
SENTENCE_MIN_CHARS = 20
"""Shorter phrases ("Krankmeldung") are words of the house too."""
SC = Caller("sc-1", Role.CLERK, agencies=None)


class BreakingJudge(WordJudge):
    """Quotes the mail in its exception."""

    def judge(self, mail, *, received_at, mailbox):
        raise ValueError(mail.subject + mail.body.new)


class BreakingEakte(Eakte):
    """Breaks on every third package, quoting it; rejects every second one it took."""

    def deliver(self, package) -> None:
        if package.message_id % 3 == 0:
            raise ValueError(package.original)
        self.accepts = package.message_id % 2 == 0
        super().deliver(package)


class BreakingPost(Post):
    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
        super().send(envelope_from, recipient, data)
        raise ValueError(recipient, data)


def sample() -> tuple[LabelledMail, ...]:
    """Mails of all writers, spread over the corpus."""
    lines = demo_mails.corpus_lines()
    return lines[:: len(lines) // COUNT][:COUNT]


def content_of(line: LabelledMail) -> Iterator[str]:
    """What must not be told: address, numbers, subject, each sentence of some length."""
    yield line.sender
    yield from (number for number in (line.kundennummer, line.iban) if number)
    texts = [line.subject, *re.split(r"[.!?\n]+", line.body)]
    yield from (text.strip() for text in texts if len(text.strip()) >= SENTENCE_MIN_CHARS)


def work_off(house: House) -> int:
    """Every item is read and gets one deed, in turn; the number of deeds that went through."""
    later = house.today() + timedelta(days=2)
    deeds = (
        lambda i, t: handover.order(house, SC, i, t, close_when_received=True),
        lambda i, t: handover.waive(house, SC, i, t, reason=REASON),
        lambda i, t: work.park(house, SC, i, t, until=later, reason=REASON),
        lambda i, t: work.forward(house, SC, i, t, agency_code="435", reason=REASON),
        lambda i, t: work.give_back(house, SC, i, t, reason=REASON),
        lambda i, t: correct(house, i, t),
        lambda i, t: answer(house, i, t),
        lambda i, t: work.close(house, SC, i, t, reason=CloseReason.DONE),
    )
    with house.db.read() as tx:
        rows = item_lists.listing(
            tx,
            agency_codes=None,
            states=[one for one in ItemState if one is not ItemState.CLOSED],
            limit=10 * COUNT,
        )
    done = 0
    for number, row in enumerate(rows):
        claim = work.claim_item(house, SC, row.item.id)
        item_view.view(house, SC, row.item.id)
        with suppress(HouseError):
            deeds[number % len(deeds)](row.item.id, claim.token)
            done += 1
    return done


def correct(house: House, item_id: int, token: str) -> None:
    found = item_view.view(house, SC, item_id).verdict["concerns"]
    concerns = tuple(work.Concern(one["code"]) for one in found)
    said = Correction(concerns, PaymentRelevant.NO, "123A456789", REASON)
    work.correct(house, SC, item_id, token, said)


def answer(house: House, item_id: int, token: str) -> None:
    """An answer whose words were changed, then the approved one."""
    text = next(iter(reply.proposals(house, SC, item_id).texts), None)
    if text is None:
        return
    values = reply.defaults(house, SC, item_id, text.id)
    choice = reply.Choice(text.id, text.version, values, body=SECRET)
    with pytest.raises(HouseError):
        reply.order(house, SC, item_id, token, choice)
    reply.order(house, SC, item_id, token, replace(choice, body=None))


def told_in_database(house: House) -> str:
    """Trail, reasons of what lies aside, beats and error codes: all that admins are shown."""
    with house.db.read() as tx:
        entries = audit.listing(tx, limit=100_000)
        lies = [(row.step, row.reason_code, row.detail) for row in aside.listing(tx, limit=10_000)]
        rows = outgoing.listing(tx, states=set(OutgoingState), limit=10_000)
        shown = [
            [(e.actor, e.action, e.subject, e.details) for e in entries],
            lies,
            [asdict(beat) for beat in heartbeats.all_beats(tx)],
            [(row.error_code, row.answer) for row in rows],
        ]
    return json.dumps(shown, ensure_ascii=False, default=str)


def test_nothing_of_a_mail_is_told_to_log_metrics_or_trail(
    house: House, box: MaildirPostbox, lease: Lease, capsys
):
    log.configure(json_lines=True, level="DEBUG")
    house = replace(house, judging=wiring.build_judging(Settings()))
    lines = sample()
    bring_in(house, box, lease, *(corpus.as_eml(line) for line in lines))
    broken = replace(house, judging=replace(house.judging, judge=BreakingJudge()))
    accept.hand_in(broken, MACHINE, eml("explodiere", SECRET))
    accept.hand_in(house, MACHINE, corpus.as_eml(lines[0]))
    deeds = work_off(house)
    outlets = send.Outlets(BreakingEakte(), BreakingPost())
    for _ in range(3):
        rounds.send_round(house, outlets, "w-1")
    Worker(house, outlets, (), 1.0)._one_round("broken", lambda: 1 // len(SECRET[:0]))
    box.move(box_place(box), "INBOX")
    reconcile.reconcile(house, box, lease)
    rounds.keep_order(house, "w-1")
    metrics = DoorClient(make_app(house, door_settings())).get("/metrics").text
    lines_told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = {
        "log": json.dumps(lines_told, ensure_ascii=False),
        "metrics": metrics,
        "trail": told_in_database(house),
    }
    assert deeds > COUNT // 3, "most deeds went through"
    for event in ("mail.unsortable", "outgoing.broken", "round.broken", "receipt.taken"):
        assert event in told["log"]
    secrets = {text for line in lines for text in content_of(line)}
    secrets |= {SECRET, "alex@post.example", "123A456789"}
    assert len(secrets) > 3 * COUNT
    leaks = {(place, text) for place, words in told.items() for text in secrets if text in words}
    assert leaks == set()


def box_place(box: MaildirPostbox) -> Place:
    """Where one filed mail lies; a person will move it back by hand."""
    view = next(view for f in box.folders() if f != "INBOX" and (view := box.view(f)).uids)
    return Place(view.folder, view.epoch, view.uids[0])
