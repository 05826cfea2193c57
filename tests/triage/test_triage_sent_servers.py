"""The copy of a sent answer on a real IMAP server and our Exchange double: laid once, deleted."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256

import pytest

from ingest.exchange.postbox import ExchangePostbox
from ingest.exchange.wire import ExchangeAccount
from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from rules.item import CloseReason
from rules.retention import HOUSE_RETENTION
from store.acts import sent_copies
from store.processes import leases
from store.sending import outgoing
from store.trail import audit
from tests.house_fixture import ADMIN, clerk, eml
from tests.servers.dovecot import DovecotServer
from tests.servers.exchange import ExchangeServer
from tests.triage import test_triage_draft_reply as drafts
from tests.triage.test_triage_returned import about, answer
from tests.triage.way import Eakte, Post, bring_in
from triage import rounds, send, work
from triage.answers import draft_reply, sent_copy
from triage.house import PostboxPlan
from triage.ports import Postbox
from triage.sweep import copies as sweep_copies
from triage.sweep import orders as sweep
from triage.sweep import proof as sweep_proof
from triage.sweep import run as sweep_run

ME = clerk("435")
NAME = "SC-Südwest"
SENT = "Gesendet"


@pytest.fixture
def url(sqlite_url):
    """One engine: what differs here is the server."""
    return sqlite_url


@pytest.fixture
def imap() -> Iterator[Postbox]:
    with DovecotServer(users=("nord",)) as server:
        account = ImapAccount(
            "localhost",
            server.imaps_port,
            "nord",
            server.password,
            ca_file=server.ca_file,
            timeout_seconds=20,
        )
        box = ImapPostbox(NAME, account, purpose="file", size_limit_bytes=1_000_000)
        yield box
        box.close()


@pytest.fixture
def exchange() -> Iterator[Postbox]:
    with ExchangeServer({"dienst": "geheim"}) as server:
        address = "nord@dienst.example"
        server.add_mailbox(address, readers={"dienst"})
        account = ExchangeAccount(
            server.url, address, "dienst", "geheim", auth="basic", ca_file=server.ca_file
        )
        box = ExchangePostbox(NAME, account, size_limit_bytes=1_000_000)
        box.server = server
        yield box
        box.close()
        assert server.violations == []


@pytest.fixture(params=["imap", "exchange"])
def box(request) -> Postbox:
    return request.getfixturevalue(request.param)


@pytest.fixture
def house(house):
    plan = PostboxPlan(NAME, "Südwest", is_observed=False, is_swept=True)
    policy = replace(house.policy, sent_folder=SENT, postboxes=(plan,))
    return replace(house, policy=policy)


class Cut:
    """The postbox, whose answer to APPEND is lost."""

    def __init__(self, box):
        self.box, self.name = box, box.name

    def __getattr__(self, name):
        return getattr(self.box, name)

    def append(self, *args):
        self.box.append(*args)
        raise ConnectionResetError


def held(house, clock):
    """The postbox, after its lease and the grace time ran out."""
    clock.forward(seconds=100_000)
    with house.db.write() as tx:
        found = leases.take(tx, f"postbox:{NAME}", owner="w-2", now=clock(), seconds=10**8)
    assert found is not None
    return found


def test_a_copy_is_laid_once_though_cut_and_leaves_with_its_mail(house, box, lease, clock):
    bring_in(house, box, lease, eml("Termin am Montag"))
    claim = work.claim_next(house, ME, "435")
    row = answer(house, claim)
    outlets = send.Outlets(eakte=Eakte(), mail=Post())
    rounds.send_round(house, outlets, "w-1")
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.ANSWERED)
    box.ensure_folder(SENT)
    box.append(SENT, eml("Von Hand gesendet"))
    with pytest.raises(ConnectionResetError):
        sent_copy.lay_due(house, Cut(box), lease)
    again = held(house, clock)
    sent_copy.lay_due(house, box, again)
    view = box.view(SENT)
    assert len(view.uids) == 2
    (ours,) = [
        one
        for one in box.fetch(SENT, view.epoch, view.uids)
        if about(house, row).encode() in one.data
    ]
    assert outlets.mail.sent[0][1] == ours.data, "word for word what left"
    with house.db.read() as tx:
        assert sent_copies.of_row(tx, row).done_at is not None
        assert outgoing.get(tx, row).sent_at is not None
    deleted(house, box, again, clock)
    view = box.view(SENT)
    (left,) = box.fetch(SENT, view.epoch, view.uids)
    assert b"Von Hand gesendet" in left.data


def test_a_draft_of_an_approved_text_leaves_and_one_of_own_words_stays(house, box, lease):
    taking = replace(house, policy=replace(house.policy, drafts_folder=drafts.FOLDER))
    bring_in(taking, box, lease, eml("Termin am Montag", "Ich kann nicht."))
    assert draft_reply.look(taking, box, lease) == 0, "the folder is made"
    for body in (drafts.letter(taking, 1), "Hallo Alex, komm einfach vorbei!"):
        box.append(drafts.FOLDER, drafts.draft(body))
    assert draft_reply.look(taking, box, lease) == 1
    outlets = send.Outlets(eakte=Eakte(), mail=Post())
    rounds.send_round(taking, outlets, "w-1")
    assert len(outlets.mail.sent) == 1
    for _ in range(2):
        draft_reply.look(taking, box, lease)
    view = box.view(drafts.FOLDER)
    (left,) = box.fetch(drafts.FOLDER, view.epoch, view.uids)
    assert b"komm einfach vorbei" in left.data
    assert drafts.codes(taking) == [("refused", "draft.no_text")]


def test_a_draft_whose_mime_is_made_anew_each_time_is_one_draft(house, exchange, lease, clock):
    """Other order of headers, another boundary: it says what it said, and nobody changed it."""
    taking = replace(house, policy=replace(house.policy, drafts_folder=drafts.FOLDER))
    bring_in(taking, exchange, lease, eml("Termin am Montag", "Ich kann nicht."))
    exchange.ensure_folder(drafts.FOLDER)
    for body in (drafts.letter(taking, 1), "Hallo Alex, komm einfach vorbei!"):
        exchange.append(drafts.FOLDER, drafts.draft(body, two_parts=True))
    for item in exchange.server.mailboxes["nord@dienst.example"].items.values():
        item.renderings = 0
    assert draft_reply.look(taking, exchange, lease) == 1
    clock.forward(seconds=400)
    assert draft_reply.look(taking, exchange, lease) == 0
    outlets = send.Outlets(eakte=Eakte(), mail=Post())
    rounds.send_round(taking, outlets, "w-1")
    assert len(outlets.mail.sent) == 1
    for _ in range(3):
        clock.forward(seconds=400)
        assert draft_reply.look(taking, exchange, lease) == 0
    view = exchange.view(drafts.FOLDER)
    (left,) = exchange.fetch(drafts.FOLDER, view.epoch, view.uids)
    assert b"komm einfach vorbei" in left.data
    assert drafts.codes(taking) == [("refused", "draft.no_text")]
    with house.db.read() as tx:
        told = [one.action for one in audit.of_subject(tx, "message:1")]
    assert told.count("draft.refused") == 1, "told once, not at each look"


def test_a_draft_that_a_person_changed_meanwhile_stays_though_it_is_made_anew(
    house, exchange, lease
):
    exchange.ensure_folder(drafts.FOLDER)
    place = exchange.append(drafts.FOLDER, drafts.draft("Guten Tag", two_parts=True))
    (item,) = exchange.server.mailboxes["nord@dienst.example"].items.values()
    item.renderings = 0
    (first,) = exchange.fetch(place.folder, place.epoch, (place.uid,))
    exchange.server.mailboxes["nord@dienst.example"].touch(item)
    assert not exchange.remove(place, sha256(first.data).hexdigest())
    (second,) = exchange.fetch(place.folder, place.epoch, (place.uid,))
    assert first.data != second.data
    assert not exchange.remove(place, sha256(b"of another").hexdigest())
    (third,) = exchange.fetch(place.folder, place.epoch, (place.uid,))
    assert exchange.remove(place, sha256(third.data).hexdigest())


def deleted(house, box, lease, clock):
    clock.forward(days=HOUSE_RETENTION.done.days + 1)
    number = sweep.order(house, ADMIN, hash_=sweep.preview(house, ADMIN).hash)

    class Nothing(Post):
        def discard(self, answer):
            return False

    sweep_run.run(house, send.Outlets(eakte=Eakte(), mail=Nothing()), "cli", number)
    assert sweep_copies.from_postbox(house, box, lease) == 1
    ended = {(one.kind, one.state) for one in sweep_proof.proof(house, ADMIN, number).outside}
    assert ("copy", "done") in ended
