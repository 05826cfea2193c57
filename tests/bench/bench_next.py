"""How fast the next item is handed out, and what a backlog or a forgotten transaction costs.

    python -m tests.bench.bench_next                     # some three minutes
    python -m tests.bench.bench_next --big 2000000 --claims 100000

PostgreSQL with fsync, as in the field. The claim of `store.desk.claims` beside pgbench and a bare
psycopg with the very same statement; over HTTP beside an endpoint of the same server that answers
a constant.
Ratios of one run on one machine; nothing here is a timed test. Needs the Debian package postgresql.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import psycopg
from sqlalchemy.dialects import postgresql

from rules.codes import Team
from store.database.engine import Database
from store.desk import claims
from store.desk.claim_batches import Want, claim_each
from store.upkeep import migrate
from tests.bench import bench_next_http, bench_stock
from tests.bench.bench_stock import AGENCY
from tests.servers.postgres import PostgresServer, binary

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
LINE = claims.Line(AGENCY, Team.EZ, today=date(2026, 11, 26))
CLIENTS = 8
TOGETHER = 32
"""Claims of one transaction."""
SECONDS = 4
FIELD = {
    "fsync": "on",
    "full_page_writes": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
    "autovacuum": "on",
}
"""What the tests' server does without and a server of an office has."""


def main(rows: int, big: int, count: int) -> None:
    """All parts in turn, each on items of its own."""
    with ExitStack() as stack:
        server = stack.enter_context(PostgresServer(FIELD))
        _statement(server, rows)
        _no_doubles(server, count)
        _backlogs(server, big)
        _forgotten(server, rows)
        bench_next_http.main(_stocked(server, "http", rows * 5), sys.stdout.write)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/postlotse.sqlite"
        migrate.upgrade(url)
        bench_stock.fill(url, rows * 5)
        bench_next_http.main(url, sys.stdout.write)


def _statement(server: PostgresServer, rows: int) -> None:
    """The claim at 8 clients: pgbench, psycopg, and the store; each on fresh items."""
    url = _stocked(server, "statement", rows)
    found: dict[str, list[float]] = {}
    for _ in range(3):
        for name, rate in (
            ("pgbench", _pgbench),
            ("psycopg", _bare),
            ("store.desk.claims", _ours),
            (f"{TOGETHER} together", _gathered),
        ):
            bench_stock.wait_again(url)
            found.setdefault(name, []).append(rate(url))
    limit = sorted(found["pgbench"])[1]
    _say(f"The claim, {CLIENTS} clients, {rows:,} waiting")
    for name, rates in found.items():
        middle = sorted(rates)[1]
        _say(f"  {name:14} {middle:8.0f} claims/s  {middle / limit:.2f} x pgbench")


def _no_doubles(server: PostgresServer, count: int) -> None:
    """32 threads take `count` items; every item must have been handed out once."""
    url = _stocked(server, "doubles", count)
    taken: list[int] = []
    with _opened(url) as db, ThreadPoolExecutor(32) as pool:
        started = time.perf_counter()
        for ids in pool.map(lambda _: list(_until_dry(db)), range(32)):
            taken.extend(ids)
    rate = len(taken) / (time.perf_counter() - started)
    doubles = len(taken) - len(set(taken))
    _say(f"{len(taken):,} claims by 32 threads, {rate:.0f} a second: {doubles} handed out twice")


def _backlogs(server: PostgresServer, big: int) -> None:
    """One clerk after the other, with a short and a long line; in turn, on equal dead rows."""
    short, long = _stocked(server, "short", 1_000), _stocked(server, "long", big)
    times: dict[str, list[float]] = {short: [], long: []}
    for _ in range(4):
        for url, spent in times.items():
            with _opened(url) as db:
                spent.extend(_timed(db, 200))
    few, many = (_centile(times[url], 0.99) for url in (short, long))
    half = [_centile(times[url], 0.5) for url in (short, long)]
    _say(
        f"p50 and p99 with 1,000 waiting: {half[0]:.2f} and {few:.2f} ms; "
        f"with {big:,}: {half[1]:.2f} and {many:.2f} ms ({many / few:.2f} x)"
    )


