"""What a second worker brings to sorting on one PostgreSQL, with and without turns.

    python -m tests.bench.bench_sorters 1000

Workers are processes with the judge of the house; all mails lie kept when they begin. Without
turns two take the same batch, and the loser finds his mails sorted. Ratios; not a timed test.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

import structlog

from rules.mail import ParsedMail
from rules.verdict import Judgement
from store.mails import keeping
from store.mails.keeping import Arrival
from tests import one_sorter
from tests.bench import bench_mails
from tests.bench.stopwatch import seconds
from tests.house_fixture import make_house, open_house
from tests.servers.postgres import PostgresServer
from triage import sort_turns, wiring
from triage.house import House
from triage.ports import MailJudge
from triage.settings import Settings

_FORK = multiprocessing.get_context("fork")
"""The model is loaded once, before."""

Round = Callable[[House, str], int]


def without_turns(house: House, _: str) -> int:
    """As it was: whoever comes takes the oldest."""
    return one_sorter.sort_pending(house)


WAYS: dict[str, tuple[int, Round]] = {
    "one worker, without turns": (1, without_turns),
    "one worker": (1, sort_turns.one_round),
    "two workers, without turns": (2, without_turns),
    "two workers": (2, sort_turns.one_round),
}


class _Counting:
    """How many mails it judged."""

    def __init__(self, judge: MailJudge) -> None:
        self._judge, self.count = judge, 0

    def judge(self, mail: ParsedMail, **about: Any) -> Judgement:
        self.count += 1
        return self._judge.judge(mail, **about)

    def judge_many(self, mails: Sequence[ParsedMail], **about: Any) -> Sequence[Judgement]:
        self.count += len(mails)
        return self._judge.judge_many(mails, **about)


def main(mails: int) -> None:
    """Each way on a database of its own, one after the other."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    judge = wiring.build_judging(Settings()).judge
    samples = [made.data for made in bench_mails.small(mails)]
    base = 0.0
    with PostgresServer({"fsync": "on", "full_page_writes": "on"}) as server:
        for name, (workers, one_round) in WAYS.items():
            url = server.create(f"sorters{time.time_ns()}")
            _fill(url, samples)
            judged: list[int] = []
            rate = mails / seconds(lambda: judged.extend(run(url, judge, workers, one_round)))  # noqa: B023 - called at once
            base = base or rate
            sys.stdout.write(
                f"{name:30} {rate:6.0f} mails/s {rate / base:5.2f} x,"
                f" judged {sum(judged)} ({' + '.join(map(str, judged))})\n"
            )
            sys.stdout.flush()


def _fill(url: str, samples: list[bytes]) -> None:
    house = make_house(url, clock=wiring.utc_now)
    with house.db.write() as tx:
        now = house.clock()
        keeping.keep_many(tx, [Arrival(data, now, "smtp") for data in samples], now=now)
    house.db.close()


def run(url: str, judge: MailJudge, workers: int, one_round: Round) -> list[int]:
    """Workers as processes, all at once until nothing is left; how many mails each judged."""
    ends = [_FORK.Pipe() for _ in range(workers)]
    started = [
        _FORK.Process(target=_worker, args=(f"w-{number}", url, judge, one_round, theirs))
        for number, (_, theirs) in enumerate(ends)
    ]
    for process in started:
        process.start()
    told = [ours.recv() for ours, _ in ends]
    for process in started:
        process.join()
    return told


def _worker(name: str, url: str, judge: MailJudge, one_round: Round, end: Connection) -> None:
    counting = _Counting(judge)
    house = open_house(url, judge=counting, clock=wiring.utc_now)
    while one_round(house, name):
        pass
    end.send(counting.count)
    house.db.close()


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("mails", nargs="?", type=int, default=2000)
    main(told.parse_args().mails)
