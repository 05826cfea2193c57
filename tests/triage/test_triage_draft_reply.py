"""An answer that a person lays into a folder of the postbox is an approved text, or stays."""

from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from hashlib import sha256

import pytest
import structlog

from ingest.parse import parse
from rules.errors import Refused, TryLater
from rules.item import CloseReason
from rules.texts.language import Language
from rules.texts.second_text import Second
from store.acts import reply_drafts
from store.desk import items
from store.processes import leases
from store.sending import outgoing
from store.trail import audit
from tests.house_fixture import ADMIN, clerk, eml
from tests.refusals import code_of
from tests.triage.test_triage_text_life import BERTA, WHY
from tests.triage.way import Eakte, Post, bring_in
from triage import rereading, rounds, send, work
from triage.answers import draft_match, draft_reply, reply
from triage.answers.reply_text import Wanted
from triage.desk import item_view
from triage.house import PostboxPlan
from triage.texts import life as text_life

ME = clerk("435")
FOLDER = "Antworten"
SAME = "<same@post.example>"
QUOTED = """

Von: alex@post.example
Gesendet: Montag, 23. November 2026 08:15
An: Kassel
Betreff: Termin am Montag

Ich kann nicht."""
TEXT = "termin.absage_angekommen"


class Crash(BaseException):
    """The worker dies here."""


@pytest.fixture
def house(house):
    return replace(house, policy=replace(house.policy, drafts_folder=FOLDER))


@pytest.fixture
def item(house, box, lease) -> int:
    bring_in(house, box, lease, eml("Termin am Montag", "Ich kann nicht."))
    with house.db.read() as tx:
        return items.of_message(tx, 1).id


def letter(house, item: int, text=TEXT, values=None, second=None) -> str:
    return reply.preview(house, ME, item, Wanted(text, second=second), values or {}).body


