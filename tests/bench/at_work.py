"""The whole way as it is in operation: workers side by side, each with all its loops, until all is
filed; for the benchmarks."""

import multiprocessing
import time
from dataclasses import replace
from multiprocessing.synchronize import Event

import sqlalchemy as sa

from ingest.imap.postbox import ImapPostbox
from rules.ledger import OpState
from store.tables.ledger import op
from tests.bench.dovecot_boxes import Box
from tests.bench.whole_way import processor
from tests.house_fixture import make_house, open_house
from tests.triage.way import Eakte, Post
from triage import wiring
from triage.house import House
from triage.ports import MailJudge
from triage.postboxes.round import PostboxJob
from triage.send import Outlets
from triage.settings import Settings
from triage.worker import Worker

_FORK = multiprocessing.get_context("fork")
"""The model is loaded once, before."""

LOOK_SECONDS = 0.05
END_SECONDS = 900


def whole(url: str, judge: MailJudge, workers: int, box: Box) -> dict[str, tuple[float, float]]:
    """Seconds from the start of the workers until the last mail is filed, and their processors'."""
    house = make_house(url, clock=wiring.utc_now)
    stop = _FORK.Event()
    started = [
        _FORK.Process(target=_work, args=(f"w-{number}", url, judge, box, stop))
        for number in range(workers)
    ]
    began, own = time.perf_counter(), processor()
    for process in started:
        process.start()
    while _filed(house) < box.count:
        if time.perf_counter() - began > END_SECONDS:
            raise TimeoutError(f"{_filed(house)} of {box.count} mails are filed; see the log")
        time.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - began
    stop.set()
    for process in started:
        process.join()
    house.db.close()
    return {"all at once": (seconds, processor() - own)}


def _filed(house: House) -> int:
    with house.db.read() as tx:
        return tx.run(
            sa.select(sa.func.count()).select_from(op).where(op.c.state == OpState.DONE)
        ).scalar_one()


def _work(name: str, url: str, judge: MailJudge, box: Box, stop: Event) -> None:
    made = open_house(url, judge=judge, clock=wiring.utc_now)
    delivered = Settings().worker
    house = replace(made, policy=replace(made.policy, batch_mails=delivered.batch_mails))
    job = PostboxJob("SC-Ost", "Ost", lambda: ImapPostbox("SC-Ost", box.account), files=True)
    worker = Worker(house, Outlets(Eakte(), Post()), (job,), delivered.poll_seconds, name=name)
    worker.start()
    stop.wait()
    worker.stop()
    house.db.close()
