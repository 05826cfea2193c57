"""Mail aside is deleted only after somebody looked: at what a list showed to him, and no other."""

from dataclasses import replace

from rules.ledger import LedgerState
from rules.retention import Keep
from store.deletion.holds import Seen
from store.mails import aside as set_aside
from store.mails import ledger
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, eml, open_house
from tests.triage import sweep_world
from triage import accept, aside
from triage.sweep import holds as sweep_holds
from triage.sweep import orders as sweep

OTHER = replace(ADMIN, name="a-2")


def _bring_in(house, *subjects):
    for subject in subjects:
        accept.hand_in(house, MACHINE, eml(subject, Auto_Submitted="auto-replied"))


def test_what_came_to_lie_aside_after_the_page_was_made_counts_as_unseen(house):
    _bring_in(house, "Abwesend 1", "Abwesend 2")
    one_sorter.sort_pending(house)
    aside.replay(house, ADMIN, 1)
    (shown,) = _shown(house)
    one_sorter.sort_pending(house)
    assert _see(house, shown.message_id) == Seen(1, 0), "the first lies there again, unseen"
    newest, *_ = _shown(house)
    assert (newest.message_id, _see(house, newest.message_id)) == (1, Seen(1, 0))


def test_what_no_list_has_shown_to_that_person_counts_as_unseen(house):
    _bring_in(house, "Abwesend 1", "Abwesend 2")
    one_sorter.sort_pending(house)
    aside.note_shown(house, OTHER, aside.listing(house, OTHER))
    assert _see(house, 2) == Seen(0, 2)
    aside.note_shown(house, ADMIN, aside.listing(house, ADMIN, limit=1))
    assert _see(house, 2) == Seen(1, 1)
    _shown(house)
    assert (_see(house, 2), _see(house, 2)) == (Seen(1, 0), Seen(0, 0))


def test_who_looked_at_what_lies_aside_for_one_reason_has_not_seen_the_others(house):
    _bring_in(house, "Abwesend", "Noch einer")
    one_sorter.sort_pending(house)
    with house.db.write() as tx:
        set_aside.put(tx, 2, step="sort", reason_code="bug", detail="", now=house.clock())
    _shown(house)
    assert _see(house, 2) == Seen(1, 0)
    house.clock.forward(days=400)
    assert _unseen(house) == 1


def test_on_postgresql_what_is_committed_late_below_the_newest_one_is_unseen(postgresql_url):
    house = open_house(postgresql_url)
    _bring_in(house, "Abwesend 1", "Abwesend 2")
    aside.replay_all(house, ADMIN)
    with house.db.write() as late:
        _lay_aside(house, late, 1)
        with house.db.write() as tx:
            _lay_aside(house, tx, 2)
        (shown,) = _shown(house)
    lower, higher = sorted(row.id for row in aside.listing(house, ADMIN))
    assert (lower < higher, shown.id, shown.message_id) == (True, higher, 2)
    assert _see(house, shown.message_id) == Seen(1, 1)
    house.db.close()


def test_a_mail_that_was_seen_and_comes_to_lie_aside_again_is_unseen(house, clock):
    _bring_in(house, "Abwesend")
    one_sorter.sort_pending(house)
    clock.forward(seconds=1)
    sweep_world.look_at_all(house)
    clock.forward(days=400)
    assert _unseen(house) == 0
    with house.db.write() as tx:
        set_aside.put(tx, 1, step="sort", reason_code="bug", detail="", now=clock())
    assert _unseen(house) == 1
    sweep_world.look_at_all(house, "bug")
    assert _unseen(house) == 0
    aside.replay(house, ADMIN, 1)
    clock.forward(seconds=1)
    one_sorter.sort_pending(house)
    clock.forward(days=400)
    assert _unseen(house) == 1


def test_what_was_shown_from_a_region_that_is_mine_no_more_is_not_seen_by_me(house):
    _bring_in(house, "Abwesend")
    one_sorter.sort_pending(house)
    (shown,) = _shown(house)
    narrowed = replace(ADMIN, regions=frozenset({"Ost"}))
    assert _see(house, shown.message_id, narrowed) == Seen(0, 0)
    assert _see(house, shown.message_id) == Seen(1, 0)


def _shown(house):
    rows = aside.listing(house, ADMIN)
    aside.note_shown(house, ADMIN, rows)
    return rows


def _see(house, until, caller=ADMIN):
    return sweep_holds.see(house, caller, reason_code="mail.autoreply", until=until)


def _unseen(house):
    found = {one.keep: one.number for one in sweep.preview(house, ADMIN).tallies}
    return found.get(Keep.UNSEEN, 0)


def _lay_aside(house, tx, message_id):
    ledger.set_state(tx, message_id, LedgerState.ASIDE, reason="mail.autoreply", now=house.clock())
    set_aside.put(
        tx, message_id, step="sort", reason_code="mail.autoreply", detail="", now=house.clock()
    )
