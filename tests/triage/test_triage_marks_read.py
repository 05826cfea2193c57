"""A day in Outlook, replayed: what people mark and move is read back, and obeys the law."""

from dataclasses import replace
from datetime import date

import pytest

from ingest.maildir.postbox import MaildirPostbox
from rules.codes import Concern, PaymentRelevant, Team
from rules.errors import Conflict
from rules.item import CloseReason, EakteState, ItemState
from rules.marks import Effect, MarkBook, MarkRule
from store.acts import mark_wishes, marks_seen
from store.deletion import retention
from store.desk import items
from store.mails import verdicts
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import clerk, eml
from tests.triage.marks_office import (
    KASSEL,
    TERMIN,
    Between,
    on,
    person_marks,
    person_unmarks,
    places,
    take_over,
    trail,
    wish,
)
from tests.triage.way import Eakte, Post, bring_in, states
from triage import receive, send, work
from triage.desk.correction import Correction
from triage.filing import filing
from triage.follow_moves import Reconciled
from triage.house import MarksPolicy
from triage.marks.read import MarksRead, read
from triage.marks.written import write_due
from triage.postboxes.round import PostboxJob, PostboxRound
from triage.reconcile import reconcile
from triage.worker import Worker

DONE, ELSEWHERE, NOTE, SICK, LATE = "Erledigt", "An BCA", "Lage Nord", "Krank", "Termin"
BOOK = MarkBook(
    people=(
        MarkRule(DONE, Effect.DONE),
        MarkRule(ELSEWHERE, Effect.ELSEWHERE),
        MarkRule(NOTE, Effect.NOTE),
        MarkRule(SICK, Effect.CORRECT, Concern.AU),
        MarkRule(LATE, Effect.CORRECT, Concern.TERMIN),
    )
)
ME = clerk("435")
OTHER = "431 Hanau/Termin"


@pytest.fixture
def house(house):
    return replace(house, policy=replace(house.policy, marks=MarksPolicy(book=BOOK)))


def item_of(house, message_id: int = 1):
    with house.db.read() as tx:
        return items.of_message(tx, message_id)


def seen(house, message_id: int = 1) -> list[tuple[str, str, str]]:
    with house.db.read() as tx:
        return [(m.mark, m.effect, m.outcome) for m in marks_seen.of_message(tx, message_id)]


