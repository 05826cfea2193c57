"""The trial run: a day of an observed postbox, what would have been done, and what people did."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ingest.observed import ObservedPostbox
from rules.access import Caller
from rules.codes import Role
from rules.errors import Refused
from tests import one_sorter
from tests.house_fixture import ADMIN, clerk, eml
from triage import observed, receive, reconcile
from triage.house import PostboxPlan

PLANS = (
    PostboxPlan("SC-Südwest", "Südwest", is_observed=True),
    PostboxPlan("SC-Ost", "Ost", is_observed=False),
)


@pytest.fixture
def house(house):
    return replace(house, policy=replace(house.policy, postboxes=PLANS))


@pytest.fixture
def day_of_mail(house, box, lease):
    """Five mails for Kassel, one of them by a machine and one that breaks the judge."""
    mails = (
        ("Krankmeldung", {}),
        ("krank", {}),
        ("Urlaub", {}),
        ("Newsletter", {"Auto_Submitted": "auto-generated", "List_Id": "<a.example>"}),
        ("explodiere", {}),
    )
    for second, (subject, headers) in enumerate(mails):
        # A second each: within one, the order is that of the real clock's microseconds.
        at = house.clock() + timedelta(seconds=second)
        box.append("INBOX", eml(subject, "34117 Kassel", **headers), at)
    receive.receive(house, ObservedPostbox(box), lease, region="Südwest")
    one_sorter.sort_pending(house)


def by_hand(box, folder, number=0):
    """A person moves the mail that is the oldest but `number` in the INBOX."""
    box.ensure_folder(folder)
    view = box.view("INBOX")
    (mail,) = box.fetch("INBOX", view.epoch, view.uids[number : number + 1])
    box.move(mail.place, folder)


@pytest.mark.usefixtures("day_of_mail")
def test_the_report_says_what_would_have_been_done_and_nothing_was(house, box):
    (found,) = observed.report(house, ADMIN)
    assert (found.postbox, found.seen, found.filed, found.not_sorted) == ("SC-Südwest", 5, 3, 0)
    assert found.aside == (("bug", 1), ("mail.newsletter", 1))
    (kassel,) = found.agencies
    assert (kassel.code, kassel.mails) == ("435", 3)
    assert (kassel.payment_yes, kassel.payment_open) == (2, 1)
    assert kassel.folders[0] == ("435 Kassel/AU", 2)
    assert found.agreement == {"untouched": 4, "same": 0, "same_agency": 0, "other": 0, "gone": 0}
    assert found.share is None
    assert len(box.view("INBOX").uids) == 5


@pytest.mark.usefixtures("day_of_mail")
def test_what_people_moved_meanwhile_is_held_beside_it(house, box, lease):
    by_hand(box, "435 Kassel/AU")
    by_hand(box, "431 Hanau")
    by_hand(box, "435 Kassel")
    for _ in range(2):
        reconcile.reconcile(house, ObservedPostbox(box), lease)
    (found,) = observed.report(house, ADMIN)
    assert found.agreement == {"untouched": 1, "same": 1, "same_agency": 1, "other": 1, "gone": 0}
    assert found.share == pytest.approx(1 / 3)
    assert [(one.would, one.lies_in) for one in found.disagreements] == [
        ("435 Kassel/AU", "431 Hanau"),
        (found.disagreements[1].would, "435 Kassel"),
    ]


@pytest.mark.usefixtures("day_of_mail")
def test_another_day_is_empty_and_mail_that_waits_for_sorting_is_counted(house, box, lease):
    (other,) = observed.report(house, ADMIN, day=date(2026, 11, 22))
    assert (other.seen, other.agencies, other.share) == (0, (), None)
    box.append("INBOX", eml("Termin"), house.clock())
    receive.receive(house, ObservedPostbox(box), lease, region="Südwest")
    (found,) = observed.report(house, ADMIN)
    assert (found.seen, found.filed, found.not_sorted) == (6, 3, 1)


def test_the_report_is_for_admins_of_the_region(house):
    with pytest.raises(Refused) as refused:
        observed.report(house, clerk("435"))
    assert refused.value.code == "access.denied"
    east = Caller("a-2", Role.ADMIN, agencies=None, regions=frozenset({"Ost"}))
    assert observed.report(house, east) == ()
