"""What sealing content costs: the same mails kept and sorted with and without it. `make bench`.

    python -m tests.bench.bench_sealed 2000 --rounds 3

In turn in one run on SQLite, with a judge that costs nothing; read the ratios. Nothing here is a
timed test.
"""

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import structlog

from store.database.engine import Database
from store.database.seals import SealRing
from store.mails import keeping
from store.mails.keeping import Arrival
from tests import one_sorter
from tests.bench import bench_mails
from tests.house_fixture import ADMIN, NOW, make_house, sqlite_url
from triage import seal_keys
from triage.house import House

BATCH = 50


def main(mails: int, rounds_: int) -> None:
    """Small and large mails, both ways in each round; then sealing all of the plain ones."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    sets = {"small": bench_mails.small(mails), "large": bench_mails.large(max(mails // 8, 1))}
    for name, made in sets.items():
        data = [one.data for one in made]
        found: dict[str, list[float]] = {}
        for _ in range(rounds_):
            for way in ("plain", "sealed"):
                with tempfile.TemporaryDirectory() as folder:
                    for step, rate in _rates(Path(folder), way, data).items():
                        found.setdefault(f"{step}, {way}", []).append(rate)
        for step, rates in found.items():
            sys.stdout.write(f"{name:6} {step:20} {statistics.median(rates):8.0f} mails/s\n")


def _rates(folder: Path, way: str, mails: list[bytes]) -> dict[str, float]:
    house = make_house(sqlite_url(folder))
    ring = folder / "ring.toml"
    seal_keys.add(ring, "k1")
    if way == "sealed":
        house = _with_ring(house, ring)
    begun = time.perf_counter()
    for first in range(0, len(mails), BATCH):
        batch = [Arrival(data, NOW, "api") for data in mails[first : first + BATCH]]
        with house.db.write() as tx:
            keeping.keep_many(tx, batch, now=NOW)
    kept = time.perf_counter()
    while one_sorter.sort_pending(house):
        pass
    done = time.perf_counter()
    rates = {"keep": len(mails) / (kept - begun), "sort": len(mails) / (done - kept)}
    if way == "plain":
        house = _with_ring(house, ring)
        begun = time.perf_counter()
        for _ in seal_keys.rotate(house.db, ADMIN, clock=house.clock):
            pass
        rates["seal anew"] = len(mails) / (time.perf_counter() - begun)
    house.db.close()
    return rates


def _with_ring(house: House, ring: Path) -> House:
    house.db.close()
    return replace(house, db=Database.open(house.db.url, ring=SealRing(ring)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mails", type=int, nargs="?", default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    main(given.mails, given.rounds)
