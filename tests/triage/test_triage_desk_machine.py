"""Clerks, worker, eAkte and smarthost do what they like with some items, in any order, and die.

Hypothesis finds the order. What must hold is said without the item's own state: by what persons
said of its money, and by what the eAkte has in its records.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from rules.access import Caller, Permission
from rules.codes import Concern, PaymentRelevant
from rules.errors import Conflict, HouseError, Refused
from rules.item import CloseReason, ItemState
from rules.postbox import MarkChange
from store.desk import items
from store.sending import outgoing
from store.trail import audit
from tests.house_fixture import ADMIN, service_center
from tests.triage import machine_runs
from tests.triage.desk_world import DONE, LATE, MAILS, NUMBERS, PEOPLE, SICK, DeskWorld, Word
from tests.triage.mortal import Crash, MortalBox, MortalDatabase
from triage import completeness, handover, rounds, work
from triage.answers import reply
from triage.answers.reply import Choice
from triage.desk import holding, undo
from triage.desk.correction import Correction
from triage.sending import dead_letters
from triage.sweep import orders as sweep_orders
from triage.sweep import run as sweep_run

REASON = "so steht es in der Nachricht"
LEAD = replace(service_center(name="lead"), extra=frozenset({Permission.FREE_ITEM}))
DEEDS = [
    "release", "renew", "leave", "close", "close", "answer", "park", "give_back", "forward",
    "waive", "hand_over", "hand_over", "hand_over_and_leave",
]  # fmt: skip
LETS_GO = {"release", "leave", "close", "park", "give_back", "forward", "hand_over_and_leave"}
picks = st.integers(0, 99)
newest = st.sampled_from([0, 0, 0, 0, 1, 2, 5])


class Desk(DeskWorld, RuleBasedStateMachine):
    """What people and machines may do there."""

    template: Path

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        DeskWorld.__init__(self, self.template)

    @initialize(mails=st.lists(st.sampled_from(MAILS), min_size=2, max_size=4))
    def some_wait(self, mails):
        for mail in mails:
            self.append(mail)
        self.read_postbox()

    @rule(mail=st.sampled_from(MAILS))
    def arrives(self, mail):
        self.append(mail)
        self.read_postbox()

    @rule()
    def worker_reads(self):
        self.read_postbox()

    @rule(pick=picks, mark=st.sampled_from([DONE, SICK, LATE]))
    def person_marks(self, pick, mark):
        place = self.lying(pick)
        if place is not None:
            self.box.set_marks(place, MarkChange(add=(mark,)))

    @rule(pick=picks, to=picks)
    def person_moves(self, pick, to):
        place, folders = self.lying(pick), self.box.folders()
        if place is not None:
            with suppress(Refused):  # it lies there
                self.box.move(place, folders[to % len(folders)])

    @rule(who=st.sampled_from(PEOPLE))
    def fetches(self, who):
        self.somebody_fetches(who)

    @rule(pick=newest, deed=st.sampled_from(DEEDS))
    def clerk_does(self, pick, deed):
        self.do(pick, deed)

    @rule(pick=newest, deed=st.sampled_from(DEEDS), another=st.sampled_from(DEEDS))
    def clerk_does_two(self, pick, deed, another):
        self.do(pick, deed)
        self.do(pick, another)

    @rule(
        pick=newest,
        payment=st.sampled_from(PaymentRelevant),
        number=st.sampled_from([None, *NUMBERS]),
    )
    def clerk_corrects(self, pick, payment, number):
        said = Correction((Concern.SONSTIGES,), payment, number, REASON)
        word = self.do(pick, "correct", lambda *it: work.correct(*it, said))
        if word:
            word.before = word.money()
            word.owes = payment is not PaymentRelevant.NO
            word.number = number or word.number

    def park(self, *it):
        work.park(*it, until=3, reason=REASON)

    def give_back(self, *it):
        work.give_back(*it, reason=REASON)

    def forward(self, *it):
        other = "431" if self.item(it[2]).agency_code == "435" else "435"
        work.forward(*it, agency_code=other, reason=REASON)

    def waive(self, *it):
        handover.waive(*it, reason=REASON)
        word = self.words[it[2]]
        word.before, word.owes = word.money(), False

    def hand_over(self, *it):
        handover.order(*it)

    def hand_over_and_leave(self, *it):
        handover.order(*it, close_when_received=True)

    def release(self, *it):
        work.release(*it)

    def renew(self, *it):
        self.words[it[2]].until = work.renew(*it).lease_until

    def leave(self, *it):
        handover.leave(*it)

    def close(self, *it):
        work.close(*it, reason=CloseReason.DONE)

    def answer(self, *it):
        house, caller, item_id, token = it
        text = reply.proposals(house, caller, item_id).texts[0]
        values = reply.defaults(house, caller, item_id, text.id)
        choice = Choice(text.id, text.version, values)
        reply.order(house, caller, item_id, token, choice)
        # A clerk who sees it unanswered may want it once more.
        self.answered_anew |= self.was_set_back

    def do(self, pick: int, name: str, deed: Callable[..., Any] | None = None) -> Word | None:
        """Try it with a claim, the newest ones mostly; the word of the item, if it was done."""
        if not any(map(self.is_live, self.words.values())):
            self.somebody_fetches(PEOPLE[pick % len(PEOPLE)])
        if not self.claims:
            return None
        caller, claim = self.claims[-1 - pick % len(self.claims)]
        word, before = self.words[claim.item_id], self.item(claim.item_id)
        mine = self.is_live(word) and word.token == claim.token
        try:
            (deed or getattr(self, name))(self.house, caller, claim.item_id, claim.token)
        except (Refused, Conflict):
            assert self.item(claim.item_id) == before, name
            return None
        except IndexError:
            return None  # no text fits
        assert mine, f"{name} by a token that is no longer good"
        if name in LETS_GO:
            word.until, word.before = None, word.money()
        return word

    @precondition(lambda self: self.words)
    @rule(pick=picks, who=st.sampled_from(PEOPLE))
    def clerk_takes_back(self, pick, who):
        item_id = list(self.words)[pick % len(self.words)]
        word, caller = self.words[item_id], who[0]
        try:
            claim = undo.take_back(self.house, caller, item_id)
        except (Refused, Conflict):
            return
        assert word.before is not None
        assert not self.is_live(word) or word.holder == caller.name
        word.until = None
        word.owes, word.number = word.before
        self.is_given(caller, claim)

    @rule(seconds=st.sampled_from([7, 301, 907, 90_000]))
    def time_goes_by(self, seconds):
        self.clock.forward(seconds=seconds)
        rounds.keep_order(self.house, "w-1")

    @rule(pick=picks, deed=st.sampled_from(["frees", "replays", "deletes"]))
    def admins_do(self, pick, deed):
        with suppress(HouseError):
            getattr(self, deed)(list(self.words)[pick % len(self.words)])

    def frees(self, item_id):
        holding.free(self.house, LEAD, item_id)
        self.words[item_id].until = None

    def replays(self, _item_id):
        dead_letters.replay_all(self.house, ADMIN)

    def deletes(self, _item_id):
        # A worker that died is started again long before its notes of letters are forgotten.
        self.post.mood = "takes"
        self.clock.forward(days=1)
        self.send_round(self.house)
        self.clock.forward(days=92)
        found = sweep_orders.preview(self.house, ADMIN)
        number = sweep_orders.order(self.house, ADMIN, hash_=found.hash)
        sweep_run.run(self.house, self.outlets, "w-1", number)

    @rule(mood=st.sampled_from(["takes", "away", "refuses"]), drop=st.booleans())
    def ways_change(self, mood, drop):
        self.post.mood = mood
        self.eakte.come_back() if drop else self.eakte.leave()

    @rule()
    def worker_sends(self):
        self.send_round(self.house)

    @rule(passes=st.integers(0, 5), before=st.booleans())
    def worker_dies(self, passes, before):
        count, pair = machine_runs.dying(passes, before=before)
        with suppress(Crash):
            self.send_round(replace(self.house, db=MortalDatabase(self.house.db, **pair)))
        if count.dead:
            self.outlets = self.new_outlets()

    @rule(at_call=st.booleans(), passes=st.integers(0, 14), before=st.booleans())
    def reader_dies(self, at_call, passes, before):
        count, pair = machine_runs.dying(passes, before=before)
        with suppress(Crash):
            if at_call:
                self.read_postbox(box=MortalBox(self.box, **pair))
            else:
                house = replace(self.house, db=MortalDatabase(self.house.db, **pair))
                self.read_postbox(house)
        if count.dead:
            self.clock.forward(seconds=200)  # lease and grace of the one who died

    @rule()
    def database_is_copied(self):
        self.copy_database()

    @precondition(lambda self: any(map(self.is_young, self.copies)))
    @rule(pick=picks, same_process=st.booleans())
    def database_is_set_back(self, pick, same_process):
        """As a standby that was behind, or an old copy; what left the house has left it."""
        young = list(filter(self.is_young, self.copies))
        copy = young[pick % len(young)]
        self.set_back(copy, same_process=same_process)

    @precondition(lambda self: self.eakte.waiting())
    @rule(pick=picks, accepts=st.booleans())
    def eakte_answers(self, pick, accepts):
        waiting = self.eakte.waiting()
        self.eakte.answer(waiting[pick % len(waiting)], accepts=accepts, now=self.clock())

    @invariant()
    def money_is_safe(self):
        self.money_must_be_safe()

    def teardown(self) -> None:
        try:
            self.settle()
            self.check()
        finally:
            self.end()

    def settle(self) -> None:
        """All ways are open again, the eAkte takes all, and clerks work off what waits."""
        self.post.mood = "takes"
        self.eakte.come_back()
        for days in (1, 12, 12):
            self.go_on(days)
        for caller, agency in PEOPLE:
            while claim := work.claim_next(self.house, caller, agency):
                self.is_given(caller, claim)
                self.work_off(caller, claim)
                self.go_on(1)

    def go_on(self, days: int) -> None:
        self.clock.forward(days=days)
        self.read_postbox()
        rounds.keep_order(self.house, "w-1")
        dead_letters.replay_all(self.house, ADMIN)
        self.send_round(self.house)
        for key in self.eakte.waiting():
            self.eakte.answer(key, accepts=True, now=self.clock())
        self.send_round(self.house)
        self.money_is_safe()

    def work_off(self, caller: Caller, claim: work.Claim) -> None:
        it, word = (self.house, caller, claim.item_id, claim.token), self.words[claim.item_id]
        try:
            work.close(*it, reason=CloseReason.DONE)
        except Refused:  # the receipt is missing
            handover.order(*it, close_when_received=True)
        word.until = None

    def check(self) -> None:
        with self.house.db.read() as tx:
            states = {items.get(tx, item_id).state for item_id in self.words}
            rows = [row for item_id in self.words for row in outgoing.of_item(tx, item_id)]
            trail = audit.verify(tx)
        assert states <= {ItemState.CLOSED}
        assert all(row.next_try_at is None for row in rows), "nothing is left to be sent"
        if not self.answered_anew:
            assert max(self.post.taken.values(), default=1) == 1, "a letter left twice"
        assert trail.broken is None
        assert completeness.of_day(self.house, ADMIN).closes


@pytest.fixture
def template(sqlite_template):
    Desk.template = sqlite_template


def test_whatever_clerks_and_ways_do_no_money_is_lost_and_nothing_leaves_twice(template):
    machine_runs.run(Desk, examples=15, steps=25)
