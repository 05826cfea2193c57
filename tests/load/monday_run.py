"""One Monday of all Germany: 200,000 mails, 146 agencies, 5 postboxes, real workers. `make monday`.

    python -m tests.load.monday_run --scale 0.05 --workers 2

Each hour is shortened to its `--scale`, and so is the number of mails: they come as fast as on the
real day. What piles up, and how old the oldest gets, is by that much smaller than on the real day.
`--faster` shortens the hours alone: `--scale 1 --faster 24` brings the mails of the whole day in 42
minutes, so that what piles up is larger, and as old as the clock of the run says.
PostgreSQL with fsync, Maildir postboxes, `postlotse work` with the judge of the house. Ends with 1
if a mail is missing in the end.
"""

import argparse
import itertools
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from ingest.maildir.postbox import create_tree
from store.upkeep import migrate
from tests.bench import bench_mails
from tests.house_fixture import directory
from tests.load import load_plot
from tests.load.load_house import resident_mb, running, wait_until
from tests.servers.postgres import PostgresServer

PLOT = Path(__file__).resolve().parents[2] / "docs/monday.svg"
MAILS = 200_000
"""Assumed, as in docs/capacity.md."""
HOUR_SECONDS = 3600
SHARES = (24, 1, 1, 1, 1, 2, 8, 20, 50, 28, 20, 14, 10, 8, 6, 4, 2)
"""Parts of 200 in each hour of the day; hour 0 has the weekend's mail. A quarter comes between
eight and nine. Assumed, as in docs/capacity.md."""
FIRST_HOUR_SECONDS = 60
"""In which the weekend's mail is laid down, by the clock of the real day."""
DRAIN_SECONDS = 3_600
LOOK_SECONDS = 2.0
SAMPLES = 2_000
"""Different texts; the number in the name of the file tells mails apart."""

_WAITING = """
SELECT (SELECT count(*) FROM message),
       (SELECT count(*) FROM message WHERE state = 'kept'),
       (SELECT count(*) FROM op WHERE state IN ('new', 'sent')),
       (SELECT count(*) FROM op WHERE state = 'done'),
       (SELECT count(*) FROM op),
       extract(epoch FROM least(
         (SELECT min(received_at) FROM message WHERE state = 'kept'),
         (SELECT min(m.received_at) FROM op JOIN message m ON m.id = op.message_id
          WHERE op.state IN ('new', 'sent'))))
"""


@dataclass(slots=True)
class Day:
    """What was laid into the postboxes so far, and what was seen of it, over hours of the day, each
    of which takes `scale` of a real one."""

    scale: float
    began: float = field(default_factory=time.time)
    laid_at: list[float] = field(default_factory=list)
    lines: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def hour(self) -> float:
        """Of the day, by the shortened clock."""
        return (time.time() - self.began) / (HOUR_SECONDS * self.scale)

    def note(self, name: str, value: float) -> None:
        """One point of a line, now."""
        self.lines.setdefault(name, []).append((self.hour(), value))


def main(scale: float, faster: float, workers: int, plot: Path) -> int:
    """Run the day, wait until all is filed, write the plot; the exit code."""
    mails = round(MAILS * scale)
    boxes = sorted({agency.region for agency in directory().agencies})
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        for box in boxes:
            create_tree(folder / box)
        server = stack.enter_context(PostgresServer({"fsync": "on", "autovacuum": "on"}))
        url = server.create("monday")
        migrate.upgrade(url)
        processes = {
            f"work-{number}": stack.enter_context(running(folder, f"work-{number}", text))
            for number, text in enumerate([_config(folder, url, boxes)] * workers, 1)
        }
        with psycopg.connect(url, autocommit=True) as connection:
            wait_until(lambda: _are_up(connection), seconds=300, what="the workers")
            day, over = Day(scale / faster), threading.Event()
            post = threading.Thread(target=_deliver, args=(day, folder, mails), daemon=True)
            post.start()
            until = time.time() + len(SHARES) * HOUR_SECONDS * day.scale + DRAIN_SECONDS
            while not over.wait(LOOK_SECONDS) and time.time() < until:
                for worker, process in processes.items():
                    day.note(worker, resident_mb(process.pid))
                if _look(day, connection) == mails:
                    over.set()
        ended = [name for name, one in processes.items() if one.poll() is not None]
    _tell(day, mails, is_done=over.is_set(), ended=ended)
    title = f"{mails} mails, {workers} workers, hours of {HOUR_SECONDS * day.scale:.0f} s"
    plot.write_text(_drawn(day, title), "utf-8")
    return int(bool(ended) or not over.is_set())


