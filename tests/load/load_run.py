"""Clerks at their desks and mails by the door, on loopback: errors, times, memory, backlog.

    python -m tests.load.load_run --minutes 10 --clerks 200 --mails-a-second 50 --into docs

Writes `load.svg` and `load.md` into the folder; where that is docs, the figures go into the marked
part of docs/capacity.md instead. The database flushes to the disk. Ends with 1 if a request
failed, a process ended, the door did not keep up, or an accepted mail is not in the ledger.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx

from tests.load import load_plot
from tests.load.load_house import House, open_house, wait_until
from tests.load.load_people import EXPECTED, MailServer, Measured, answer_packages, work

ROOT = Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- load: written by make load -->", "<!-- load: end -->"
NEWLINE = "\n"
LOAD_BEFORE = os.getloadavg()[0]
"""How busy the machine was with other things when the run began."""

BEHIND_SECONDS = 10.0
"""How far the mail server may fall behind its pace before the door counts as too slow."""

Curve = list[tuple[float, float]]


@dataclass(slots=True)
class Watched:
    """What was seen every few seconds, from outside the processes."""

    memory: dict[str, Curve] = field(default_factory=lambda: defaultdict(list))
    kept: Curve = field(default_factory=list)
    """Mails in the ledger."""
    sorted_: Curve = field(default_factory=list)
    """Those that have left the state `kept`."""

    @property
    def backlog(self) -> Curve:
        """Mails accepted and not sorted yet."""
        pairs = zip(self.kept, self.sorted_, strict=True)
        return [(at, count - done) for (at, count), (_, done) in pairs]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the run ended with, beside what was measured."""

    lost: int
    ended: tuple[str, ...]
    errors: int
    behind: bool

    @property
    def failed(self) -> bool:
        """Whether the run shows a fault of the house."""
        return bool(self.lost or self.ended or self.errors or self.behind)


