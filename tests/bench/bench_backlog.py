"""How fast a backlog goes the whole way, beside a naive chain in the same run. `make bench`.

    python -m tests.bench.bench_backlog 1000 --rounds 3 --postgresql

Both take the same mails out of a Maildir, read, judge and store them, and move them into folders.
The naive chain: one mail after the other, `policy.default`, `html.parser`, a calibrated
scikit-learn pipeline, one commit a mail. It gives none of the promises of the house. Ratios of one
run on one machine; nothing here is a timed test.
"""

import argparse
import itertools
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes, policy
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import structlog
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC

from ingest.maildir import MaildirPostbox, create_tree
from ingest.parse import parse
from rules.codes import Channel, Concern, PaymentRelevant
from rules.mail import ParsedMail
from rules.verdict import ConcernFound, Facts, Judgement
from store import leases
from tests.bench import bench_mails, bench_sorters
from tests.bench.stopwatch import seconds
from tests.house_fixture import make_house, one_by_one, sqlite_url
from tests.servers.postgres import PostgresServer
from triage import demo_mails, filing, receive, rounds, sort_turns, wiring
from triage.house import House, Judging
from triage.ports import MailJudge
from triage.settings import Settings

TABLE = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
CREATE TABLE mail (id INTEGER PRIMARY KEY, name TEXT UNIQUE, raw BLOB, subject TEXT, sender TEXT,
                   body TEXT, label TEXT, score REAL);
"""


def main(mails: int, rounds_: int, *, with_postgresql: bool) -> None:
    """Rounds of all ways in turn, each on fresh mails and a fresh database."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    judging = wiring.build_judging(Settings())
    samples = [made.data for made in bench_mails.small(mails)]
    _say("parse alone", _rate(lambda: [parse(d, judging.layouts) for d in samples], mails))
    with ExitStack() as stack:
        ways = dict(_ways(stack, judging, with_postgresql=with_postgresql))
        naive = _Naive(_pipeline())
        found: dict[str, list[float]] = {}
        for _ in range(rounds_):
            found.setdefault("naive chain", []).append(_naive_rate(naive, samples))
            for name, way in ways.items():
                for step, rate in _way(way, samples):
                    found.setdefault(f"{name}: {step}", []).append(rate)
    base = statistics.median(found["naive chain"])
    for name, rates in found.items():
        _say(name, statistics.median(rates), base)


@dataclass(frozen=True, slots=True)
class _Way:
    """A fresh database a round, a judge, and how many processes sort, as workers do beside each
    other (own decision 0077)."""

    url: Callable[[Path], str]
    judge: MailJudge
    sorters: int = 1


def _ways(
    stack: ExitStack, judging: Judging, *, with_postgresql: bool
) -> Iterator[tuple[str, _Way]]:
    """Each engine with the judge of the house, once more with two sorters, and without a judge."""
    engines: dict[str, Callable[[Path], str]] = {"SQLite": sqlite_url}
    if with_postgresql:
        server = stack.enter_context(PostgresServer())
        engines["PostgreSQL"] = lambda _: server.create(f"bench{time.time_ns()}")
    for engine, url in engines.items():
        yield engine, _Way(url, judging.judge)
        yield f"{engine}, two sorters", _Way(url, judging.judge, sorters=2)
        yield f"{engine}, judge left out", _Way(url, NoJudge())


def _way(way: _Way, samples: Sequence[bytes]) -> Iterator[tuple[str, float]]:
    with filled(samples) as (folder, box):
        url = way.url(folder)
        house = make_house(url, judge=way.judge, clock=wiring.utc_now)
        beside = partial(bench_sorters.run, url, way.judge, way.sorters, sort_turns.one_round)
        spent = steps(house, box, beside if way.sorters > 1 else None)
    for name, took in {**spent, "whole way": sum(spent.values())}.items():
        yield name, len(samples) / took


def steps(
    made: House, box: MaildirPostbox, sort_all: Callable[[], object] | None = None
) -> dict[str, float]:
    """Seconds of each step for all that lies in the INBOX; closes the house.

    `sort_all` sorts what was kept, in place of this process.
    """
    batch_mails = Settings().worker.batch_mails
    house = replace(made, policy=replace(made.policy, batch_mails=batch_mails))
    with house.db.write() as tx:
        lease = leases.take(tx, f"postbox:{box.name}", owner="b", now=house.clock(), seconds=3600)
    assert lease is not None
    alone = partial(_drained, partial(rounds.sort_pending, house))
    spent = {
        "keep": seconds(lambda: receive.receive(house, box, lease, region="Ost")),
        "parse, judge, sort": seconds(sort_all or alone),
        "file": seconds(lambda: _drained(lambda: filing.file_due(house, box, lease).done)),
    }
    assert not box.view("INBOX").uids
    with house.db.write() as tx:
        leases.release(tx, lease, now=house.clock())
    house.db.close()
    return spent


