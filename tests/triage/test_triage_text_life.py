"""A text from draft to retirement: two persons, one wording, its regions, its end, its uses."""

import shutil
from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from rules.access import Caller, Permission
from rules.codes import Role
from rules.errors import Conflict, Refused
from rules.texts.life import Phase, TextState
from store.approved import text_versions
from store.tables.text import text_version
from store.trail import audit
from tests.house_fixture import ADMIN, clerk, eml
from tests.refusals import code_of
from tests.rules.text_samples import typed
from tests.triage.way import Eakte, Post, bring_in
from triage import rounds, send, wiring, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.texts import expiry as text_ends
from triage.texts import life as text_life
from triage.texts import stock as text_stock
from triage.texts import view as text_view
from triage.texts.life import Seen

ANNA = replace(ADMIN, name="anna")
BERTA = replace(ADMIN, name="berta")
WEST = replace(ADMIN, name="wilma", regions=frozenset({"West"}))
AUTHOR = Caller("autor", Role.CLERK, agencies=None, extra=frozenset({Permission.WRITE_TEXTS}))
ID = "termin.neu"
WHY = "Ein guter Grund."


def approved(house, text_id=ID, *, version=1, **changed):
    """Written by Anna, approved by Berta."""
    text_life.draft(house, ANNA, text_id, typed(**changed))
    text_life.submit(house, ANNA, text_id, version)
    return text_life.approve(house, BERTA, text_id, version, seen=Seen())


def in_force(house, region="Südwest") -> dict[str, int]:
    found = house.shelf().valid(house.today(), region)
    return {text.id: text.version for text in found}


def test_only_what_a_second_person_approved_can_be_sent(house):
    saved, checked = text_life.draft(house, ANNA, ID, typed(version="77"))
    assert (saved.version, saved.state, checked.findings) == (1, TextState.DRAFT, ())
    assert ID not in in_force(house)
    assert code_of(text_life.approve, house, BERTA, ID, 1, seen=Seen()) == "text.step"
    text_life.submit(house, ANNA, ID, 1)
    assert ID not in in_force(house)
    assert code_of(text_life.approve, house, ANNA, ID, 1, seen=Seen()) == "text.same_person"
    text_life.approve(house, BERTA, ID, 1, seen=Seen(sha256=saved.sha256))
    assert in_force(house)[ID] == 1
    assert house.shelf().shelved(ID).approval.approved_by == "berta"


def test_who_wrote_last_does_not_approve_either(house):
    text_life.draft(house, ANNA, ID, typed())
    text_life.save(house, BERTA, ID, 1, typed=typed(titel="Neuer"), seen=Seen(edition=1))
    text_life.submit(house, ANNA, ID, 1)
    assert code_of(text_life.approve, house, BERTA, ID, 1, seen=Seen()) == "text.same_person"


def test_an_approved_version_never_changes_again(house):
    before = approved(house)
    for write in (
        lambda: text_life.save(house, ANNA, ID, 1, typed=typed(), seen=Seen()),
        lambda: text_life.submit(house, ANNA, ID, 1),
        lambda: text_life.turn_down(house, BERTA, ID, 1, reason=WHY),
        lambda: text_life.withdraw(house, ANNA, ID, 1),
    ):
        assert code_of(write) == "text.step"
    assert text_view.show(house, ANNA, ID).row.version == before


def test_a_draft_is_saved_over_what_was_read_only_and_approved_as_it_was_read(house):
    first, _ = text_life.draft(house, ANNA, ID, typed())
    text_life.save(house, ANNA, ID, 1, typed=typed(titel="Zwei"), seen=Seen(edition=1))
    stale = Seen(edition=1)
    assert code_of(text_life.save, house, ANNA, ID, 1, typed=typed(), seen=stale) == "text.changed"
    text_life.submit(house, ANNA, ID, 1)
    seen = Seen(sha256=first.sha256)
    assert code_of(text_life.approve, house, BERTA, ID, 1, seen=seen) == "text.changed"


def test_faults_may_stay_in_a_draft_but_never_get_through(house):
    bad = typed(body="Guten Tag,\n\ndu bist krank.\n\nMit freundlichen Grüßen\n{agentur}")
    _, checked = text_life.draft(house, ANNA, ID, bad)
    assert {"disclosure.health", "style.du"} <= {one.code for one in checked.findings}
    assert code_of(text_life.submit, house, ANNA, ID, 1) == "text.findings"
    unknown = typed(body="Guten Tag,\n\n{name}\n\nMit freundlichen Grüßen\n{agentur}")
    assert code_of(text_life.draft, house, ANNA, "termin.zwei", unknown) == "text.findings"
    taken = typed(kuerzel="AF")
    assert [one.code for one in text_life.check(house, ANNA, ID, taken).findings] == ["code.taken"]