def main() -> int:
    """Run, print the figures, write figures and plot; the exit code."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--minutes", type=float, default=2)
    wanted.add_argument("--clerks", type=int, default=200)
    wanted.add_argument("--mails-a-second", type=float, default=10)
    wanted.add_argument("--think", type=float, default=20, help="seconds between a clerk's steps")
    wanted.add_argument("--into", type=Path, default=ROOT / "var")
    args = wanted.parse_args()
    title = f"{args.clerks} clerks, {args.mails_a_second:g} mails a second, {args.minutes:g} min"
    measured, watched, outcome = _run(args)
    told = figures(title, measured, watched, outcome)
    print(told)
    args.into.mkdir(parents=True, exist_ok=True)
    charts = {
        "memory in MB": watched.memory,
        "ms, p95 in 10 s": {"requests": _slow(measured.requests), "door": _slow(measured.accepted)},
        "mails": {"accepted": watched.kept, "sorted": watched.sorted_, "backlog": watched.backlog},
    }
    (args.into / "load.svg").write_text(load_plot.svg(charts, title=title), encoding="utf-8")
    write(args.into, told)
    return int(outcome.failed)


def _run(args: argparse.Namespace) -> tuple[Measured, Watched, Outcome]:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_house(Path(folder), clerks=args.clerks) as house,
    ):
        wait_until(lambda: _is_up(house), seconds=300, what="the doors")
        measured, watched, over = Measured(), Watched(), threading.Event()
        beside = [
            threading.Thread(target=answer_packages, args=(house, over), daemon=True),
            threading.Thread(target=_watch, args=(house, measured, watched, over), daemon=True),
        ]
        for thread in beside:
            thread.start()
        mails = MailServer(house, measured, args.mails_a_second)
        mails.start()
        asyncio.run(work(house, measured, seconds=args.minutes * 60, think=args.think))
        mails.stop()
        lost = max(0, len(measured.accepted) - sum(house.states().values()))
        over.set()
        for thread in beside:
            thread.join(30)
        ended = tuple(name for name, one in house.processes.items() if one.poll() is not None)
    statuses = Counter(status for *_, status in measured.requests)
    errors = sum(number for status, number in statuses.items() if status not in EXPECTED)
    behind = measured.late > BEHIND_SECONDS or bool(measured.refused)
    return measured, watched, Outcome(lost, ended, errors, behind)


def _is_up(house: House) -> bool:
    try:
        live = httpx.get(f"{house.url}/health/live", timeout=5).status_code == 200
        ready = httpx.get(f"{house.url}/health/ready", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return False
    loops = {check["name"]: check["ok"] for check in ready["checks"]}
    return live and loops.get("door", False) and loops.get("sort", False)


def _watch(house: House, measured: Measured, watched: Watched, over: threading.Event) -> None:
    while not over.wait(3.0):
        for name, mb in house.memory_mb().items():
            watched.memory[name].append((measured.now(), mb))
        states = house.states()
        count = sum(states.values())
        watched.kept.append((measured.now(), count))
        watched.sorted_.append((measured.now(), count - states.get("kept", 0)))


def _slow(rows: Sequence[tuple[float, ...]]) -> Curve:
    """The 95th percentile in ms of each ten seconds; when, and how long it took, end each row.

    Of a request the step stands between the two.
    """
    parts: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        parts[int(row[0] // 10)].append(next(v for v in row[1:] if isinstance(v, float)))
    return [(part * 10.0, _p(times, 95) * 1000) for part, times in sorted(parts.items())]


def _p(times: Sequence[float], percent: int) -> float:
    if not times:
        return 0.0
    return statistics.quantiles(times, n=100)[percent - 1] if len(times) > 1 else times[0]


def figures(title: str, measured: Measured, watched: Watched, outcome: Outcome) -> str:
    """The run in Markdown: one table of the steps, and what else happened."""
    by_step: dict[str, list[float]] = defaultdict(list)
    for _, what, took, _ in measured.requests:
        by_step[what].append(took)
    by_step["mail by the door"] = [took for _, took in measured.accepted]
    rows = [
        f"| {what} | {len(times):,} | {_p(times, 50) * 1000:,.0f} | {_p(times, 95) * 1000:,.0f} |"
        for what, times in sorted(by_step.items())
    ]
    asked = len(measured.requests)
    seconds = max((at for at, *_ in measured.requests), default=0.0) or 1.0
    backlog = watched.backlog[-1][1] if watched.backlog else 0
    sorted_ = watched.sorted_[-1][1] if watched.sorted_ else 0
    memory = "; ".join(
        f"`{name}` {line[0][1]:.0f} at first, {max(mb for _, mb in line):.0f} at most,"
        f" {line[-1][1]:.0f} at the end"
        for name, line in watched.memory.items()
    )
    share, pace = 100 * outcome.errors / max(asked, 1), len(measured.accepted) / seconds
    put_off, ended = dict(measured.refused) or "none", ", ".join(outcome.ended) or "none"
    return f"""{title}, {datetime.now(tz=UTC):%Y-%m-%d}, {os.cpu_count()} cores, load before
{LOAD_BEFORE:.1f}. Clients, servers and database on the same cores; fsync on.

| what | times | p50 ms | p95 ms |
|---|---|---|---|
{NEWLINE.join(rows)}

- Requests: {asked:,}, of them failed: {outcome.errors} ({share:.2f} %).
- Door: {len(measured.accepted):,} mails accepted, {pace:.1f} a second; put off: {put_off}; at most
  {measured.late:.1f} s behind its pace.
- Sorted: {sorted_:,.0f}, {sorted_ / seconds:.1f} a second; backlog at the end: {backlog:,.0f}.
- Closed {measured.closed:,}, answered {measured.answered:,}, handed over {measured.handed_over:,}.
- Memory in MB: {memory}.
- Accepted and not in the ledger: {outcome.lost}; processes that ended: {ended}."""


def write(folder: Path, told: str) -> None:
    """The figures into the marked part of capacity.md where the folder has one, else load.md."""
    page = folder / "capacity.md"
    text = page.read_text("utf-8") if page.exists() else ""
    if BEGIN not in text:
        (folder / "load.md").write_text(told + "\n", encoding="utf-8")
        return
    before, _, rest = text.partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{told}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    begin = time.monotonic()
    code = main()
    print(f"{time.monotonic() - begin:.0f} s")
    sys.exit(code)