def test_done_in_outlook_closes_the_item_and_nobody_is_named(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    person_marks(box, TERMIN, DONE)
    assert read(house, box, lease) == MarksRead(found=1)
    item = item_of(house)
    assert (item.state, item.close_reason) == (ItemState.CLOSED, CloseReason.DONE)
    assert states(house) == {"done": 1}
    assert trail(house)[-2:] == [("Outlook", "item.closed"), ("Outlook", "mark.set")]
    assert read(house, box, lease) == MarksRead()
    write_due(house, box, lease)
    assert on(box, TERMIN) == [{"erledigt", "postlotse_erledigt"}]
    assert read(house, box, lease) == MarksRead(), "our own mark is none of theirs"


def test_handed_over_elsewhere_closes_as_passed_on(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    person_marks(box, TERMIN, ELSEWHERE)
    read(house, box, lease)
    assert item_of(house).close_reason is CloseReason.PASSED_ON


def test_what_moves_money_stays_open_without_receipt_and_becomes_an_open_matter(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    person_marks(box, KASSEL, DONE)
    assert read(house, box, lease) == MarksRead(found=1, open_matters=1)
    item = item_of(house)
    assert (item.state, item.eakte) == (ItemState.WAITING, EakteState.OWED)
    assert seen(house) == [(DONE, "done", "receipt_missing")]
    with house.db.read() as tx:
        told = marks_seen.last_read(tx, box.name, since=house.clock())
    assert (told.marks, told.open_matters) == (1, 1)


def test_what_a_clerk_holds_is_not_closed_under_her_hands_nor_later_by_itself(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    person_marks(box, TERMIN, DONE)
    assert read(house, box, lease) == MarksRead(found=1, open_matters=1)
    assert item_of(house).state is ItemState.HELD
    assert work.renew(house, ME, claim.item_id, claim.token)
    work.release(house, ME, claim.item_id, claim.token)
    assert read(house, box, lease) == MarksRead()
    assert item_of(house).state is ItemState.WAITING


def test_a_clerk_who_asks_at_that_moment_does_not_get_it(house, box, lease, monkeypatch):
    """Between our reading of the item and our writing it is in nobody else's hands."""
    bring_in(house, box, lease, eml("Termin"))
    person_marks(box, TERMIN, DONE)
    of_message, claims = items.of_message, []

    def read_and_be_late(tx, message_id):
        found = of_message(tx, message_id)
        if not claims and house.db.dialect == "postgresql":
            claims.append(work.claim_next(house, ME, "435"))
        return found

    monkeypatch.setattr("store.desk.items.of_message", read_and_be_late)
    read(house, box, lease)
    assert claims == ([None] if house.db.dialect == "postgresql" else [])
    assert item_of(house).state is ItemState.CLOSED
    assert [m[2] for m in seen(house)] == ["closed"]


def test_a_correction_is_a_verdict_of_its_own_and_moves_the_mail(house, box, lease):
    bring_in(house, box, lease, eml("Anfrage"))
    person_marks(box, "435 Kassel/Sonstiges", SICK)
    assert read(house, box, lease) == MarksRead(found=1)
    item = item_of(house)
    assert (item.first_concern, item.payment) == ("au", PaymentRelevant.YES)
    assert item.eakte is EakteState.OWED
    with house.db.read() as tx:
        verdict = verdicts.latest(tx, 1)
    assert (verdict.source, verdict.by) == ("outlook", "Outlook")
    assert [c["code"] for c in verdict.body["concerns"]] == ["au", "sonstiges"]
    assert filing.file_due(house, box, lease).done == 1
    assert on(box, KASSEL) == [{"krank"}]
    assert read(house, box, lease) == MarksRead(), "the mark went along"


def test_a_correction_that_moves_money_is_due_as_such_and_wakes_what_is_parked(house, box, lease):
    bring_in(house, box, lease, eml("Anfrage"))
    later = item_of(house).due_on
    claim = work.claim_next(house, ME, "435")
    work.park(house, ME, claim.item_id, claim.token, until=30, reason="wartet auf die Anlage")
    person_marks(box, "435 Kassel/Sonstiges", SICK)
    read(house, box, lease)
    item = item_of(house)
    assert item.due_on == item.queue_day == date(2026, 11, 24) < later
    assert (item.state, item.preferred_holder) == (ItemState.WAITING, "k-1")
    with house.db.read() as tx:
        assert verdicts.latest(tx, 1).body["due"] == "2026-11-24"


def test_a_correction_never_makes_money_harmless(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    person_marks(box, KASSEL, LATE)
    read(house, box, lease)
    item = item_of(house)
    assert (item.first_concern, item.payment) == ("termin", PaymentRelevant.YES)


def test_marks_that_nobody_configured_are_kept_and_counted_but_never_named(
    house, box, lease, clock
):
    bring_in(house, box, lease, eml("Termin"))
    person_marks(box, TERMIN, "Frau Beispiel", NOTE)
    assert read(house, box, lease) == MarksRead(found=2)
    assert seen(house) == [("Frau_Beispiel", "", "noted"), (NOTE, "note", "noted")]
    with house.db.read() as tx:
        since = clock()
        clock.forward(seconds=1)
        counted = marks_seen.counts(tx, agency_codes={"435"}, since=since, until=clock())
        assert [(c.agency_code, c.mark, c.count) for c in counted] == [
            ("435", "", 1),
            ("435", NOTE, 1),
        ]
        assert marks_seen.counts(tx, agency_codes={"431"}, since=since, until=clock()) == ()
        told = str([(e.actor, e.details) for e in audit.of_subject(tx, "message:1")])
    assert NOTE in told
    assert "Beispiel" not in told


def test_a_mark_that_is_taken_off_is_noted_and_undoes_nothing(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    person_marks(box, TERMIN, DONE)
    read(house, box, lease)
    person_unmarks(box, TERMIN, DONE)
    assert read(house, box, lease) == MarksRead(taken_off=1)
    assert item_of(house).state is ItemState.CLOSED
    assert trail(house)[-1] == ("Outlook", "mark.removed")
    person_marks(box, TERMIN, DONE)
    assert read(house, box, lease) == MarksRead(found=1)
    assert [m[2] for m in seen(house)] == ["closed", "already"]


def test_our_own_marks_that_people_take_off_are_not_set_again(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    write_due(house, box, lease)
    person_unmarks(box, TERMIN, "Postlotse: in Arbeit")
    read(house, box, lease)
    assert trail(house)[-1] == ("Outlook", "mark.removed")
    assert read(house, box, lease) == MarksRead()
    write_due(house, box, lease)
    assert on(box, TERMIN) == [set()]
    assert item_of(house).state is ItemState.HELD
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)
    write_due(house, box, lease)
    assert on(box, TERMIN) == [{"postlotse_erledigt"}]


def test_our_own_done_set_by_hand_closes(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    person_marks(box, TERMIN, "Postlotse: erledigt")
    assert read(house, box, lease) == MarksRead(found=1)
    assert item_of(house).state is ItemState.CLOSED


def test_a_command_of_ours_in_doubt_is_not_taken_for_a_persons_mark(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)
    with house.db.write() as tx:
        mark_wishes.sent_many(tx, [1], lease=lease, now=house.clock())
    person_marks(box, TERMIN, "Postlotse: erledigt")
    assert read(house, box, lease) == MarksRead()


@pytest.mark.parametrize("limit", [1_000_000, 100], ids=["whole", "head only"])
def test_marks_that_a_mail_brings_along_do_nothing(house, box, lease, tmp_path, limit):
    """A copy of a worked-off mail, laid into the INBOX again: ours are taken off."""
    box = MaildirPostbox(box.name, tmp_path / "postbox", size_limit_bytes=limit)
    box.append("INBOX", eml("Termin"))
    person_marks(box, "INBOX", DONE, "Postlotse: erledigt")
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    filing.file_due(house, box, lease)
    assert read(house, box, lease) == MarksRead()
    assert item_of(house).state is ItemState.WAITING
    assert seen(house) == [(DONE, "done", "brought")]
    write_due(house, box, lease)
    assert on(box, TERMIN) == [{"erledigt"}]
    assert read(house, box, lease) == MarksRead()


def test_a_mark_set_before_sorting_waits_for_the_item(house, box, lease):
    box.append("INBOX", eml("Termin"))
    receive.receive(house, box, lease, region="Südwest")
    person_marks(box, "INBOX", DONE)
    assert read(house, box, lease) == MarksRead()
    one_sorter.sort_pending(house)
    assert read(house, box, lease) == MarksRead(found=1)
    assert item_of(house).state is ItemState.CLOSED


def test_machine_mail_has_no_item_and_takes_marks_all_the_same(house, box, lease):
    bring_in(house, box, lease, eml("Abwesend", Auto_Submitted="auto-replied"))
    person_marks(box, "Maschinell", DONE, NOTE)
    assert read(house, box, lease) == MarksRead(found=2)
    assert [m[2] for m in seen(house)] == ["no_item", "noted"]
    assert states(house) == {"aside": 1}


def test_read_and_unread_are_nobodys_business(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    (file,) = (box._root / "435 Kassel/Termin/cur").iterdir()
    file.rename(file.with_name(file.name + "S"))
    before = trail(house)
    assert reconcile(house, box, lease) == Reconciled()
    assert read(house, box, lease) == MarksRead()
    assert trail(house) == before


def test_a_folder_that_was_removed_holds_up_no_other(house, box, lease, tmp_path):
    bring_in(house, box, lease, eml("Termin"), eml("Krankmeldung"))
    person_marks(box, TERMIN, NOTE)
    (tmp_path / "postbox/435 Kassel/AU").rename(tmp_path / "weg")
    assert read(house, box, lease) == MarksRead(found=1)


def move(box, source: str, target: str) -> None:
    box.ensure_folder(target)
    assert box.move(places(box, source)[0], target)


def test_a_hand_move_into_another_agencys_folder_gives_the_item_to_it(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    move(box, TERMIN, OTHER)
    assert reconcile(house, box, lease) == Reconciled(moved_by_hand=1)
    item = item_of(house)
    assert (item.agency_code, item.folder, item.team, item.hops) == ("431", OTHER, Team.EZ, 1)
    assert trail(house)[-2:] == [
        ("worker", "mail.moved_by_hand"),
        ("Outlook", "item.moved_by_hand"),
    ]
    assert work.claim_next(house, ME, "435") is None
    assert work.claim_next(house, clerk("431"), "431") is not None
    with house.db.read() as tx:
        assert verdicts.latest(tx, 1).body["agency"]["code"] == "431"
    assert filing.file_due(house, box, lease).done == 0, "it stays where the person put it"


def test_a_clerks_own_correction_stays_the_verdict_after_a_hand_move(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    said = Correction((Concern.BERATUNG,), PaymentRelevant.NO)
    work.correct(house, ME, claim.item_id, claim.token, said)
    work.release(house, ME, claim.item_id, claim.token)
    filing.file_due(house, box, lease)
    move(box, "435 Kassel/Beratung", OTHER)
    reconcile(house, box, lease)
    with house.db.read() as tx:
        assert verdicts.latest(tx, 1).source == "clerk"
    assert item_of(house).agency_code == "431"


def test_a_hand_move_of_a_held_item_leaves_it_to_its_clerk(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    move(box, TERMIN, OTHER)
    reconcile(house, box, lease)
    assert item_of(house).agency_code == "435"
    assert work.renew(house, ME, claim.item_id, claim.token)


def test_a_hand_move_before_our_own_filing_withdraws_our_wish(house, box, lease):
    box.append("INBOX", eml("Termin"))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    move(box, "INBOX", OTHER)
    reconcile(house, box, lease)
    assert item_of(house).agency_code == "431"
    assert filing.file_due(house, box, lease).done == 0
    assert len(box.view(OTHER).uids) == 1


@pytest.mark.parametrize("target", ["Von Hand", "999 Nirgendwo/AU", "435 Irgendwo/AU"])
def test_a_folder_that_is_no_agencys_corrects_nothing(house, box, lease, target):
    bring_in(house, box, lease, eml("Termin"))
    move(box, TERMIN, target)
    assert reconcile(house, box, lease) == Reconciled(moved_by_hand=1)
    assert item_of(house).agency_code == "435"


def test_a_quickstep_that_marks_and_moves_at_once_is_followed_in_one_look(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    person_marks(box, TERMIN, DONE)
    move(box, TERMIN, OTHER)
    reconcile(house, box, lease)
    assert read(house, box, lease) == MarksRead(found=1)
    item = item_of(house)
    assert (item.agency_code, item.state) == ("431", ItemState.CLOSED)


def test_a_mark_on_a_mail_that_was_gone_still_counts_when_it_is_back(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    (mail,) = box.fetch(TERMIN, "maildir", box.view(TERMIN).uids)
    next(box._root.rglob(f"{mail.place.uid}*")).unlink()
    reconcile(house, box, lease)
    reconcile(house, box, lease)
    box.append(TERMIN, mail.data)
    reconcile(house, box, lease)
    person_marks(box, TERMIN, DONE)
    read(house, box, lease)
    assert states(house) == {"done": 1}


def test_a_lost_lease_stops_the_look(house, box, clock):
    mine = take_over(house, owner="a", seconds=60)
    bring_in(house, box, mine, eml("Termin"))
    person_marks(box, TERMIN, DONE)
    clock.forward(seconds=61)
    with pytest.raises(Conflict) as caught:
        read(house, box, mine)
    assert caught.value.code == "lease.lost"
    assert item_of(house).state is ItemState.WAITING
    assert seen(house) == []


def test_names_are_not_written_down_again_after_the_content_was_deleted(house, box, lease):
    bring_in(house, box, lease, eml("Abwesend", Auto_Submitted="auto-replied"))
    person_marks(box, "Maschinell", "Frau Beispiel")
    read(house, box, lease)
    with house.db.write() as tx:
        retention.erase(tx, 1, now=house.clock())
    assert read(house, box, lease) == MarksRead()
    assert seen(house) == [("", "", "noted")]


def test_one_round_of_a_worker_follows_a_move_and_a_mark(house, box, tmp_path):
    """As the worker does it: kept, sorted, filed, then looked at when there is nothing else."""
    worker = Worker(house, send.Outlets(Eakte(), Post()), (), poll_seconds=1)
    a_round = PostboxRound(worker, PostboxJob(box.name, "Südwest", lambda: box, files=True))
    box.append("INBOX", eml("Termin"))
    assert a_round() == 1
    one_sorter.sort_pending(house)
    assert a_round() == 1
    person_marks(box, TERMIN, DONE)
    move(box, TERMIN, OTHER)
    house.clock.forward(seconds=house.policy.look_seconds + 1)
    for _ in range(2):
        a_round()
    assert item_of(house).state is ItemState.CLOSED
    assert on(box, OTHER) == [{"erledigt", "postlotse_erledigt"}]


def test_what_is_due_is_not_taken_for_taken_off(house, box, lease):
    """The mark of a claim that ended is still to be removed by us, not by a person."""
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    write_due(house, box, lease)
    work.release(house, ME, claim.item_id, claim.token)
    person_unmarks(box, TERMIN, "Postlotse: in Arbeit")
    assert read(house, box, lease) == MarksRead()
    assert not wish(house).is_settled
    write_due(house, Between(box), lease)
    assert wish(house).is_settled