def draft(body, *, to="alex@post.example", answers=SAME, two_parts=False, **more: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "kassel@arbeitsagentur.example", to, "AW: Termin"
    mail["Message-ID"] = "<draft@outlook.example>"
    if answers:
        mail["In-Reply-To"] = answers
    for name, value in more.items():
        mail[name] = value
    mail.set_content(body + QUOTED)
    if two_parts:
        lines = (body + QUOTED).replace("\n", "<br>\n")
        mail.add_alternative(f"<p>{lines}</p>", subtype="html")
    return mail.as_bytes()


def lay(house, box, data: bytes) -> None:
    box.ensure_folder(FOLDER)
    box.append(FOLDER, data)


def rows(house):
    with house.db.read() as tx:
        return [row for row in outgoing.of_item(tx, 1) if row.kind == "reply"]


def leave(house) -> Post:
    post = Post()
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    return post


def shown(house, item: int):
    return item_view.view(house, ME, item).drafts


def codes(house) -> list[tuple[str, str]]:
    with house.db.read() as tx:
        return [(one.state, one.code) for one in reply_drafts.of_folder(tx, "SC-Südwest", FOLDER)]


def test_the_approved_words_leave_and_the_draft_goes_when_they_have_left(house, box, lease, item):
    lay(house, box, draft(letter(house, item)))
    assert draft_reply.look(house, box, lease) == 1
    assert draft_reply.look(house, box, lease) == 0
    assert len(box.view(FOLDER).uids) == 1, "it stays until the answer has left"
    post = leave(house)
    ((recipient, data),) = post.sent
    assert recipient == "alex@post.example"
    assert parse(data).subject.startswith("Ihre Nachricht vom ")
    assert b"Ich kann nicht" not in data
    draft_reply.look(house, box, lease)
    assert box.view(FOLDER).uids == ()
    draft_reply.look(house, box, lease)
    assert codes(house) == []
    with house.db.read() as tx:
        trail = [(one.actor, one.action) for one in audit.of_subject(tx, "message:1")]
    assert ("Outlook", "reply.ordered") in trail


def test_what_was_ordered_before_the_backup_goes_as_ordered_after_a_restore(
    house, box, lease, item
):
    assert draft_reply.hold_back(house, box, lease) == 0, "the folder is not there yet"
    lay(house, box, draft(letter(house, item)))
    assert draft_reply.look(house, box, lease) == 1
    lay(house, box, draft(letter(house, item) + " Bis bald."))
    assert draft_reply.look(house, box, lease) == 0
    lay(house, box, draft(letter(house, item), to="Alex@post.example"))
    assert draft_reply.hold_back(house, box, lease) == 2
    held = ("refused", "draft.restored")
    assert sorted(codes(house)) == [("ordered", ""), held, held]
    assert len(leave(house).sent) == 1
    for _ in range(2):
        draft_reply.look(house, box, lease)
    assert codes(house) == [held, held]
    assert len(box.view(FOLDER).uids) == 2


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_while_it_is_read_nobody_takes_the_item_and_answers_it_too(
    house, box, lease, item, monkeypatch
):
    """SQLite has one writer."""
    match, got = draft_match.match, []

    def meanwhile(*asked):
        got.append(work.claim_next(house, ME, "435"))
        return match(*asked)

    monkeypatch.setattr(draft_match, "match", meanwhile)
    lay(house, box, draft(letter(house, item)))
    assert draft_reply.look(house, box, lease) == 1
    assert got == [None]
    assert work.claim_next(house, ME, "435").item_id == item


def test_what_lay_there_at_a_restore_is_not_sent_again_until_somebody_lays_it_anew(
    house, box, lease, item, clock
):
    """Sent since the backup, and left in the folder, which is read only for us."""
    lay(house, box, draft(letter(house, item)))
    with house.db.write() as tx:
        leases.release(tx, lease, now=clock())
    call = {"region": "Südwest", "since": clock(), "leave_out": frozenset({FOLDER})}
    assert rereading.reread(house, ADMIN, box, **call).drafts == 1
    with house.db.write() as tx:
        lease = leases.take(tx, lease.name, owner="w-1", now=clock(), seconds=86_400)
    for _ in range(3):
        assert draft_reply.look(house, box, lease) == 0
        clock.forward(hours=1)
    assert codes(house) == [("refused", "draft.restored")]
    assert [one.code for one in shown(house, item)] == ["draft.restored"]
    lay(house, box, draft(letter(house, item), to="Alex@post.example"))
    assert draft_reply.look(house, box, lease) == 1


def test_whose_lease_is_over_takes_no_draft_out_of_the_folder(house, box, lease, item, clock):
    lay(house, box, draft(letter(house, item)))
    assert draft_reply.look(house, box, lease) == 1
    leave(house)
    clock.forward(days=2)
    assert code_of(draft_reply.look, house, box, lease) == "lease.lost"
    assert len(box.view(FOLDER).uids) == 1


def test_typed_values_and_a_second_text_are_recognised(house, box, lease, item):
    body = letter(
        house, item, "termin.bestaetigung", {"termin": "02.12.2026 10:30"},
        Second(Language.ENGLISH, 1),
    )  # fmt: skip
    lay(house, box, draft(body))
    assert draft_reply.look(house, box, lease) == 1
    ((row),) = rows(house)
    assert row.payload["values"]["termin"].startswith("2026-12-02T10:30")
    assert row.payload["second"]["text_id"] == "termin.bestaetigung.en"


def test_one_changed_word_stays_and_the_item_says_where(house, box, lease, item, clock):
    lay(house, box, draft(letter(house, item).replace("Sie hören von uns,", "Frau Kranich sagt,")))
    assert draft_reply.look(house, box, lease) == 0
    assert (rows(house), len(box.view(FOLDER).uids)) == ([], 1)
    (found,) = shown(house, item)
    assert (found.code, found.text_id) == ("reply.differs", TEXT)
    (place,) = found.places
    assert (place.missing, place.surplus) == ("Sie hören von uns,", 3)
    assert "Kranich" not in str(found)
    assert "draft.refused" in {step.code for step in item_view.view(house, ME, item).story}
    view = box.view(FOLDER)
    (lies,) = box.fetch(FOLDER, view.epoch, view.uids)
    assert box.remove(lies.place, sha256(lies.data).hexdigest()), "the person takes it back"
    lay(house, box, draft(letter(house, item)))
    assert draft_reply.look(house, box, lease) == 1
    assert shown(house, item) == ()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"to": "alex@post.example, chef@firma.example"}, "draft.recipients"),
        ({"Bcc": "chef@firma.example"}, "draft.recipients"),
        ({"to": "chef@firma.example"}, "draft.recipients"),
        ({"to": ""}, "draft.recipients"),
    ],
)
def test_nobody_else_is_written_to(house, box, lease, item, changed, code):
    lay(house, box, draft(letter(house, item), **changed))
    assert draft_reply.look(house, box, lease) == 0
    assert [one.code for one in shown(house, item)] == [code]


