"""What the desk knows becomes visible in Outlook, and never holds up anything else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.observed import ObservedPostbox
from rules.access import Caller, Permission
from rules.codes import Role
from rules.errors import Conflict, Refused, TryLater
from rules.item import CloseReason
from rules.marks import OwnMark
from rules.postbox import MarkChange
from store.acts import mark_wishes
from tests import one_sorter
from tests.house_fixture import clerk, eml
from tests.triage.marks_office import (
    KASSEL,
    TERMIN,
    Between,
    on,
    person_marks,
    places,
    take_over,
    wish,
)
from tests.triage.way import Eakte, Post, bring_in, states
from triage import handover, receive, rounds, send, work
from triage.desk import holding
from triage.filing import filing
from triage.marks.written import NO_MAIL, Written, write_due
from triage.postboxes.round import PostboxJob, PostboxRound
from triage.worker import Worker

IN_WORK, DONE, OVER = "postlotse_in_arbeit", "postlotse_erledigt", "postlotse_uebergeben"
ME = clerk("435")
LEAD = Caller("l-1", Role.CLERK, frozenset({"435"}), extra=frozenset({Permission.FREE_ITEM}))


def close(house, claim) -> None:
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.DONE)


def test_a_claim_shows_and_goes_when_the_item_is_put_back(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    assert write_due(house, box, lease) == Written()
    claim = work.claim_next(house, ME, "435")
    assert write_due(house, box, lease) == Written(done=1)
    assert on(box, TERMIN) == [{IN_WORK}]
    assert write_due(house, box, lease) == Written(), "nothing is done twice"
    work.release(house, ME, claim.item_id, claim.token)
    write_due(house, box, lease)
    assert on(box, TERMIN) == [set()]


def test_what_is_closed_says_done_and_keeps_what_people_have_marked(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    person_marks(box, TERMIN, "Chef")
    claim = work.claim_next(house, ME, "435")
    write_due(house, box, lease)
    close(house, claim)
    write_due(house, box, lease)
    assert on(box, TERMIN) == [{"chef", DONE}]


def test_a_hand_over_shows_and_stays_beside_done_when_the_receipt_has_come(house, box, lease):
    bring_in(house, box, lease, eml("Krankmeldung"))
    claim = work.claim_next(house, ME, "435")
    handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)
    write_due(house, box, lease)
    assert on(box, KASSEL) == [{OVER}]
    ways = send.Outlets(Eakte(), Post())
    rounds.send_round(house, ways, "w")
    rounds.send_round(house, ways, "w")
    assert states(house) == {"done": 1}
    write_due(house, box, lease)
    assert on(box, KASSEL) == [{DONE, OVER}]


def test_a_lease_that_runs_out_takes_the_mark_along(house, box, lease, clock):
    bring_in(house, box, lease, eml("Termin"))
    work.claim_next(house, ME, "435")
    write_due(house, box, lease)
    clock.forward(minutes=16)
    rounds.keep_order(house, "w")
    write_due(house, box, lease)
    assert on(box, TERMIN) == [set()]


def test_a_supervisor_who_frees_it_takes_the_mark_along(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    write_due(house, box, lease)
    holding.free(house, LEAD, claim.item_id)
    write_due(house, box, lease)
    assert on(box, TERMIN) == [set()]


def test_a_parked_item_is_still_somebodys(house, box, lease, clock):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    day = house.today() + timedelta(days=1)
    work.park(house, ME, claim.item_id, claim.token, until=day, reason="wartet auf Rückruf")
    write_due(house, box, lease)
    assert on(box, TERMIN) == [{IN_WORK}]
    clock.forward(days=2)
    rounds.keep_order(house, "w")
    assert wish(house).wanted == ""


def test_only_the_newest_wish_is_carried_out(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    close(house, claim)
    counting = Between(box)
    assert write_due(house, counting, lease) == Written(done=1)
    assert (counting.commands, on(box, TERMIN)) == (1, [{DONE}])


def test_claimed_and_put_back_before_the_worker_came_costs_no_command(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    work.release(house, ME, claim.item_id, claim.token)
    counting = Between(box)
    write_due(house, counting, lease)
    assert counting.commands == 0
    assert wish(house).is_settled


def test_a_wish_that_comes_while_the_command_is_under_way_is_due_at_once(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    write_due(house, Between(box, lambda: close(house, claim)), lease)
    assert on(box, TERMIN) == [{IN_WORK}]
    write_due(house, box, lease)
    assert on(box, TERMIN) == [{DONE}]


def test_a_mail_that_is_not_where_it_was_is_no_error_and_given_up_in_the_end(
    house, box, lease, clock
):
    bring_in(house, box, lease, eml("Termin"), eml("Termin"))
    first = work.claim_next(house, ME, "435")
    close(house, first)
    close(house, work.claim_next(house, ME, "435"))
    next(box._root.rglob(f"{places(box, TERMIN)[0].uid}*")).unlink()
    assert write_due(house, box, lease) == Written(done=1, put_off=1)
    for _ in range(house.backoff.max_tries):
        clock.forward(hours=1)
        write_due(house, box, lease)
    lost = next(w for w in (wish(house, 1), wish(house, 2)) if w.error_code)
    assert (lost.error_code, lost.next_try_at) == (NO_MAIL, None)


def test_a_folder_that_takes_no_marks_stops_no_other_and_no_sorting(house, box, lease):
    bring_in(house, box, lease, eml("Termin"), eml("Termin"))
    for _ in range(2):
        work.claim_next(house, ME, "435")
    refusing = Between(box, Refused("postbox.no_marks", "read only"))
    assert write_due(house, refusing, lease) == Written(done=1, put_off=1)
    box.append("INBOX", eml("Krankmeldung"))
    receive.receive(house, box, lease, region="Südwest")
    one_sorter.sort_pending(house)
    assert filing.file_due(house, box, lease).done == 1


def test_a_line_that_breaks_leaves_one_in_doubt_which_waits_for_the_grace(house, box, lease, clock):
    bring_in(house, box, lease, *[eml("Termin")] * 3)
    for _ in range(3):
        work.claim_next(house, ME, "435")
    with pytest.raises(TryLater):
        write_due(house, Between(box, None, TryLater("postbox.away", "gone")), lease)
    assert [bool(wish(house, n).sent) for n in (1, 2, 3)] == [False, True, True]
    counting = Between(box)
    assert write_due(house, counting, lease) == Written()
    assert counting.commands == 0, "the command may still be under way"
    clock.forward(seconds=31)
    assert write_due(house, box, lease) == Written(done=2)
    assert on(box, TERMIN) == [{IN_WORK}] * 3


def test_a_newer_wish_waits_until_the_doubtful_command_can_not_come_last(house, box, lease, clock):
    """Else the late "in Arbeit" of a dead worker would stand beside our "erledigt"."""
    bring_in(house, box, lease, eml("Termin"))
    claim = work.claim_next(house, ME, "435")
    with pytest.raises(TryLater):
        write_due(house, Between(box, TryLater("postbox.away", "gone")), lease)
    close(house, claim)
    assert write_due(house, box, lease) == Written()
    box.set_marks(places(box, TERMIN)[0], MarkChange(add=("Postlotse: in Arbeit",)))
    clock.forward(seconds=31)
    write_due(house, box, lease)
    assert on(box, TERMIN) == [{DONE}]


def test_whose_lease_is_over_gives_no_command_and_writes_nothing(house, box, clock):
    mine = take_over(house, owner="a", seconds=60)
    bring_in(house, box, mine, eml("Termin"), eml("Termin"))
    for _ in range(2):
        work.claim_next(house, ME, "435")
    slow = Between(box, lambda: clock.forward(seconds=61))
    with pytest.raises(Conflict) as caught:
        write_due(house, slow, mine)
    assert caught.value.code == "lease.lost"
    assert slow.commands == 1
    theirs = take_over(house, owner="b")
    with pytest.raises(Conflict):
        write_due(house, box, mine)
    clock.forward(seconds=31)
    assert write_due(house, box, theirs) == Written(done=2)


def test_mail_that_came_another_way_has_no_wish(house):
    with house.db.write() as tx:
        mark_wishes.want(tx, 4711, marks=frozenset({OwnMark.DONE}), now=house.clock())
    assert wish(house, 4711) is None


def test_an_observed_postbox_is_never_marked(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    work.claim_next(house, ME, "435")
    with pytest.raises(Refused) as caught:
        ObservedPostbox(box).set_marks(places(box, TERMIN)[0], MarkChange(add=("x",)))
    assert caught.value.code == "postbox.observe_only"
    worker = Worker(house, send.Outlets(Eakte(), Post()), (), poll_seconds=1)
    job = PostboxJob("SC-Ost", "Ost", lambda: ObservedPostbox(box), files=False)
    PostboxRound(worker, job)()
    assert on(box, TERMIN) == [set()]


def test_marks_can_be_switched_off(house, box, lease):
    bring_in(house, box, lease, eml("Termin"))
    work.claim_next(house, ME, "435")
    quiet = replace(house, policy=replace(house.policy, marks=replace(
        house.policy.marks, writes=False)))  # fmt: skip
    worker = Worker(quiet, send.Outlets(Eakte(), Post()), (), poll_seconds=1)
    job = PostboxJob("SC-Ost", "Ost", lambda: box, files=True)
    assert PostboxRound(worker, job)() == 0
    assert on(box, TERMIN) == [set()]
