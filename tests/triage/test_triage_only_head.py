"""A mail over the size limit: its head is routed, its body stays, and nobody claims to know it."""

from dataclasses import replace

import pytest

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.codes import Concern, PaymentRelevant
from rules.errors import Refused
from rules.item import CloseReason, EakteState
from rules.ledger import LedgerState, OpState
from rules.postbox import MIME_BROKEN, TOO_LARGE, Place, TooLarge
from rules.tasks import Said, TaskKind
from store.desk import items
from store.mails import aside as aside_rows
from store.mails import keeping, ledger, originals
from store.processes import leases
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, clerk, eml
from tests.store.samples import act_counts
from tests.triage.test_triage_filing import Refusing
from tests.triage.way import Eakte, Post, bring_in, states
from triage import (
    accept,
    aside,
    handover,
    person,
    receive,
    rounds,
    send,
    tasks,
    work,
)
from triage.answers import reply
from triage.answers.reply import Choice
from triage.desk import attachments, item_view, story
from triage.desk.correction import Correction
from triage.filing import filing
from triage.house import PostboxPlan
from triage.learning import relearn
from triage.sweep import orders as sweep
from triage.sweep import outside as sweep_outside
from triage.sweep import run as sweep_run

ME = clerk("435")
BODY = "x" * 3000
REASON = "Am 23.11. von Hand in die eAkte gelegt."
THERE = "435 Kassel/Sonstiges"


@pytest.fixture
def box(tmp_path):
    """A postbox that gives no mail of more than 2,000 bytes."""
    create_tree(tmp_path / "postbox")
    return MaildirPostbox("SC-Südwest", tmp_path / "postbox", size_limit_bytes=2000)


def large(subject: str = "Unterlagen", text: str = BODY, **more: str) -> bytes:
    return eml(subject, text, **more)


def head_of(mail: bytes) -> bytes:
    return mail[: mail.index(b"\n\n") + 2]


def seen(house):
    return item_view.view(house, ME, 1)


def take(house):
    return work.claim_next(house, ME, "435")


def test_its_head_becomes_an_item_of_the_agency_for_review_its_money_open(house, box, lease):
    bring_in(house, box, lease, large())
    assert states(house) == {"sorted": 1}
    view = seen(house)
    assert (view.item.agency_code, view.item.folder) == ("435", THERE)
    assert (view.item.review, view.item.payment) == (True, "open")
    assert view.item.eakte is EakteState.OWED
    assert view.verdict["review_because"] == [TOO_LARGE]
    assert view.verdict["payment_because"] == ["message: only_head"]
    assert view.verdict["defects"] == view.message.defects == [TOO_LARGE]
    assert (box.view("INBOX").uids, len(box.view(THERE).uids)) == ((), 1)


def test_nothing_but_the_head_is_kept_and_nothing_is_fetched_again(house, box, lease, monkeypatch):
    mail = large()
    bring_in(house, box, lease, mail)
    with house.db.read() as tx:
        row = ledger.message(tx, 1)
        assert ledger.original(tx, 1) == head_of(mail)
        assert row.size_bytes == len(mail)
    asked: list[tuple[str, ...]] = []
    fetch = MaildirPostbox.fetch
    monkeypatch.setattr(
        MaildirPostbox,
        "fetch",
        lambda self, f, e, uids: asked.append(uids) or fetch(self, f, e, uids),
    )
    assert receive.receive(house, box, lease, region="Südwest").kept == 0
    assert [uids for uids in asked if uids] == []


def test_what_moves_money_by_its_subject_moves_money(house, box, lease):
    bring_in(house, box, lease, large("Krankmeldung"))
    view = seen(house)
    assert (view.item.payment, view.item.folder) == ("yes", "435 Kassel/AU")


def test_the_place_is_looked_for_in_the_subject(house, box, lease):
    bring_in(house, box, lease, large("Unterlagen, 34117 Kassel", to="wer@post.example"))
    assert seen(house).verdict["agency"]["how"] == "plz"
    assert len(box.view(THERE).uids) == 1


def test_without_any_hint_it_goes_to_the_clearing(house, box, lease):
    bring_in(house, box, lease, large(to="wer@post.example"))
    assert states(house) == {"sorted": 1}
    assert len(box.view("Klärung").uids) == 1


