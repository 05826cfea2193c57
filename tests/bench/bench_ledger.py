"""What a mail costs when the ledger is long: keep, sort (no judge) and file with few and many rows.

    python -m tests.bench.bench_ledger                       # 10,000 against 500,000 mails
    python -m tests.bench.bench_ledger --rows 10000000 --postgresql

Both ledgers take the same fresh mails in turn, in one run. Each older mail has its original (no
bytes), its row, the place in the INBOX where it lay and the one in a folder where it lies. Ten
million take 11 GB. SQLite, or PostgreSQL with fsync. Ratios; nothing here is a timed test.
"""

import argparse
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import psycopg
import structlog

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.codes import Channel, Concern, PaymentRelevant
from rules.mail import ParsedMail
from rules.verdict import ConcernFound, Facts, Judgement
from store.upkeep import migrate
from tests.bench import bench_archive, bench_mails, bench_stock, whole_way
from tests.bench.bench_next import FIELD
from tests.house_fixture import one_by_one, open_house, sqlite_url
from tests.servers.postgres import PostgresServer
from triage import wiring

SHORT = 10_000
_TOUCHED = """
SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()
"""
ROUNDS = 3


@dataclass
class Ledger:
    """A stocked database and the rates that were measured on it, by step."""

    url: str
    rates: dict[str, list[float]] = field(default_factory=dict)
    blocks: int = 0
    """Blocks that PostgreSQL looked at for all mails so far: no busy machine changes that."""

    def take(self, samples: list[bytes]) -> None:
        """All steps with fresh mails."""
        before = self._touched()
        house = open_house(self.url, judge=_NoJudge(), clock=wiring.utc_now)
        with _filled(samples) as box:
            for step, (seconds, _) in whole_way.steps(house, box).items():
                self.rates.setdefault(step, []).append(len(samples) / seconds)
        self.blocks += self._touched() - before

    def _touched(self) -> int:
        if not self.url.startswith("postgresql"):
            return 0
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute(_TOUCHED).fetchone()
        assert found is not None
        return int(found[0])


@contextmanager
def _filled(samples: Sequence[bytes]) -> Iterator[MaildirPostbox]:
    """A Maildir with the mails in new/; without fsync, which is not what is measured."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "box"
        create_tree(root)
        stamp = time.time_ns()  # a ledger that took mails before must not know these names
        for number, data in enumerate(samples):
            (root / "new" / f"{1_790_000_000 + number}.M{stamp}P1.bench").write_bytes(data)
        yield MaildirPostbox("SC-Ost", root, size_limit_bytes=60_000_000)


class _NoJudge:
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


def main(rows: int, mails: int, *, with_postgresql: bool) -> None:
    """One engine with both lengths."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if with_postgresql:
            server = stack.enter_context(PostgresServer(FIELD))
            engine, fill = "PostgreSQL", bench_archive.fill
            short, long = (server.create(name) for name in ("short", "long"))
        else:
            engine, fill = "SQLite", bench_stock.fill_ledger
            short, long = (sqlite_url(_sub(folder, name)) for name in ("short", "long"))
        for url, number in ((short, SHORT), (long, rows)):
            migrate.upgrade(url)
            fill(url, number)
        _compare(engine, Ledger(short), Ledger(long), mails)


def _compare(engine: str, short: Ledger, long: Ledger, mails: int) -> None:
    for number in range(ROUNDS):
        samples = [made.data for made in bench_mails.small(mails, seed=number)]
        for ledger in (short, long):
            ledger.take(samples)
    for step, rates in short.rates.items():
        few, many = statistics.median(rates), statistics.median(long.rates[step])
        sys.stdout.write(
            f"{engine:10} {step:20} {few:6.0f} and {many:6.0f} mails/s: {few / many:.2f} x\n"
        )
    taken = mails * ROUNDS
    sys.stdout.write(f"{engine:10} blocks a mail        {short.blocks / taken:6.0f} and")
    sys.stdout.write(f" {long.blocks / taken:6.0f}\n")
    sys.stdout.flush()


def _sub(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--rows", type=int, default=500_000)
    told.add_argument("--mails", type=int, default=300)
    told.add_argument("--postgresql", action="store_true")
    options = told.parse_args()
    main(options.rows, options.mails, with_postgresql=options.postgresql)
