"""Several workers sort on one database: no mail is judged twice, and who lost his turn stops.

One that is killed while it sorts is in test_triage_paused.
"""

import threading
from collections import Counter
from datetime import timedelta

import pytest

from store.mails import keeping, sort_slots
from store.mails.sort_slots import BLOCK_MAILS
from tests import one_sorter
from tests.house_fixture import Clock, WordJudge, eml, open_house
from tests.store.samples import NOW, arrival
from tests.triage.way import states
from triage import rounds, sort_turns
from triage.house import House

WAIT_SECONDS = 60


class CountingJudge(WordJudge):
    """Notes each subject; the first time it waits for the other judge."""

    def __init__(self, both: threading.Barrier) -> None:
        self.seen: list[str] = []
        self._both = both

    def judge(self, mail, **about):
        if not self.seen:
            self._both.wait(WAIT_SECONDS)
        self.seen.append(mail.subject)
        return super().judge(mail, **about)


def fill(house: House, numbers: range) -> None:
    with house.db.write() as tx:
        mails = [arrival(str(n), eml(f"Termin {n}", "Guten Tag.")) for n in numbers]
        keeping.keep_many(tx, mails, now=NOW)


def begin_at(house: House, number: int) -> None:
    """The next mail gets that id."""
    with house.db.write() as tx:
        tx.connection.exec_driver_sql(f"ALTER SEQUENCE message_id_seq RESTART WITH {number}")


def drain(house: House, owner: str) -> None:
    while sort_turns.one_round(house, owner):
        pass


def test_two_workers_judge_no_mail_twice_and_both_have_some(postgresql_url: str) -> None:
    both = threading.Barrier(2)
    judges = [CountingJudge(both) for _ in range(2)]
    houses = [open_house(postgresql_url, judge=judge) for judge in judges]
    begin_at(houses[0], BLOCK_MAILS - 20)
    fill(houses[0], range(40))  # 20 of one slot, 20 of the next: too few to share
    begin_at(houses[0], 3 * BLOCK_MAILS - 120)
    fill(houses[0], range(40, 180))
    threads = [
        threading.Thread(target=drain, args=(house, f"w-{number}"))
        for number, house in enumerate(houses)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    judged = Counter(judges[0].seen + judges[1].seen)
    assert judged == Counter(f"Termin {n}" for n in range(180))
    assert states(houses[0]) == {"sorted": 180}
    for house in houses:
        house.db.close()


def test_who_lost_his_turn_meanwhile_writes_nothing(house: House, clock: Clock) -> None:
    """Stopped for long in the middle of a mail: the heir has sorted, and he comes back."""
    heirs = open_house(house.db.url, clock=clock)
    fill(house, range(2))

    class Stopped(WordJudge):
        def judge(self, mail, **about):
            if mail.subject == "Termin 1":
                clock.forward(seconds=sort_turns.TURN_SECONDS + house.policy.grace_seconds)
                taken = sort_slots_of(heirs)
                assert len(taken) == 2
            return super().judge(mail, **about)

    judge = Stopped()
    paused = open_house(house.db.url, clock=clock, judge=judge)
    assert sort_turns.one_round(paused, "paused") == 2
    assert states(house) == {"kept": 2}
    for one in (heirs, paused):
        one.db.close()


def test_mails_are_judged_together_and_one_by_one_where_one_of_them_breaks(house: House) -> None:
    together = []

    class Grouping(WordJudge):
        def judge_many(self, mails, **about):
            together.append(len(mails))
            return super().judge_many(mails, **about)

    grouping = open_house(house.db.url, judge=Grouping())
    fill(house, range(2 * rounds.JUDGED_TOGETHER))
    with house.db.write() as tx:
        keeping.keep_many(tx, [arrival("bad", eml("explodiere", "Guten Tag."))], now=NOW)
    fill(house, range(100, 102))
    assert one_sorter.sort_pending(grouping) == 2 * rounds.JUDGED_TOGETHER + 3
    assert together == [rounds.JUDGED_TOGETHER] * 2 + [3, 1, 1, 1]
    assert states(house) == {"sorted": 2 * rounds.JUDGED_TOGETHER + 2, "aside": 1}
    grouping.db.close()


def sort_slots_of(house: House) -> tuple[int, ...]:
    """The heir takes the turn, and is still at work."""
    with house.db.write() as tx:
        _, mails = sort_slots.take(
            tx,
            "heir",
            now=house.clock(),
            times=(timedelta(seconds=30), timedelta(seconds=30)),
            limit=rounds.SORT_BATCH,
            limit_bytes=rounds.SORT_BATCH_BYTES,
        )
    return tuple(mail.id for mail in mails)


def test_a_long_batch_goes_on_as_long_as_its_worker_shows_life(
    house: House, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "JUDGED_TOGETHER", 1)
    fill(house, range(4))

    class Slow(WordJudge):
        def judge(self, mail, **about):
            clock.forward(seconds=sort_turns.TURN_SECONDS * 0.7)
            assert sort_slots_of(house) == ()
            return super().judge(mail, **about)

    slow = open_house(house.db.url, clock=clock, judge=Slow())
    assert sort_turns.one_round(slow, "slow") == 4
    assert states(house) == {"sorted": 4}
    slow.db.close()
