"""How fast a backlog goes the whole way on the embedded default, beside its parts. `make bench`.

Ratios of one run on one machine; nothing here is a timed test.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ingest.maildir import MaildirPostbox, create_tree
from ingest.parse import parse
from store import leases
from tests.house_fixture import make_house, sqlite_url
from triage import demo_mails, filing, receive, rounds, wiring
from triage.settings import Settings


def timed(what: Callable[[], object]) -> float:
    begin = time.perf_counter()
    what()
    return time.perf_counter() - begin


def main(mails: int = 400) -> None:
    judging = wiring.build_judging(Settings())
    samples = [s.data for s in demo_mails.backlog(judging.directory, count=mails)]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "box"
        create_tree(root)
        box = MaildirPostbox("SC-Ost", root, size_limit_bytes=60_000_000)
        fill = timed(lambda: [box.append("INBOX", data) for data in samples])
        house = make_house(sqlite_url(Path(folder)), judge=judging.judge, clock=wiring.utc_now)
        with house.db.write() as tx:
            lease = leases.take(
                tx, "postbox:SC-Ost", owner="bench", now=house.clock(), seconds=3600
            )
        assert lease is not None
        steps = {
            "deliver (append with fsync)": fill,
            "parse alone": timed(lambda: [parse(data, house.layouts) for data in samples]),
            "keep": timed(lambda: receive.receive(house, box, lease, region="Ost")),
            "sort (parse, judge, decide, write)": timed(lambda: _drain(house)),
            "file": timed(lambda: _file_all(house, box, lease)),
        }
    way = sum(steps[name] for name in steps if name.split()[0] in {"keep", "sort", "file"})
    for name, seconds in {**steps, "keep + sort + file": way}.items():
        sys.stdout.write(f"{name:38} {len(samples) / seconds:9.0f} mails/s\n")


def _drain(house) -> None:
    while rounds.sort_pending(house):
        pass


def _file_all(house, box, lease) -> None:
    while filing.file_due(house, box, lease).done:
        pass


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