def _forgotten(server: PostgresServer, rows: int) -> None:
    """What a transaction costs that somebody left open, and what is left when it has ended."""
    url = _stocked(server, "forgotten", rows * 4)
    before = _ours(url)
    with psycopg.connect(url) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT count(*) FROM item")
        while_open = [_ours(url) for _ in range(2)]
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("VACUUM item")
    after = _ours(url)
    rates = ", ".join(f"{rate:.0f}" for rate in while_open)
    _say(
        f"Claims/s before a forgotten transaction {before:.0f}, under it {rates}, after {after:.0f}"
    )


# --- ways to claim ----------------------------------------------------------------------------


def _pgbench(url: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "claim.sql")
        script.write_text(_sql() + ";\n")
        done = subprocess.run(
            [binary("pgbench"), "-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2",
             "-T", str(SECONDS), "-f", str(script), url],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found is not None, done.stdout
    return float(found[1])


def _bare(url: str) -> float:
    statement = _sql().encode()

    def client(end: float) -> int:
        count = 0
        with psycopg.connect(url, autocommit=True) as connection:
            while time.monotonic() < end:
                connection.execute(statement, prepare=True).fetchall()
                count += 1
        return count

    return _together(client)


def _ours(url: str) -> float:
    with _opened(url) as db:
        return _together(lambda end: sum(1 for _ in _until_dry(db, end)))


def _gathered(url: str) -> float:
    """As the door does: one transaction at a time, for as many as wait."""
    wants = [Want(LINE, f"clerk-{n}", 900) for n in range(TOGETHER)]
    end, count = time.monotonic() + SECONDS, 0
    with _opened(url) as db:
        while time.monotonic() < end:
            with db.write() as tx:
                count += sum(one is not None for one in claim_each(tx, wants, now=NOW))
    return count / SECONDS


def _together(client: Callable[[float], int]) -> float:
    with ThreadPoolExecutor(CLIENTS) as pool:
        end = time.monotonic() + SECONDS
        return sum(pool.map(client, [end] * CLIENTS)) / SECONDS


def _until_dry(db: Database, end: float = float("inf")) -> Iterator[int]:
    name = f"clerk-{threading.get_ident()}"
    while time.monotonic() < end:
        with db.write() as tx:
            [got] = claim_each(tx, [Want(LINE, name, 900)], now=NOW)
        if got is None:
            return
        yield got.item_id


def _timed(db: Database, count: int) -> Iterator[float]:
    """Milliseconds of each claim."""
    taking = _until_dry(db)
    for _ in range(count):
        started = time.perf_counter()
        next(taking)
        yield (time.perf_counter() - started) * 1_000


def _sql() -> str:
    """The statement of the store, with its values written into it, as pgbench wants them."""
    compiled = claims.next_statement(claims.shape(LINE)).compile(dialect=postgresql.dialect())
    values = dict(compiled.params) | {
        "line_agency": AGENCY,
        "line_team": Team.EZ,
        "line_today": LINE.today,
        "to_holder": "clerk",
        "to_token": "t" * 32,
        "to_until": NOW,
    }
    return re.sub(r"%\((\w+)\)s", lambda found: f"'{values[found[1]]}'", str(compiled))


# --- what they claim from ---------------------------------------------------------------------


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    db = Database.open(url)
    try:
        yield db
    finally:
        db.close()


def _stocked(server: PostgresServer, name: str, rows: int) -> str:
    url = server.create(name)
    migrate.upgrade(url)
    bench_stock.fill(url, rows)
    return url


def _centile(values: list[float], part: float) -> float:
    return sorted(values)[int(len(values) * part)]


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--rows", type=int, default=20_000)
    told.add_argument("--big", type=int, default=200_000)
    told.add_argument("--claims", type=int, default=20_000)
    options = told.parse_args()
    main(options.rows, options.big, options.claims)
