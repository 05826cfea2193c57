"""How fast a backlog goes the whole way, beside a naive chain in the same run. `make bench`.

    python -m tests.bench.bench_backlog 800 --rounds 3 --postgresql

Both take the same mails from the same Dovecot over TLS, keep, read, judge and store them, and move
them into the same folders, which are there. What the naive chain does stands in naive_chain.py.
Ours keeps every promise: fetched and moved in sets, each with its proof; by one worker or with two
sorters, one step after the other, so that each has its time, and by two workers as they run in
operation, which file what is sorted while they sort the rest. "Judge left out": nothing is judged
on either side; ours gets the judgements that were made before, so that all else is as always.
Seconds of each side's own processor stand beside those that pass: the server's are not in them.
Ratios of one run on one machine; nothing here is a timed test.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog
from sklearn.pipeline import Pipeline

from ingest.imap.postbox import ImapPostbox
from ingest.parse import parse
from rules.mail import ParsedMail
from rules.verdict import Judgement
from tests.bench import at_work, bench_mails, bench_sorters, dovecot_boxes, naive_chain, whole_way
from tests.bench.dovecot_boxes import Box
from tests.house_fixture import NOW, make_house, one_by_one, sqlite_url
from tests.servers.dovecot import DovecotServer
from tests.servers.postgres import PostgresServer
from triage import deciding, sort_turns, wiring
from triage.house import Judging
from triage.ports import MailJudge
from triage.settings import Settings

Spent = Mapping[str, tuple[float, float]]
"""Seconds, and seconds of the own processor, by step."""

Way = Callable[[Box, Path], Spent]

NAIVE, NAIVE_UNJUDGED = "naive chain", "naive chain, judge left out"


@dataclass(frozen=True, slots=True)
class _Told:
    """Says of each mail what was said before, and where the house files it; both by Message-ID."""

    judgements: dict[str, Judgement] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)

    def judge(self, mail: ParsedMail, *, received_at: datetime, mailbox: str) -> Judgement:
        return self.judgements[mail.message_id]

    judge_many = one_by_one


def main(mails: int, rounds: int, *, with_postgresql: bool) -> None:
    """Rounds of all ways in turn, each with a postbox and a database of its own."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    judging = wiring.build_judging(Settings())
    samples = [made.data for made in bench_mails.small(mails)]
    told = _told(judging, samples)
    folders = sorted(set(told.folders.values()))
    found: dict[str, list[Spent]] = {}
    with ExitStack() as stack:
        ways = dict(_ways(stack, judging.judge, told, with_postgresql=with_postgresql))
        users = [f"b{number}" for number in range(rounds * len(ways))]
        server = stack.enter_context(DovecotServer(users=tuple(users)))
        for _ in range(rounds):
            lie: list[dict[str, int]] = []
            for name, way in ways.items():
                box = dovecot_boxes.filled(server, users.pop(), samples, folders)
                with tempfile.TemporaryDirectory() as folder:
                    found.setdefault(name, []).append(way(box, Path(folder)))
                lie.append(dovecot_boxes.lying(box))
            assert lie == lie[:1] * len(ways), "the sides filed into different folders"
            assert sum(lie[0].values()) == mails
    _tell(found, mails, len(folders))


def _told(judging: Judging, samples: Sequence[bytes]) -> _Told:
    told = _Told()
    for data in samples:
        mail = parse(data, judging.layouts)
        verdict = deciding.decide(judging, mail, received_at=NOW)
        told.judgements[mail.message_id] = verdict.judgement
        told.folders[mail.message_id] = verdict.folder
    return told


def _ways(
    stack: ExitStack, judge: MailJudge, told: _Told, *, with_postgresql: bool
) -> Iterator[tuple[str, Way]]:
    """The naive chain, then each engine with one sorter and with two; all without the judge, too.

    Several sort as workers do beside each other (own decision 0077).
    """
    yield NAIVE, partial(_naive, naive_chain.trained(), told.folders)
    yield NAIVE_UNJUDGED, partial(_naive, None, told.folders)
    engines: dict[str, Callable[[Path], str]] = {"SQLite": sqlite_url}
    if with_postgresql:
        server = stack.enter_context(PostgresServer({"fsync": "on", "full_page_writes": "on"}))
        engines["PostgreSQL"] = lambda _: server.create(f"bench{time.time_ns()}")
    for engine, url in engines.items():
        for words, sorters in {"": 1, ", two sorters": 2}.items():
            yield f"{engine}{words}", partial(_ours, url, judge, sorters)
            yield f"{engine}{words}, judge left out", partial(_ours, url, told, sorters)
        yield f"{engine}, two workers", partial(_at_work, url, judge)
        yield f"{engine}, two workers, judge left out", partial(_at_work, url, told)


def _naive(pipeline: Pipeline | None, folders: Mapping[str, str], box: Box, folder: Path) -> Spent:
    return naive_chain.run(box, folder, pipeline, folders)


def _ours(
    url_in: Callable[[Path], str], judge: MailJudge, sorters: int, box: Box, folder: Path
) -> Spent:
    url = url_in(folder)
    house = make_house(url, judge=judge, clock=wiring.utc_now)
    client = ImapPostbox("SC-Ost", box.account)
    beside = partial(bench_sorters.run, url, judge, sorters, sort_turns.one_round)
    spent = whole_way.steps(house, client, beside if sorters > 1 else None)
    client.close()
    return spent


def _at_work(url_in: Callable[[Path], str], judge: MailJudge, box: Box, folder: Path) -> Spent:
    return at_work.whole(url_in(folder), judge, 2, box)


def _tell(found: Mapping[str, Sequence[Spent]], mails: int, folders: int) -> None:
    """Medians: mails a second, of the naive chain in turn, and where a mail's time went."""
    rates = {name: _median(mails / _sum(spent, 0) for spent in rounds)
             for name, rounds in found.items()}  # fmt: skip
    sys.stdout.write(f"{mails} small mails into {folders} folders; ms a mail (of our own CPU)\n")
    for name, rounds in found.items():
        words = [f"{rates[name] / rates[NAIVE]:5.1f} x naive"]
        if "judge left out" in name:
            words.append(f"{rates[name] / rates[NAIVE_UNJUDGED]:5.1f} x naive without")
        for step in rounds[0]:
            wall, own = (_median(1000 * spent[step][n] / mails for spent in rounds) for n in (0, 1))
            words.append(f"{step} {wall:.2f} ({own:.2f})")
        sys.stdout.write(f"{name:40} {rates[name]:5.0f} mails/s {', '.join(words)}\n")
    sys.stdout.flush()


def _sum(spent: Spent, which: int) -> float:
    return sum(one[which] for one in spent.values())


def _median(values: Iterator[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("mails", nargs="?", type=int, default=800)
    told.add_argument("--rounds", type=int, default=3)
    told.add_argument("--postgresql", action="store_true")
    options = told.parse_args()
    main(options.mails, options.rounds, with_postgresql=options.postgresql)
