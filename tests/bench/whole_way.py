"""The whole way over one postbox, step by step: kept, sorted, filed; for the benchmarks."""

import resource
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from store.processes import leases
from tests import one_sorter
from triage import receive
from triage.filing import filing
from triage.house import House
from triage.ports import Postbox
from triage.settings import Settings


def steps(
    made: House, box: Postbox, sort_all: Callable[[], object] | None = None
) -> dict[str, tuple[float, float]]:
    """Seconds, and seconds of our own processor, of each step for all that lies in the INBOX.

    Closes the house. `sort_all` sorts what was kept, in place of this process.
    """
    batch_mails = Settings().worker.batch_mails
    house = replace(made, policy=replace(made.policy, batch_mails=batch_mails))
    with house.db.write() as tx:
        lease = leases.take(tx, f"postbox:{box.name}", owner="b", now=house.clock(), seconds=3600)
    assert lease is not None
    alone = partial(_drained, partial(one_sorter.sort_pending, house))
    spent = {
        "keep": _spent(lambda: receive.receive(house, box, lease, region="Ost")),
        "sort": _spent(sort_all or alone),
        "file": _spent(lambda: _drained(lambda: filing.file_due(house, box, lease).done)),
    }
    assert not box.view("INBOX").uids
    with house.db.write() as tx:
        leases.release(tx, lease, now=house.clock())
    house.db.close()
    return spent


def _drained(step: Callable[[], int]) -> None:
    while step():
        pass


def _spent(what: Callable[[], object]) -> tuple[float, float]:
    began, own = time.perf_counter(), processor()
    what()
    return time.perf_counter() - began, processor() - own


def processor() -> float:
    """Seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