def _config(folder: Path, url: str, boxes: list[str]) -> str:
    (folder / "eakte").mkdir(exist_ok=True)
    text = f'store.url = "{url}"\nworker.poll_seconds = 0.5\neakte.drop = "{folder / "eakte"}"\n'
    for box in boxes:
        text += f'[[postboxes]]\nkind = "maildir"\nname = "SC-{box}"\nregion = "{box}"\n'
        text += f'root = "{folder / box}"\n'
    return text


def _are_up(connection: psycopg.Connection) -> bool:
    """All postboxes were looked at, with their folders made."""
    found = connection.execute("SELECT count(*) FROM beat WHERE name LIKE 'postbox:%'").fetchone()
    return found is not None and found[0] == len({a.region for a in directory().agencies})


def _deliver(day: Day, folder: Path, mails: int) -> None:
    """Lay mail after mail into the postbox of its agency's region, when its time has come."""
    samples = [made.data for made in bench_mails.small(min(mails, SAMPLES))]
    agencies = itertools.cycle(agency for agency in directory().agencies if agency.active)
    for number, second in enumerate(_seconds(mails)):
        agency = next(agencies)
        wait = day.began + second * day.scale - time.time()
        if wait > 0:
            time.sleep(wait)
        draft = folder / agency.region / "tmp" / f"{time.time():.6f}.M{number}P1.monday"
        to = f"To: {agency.name.replace(' ', '-')}@arbeitsagentur.de\r\nX-Number: {number}"
        lines = samples[number % len(samples)].split(b"\r\n")
        at = next(index for index, line in enumerate(lines) if line.startswith(b"To:"))
        lines[at] = to.encode()
        draft.write_bytes(b"\r\n".join(lines))
        draft.rename(draft.parents[1] / "new" / draft.name)
        day.laid_at.append(time.time())


def _seconds(mails: int) -> Iterator[float]:
    """When each mail comes, in seconds of the real day; each hour's evenly spread."""
    total, done = sum(SHARES), 0
    for hour, part in enumerate(itertools.accumulate(SHARES)):
        until = round(mails * part / total)
        lasts = HOUR_SECONDS if hour else FIRST_HOUR_SECONDS
        for number in range(until - done):
            yield hour * HOUR_SECONDS + lasts * number / (until - done)
        done = until


def _look(day: Day, connection: psycopg.Connection) -> int:
    """Note what waits for which step now; how many mails have gone the whole way."""
    found = connection.execute(_WAITING).fetchone()
    assert found is not None
    kept, unsorted, unfiled, filed, acts, oldest = found
    laid = day.laid_at[:]
    day.note("not kept yet", max(0, len(laid) - kept))
    day.note("not sorted yet", unsorted)
    day.note("not filed yet", unfiled)
    first = [float(oldest)] if oldest is not None else []
    first += laid[kept : kept + 1]
    day.note("oldest", (time.time() - min(first)) if first else 0.0)
    # Machine mail is set aside and filed, too: all that is sorted has an act.
    return int(filed) if acts == kept and not unsorted else 0


def _tell(day: Day, mails: int, *, is_done: bool, ended: list[str]) -> None:
    for name, line in day.lines.items():
        at, most = max(line, key=lambda point: point[1])
        print(f"{name:16} most {most:8.0f} at {at:5.1f} h, last {line[-1][1]:6.0f}")
    print(
        f"{mails} mails, {len(day.laid_at)} laid down; all filed: {is_done} at {day.hour():.1f} h"
    )
    print(f"{time.time() - day.began:.0f} s; processes that ended: {ended or 'none'}")


def _drawn(day: Day, title: str) -> str:
    steps = ("not kept yet", "not sorted yet", "not filed yet")
    workers = [name for name in day.lines if name.startswith("work-")]
    return load_plot.svg(
        {
            "mails that wait": {name: day.lines[name] for name in steps},
            "seconds, age of the oldest": {"oldest": day.lines["oldest"]},
            "MB": {name: day.lines[name] for name in workers},
        },
        title=title,
        end_unit="h of the day, shortened",
    )


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--scale", type=float, default=0.05)
    told.add_argument("--faster", type=float, default=1.0)
    told.add_argument("--workers", type=int, default=2)
    told.add_argument("--plot", type=Path, default=PLOT)
    options = told.parse_args()
    sys.exit(main(options.scale, options.faster, options.workers, options.plot))