def test_turned_down_it_is_a_draft_again_with_the_reason(house):
    text_life.draft(house, ANNA, ID, typed())
    text_life.submit(house, ANNA, ID, 1)
    assert code_of(text_life.turn_down, house, BERTA, ID, 1, reason="kurz") == "text.reason"
    text_life.turn_down(house, BERTA, ID, 1, reason=WHY)
    shown = text_view.show(house, ANNA, ID).row
    assert (shown.phase, shown.version.reason) == (Phase.DRAFT, WHY)
    text_life.submit(house, ANNA, ID, 1)
    text_life.withdraw(house, ANNA, ID, 1)
    assert text_view.show(house, ANNA, ID).row.phase is Phase.DRAFT


def test_retired_it_is_fetched_no_more_and_still_read_and_no_older_one_comes_back(house):
    approved(house)
    approved(house, version=2, titel="Zweite")
    assert in_force(house)[ID] == 2
    text_life.retire(house, BERTA, ID, 2, reason=WHY)
    assert ID not in in_force(house)
    assert house.shelf().get(ID, 2).title == "Zweite"
    third, _ = text_life.draft(house, ANNA, ID, typed(titel="Dritte"))
    assert third.version == 3


def test_a_version_retired_before_its_first_day_leaves_the_older_one_in_force(house, clock):
    approved(house)
    approved(house, version=2, gueltig_ab="2026-12-01")
    assert in_force(house)[ID] == 1
    text_life.retire(house, BERTA, ID, 2, reason=WHY)
    clock.forward(days=20)
    assert in_force(house)[ID] == 1


def test_from_its_day_on_the_newer_version_counts_and_the_older_never_returns(house, clock):
    approved(house)
    approved(house, version=2, gueltig_ab="2026-12-01", gueltig_bis="2026-12-05")
    clock.forward(days=10)
    assert in_force(house)[ID] == 2
    clock.forward(days=10)
    assert ID not in in_force(house)


def test_one_draft_at_a_time_and_a_given_up_one_makes_room(house):
    text_life.draft(house, ANNA, ID, typed())
    assert code_of(text_life.draft, house, BERTA, ID, typed()) == "text.open_draft"
    text_life.retire(house, AUTHOR, ID, 1, reason=WHY)
    saved, _ = text_life.draft(house, BERTA, ID, typed())
    assert (saved.version, saved.authors) == (2, ["berta"])


def test_writing_and_approving_are_two_permissions(house):
    text_life.draft(house, AUTHOR, ID, typed())
    text_life.submit(house, AUTHOR, ID, 1)
    text_life.approve(house, BERTA, ID, 1, seen=Seen())
    other = text_life.draft(house, ANNA, "termin.zwei", typed(titel="Zwei", kuerzel="N2"))[0]
    text_life.submit(house, ANNA, other.text_id, 1)
    assert code_of(text_life.approve, house, AUTHOR, other.text_id, 1, seen=Seen()) == (
        "access.denied"
    )
    assert code_of(text_life.retire, house, AUTHOR, ID, 1, reason=WHY) == "access.denied"
    assert code_of(text_life.draft, house, clerk("435"), ID, typed()) == "access.denied"
    assert code_of(text_view.listing, house, clerk("435")) == "access.denied"


def test_an_admin_of_a_region_writes_and_decides_for_it_alone(house):
    assert code_of(text_life.draft, house, WEST, ID, typed()) == "access.denied"
    approved(house)
    saved, _ = text_life.draft(house, WEST, ID, typed(region="West", titel="Nur im Westen"))
    text_life.submit(house, WEST, ID, saved.version)
    south = replace(WEST, name="süd", regions=frozenset({"Süd"}))
    assert code_of(text_life.approve, house, south, ID, 2, seen=Seen()) == "text.unknown"
    assert {row.version.version for row in text_view.listing(house, south)
            if row.version.text_id == ID} == {1}  # fmt: skip
    second = replace(WEST, name="werner")
    text_life.approve(house, second, ID, 2, seen=Seen())
    assert (in_force(house, "West")[ID], in_force(house, "Süd")[ID]) == (2, 1)
    assert code_of(text_life.retire, house, second, ID, 1, reason=WHY) == "access.denied"


def test_the_trail_tells_each_deed_without_a_word_of_the_text(house):
    approved(house)
    text_life.retire(house, BERTA, ID, 1, reason="Weil sie falsch ist.")
    with house.db.read() as tx:
        told = audit.of_subject(tx, f"text:{ID}.1")
    assert [(one.actor, one.action) for one in told] == [
        ("anna", "text.saved"),
        ("anna", "text.submitted"),
        ("berta", "text.approved"),
        ("berta", "text.retired"),
    ]
    assert "falsch" not in str([one.details for one in told])


def test_bytes_changed_behind_our_back_are_on_no_shelf(house):
    approved(house)
    with house.db.write() as tx:
        changed = sa.update(text_version).where(text_version.c.text_id == ID)
        tx.run(changed.values(data=typed(titel="Anders")))
    house.textbook.forget()
    with capture_logs() as told:
        assert ID not in in_force(house)
    assert [line["event"] for line in told] == ["text.tampered"]