def test_words_of_ones_own_an_attachment_and_a_stranger_s_draft_stay(house, box, lease, item):
    lay(house, box, draft("Hallo Alex, komm einfach vorbei!"))
    with_file = EmailMessage()
    with_file["To"], with_file["In-Reply-To"] = "alex@post.example", SAME
    with_file.set_content(letter(house, item))
    with_file.add_attachment(b"x", maintype="application", subtype="pdf", filename="Akte.pdf")
    lay(house, box, with_file.as_bytes())
    lay(house, box, draft(letter(house, item), answers="<other@post.example>"))
    lay(house, box, draft(letter(house, item), answers=""))
    assert draft_reply.look(house, box, lease) == 0
    assert sorted(code for _, code in codes(house)) == [
        "draft.attachments", "draft.no_item", "draft.no_item", "draft.no_text",
    ]  # fmt: skip
    assert len(box.view(FOLDER).uids) == 4


def test_what_the_desk_would_refuse_is_refused_here_too(house, box, lease):
    auto = eml("Termin", sender="no-reply@firma.example")
    bring_in(house, box, lease, auto)
    lay(house, box, draft(letter(house, 1), to="no-reply@firma.example"))
    assert draft_reply.look(house, box, lease) == 0
    assert [code for _, code in codes(house)] == ["reply.recipient"]


def test_under_the_hands_of_a_clerk_it_waits_and_a_closed_item_gets_none(
    house, box, lease, item, clock
):
    claim = work.claim_item(house, ME, item)
    lay(house, box, draft(letter(house, item)))
    assert draft_reply.look(house, box, lease) == 0
    assert codes(house) == [("waits", "draft.item_held")]
    work.release(house, ME, item, claim.token)
    assert draft_reply.look(house, box, lease) == 0, "not at once again"
    clock.forward(seconds=house.policy.look_seconds)
    assert draft_reply.look(house, box, lease) == 1
    claim = work.claim_item(house, ME, item)
    work.close(house, ME, item, claim.token, reason=CloseReason.DONE)
    lay(house, box, draft(letter(house, item, "termin.vereinbaren")))
    assert draft_reply.look(house, box, lease) == 0
    assert ("refused", "draft.item_closed") in codes(house)


def test_the_same_draft_twice_is_one_answer(house, box, lease, item):
    for number in range(2):
        lay(house, box, draft(letter(house, item), **{"X-Copy": str(number)}))
    assert draft_reply.look(house, box, lease) == 2
    assert len(rows(house)) == 1
    assert len(leave(house).sent) == 1
    draft_reply.look(house, box, lease)
    assert box.view(FOLDER).uids == ()


class Mortal:
    """A postbox whose worker dies around one call, or whose line breaks there."""

    def __init__(self, box, call: str, *, after: bool, error) -> None:
        self._box, self._call, self._after, self._error = box, call, after, error

    def __getattr__(self, name):
        real = getattr(self._box, name)
        if name != self._call:
            return real

        def dies(*args):
            if self._after:
                list(real(*args)) if name == "fetch" else real(*args)
            raise self._error("postbox.away", "gone") if self._error is TryLater else self._error()

        return dies


KILLED = [
    (call, after, error)
    for call in ("fetch", "remove")
    for after in (True, False)
    for error in (Crash, TryLater)
]


@pytest.mark.parametrize("killed", KILLED)
def test_killed_anywhere_it_leaves_once_and_the_draft_goes(house, box, lease, item, killed):
    call, after, error = killed
    lay(house, box, draft(letter(house, item)))
    sent = []
    if call == "remove":
        draft_reply.look(house, box, lease)
        sent += leave(house).sent
    with pytest.raises(error):
        draft_reply.look(house, Mortal(box, call, after=after, error=error), lease)
    for _ in range(3):
        draft_reply.look(house, box, lease)
        sent += leave(house).sent
    assert (len(rows(house)), len(sent)) == (1, 1)
    assert (box.view(FOLDER).uids, codes(house)) == ((), [])


def test_a_worker_that_dies_between_order_and_note_orders_nothing(
    house, box, lease, item, monkeypatch
):
    lay(house, box, draft(letter(house, item)))

    def dies(*_args, **_named):
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(reply_drafts, "note", dies)
        with pytest.raises(Crash):
            draft_reply.look(house, box, lease)
    assert rows(house) == []
    assert draft_reply.look(house, box, lease) == 1


