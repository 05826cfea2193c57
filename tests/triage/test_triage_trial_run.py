"""A dry run is ordered, done by one worker in pages, kept, and shown again without being redone."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from rules.access import Caller
from rules.codes import Role
from rules.errors import Refused
from store.approved import rule_trials
from store.processes import leases
from tests import one_sorter
from tests.house_fixture import ADMIN, MACHINE, eml, make_house
from tests.rules.ruleset_samples import HEAD, rule
from triage import accept
from triage.rulesets import drafts as rulesets
from triage.rulesets import trial as rule_trial
from triage.rulesets import trial_run
from triage.rulesets.trial import Span

TEXT = HEAD + rule('betreff = "Umschulung"', rule_id="umschulung")


@pytest.fixture
def house(url):
    found = make_house(url)
    for number in range(5):
        accept.hand_in(found, MACHINE, eml(f"Umschulung {number}", f"34117 Kassel {number}"))
    accept.hand_in(found, MACHINE, eml("Termin", "34117 Kassel"))
    one_sorter.sort_pending(found)
    rulesets.save(found, ADMIN, TEXT)
    yield found
    found.db.close()


def kept(house, caller=ADMIN):
    return trial_run.kept(house, caller, rulesets.show(house, caller, "regeln"))


def order(house, caller=ADMIN, *, mails=10_000):
    return trial_run.order(house, caller, "regeln", 1, span=Span(14, mails))


def test_what_was_ordered_is_done_once_and_kept_as_it_came_out(house, monkeypatch) -> None:
    assert kept(house) is None
    order(house)
    waiting = kept(house)
    assert (waiting.tried, waiting.done_at, waiting.trial) == (0, None, None)
    expected = rule_trial.trial(house, ADMIN, TEXT, span=Span(14, 10_000))
    assert expected.moved == 5
    assert trial_run.one_round(house, "w-1") == 1
    assert trial_run.one_round(house, "w-1") == 0
    # Looking at it again reads what was kept.
    monkeypatch.setattr(rule_trial, "trial", None)
    assert kept(house).trial == expected
    assert kept(house).error_code == ""


def test_it_goes_on_in_pages_that_tell_how_far_it_is(house, monkeypatch) -> None:
    monkeypatch.setattr(rule_trial, "PAGE", 2)
    seen = []
    advance = rule_trials.advance

    def told(tx, found, *, tried):
        seen.append(tried)
        return advance(tx, found, tried=tried)

    monkeypatch.setattr(rule_trials, "advance", told)
    order(house)
    trial_run.one_round(house, "w-1")
    assert seen == [2, 4, 6]
    assert kept(house).trial.mails == 6


def test_others_write_while_a_dry_run_is_under_way(house, monkeypatch) -> None:
    """No transaction stays open between two pages: a mail is kept in the middle of a run."""
    monkeypatch.setattr(rule_trial, "PAGE", 2)
    in_the_middle, go_on = threading.Event(), threading.Event()
    try_one = rule_trial._try

    def halting(*args):
        in_the_middle.set()
        assert go_on.wait(30)
        return try_one(*args)

    monkeypatch.setattr(rule_trial, "_try", halting)
    order(house)
    run = threading.Thread(target=trial_run.one_round, args=(house, "w-1"))
    run.start()
    try:
        assert in_the_middle.wait(30)
        accept.hand_in(house, MACHINE, eml("Neu", "Während des Probelaufs"))
    finally:
        go_on.set()
        run.join(30)
    assert kept(house).trial.mails == 6


def test_a_new_order_takes_the_place_of_the_one_that_runs(house, monkeypatch) -> None:
    monkeypatch.setattr(rule_trial, "PAGE", 2)
    order(house)
    try_one = rule_trial._try

    def ordering_anew(*args):
        monkeypatch.setattr(rule_trial, "_try", try_one)
        order(house, mails=3)
        return try_one(*args)

    monkeypatch.setattr(rule_trial, "_try", ordering_anew)
    trial_run.one_round(house, "w-1")
    assert (kept(house).done_at, kept(house).span.mails) == (None, 3)
    trial_run.one_round(house, "w-1")
    assert kept(house).trial.mails == 3


def test_one_worker_at_a_time_and_after_a_crash_the_next(house) -> None:
    order(house)
    with house.db.write() as tx:
        leases.take(tx, "ruleset_trials", owner="w-dead", now=house.clock(), seconds=60)
    assert trial_run.one_round(house, "w-1") == 0
    later = house.clock() + timedelta(seconds=61)
    assert trial_run.one_round(replace(house, clock=lambda: later), "w-1") == 1
    assert kept(house).trial.mails == 6


def test_a_changed_text_makes_it_stale_and_a_bug_ends_it(house, monkeypatch) -> None:
    order(house)
    trial_run.one_round(house, "w-1")
    rulesets.save(house, ADMIN, TEXT + rule('betreff = "Kurs"', rule_id="kurs"))
    assert kept(house).is_stale
    order(house)

    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(rule_trial, "trial", broken)
    with pytest.raises(ZeroDivisionError):
        trial_run.one_round(house, "w-1")
    assert kept(house).error_code == "bug"
    assert trial_run.one_round(house, "w-1") == 0


def test_each_sees_what_was_tried_for_his_regions_only(house) -> None:
    north = Caller("a-9", Role.ADMIN, agencies=None, regions=frozenset({"Nord"}))
    order(house)
    order(house, north)
    assert trial_run.one_round(house, "w-1") == 1
    assert trial_run.one_round(house, "w-1") == 1
    assert kept(house).trial.mails == 6
    assert kept(house, north).trial.mails == 0
    clerk = Caller("k-1", Role.CLERK, agencies=None)
    with pytest.raises(Refused):
        trial_run.order(house, clerk, "regeln", 1, span=Span())


def test_who_reaches_no_region_tries_it_on_no_mail(house) -> None:
    nowhere = Caller("a-9", Role.ADMIN, agencies=None, regions=frozenset())
    for caller in (nowhere, replace(nowhere, agencies=frozenset({"435"}), regions=None)):
        order(house, caller)
        assert trial_run.one_round(house, "w-1") == 1
        assert kept(house, caller).trial.mails == 0
    assert kept(house) is None