def test_a_machine_that_its_head_names_is_set_aside_as_one(house, box, lease):
    bring_in(house, box, lease, large("Abwesend", Auto_Submitted="auto-replied"))
    assert states(house) == {"aside": 1}
    number = aside.take_in(house, ADMIN, 1)
    with house.db.read() as tx:
        item = items.get(tx, number)
    assert (item.review, item.payment) == (True, "open")
    assert item_view.view(house, ME, number).only_head is not None


def test_the_desk_says_where_the_mail_lies_and_how_large_it_is(house, box, lease):
    mail = large()
    bring_in(house, box, lease, mail)
    found = seen(house).only_head
    assert found is not None
    assert (found.reason, found.size_bytes) == (TOO_LARGE, len(mail))
    assert (found.postbox, found.folder) == ("SC-Südwest", THERE)
    assert accept.mail(house, MACHINE, 1).only_head == TOO_LARGE


def test_a_whole_mail_says_nothing_of_a_head(house, box, lease):
    bring_in(house, box, lease, eml("Unterlagen"))
    assert seen(house).only_head is None
    assert accept.mail(house, MACHINE, 1).only_head == ""


def test_the_hand_over_is_refused_and_a_written_reason_opens_the_way(house, box, lease):
    bring_in(house, box, lease, large())
    claim = take(house)
    with pytest.raises(Refused) as refused:
        work.close(house, ME, 1, claim.token, reason=CloseReason.DONE)
    assert refused.value.code == "item.receipt_missing"
    with pytest.raises(Refused) as refused:
        handover.order(house, ME, 1, claim.token)
    assert refused.value.code == "mail.head_only"
    handover.waive(house, ME, 1, claim.token, reason=REASON)
    work.close(house, ME, 1, claim.token, reason=CloseReason.DONE)
    assert states(house) == {"done": 1}
    told = [step.text for step in seen(house).story]
    assert story.OF_A_HEAD["eakte.waived"] in told
    assert story.OF_A_HEAD["mail.kept"] in told


def test_a_task_that_carries_the_mail_and_its_attachments_are_refused(house, box, lease):
    attached = large().replace(b"text/plain", b'application/pdf; name="scan.pdf"')
    bring_in(house, box, lease, attached)
    claim = take(house)
    with pytest.raises(Refused) as refused:
        tasks.order(house, ME, 1, claim.token, kind=TaskKind.JOBCENTER, said=Said())
    assert refused.value.code == "mail.head_only"
    assert seen(house).mail.attachments == ()
    with pytest.raises(Refused) as refused:
        attachments.read(house, ME, 1, 1)
    assert refused.value.code == "mail.head_only"


def test_a_mail_known_by_its_head_alone_can_be_answered(house, box, lease):
    bring_in(house, box, lease, large("Termin"))
    claim, post = take(house), Post()
    text = reply.proposals(house, ME, 1).texts[0]
    values = reply.defaults(house, ME, 1, text.id)
    reply.order(house, ME, 1, claim.token, Choice(text.id, text.version, values))
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    ((recipient, data),) = post.sent
    assert recipient == "alex@post.example"
    assert b"<same@post.example>" in data


def in_doubt(house, box, lease) -> None:
    """Its move was carried out, and nobody said so."""
    filing.file_due(house, Refusing(box, "no proof"), lease)


@pytest.fixture
def sorted_head(house, box, lease):
    box.append("INBOX", large())
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)


def op_state(house) -> OpState:
    with house.db.read() as tx:
        (state,) = (state for state, number in act_counts(tx).items() if number)
    return state


def test_a_move_in_doubt_is_proven_by_head_and_size(house, box, lease, clock, sorted_head):
    in_doubt(house, box, lease)
    clock.forward(seconds=31)
    assert filing.file_due(house, box, lease) == filing.Filed(done=1)
    assert op_state(house) is OpState.DONE


