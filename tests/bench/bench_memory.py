"""How much memory a worker's stations take with a mail of 60 MB among others. `make bench`.

A process of its own: the most that it ever held, as Linux counts it.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import structlog

from ingest.maildir.postbox import MaildirPostbox, create_tree
from store.processes import leases
from tests import one_sorter
from tests.bench import bench_mails
from tests.house_fixture import make_house, sqlite_url
from triage import receive, wiring
from triage.filing import filing
from triage.settings import Settings

HUGE_BYTES = 60_000_000


def main() -> None:
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    judging = wiring.build_judging(Settings())
    _say("after loading model and places")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "box"
        create_tree(root)
        for number, made in enumerate(bench_mails.mixed(200)):
            name = f"{1_790_000_000 + number}.M1P1.bench"
            (root / "new" / name).write_bytes(made.data)
        _write_huge(root / "new" / "1790000100.M2P1.bench")
        _say("after making the mails")
        box = MaildirPostbox("SC-Ost", root, size_limit_bytes=64 * 1024 * 1024)
        house = make_house(sqlite_url(Path(folder)), judge=judging.judge, clock=wiring.utc_now)
        with house.db.write() as tx:
            lease = leases.take(tx, "postbox:SC-Ost", owner="b", now=house.clock(), seconds=3600)
        assert lease is not None
        receive.receive(house, box, lease, region="Ost")
        _say("after keeping")
        while one_sorter.sort_pending(house):
            pass
        _say("after parsing, judging, sorting")
        while filing.file_due(house, box, lease).done:
            pass
        assert not box.view("INBOX").uids
        house.db.close()
    _say("after filing")


def _write_huge(path: Path) -> None:
    """A mail whose file has very many more lines; making it takes no memory."""
    (one,) = bench_mails.large(1)
    at = one.data.rindex(b"base64\r\n\r\n") + len(b"base64\r\n\r\n")
    lines = (b"A" * 76 + b"\r\n") * 1_000
    with path.open("wb") as file:
        file.write(one.data[:at])
        for _ in range(HUGE_BYTES // len(lines)):
            file.write(lines)
        file.write(one.data[at:])


def _say(when: str) -> None:
    status = Path("/proc/self/status").read_text()
    most = int(status.partition("VmHWM:")[2].split()[0]) / 1000
    sys.stdout.write(f"memory, most so far, {when:34} {most:6.0f} MB\n")
    sys.stdout.flush()


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    main()
