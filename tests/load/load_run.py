"""200 clerks at their desks and mails by the door, on loopback: errors, times, memory. `make load`.

    python -m tests.load.load_run --minutes 2 --clerks 200 --mails-per-second 10 --think 5

Ends with 1 if a request failed, a process ended, or an accepted mail is not in the ledger.
"""

import argparse
import asyncio
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path

import httpx

from tests.load import load_plot
from tests.load.load_house import House, open_house, wait_until
from tests.load.load_people import EXPECTED, MailServer, Measured, answer_packages, work

PLOT = Path(__file__).resolve().parents[2] / "docs/load.svg"


def main() -> int:
    """Run, print the figures, write the plot; the exit code."""
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--minutes", type=float, default=2)
    wanted.add_argument("--clerks", type=int, default=200)
    wanted.add_argument("--mails-per-second", type=float, default=10)
    wanted.add_argument("--think", type=float, default=5, help="seconds between a clerk's steps")
    wanted.add_argument("--plot", type=Path, default=PLOT)
    args = wanted.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_house(Path(folder), clerks=args.clerks) as house,
    ):
        wait_until(lambda: _is_up(house), seconds=120, what="the doors")
        measured, memory = Measured(), defaultdict(list)
        over = threading.Event()
        beside = [
            threading.Thread(target=answer_packages, args=(house, over), daemon=True),
            threading.Thread(target=_watch, args=(house, measured, memory, over), daemon=True),
        ]
        for thread in beside:
            thread.start()
        mails = MailServer(house, measured, args.mails_per_second)
        mails.start()
        asyncio.run(work(house, measured, seconds=args.minutes * 60, think=args.think))
        mails.stop()
        lost = _lost(house, measured)
        over.set()
        for thread in beside:
            thread.join(10)
        ended = [name for name, one in house.processes.items() if one.poll() is not None]
    failed = _tell(measured, memory, lost=lost, ended=ended)
    title = f"{args.clerks} clerks, {args.mails_per_second:g} mails/s offered, {args.minutes:g} min"
    args.plot.write_text(
        load_plot.svg(memory, {"all requests": _slow(measured)}, title=title), encoding="utf-8"
    )
    return int(failed)


def _is_up(house: House) -> bool:
    try:
        live = httpx.get(f"{house.url}/health/live", timeout=5).status_code == 200
        ready = httpx.get(f"{house.url}/health/ready", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return False
    loops = {check["name"]: check["ok"] for check in ready["checks"]}
    return live and loops.get("door", False) and loops.get("sort", False)


def _watch(house: House, measured: Measured, memory: dict, over: threading.Event) -> None:
    while not over.wait(2.0):
        for name, mb in house.memory_mb().items():
            memory[name].append((measured.now(), mb))


def _metric(house: House, name: str) -> float:
    text = httpx.get(f"{house.url}/metrics", timeout=60).text
    return float(re.findall(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[0])


def _lost(house: House, measured: Measured) -> int:
    """Accepted mails that are not in the ledger after all has come to rest."""
    seen = _metric(house, 'postlotse_mails{state="seen"}')
    return max(0, len(measured.accepted) - int(seen))


def _slow(measured: Measured) -> list[tuple[float, float]]:
    """The 95th percentile in ms of each ten seconds."""
    parts: dict[int, list[float]] = defaultdict(list)
    for at, _, took, _ in measured.requests:
        parts[int(at // 10)].append(took)
    return [(part * 10.0, _p(times, 95) * 1000) for part, times in sorted(parts.items())]


def _p(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1] if len(times) > 1 else times[0]


def _tell(measured: Measured, memory: dict, *, lost: int, ended: list[str]) -> bool:
    print(f"{len(measured.requests)} requests, {len(measured.accepted)} mails accepted by the door")
    by_step: dict[str, list[float]] = defaultdict(list)
    for _, what, took, _ in measured.requests:
        by_step[what].append(took)
    for what, times in sorted(by_step.items()):
        print(
            f"  {what:<10} {len(times):>7}  p50 {_p(times, 50) * 1000:>7.0f} ms"
            f"  p95 {_p(times, 95) * 1000:>7.0f} ms"
        )
    statuses = Counter(status for _, _, _, status in measured.requests)
    errors = sum(number for status, number in statuses.items() if status not in EXPECTED)
    print(f"statuses {dict(sorted(statuses.items()))}; errors {errors}")
    print(
        f"closed {measured.closed}, answered {measured.answered},"
        f" handed over {measured.handed_over}; door refused {dict(measured.refused)}"
    )
    for name, line in memory.items():
        mb = [value for _, value in line]
        print(f"memory {name}: first {mb[0]:.0f}, most {max(mb):.0f}, last {mb[-1]:.0f} MB")
    print(f"accepted and not in the ledger: {lost}; processes that ended: {ended or 'none'}")
    return bool(errors or lost or ended)


if __name__ == "__main__":
    begin = time.monotonic()
    code = main()
    print(f"{time.monotonic() - begin:.0f} s")
    sys.exit(code)
