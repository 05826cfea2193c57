"""How fast the door takes mail, beside the same door in other ways. `make bench`.

    python -m tests.bench.bench_door 3000 --rounds 3

Postfix' smtp-source sends the same mails to the door as it is, to one that commits each mail by
itself, and to one that throws them away. Ratios of one run on one machine; nothing here is a timed
test. Needs smtp-source (Debian package postfix).
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import ip_network
from pathlib import Path

import structlog

from ingest.smtp.door import DoorPlan, SmtpDoor
from rules.postbox import Delivered
from store.mails import arrivals
from tests.house_fixture import make_house, sqlite_url
from triage import door_intake, wiring
from triage.house import House

KASSEL = "kassel@arbeitsagentur.example"
SESSIONS = 20
PLAN = DoorPlan(
    protocol="smtp",
    host="127.0.0.1",
    port=0,
    known=lambda _: True,
    allowed_clients=(ip_network("127.0.0.0/8"),),
    size_limit_bytes=60_000_000,
)

Keep = Callable[[House, Sequence[Delivered]], None]


def _discard(_house: House, _delivered: Sequence[Delivered]) -> None:
    """Says 250 to everything."""


def _each(house: House, delivered: Sequence[Delivered]) -> None:
    """One commit a mail."""
    for one in delivered:
        door_intake.keep_all(house, [one])


WAYS: dict[str, Keep] = {
    "one commit a mail": _each,
    "discards": _discard,
    "the door": door_intake.keep_all,
}


def main(mails: int, rounds: int) -> None:
    """Mails of 5 kB and of 100 kB, each way in each round."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    source = shutil.which("smtp-source", path="/usr/sbin:/usr/bin")
    if source is None:
        sys.stdout.write("smtp-source is missing: install postfix\n")
        return
    for size, count in ((5_000, mails), (100_000, mails // 4)):
        sys.stdout.write(f"{count} mails of {size // 1000} kB, {SESSIONS} sessions\n")
        found: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, keep in WAYS.items():
                found.setdefault(name, []).append(_rate(source, keep, count=count, size=size))
        medians = {name: statistics.median(rates) for name, rates in found.items()}
        for name, rate in medians.items():
            words = ", ".join(f"{rate / medians[o]:.2f} x {o}" for o in medians if o != name)
            sys.stdout.write(f"  {name:20} {rate:8.0f} mails/s  {words}\n")
        sys.stdout.flush()


def _rate(source: str, keep: Keep, *, count: int, size: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        house = make_house(sqlite_url(Path(folder)), clock=wiring.utc_now)
        door = SmtpDoor(PLAN, partial(keep, house))
        door.open()
        words = f"-d -s {SESSIONS} -m {count} -l {size} -f a@kunde.example -t {KASSEL}".split()
        begin = time.perf_counter()
        subprocess.run([source, *words, f"inet:127.0.0.1:{door.port}"], check=True)
        seconds = time.perf_counter() - begin
        door.close()
        with house.db.read() as tx:
            kept = arrivals.seen_ever(tx)
        house.db.close()
    assert kept == (0 if keep is _discard else count)
    return count / seconds


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("mails", nargs="?", type=int, default=3000)
    told.add_argument("--rounds", type=int, default=3)
    options = told.parse_args()
    main(options.mails, options.rounds)
