"""Figures of a period on a real house: counted while the day runs, kept when the mails are gone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from rules.access import Caller
from rules.codes import Concern, PaymentRelevant, Role
from rules.errors import Refused
from rules.figures import By
from rules.item import CloseReason
from store.counts import day_figures as stored
from store.mails import keeping
from store.mails.keeping import Arrival
from store.tables import ledger as tables
from tests import one_sorter
from tests.house_fixture import ADMIN, clerk, eml
from triage import counted_days, day_figures, work
from triage.desk.correction import Correction

TODAY = date(2026, 11, 23)


def mails(house, *subjects):
    for subject in subjects:
        with house.db.write() as tx:
            now = house.clock()
            arrival = Arrival(eml(subject, "34117 Kassel"), now, "smtp", region="Südwest")
            keeping.keep(tx, arrival, now=now)
    one_sorter.sort_pending(house)


@pytest.fixture
def busy_day(house):
    """Seven mails for Kassel, six about AU and one about a Termin; all are sorted."""
    mails(house, "Termin", *(f"Krankmeldung {number}" for number in range(6)))


def report(house, by=By.CONCERN, caller=ADMIN, until=TODAY, **changes):
    asked = {"since": until, "until": until, "by": by, "agency_code": None} | changes
    return day_figures.report(house, caller, **asked)


def numbers(told):
    return {line.key: line.numbers for line in told.lines}


@pytest.mark.usefixtures("busy_day")
def test_a_running_day_is_counted_from_its_mails_with_small_numbers_hidden(house):
    told = report(house)
    assert numbers(told) == {"au": (None, 0, 0, 0, None), "termin": (None, 0, 0, 0, None)}
    assert told.total == (7, 0, 0, 0, 7)
    assert told.open_days == (TODAY,)
    assert told.minutes is None
    assert sum(told.week[0]) == 7
    assert told.week[0][10] == 7, "09:00 UTC is hour 10 in German winter"


@pytest.mark.usefixtures("busy_day")
def test_a_closed_day_keeps_its_numbers_when_its_mails_are_gone(house, clock):
    assert counted_days.close_days(house) == 0, "the day still runs"
    clock.forward(hours=30)
    assert counted_days.close_days(house) == 1
    assert counted_days.close_days(house) == 0
    with house.db.write() as tx:
        tx.run(sa.update(tables.item).values(first_concern="sonstiges"))
    assert set(numbers(report(house))) == {"au", "termin"}
    assert report(house).open_days == ()
    assert numbers(report(house, By.AGENCY)) == {"435": (7, 0, 0, 0, 7)}


@pytest.fixture
def all_big(monkeypatch):
    """Five mails make a big day."""
    monkeypatch.setattr(counted_days, "BIG_DAY_MAILS", 5)


@pytest.mark.usefixtures("busy_day", "all_big")
def test_the_stand_of_a_big_day_says_what_counting_says_and_when(house, clock):
    mails(house, "Urlaub", *(f"Konto {number}" for number in range(5)))
    # The first one moves no money.
    claim = work.claim_item(house, clerk("435"), 1)
    work.close(house, clerk("435"), 1, claim.token, reason=CloseReason.DONE)
    counted = {by: report(house, by) for by in By}
    assert counted_days.keep_stands(house) == 1
    at = house.clock()
    for by in By:
        assert report(house, by) == replace(counted[by], counted_at=at)
    clock.forward(seconds=counted_days.STAND_SECONDS - 1)
    assert counted_days.keep_stands(house) == 0, "it is fresh"
    mails(house, "Termin 2")
    assert (report(house).total[0], report(house).counted_at) == (13, at)
    clock.forward(seconds=2)
    assert counted_days.keep_stands(house) == 1
    assert (report(house).total[0], report(house).counted_at) == (14, house.clock())


@pytest.mark.usefixtures("busy_day", "all_big")
def test_an_old_stand_is_not_shown_and_a_closed_day_has_none(house, clock):
    counted_days.keep_stands(house)
    mails(house, "Termin 2")
    clock.forward(seconds=day_figures.STAND_COUNTS_SECONDS + 1)
    assert (report(house).total[0], report(house).counted_at) == (8, None)
    clock.forward(hours=30)
    counted_days.close_days(house)
    assert counted_days.keep_stands(house) == 0
    assert (report(house).total[0], report(house).counted_at) == (8, None)


@pytest.mark.usefixtures("busy_day")
def test_a_small_day_is_counted_when_somebody_asks(house):
    assert counted_days.keep_stands(house) == 0
    assert report(house).counted_at is None


@pytest.mark.usefixtures("busy_day")
def test_closing_twice_at_once_counts_once(house, clock):
    clock.forward(hours=30)
    for _ in range(2):
        with house.db.write() as tx:
            stored.close_day(tx, TODAY, now=house.clock())
    assert report(house).total == (7, 0, 0, 0, 7)


def test_days_without_mail_are_closed_in_order_and_bit_by_bit(house, clock):
    assert counted_days.close_days(house) == 0, "no mail, nothing to count"
    with house.db.write() as tx:
        keeping.keep(tx, Arrival(eml("Termin"), house.clock(), "smtp"), now=house.clock())
    clock.forward(days=5)
    assert counted_days.close_days(house) == counted_days.DAYS_A_ROUND
    assert counted_days.close_days(house) == 2
    with house.db.read() as tx:
        assert stored.last_closed(tx) == TODAY + timedelta(days=4)


def test_what_was_closed_and_corrected_shows_how_often_the_machine_was_right(house, clock):
    mails(house, *(f"Termin {number}" for number in range(6)))
    me = clerk("435")
    for number in range(6):
        clock.forward(minutes=10)
        claim = work.claim_next(house, me, "435")
        if number == 0:
            said = Correction((Concern.BERATUNG,), PaymentRelevant.NO)
            work.correct(house, me, claim.item_id, claim.token, said)
        work.close(house, me, claim.item_id, claim.token, reason=CloseReason.DONE)
    told = report(house)
    assert [(one.concern, one.share, one.has_fallen) for one in told.machine] == [
        ("termin", pytest.approx(5 / 6), False)
    ]
    assert told.total == (6, 6, 0, None, 6)
    assert told.minutes == pytest.approx(35, abs=1)


@pytest.mark.usefixtures("busy_day")
def test_each_admin_sees_the_figures_of_his_regions(house):
    north = Caller("admin-nord", Role.ADMIN, agencies=None, regions=frozenset({"Nord"}))
    assert report(house, caller=north).total == (0, 0, 0, 0, 0)
    with pytest.raises(Refused) as refused:
        report(house, caller=north, agency_code="435")
    assert refused.value.code == "access.denied"
    with pytest.raises(Refused) as refused:
        report(house, caller=clerk("435"))
    assert refused.value.code == "access.denied"


def test_a_period_has_a_beginning_an_end_and_a_limit(house):
    for since in (TODAY + timedelta(days=1), TODAY - timedelta(days=day_figures.LONGEST_DAYS)):
        with pytest.raises(Refused) as refused:
            report(house, since=since)
        assert refused.value.code == "figures.period"


@pytest.mark.usefixtures("busy_day")
def test_the_export_names_agency_and_geschaeftsvorgang_and_hides_small_numbers(house):
    text = day_figures.export(house, ADMIN, since=TODAY, until=TODAY, agency_code=None)
    head, *rows = text.splitlines()
    assert head.startswith("von;bis;Region;Dienststelle;Name;Geschäftsvorgang;Zugang")
    assert rows[0].startswith("23.11.2026;23.11.2026;Südwest;435;Kassel;au;<5;0;0;0;<5")