def test_the_files_are_taken_in_once_and_what_is_changed_there_is_named(house, tmp_path):
    number = len(house.texts.all())
    assert (text_stock.take_in(house), text_stock.take_in(house)) == (number, 0)
    before = in_force(house)
    copy = tmp_path / "texts"
    shutil.copytree(wiring.texts_folder(), copy)
    file = copy / "termin" / "verschoben.txt"
    old = file.read_bytes()
    file.write_bytes(old.replace(b"Verschoben", b"Anders").replace(b"titel: ", b"titel: X"))
    gone = copy / "termin" / "bestaetigung.txt"
    approvals = (copy / "approvals.toml").read_text("utf-8")
    sha = {data: text_versions.fingerprint(data.decode()) for data in (old, file.read_bytes())}
    approvals = approvals.replace(sha[old], sha[file.read_bytes()])
    entries = [e for e in approvals.split("[[text]]") if "termin.bestaetigung" not in e]
    (copy / "approvals.toml").write_text("[[text]]".join(entries), "utf-8")
    gone.unlink()
    other = replace(house, texts=wiring.load_texts(copy))
    with capture_logs() as told:
        assert text_stock.take_in(other) == 0
    assert {line["code"] for line in told} == {"text.stock_changed", "text.stock_missing"}
    assert [(one.kind.value, one.text_id) for one in text_stock.differences(other, ANNA)] == [
        ("text.stock_missing", "termin.bestaetigung"),
        ("text.stock_changed", "termin.verschoben"),
    ]
    assert in_force(other) == before
    assert not other.shelf().get("termin.verschoben").title.startswith("X")


def test_a_text_that_ends_soon_is_told_once_unless_another_follows(house, clock):
    approved(house, gueltig_bis="2026-12-10")
    approved(house, "termin.zwei", titel="Zwei", kuerzel="N2", gueltig_bis="2026-12-10")
    assert [one.text_id for one in text_ends.look(house)] == [ID, "termin.zwei"]
    approved(house, "termin.zwei", version=2, titel="Zwei", kuerzel="N2", gueltig_ab="2026-12-05")
    with capture_logs() as told:
        rounds.keep_order(house, "w")
        rounds.keep_order(house, "w")
    found = [(one["text"], one["last_day"]) for one in told if one["event"] == "text.ends_soon"]
    assert found == [(ID, "2026-12-10")]
    row = next(row for row in text_view.listing(house, ANNA) if row.version.text_id == ID)
    assert row.ends_soon
    clock.forward(days=30)
    assert text_ends.look(house) == ()


def test_uses_are_counted_by_day_once_an_order_and_name_nobody(house, box, lease):
    text_stock.take_in(house)
    bring_in(house, box, lease, eml("Termin am Montag"))
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    text = reply.proposals(house, me, claim.item_id).texts[0]
    values = reply.defaults(house, me, claim.item_id, text.id)
    choice = Choice(text.id, text.version, values)
    for _ in range(2):
        reply.order(house, me, claim.item_id, claim.token, choice)
    assert text_view.uses(house, ANNA) == {(text.id, text.version): 1}
    assert text_view.show(house, ANNA, text.id).uses == 1
    with house.db.read() as tx:
        assert text_versions.uses(tx, since=date(2026, 11, 24)) == {}


def test_what_was_retired_after_the_order_does_not_leave_any_more(house, box, lease):
    bring_in(house, box, lease, eml("Termin am Montag"))
    me = clerk("435")
    claim = work.claim_next(house, me, "435")
    text = reply.proposals(house, me, claim.item_id).texts[0]
    values = reply.defaults(house, me, claim.item_id, text.id)
    reply.order(house, me, claim.item_id, claim.token, Choice(text.id, text.version, values))
    text_life.retire(house, BERTA, text.id, text.version, reason=WHY)
    post = Post()
    with capture_logs() as told:
        rounds.send_round(house, send.Outlets(eakte=Eakte(), mail=post), "w-1")
    assert post.sent == []
    assert [one["code"] for one in told if one["event"] == "outgoing.dead"] == ["text.retired"]


def test_differences_between_two_versions_are_told_word_by_word(house):
    approved(house)
    approved(house, version=2, titel="Neuer Titel")
    shown = text_view.show(house, ANNA, ID)
    assert shown.before.version == 1
    pieces = text_view.compared(house, ANNA, ID, 1, 2)
    assert pieces == shown.changes
    old = "".join(one.text for one in pieces if one.mark != "new")
    new = "".join(one.text for one in pieces if one.mark != "gone")
    with house.db.read() as tx:
        assert (old, new) == tuple(text_versions.get(tx, ID, n).data for n in (1, 2))
    with pytest.raises(Refused):
        text_view.show(house, ANNA, ID, 9)


def test_two_people_who_approve_at_once_approve_once(house):
    text_life.draft(house, ANNA, ID, typed())
    text_life.submit(house, ANNA, ID, 1)
    text_life.approve(house, BERTA, ID, 1, seen=Seen())
    with pytest.raises(Conflict) as late:
        text_life.approve(house, replace(BERTA, name="carla"), ID, 1, seen=Seen())
    assert late.value.code == "text.step"
