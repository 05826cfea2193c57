"""An archive comes in once, at its pace, and goes on after it was cancelled or killed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.archive import ArchiveMail, LeftOut
from rules.access import Caller
from rules.codes import Concern, PaymentRelevant, Role
from rules.errors import Refused
from rules.postbox import TOO_LARGE, Place
from store.mails import keeping, ledger
from store.mails import same_mail as store_same_mail
from store.mails.keeping import Arrival
from store.trail import audit
from tests import one_sorter
from tests.house_fixture import ADMIN, NOW, clerk, eml
from tests.triage.renumbering import Renumbering
from tests.triage.way import rows
from triage import backfill, completeness, receive, work
from triage.backfill import ByHead, Pace
from triage.desk import item_view
from triage.desk.correction import Correction
from triage.filing import filing
from triage.follow_moves import Reconciled
from triage.house import PostboxPlan
from triage.reconcile import reconcile

PLAN = PostboxPlan("SC-Südwest", "Südwest", is_observed=False)
OLD = timedelta(days=400)


@pytest.fixture
def house(house):
    return replace(house, policy=replace(house.policy, postboxes=(PLAN,)))


class Watch:
    """A clock that only waiting moves; after `ends_after` waits it says that the run is to end."""

    def __init__(self, ends_after=None):
        self.now, self.waits, self.ends_after = 0.0, [], ends_after

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds
        return len(self.waits) == self.ends_after


def mails(house, count, first=0):
    at = house.clock() - OLD
    return [ArchiveMail(str(n), eml(f"Krankmeldung {n}"), at) for n in range(first, first + count)]


def fill(house, found, *, rate=None, watch=None, told=lambda _: None, caller=ADMIN):
    watch = watch or Watch()
    pace = Pace(rate, watch.wait, lambda: watch.now)
    return backfill.fill_in(house, caller, found, plan=PLAN, pace=pace, told=told)


def by_head(name="a.eml", size=60_000_001):
    head = eml("Unterlagen").partition(b"\n\n")[0] + b"\n\n"
    return ArchiveMail(name, head, NOW, TOO_LARGE, size)


def numbers(found):
    return found.kept, found.known, len(found.left_out)


def test_an_archive_comes_in_and_a_second_time_nothing_does(house):
    archive = mails(house, 120)
    assert numbers(fill(house, archive)) == (120, 0, 0)
    assert numbers(fill(house, archive)) == (0, 120, 0)
    assert rows(house) == 120


def test_the_same_mail_twice_in_the_archive_comes_in_once(house):
    archive = mails(house, 3) + mails(house, 3)
    assert numbers(fill(house, archive)) == (3, 3, 0)


def test_a_cancelled_run_goes_on_where_it_was(house):
    archive = mails(house, 130)
    first = fill(house, archive, watch=Watch(ends_after=2))
    assert (numbers(first), first.is_cancelled) == ((50, 0, 0), True)
    second = fill(house, archive)
    assert (numbers(second), second.is_cancelled) == ((80, 50, 0), False)


def test_a_killed_run_goes_on_where_it_was(house):
    class Killed(BaseException):
        pass

    def dies():
        yield from mails(house, 70)
        raise Killed

    with pytest.raises(Killed):
        fill(house, dies())
    assert rows(house) == 50
    assert numbers(fill(house, mails(house, 70))) == (20, 50, 0)


def test_the_pace_is_kept_and_known_mail_costs_none_of_it(house):
    watch = Watch()
    fill(house, mails(house, 30), rate=60, watch=watch)
    assert watch.now == pytest.approx(25)
    assert max(watch.waits) <= 5.0
    again = Watch()
    assert numbers(fill(house, mails(house, 31), rate=60, watch=again)) == (1, 30, 0)
    assert again.now == 0


def test_what_could_not_be_read_is_reported_and_counted(house):
    shown = []
    archive = [*mails(house, 2), LeftOut("a.eml", "archive.unreadable"), *mails(house, 1, first=2)]
    found = fill(house, archive, told=lambda now: shown.append(now.seen))
    assert numbers(found) == (3, 0, 1)
    assert shown[-1] == 4


def test_two_runs_at_once_keep_each_mail_once(house):
    """The second one looks before the first has committed."""
    archive = mails(house, 2)

    class Late:
        """The database as the second run has it: the first comes in between."""

        def __init__(self):
            self.first = True

        def __getattr__(self, name):
            return getattr(house.db, name)

        def write(self):
            if self.first:
                self.first = False
                fill(house, archive)
            return house.db.write()

    assert numbers(fill(replace(house, db=Late()), archive)) == (0, 2, 0)
    assert rows(house) == 2


def test_mail_that_came_by_another_way_is_known_and_one_of_another_postbox_is_not(house):
    archive = mails(house, 2)
    with house.db.write() as tx:
        for mail, postbox in zip(archive, (PLAN.name, "SC-Ost"), strict=True):
            arrival = Arrival(mail.data, mail.received_at, "smtp", postbox=postbox)
            keeping.keep(tx, arrival, now=house.clock())
    assert numbers(fill(house, archive)) == (1, 1, 0)


def test_mail_that_is_known_with_other_line_ends_does_not_come_in_from_the_archive(house):
    archive = mails(house, 3)
    as_by_imap = [replace(one, data=one.data.replace(b"\n", b"\r\n")) for one in archive]
    assert numbers(fill(house, as_by_imap[:2])) == (2, 0, 0)
    assert numbers(fill(house, [*archive, as_by_imap[2]])) == (1, 3, 0)
    assert rows(house) == 3


def test_mail_of_the_archive_that_lies_in_the_inbox_later_is_the_same_mail(house, box, lease):
    archive = mails(house, 1)
    fill(house, archive)
    one_sorter.sort_pending(house)
    box.append("INBOX", archive[0].data)
    assert receive.receive(house, box, lease, region="Südwest").put_back == 1
    assert rows(house) == 1


def test_mail_of_the_archive_that_was_sorted_and_lies_in_the_inbox_later_is_filed(
    house, box, lease
):
    termin, away = eml("Termin"), eml("Abwesend", Auto_Submitted="auto-replied")
    fill(house, [ArchiveMail("a.eml", data, house.clock() - OLD) for data in (termin, away)])
    one_sorter.sort_pending(house)
    claim = work.claim_next(house, clerk("435"), "435")
    said = Correction((Concern.BERATUNG,), PaymentRelevant.NO)
    work.correct(house, clerk("435"), claim.item_id, claim.token, said)
    for data in (termin, away):
        box.append("INBOX", data)
    assert receive.receive(house, box, lease, region="Südwest").put_back == 2
    assert filing.file_due(house, box, lease).done == 2
    assert [len(box.view(name).uids) for name in ("435 Kassel/Beratung", "Maschinell")] == [1, 1]
    (uid,) = box.view("435 Kassel/Beratung").uids
    box.move(Place("435 Kassel/Beratung", "maildir", uid), "INBOX")
    assert receive.receive(house, box, lease, region="Südwest").put_back == 1
    assert filing.file_due(house, box, lease).done == 0, "a person put it there"


def crlf(data):
    return data.replace(b"\n", b"\r\n")


def test_mail_of_the_archive_that_comes_with_other_line_ends_is_the_same_mail(house, box, lease):
    numbered = Renumbering(box)
    numbered.append("INBOX", crlf(eml("Termin")))
    assert receive.receive(house, numbered, lease, region="Südwest").kept == 1
    archive = mails(house, 2)
    fill(house, archive)
    one_sorter.sort_pending(house)
    numbered.append("INBOX", crlf(archive[0].data))
    numbered.append("INBOX", crlf(archive[1].data.replace(b"Guten", b"guten")))
    found = receive.receive(house, numbered, lease, region="Südwest")
    assert (found.put_back, found.kept) == (1, 1)
    numbered.append("INBOX", crlf(archive[0].data))
    assert receive.receive(house, numbered, lease, region="Südwest").kept == 1, "a copy"
    assert rows(house) == 5
    numbered.number_anew("INBOX")
    assert receive.receive(house, numbered, lease, region="Südwest").adopted == 4
    assert reconcile(house, numbered, lease) == Reconciled()
    assert numbers(fill(house, [*archive, *mails(house, 1)])) == (0, 3, 0)


def test_an_archive_is_asked_for_once_a_reading_and_its_beginning_stands_in_the_trail(
    house, box, lease, monkeypatch
):
    asked = []
    real = store_same_mail.has_archive
    monkeypatch.setattr(
        store_same_mail, "has_archive", lambda tx, name: asked.append(name) or real(tx, name)
    )
    for each in range(2):
        for _ in range(3):
            box.append("INBOX", eml(f"Termin {each}"))
        receive.receive(house, box, lease, region="Südwest")
    assert asked == [box.name] * 2
    fill(house, mails(house, 1))
    with house.db.read() as tx:
        (entry,) = audit.of_subject(tx, f"archive:{PLAN.name}")
    assert (entry.action, entry.actor) == ("archive.begun", ADMIN.name)


def test_it_goes_the_way_of_all_mail_and_the_sum_closes(house):
    fill(house, mails(house, 3))
    assert one_sorter.sort_pending(house) == 3
    (sum_, _) = completeness.proof_of_day(house, ADMIN)
    assert (sum_.seen, sum_.states["sorted"], sum_.closes) == (3, 3, True)
    with house.db.read() as tx:
        assert ledger.message(tx, 1).received_at == house.clock() - OLD


def test_a_folder_of_the_postbox_is_an_archive_too_and_is_left_as_it_is(house, box):
    box.ensure_folder("Archiv/2025")
    for mail in mails(house, 2):
        box.append("Archiv/2025", mail.data)
    found = fill(house, backfill.of_folder(box, "Archiv/2025", house=house))
    assert numbers(found) == (2, 0, 0)
    assert len(box.view("Archiv/2025").uids) == 2


def test_a_large_mail_of_an_archive_is_routed_by_its_head_and_named(house, box):
    box.ensure_folder("Archiv/2025")
    box.append("Archiv/2025", eml("Krankmeldung", "x" * 1_100_000))
    found = fill(house, backfill.of_folder(box, "Archiv/2025", house=house))
    assert numbers(found) == (1, 0, 0)
    (uid,) = box.view("Archiv/2025").uids
    assert found.by_head == [ByHead(f"Archiv/2025/{uid}", TOO_LARGE, 1)]
    one_sorter.sort_pending(house)
    view = item_view.view(house, clerk("435"), 1)
    assert (view.item.folder, view.item.payment) == ("435 Kassel/AU", "yes")
    assert view.only_head.reason == TOO_LARGE
    assert view.only_head.size_bytes == view.message.size_bytes > 1_100_000
    with house.db.read() as tx:
        (entry,) = [
            one for one in audit.of_subject(tx, "message:1") if one.action == "mail.filled_in"
        ]
    assert entry.details["only_head"] == TOO_LARGE


def test_a_large_mail_comes_in_once_and_its_head_with_another_body_is_another_mail(house):
    archive = [by_head(), by_head("b.eml"), by_head("c.eml", 60_000_002)]
    assert numbers(fill(house, archive)) == (2, 1, 0)
    assert numbers(fill(house, archive)) == (0, 3, 0)


def test_a_large_mail_is_known_when_the_limit_was_raised_since(house):
    whole = ArchiveMail("a.eml", eml("Unterlagen"), NOW)
    assert numbers(fill(house, [by_head(size=len(whole.data))])) == (1, 0, 0)
    assert numbers(fill(house, [whole])) == (0, 1, 0)


def test_a_large_mail_of_the_archive_that_lies_in_the_inbox_later_is_the_same_mail(
    house, box, lease
):
    box.ensure_folder("Archiv/2025")
    mail = eml("Unterlagen", "x" * 1_100_000)
    box.append("Archiv/2025", mail)
    fill(house, backfill.of_folder(box, "Archiv/2025", house=house))
    box.append("INBOX", mail)
    assert receive.receive(house, box, lease, region="Südwest").put_back == 1
    assert rows(house) == 1


def test_only_an_admin_of_the_region_fills_in(house):
    west = Caller("a-2", Role.ADMIN, agencies=None, regions=frozenset({"West"}))
    for caller, name in ((west, PLAN.name), (ADMIN, "SC-Nord")):
        with pytest.raises(Refused) as refused:
            backfill.plan_of(house, caller, name)
        assert refused.value.code == "postbox.unknown"
    assert backfill.plan_of(house, ADMIN, PLAN.name) == PLAN