def test_that_a_draft_can_not_be_taken_out_is_told_once(house, box, lease, item, clock):
    lay(house, box, draft(letter(house, item)))
    draft_reply.look(house, box, lease)
    leave(house)
    told: list[str] = []
    for code in ("postbox.no_right", "postbox.no_right", "postbox.no_uidplus"):
        shut = Mortal(box, "remove", after=False, error=partial(Refused, code, "no"))
        with structlog.testing.capture_logs() as lines:
            for _ in range(2):
                draft_reply.look(house, shut, lease)
                clock.forward(seconds=house.policy.look_seconds)
        told += [line["code"] for line in lines if line["event"] == "draft.not_removed"]
    assert told == ["postbox.no_right", "postbox.no_uidplus"]
    draft_reply.look(house, box, lease)
    assert box.view(FOLDER).uids == ()


def test_an_answer_that_can_not_leave_keeps_its_draft(house, box, lease, item, clock):
    lay(house, box, draft(letter(house, item)))
    draft_reply.look(house, box, lease)
    text_life.retire(house, BERTA, TEXT, 1, reason=WHY)
    leave(house)
    clock.forward(seconds=house.policy.look_seconds)
    draft_reply.look(house, box, lease)
    assert len(box.view(FOLDER).uids) == 1
    assert codes(house) == [("refused", "text.retired")]


class Refusing(Post):
    """A server that takes no letter."""

    def send(self, envelope_from: str, recipient: str, data: bytes) -> str:
        raise Refused("smtp.refused", "550 no such user")


def test_a_dead_answer_is_ordered_once_and_its_draft_goes_when_somebody_sends_it_again(
    house, box, lease, item, clock
):
    lay(house, box, draft(letter(house, item)))
    draft_reply.look(house, box, lease)
    rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=Refusing()), "w-1")
    for _ in range(3):
        clock.forward(seconds=house.policy.look_seconds)
        assert draft_reply.look(house, box, lease) == 0
        assert codes(house) == [("refused", "smtp.refused")]
    with house.db.read() as tx:
        trail = [one.action for one in audit.of_subject(tx, "message:1")]
    assert trail.count("reply.ordered") == 1
    with house.db.write() as tx:
        outgoing.replay(tx, rows(house)[0].id, now=house.clock())
    assert len(leave(house).sent) == 1
    clock.forward(seconds=house.policy.look_seconds)
    draft_reply.look(house, box, lease)
    draft_reply.look(house, box, lease)
    assert box.view(FOLDER).uids == ()


def test_a_new_draft_is_not_kept_waiting_by_many_that_stay(
    house, box, lease, item, clock, monkeypatch
):
    monkeypatch.setattr(draft_reply, "BATCH", 2)
    for number in range(2):
        lay(house, box, draft(f"Hallo Alex {number}, komm einfach vorbei!"))
    draft_reply.look(house, box, lease)
    clock.forward(seconds=house.policy.look_seconds)
    lay(house, box, draft(letter(house, item)))
    assert draft_reply.look(house, box, lease) == 1


@pytest.mark.parametrize("plan", [{"sends": False}, {"is_observed": True, "sends": False}])
def test_where_nothing_leaves_nothing_is_taken(house, box, lease, item, plan):
    lay(house, box, draft(letter(house, item)))
    seen = PostboxPlan("SC-Südwest", "Südwest", **{"is_observed": False, **plan})
    trial = replace(house, policy=replace(house.policy, postboxes=(seen,)))
    assert draft_reply.look(trial, box, lease) == 0
    assert codes(house) == []


def test_without_the_setting_the_folder_is_not_even_looked_at(house, box, lease, item):
    off = replace(house, policy=replace(house.policy, drafts_folder=""))
    assert draft_reply.look(off, None, lease) == 0


def test_a_draft_in_a_folder_that_is_looked_at_no_more_is_not_told_of(house, box, lease, item):
    lay(house, box, draft("Hallo Alex, komm einfach vorbei!"))
    draft_reply.look(house, box, lease)
    assert len(shown(house, item)) == 1
    off = replace(house, policy=replace(house.policy, drafts_folder=""))
    assert shown(off, item) == ()