def _drained(step: Callable[[], int]) -> None:
    while step():
        pass


@contextmanager
def filled(samples: Sequence[bytes]) -> Iterator[tuple[Path, MaildirPostbox]]:
    """A Maildir with the mails in new/; without fsync, which is not what is measured."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "box"
        create_tree(root)
        stamp = time.time_ns()  # a ledger that took mails before must not know these names
        for number, data in enumerate(samples):
            (root / "new" / f"{1_790_000_000 + number}.M{stamp}P1.bench").write_bytes(data)
        yield Path(folder), MaildirPostbox("SC-Ost", root, size_limit_bytes=60_000_000)


class NoJudge:
    """Says the next concern of all to each mail, so that they go into many folders."""

    def __init__(self) -> None:
        self._concerns = itertools.cycle(Concern)

    def judge(self, mail: ParsedMail, *, received_at: datetime, mailbox: str) -> Judgement:
        return Judgement(
            channel=Channel.FREIE_EMAIL,
            concerns=(ConcernFound(next(self._concerns), 0.9, announced=True),),
            payment_relevant=PaymentRelevant.NO,
            payment_because=(),
            facts=Facts(),
            review=False,
            review_because=(),
            model="none",
        )

    judge_many = one_by_one


class _Words(HTMLParser):
    """Text of a page as the standard library gives it."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)


class _Naive:
    """What one would write in an afternoon."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def run(self, folder: Path, root: Path) -> None:
        db = sqlite3.connect(folder / "naive.sqlite")
        db.executescript(TABLE)
        for name in sorted(os.listdir(root / "new")):  # noqa: PTH208 - names only
            data = (root / "new" / name).read_bytes()
            subject, sender, text = _read_naively(data)
            (scores,) = self._pipeline.predict_proba([f"{subject}\n{text}"])
            label, score = self._pipeline.classes_[scores.argmax()], float(scores.max())
            with db:
                db.execute(
                    "INSERT INTO mail (name, raw, subject, sender, body, label, score)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (name, data, subject, sender, text, str(label), score),
                )
            target = root / str(label) / "cur"
            target.mkdir(parents=True, exist_ok=True)
            (root / "new" / name).rename(target / f"{name}:2,")
        db.close()


def _read_naively(data: bytes) -> tuple[str, str, str]:
    mail = message_from_bytes(data, policy=policy.default)
    try:
        part = mail.get_body(("plain", "html"))
        text = part.get_content() if part else ""
    except LookupError:
        part, text = None, ""
    if part and part.get_content_type() == "text/html":
        page = _Words()
        page.feed(text)
        text = " ".join(page.words)
    return str(mail["Subject"]), str(mail["From"]), text


def _naive_rate(naive: _Naive, samples: Sequence[bytes]) -> float:
    """At most 300: its rate does not depend on how many."""
    few = samples[:300]
    with filled(few) as (folder, _):
        return len(few) / seconds(lambda: naive.run(folder, folder / "box"))


def _pipeline() -> Pipeline:
    """Words and pieces of words, linear, calibrated: what such a system is built of."""
    lines = demo_mails.corpus_lines()[::3]
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    model = CalibratedClassifierCV(LinearSVC(), cv=3)
    pipeline = make_pipeline(make_union(words, pieces), model)
    texts = [f"{line.subject}\n{line.body}" for line in lines]
    labels = [str(next(iter(line.concerns), "sonstiges")) for line in lines]
    return pipeline.fit(texts, labels)


def _rate(what: Callable[[], object], count: int) -> float:
    return count / seconds(what)


def _say(name: str, rate: float, base: float = 0.0) -> None:
    times = f"{rate / base:7.1f} x naive" if base else ""
    sys.stdout.write(f"{name:44} {rate:8.0f} mails/s {times}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    told = argparse.ArgumentParser()
    told.add_argument("mails", nargs="?", type=int, default=1000)
    told.add_argument("--rounds", type=int, default=3)
    told.add_argument("--postgresql", action="store_true")
    options = told.parse_args()
    main(options.mails, options.rounds, with_postgresql=options.postgresql)