def test_an_equal_head_over_another_body_proves_nothing(house, box, lease, clock, sorted_head):
    in_doubt(house, box, lease)
    (uid,) = box.view(THERE).uids
    box.move(Place(THERE, "maildir", uid), "INBOX")
    (source,) = box.view("INBOX").uids
    found = next(box.fetch("INBOX", "maildir", (source,)))
    assert isinstance(found, TooLarge)
    box.remove(found.place, originals.fingerprint(found.head))
    box.append(THERE, large(text=BODY + "y"))
    clock.forward(seconds=31)
    filing.file_due(house, box, lease)
    assert op_state(house) is OpState.LOST


@pytest.mark.parametrize("reason", [TOO_LARGE, MIME_BROKEN])
def test_one_that_an_older_version_set_aside_becomes_an_item_by_replay(house, box, lease, reason):
    now, mail = house.clock(), large()
    place = Place("INBOX", "maildir", box.append("INBOX", mail).uid)
    with house.db.write() as tx:
        kept = keeping.keep(
            tx,
            keeping.Arrival(
                head_of(mail), now, "postbox", box.name, "Südwest", place, size_bytes=len(mail)
            ),
            now=now,
            lease=lease,
        )
        ledger.set_state(tx, kept.message_id, LedgerState.ASIDE, reason=reason, now=now)
        aside_rows.put(tx, kept.message_id, step="receive", reason_code=reason, detail="", now=now)
    aside.replay(house, ADMIN, kept.message_id)
    one_sorter.sort_pending(house)
    filing.file_due(house, box, lease)
    assert seen(house).verdict["review_because"] == [reason]
    assert seen(house).only_head.reason == reason
    assert len(box.view(THERE).uids) == 1


def test_one_that_an_older_version_took_in_is_known_by_its_size(house, box, lease):
    bring_in(house, box, lease, large())
    with house.db.write() as tx:
        ledger.describe(tx, 1, sender="", subject="", message_id_header="", defects=())
    assert seen(house).only_head.reason == TOO_LARGE
    claim = take(house)
    with pytest.raises(Refused) as refused:
        handover.order(house, ME, 1, claim.token)
    assert refused.value.code == "mail.head_only"


def test_what_people_saw_in_its_body_teaches_nothing(house, box, lease, tmp_path):
    bring_in(house, box, lease, large())
    claim = take(house)
    said = Correction((Concern.ANSCHRIFT_NAME,), PaymentRelevant.YES)
    work.correct(house, ME, 1, claim.token, said)
    relearn.confirm(house, ADMIN, 1)
    done = relearn.export(house, ADMIN, tmp_path / "out.jsonl")
    assert (done.confirmed, done.left_out) == (0, 1)


def test_after_its_period_the_head_is_deleted_and_the_mail_leaves_the_postbox(
    house, box, lease, clock
):
    plan = PostboxPlan(box.name, "Südwest", is_observed=False, is_swept=True)
    house = replace(house, policy=replace(house.policy, postboxes=(plan,)))
    bring_in(house, box, lease, large())
    claim = take(house)
    handover.waive(house, ME, 1, claim.token, reason=REASON)
    work.close(house, ME, 1, claim.token, reason=CloseReason.DONE)
    clock.forward(days=200)
    number = sweep.order(house, ADMIN, hash_=sweep.preview(house, ADMIN).hash)
    sweep_run.run(house, send.Outlets(eakte=Eakte(), mail=Post()), "cli", number)
    assert states(house) == {"deleted": 1}
    with house.db.write() as tx:
        lease = leases.renew(tx, lease, now=clock(), seconds=3600)
    sweep_outside.from_postbox(house, box, lease)
    assert box.view(THERE).uids == ()


def test_whoever_asks_for_her_data_is_told_that_the_rest_lies_in_the_postbox(
    house, box, lease, tmp_path
):
    bring_in(house, box, lease, large())
    out = tmp_path / "auskunft"
    person.export(
        house, ADMIN, person.named(address="alex@post.example"), folder=out, reference="A-1"
    )
    assert "Nur der Kopf" in (out / "uebersicht.txt").read_text(encoding="utf-8")


def test_the_trail_says_what_came(house, box, lease):
    mail = large()
    bring_in(house, box, lease, mail)
    with house.db.read() as tx:
        (kept,) = (e for e in audit.of_subject(tx, "message:1") if e.action == "mail.kept")
    assert (kept.details["only_head"], kept.details["size_bytes"]) == (TOO_LARGE, len(mail))
