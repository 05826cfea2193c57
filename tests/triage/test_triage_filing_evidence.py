"""What a pass after a kill reads to find out what became of its moves."""

from tests import one_sorter
from tests.house_fixture import eml
from tests.triage.test_triage_given_twice import Counting
from tests.triage.test_triage_reconcile import Unproven
from tests.triage.test_triage_renumbered import keep, places_agree
from triage.filing import filing


def test_acts_in_doubt_fetch_each_candidate_once(house, box, lease, clock):
    keep(house, box, lease, *(eml("Krankmeldung", f"{day}. Tag") for day in range(12)))
    one_sorter.sort_pending(house)
    filing.file_due(house, Unproven(box), lease)
    clock.forward(minutes=10)
    counting = Counting(box)
    assert filing.file_due(house, counting, lease).done == 12
    assert counting.fetched == 12
    assert places_agree(house, box)
