"""The whole way on one machine: five Maildir postboxes, worker, desk and eAkte in one process.

Everything lies in one folder; Ctrl-C stops, the next start goes on where it was, `--reset`
starts over.
"""

import itertools
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from ingest.maildir.postbox import create_tree
from outbox import eakte_demo
from rules.directory import Directory
from rules.errors import HouseError, Refused
from rules.tasks import Receiver
from store.upkeep import migrate
from triage import wiring
from triage.demo import mails as demo_mails
from triage.demo import rights
from triage.house import House
from triage.ports import Postbox
from triage.settings import Settings, load
from triage.settings.postbox import MaildirSettings
from triage.wiring import postboxes
from triage.worker import Worker

SETTINGS_FILE = "postlotse.toml"
FED_FILE = "fed.txt"
POSTBOXES = "postboxes"
REGIONS = ("Nord", "West", "Südwest", "Süd", "Ost")
"""Names of the five SC regions. Source: domain/SOURCES.md 6 (assumption, configuration)."""

log = structlog.get_logger()


RECEIPT_SECONDS: Final = 4.0
"""How long the demo's eAkte leaves a package lying before it gives a receipt."""


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """How much mail the demo has, and how fast it moves. Times in seconds."""

    folder: Path
    mails: int = 400
    feed_seconds: float = 20.0


@dataclass(slots=True)
class Demo:
    """A running demo. `stop` ends all threads; nothing is lost, the folder keeps the state."""

    house: House
    settings: Settings
    worker: Worker
    stopping: threading.Event
    threads: list[threading.Thread]

    def stop(self) -> None:
        """End feeder, eAkte and worker after their running rounds."""
        self.stopping.set()
        self.worker.stop()
        for thread in self.threads:
            thread.join(10)


def prepare(plan: DemoPlan, *, reset: bool = False) -> Settings:
    """Make the folder, its configuration and its database where missing. Idempotent."""
    if reset and plan.folder.exists():
        _remove(plan.folder)
    plan.folder.mkdir(parents=True, exist_ok=True)
    file = plan.folder / SETTINGS_FILE
    if not file.exists():
        file.write_text(_settings_text(), encoding="utf-8")
    settings = load(file)
    for box in settings.postboxes:
        if isinstance(box, MaildirSettings):
            create_tree(box.root)
    settings.eakte.drop.mkdir(exist_ok=True)
    tasks_drop = settings.tasks.drop
    if tasks_drop is not None:
        for receiver in Receiver:
            (tasks_drop / receiver.value).mkdir(parents=True, exist_ok=True)
    migrate.upgrade(settings.store.url)
    return settings


def start(plan: DemoPlan, settings: Settings) -> Demo:
    """Start worker, feeder and eAkte; returns at once, while the backlog is still being fed."""
    house = wiring.build_house(settings)
    rights.seed(house, settings)
    worker = Worker(
        house,
        wiring.outlets(settings),
        postboxes.postbox_jobs(settings),
        settings.worker.poll_seconds,
    )
    demo = Demo(house, settings, worker, threading.Event(), [])
    boxes = {box.region: postboxes.open_postbox(box) for box in settings.postboxes}
    backlog = list(demo_mails.backlog(house.directory, count=plan.mails))
    feeder = _Feeder(plan, boxes, house.directory, backlog, demo.stopping)
    feeder.mend_note()
    _spawn(demo, "feeder", feeder.run)
    _spawn(demo, "eakte", lambda: _answer_handovers(demo))
    worker.start()
    return demo


@dataclass(slots=True)
class _Feeder:
    """Puts mail into the postboxes as a mail server would: the backlog, then now and then."""

    plan: DemoPlan
    boxes: dict[str, Postbox]
    directory: Directory
    backlog: list[demo_mails.SampleMail]
    stop: threading.Event

    def mend_note(self) -> None:
        """A run that was killed may have put a mail it did not note. Before anything moves mail."""
        fed, boxes = self._fed(), self.plan.folder / POSTBOXES
        lying = (*boxes.rglob("new/*"), *boxes.rglob("cur/*"))  # in "tmp" it may be half
        if fed < len(self.backlog) and any(_same(path, self.backlog[fed].data) for path in lying):
            self._note(fed + 1)

    def run(self) -> None:
        """Go on after the number of mails that an earlier run has fed."""
        fed = self._fed()
        for number, sample in enumerate(self.backlog[fed:], fed + 1):
            if self.stop.is_set():
                return
            self._put(sample)
            self._note(number)
        later = demo_mails.fresh(self.directory, skip=max(self.plan.mails, fed))
        numbers = itertools.count(max(fed, len(self.backlog)) + 1)
        for number, sample in zip(numbers, later, strict=False):
            if self.stop.wait(self.plan.feed_seconds):
                return
            self._put(sample)
            self._note(number)

    def _put(self, sample: demo_mails.SampleMail) -> None:
        self.boxes[sample.region].append("INBOX", sample.data, wiring.utc_now() - sample.age)

    def _note(self, number: int) -> None:
        draft = self.plan.folder / f"{FED_FILE}.new"
        draft.write_text(str(number), encoding="ascii")
        draft.replace(self.plan.folder / FED_FILE)

    def _fed(self) -> int:
        file = self.plan.folder / FED_FILE
        return int(file.read_text(encoding="ascii")) if file.exists() else 0


def _same(path: Path, data: bytes) -> bool:
    """Whether it is that mail; its boundaries are drawn anew in each process."""
    return path.read_bytes().partition(b"boundary=")[0] == data.partition(b"boundary=")[0]


def _answer_handovers(demo: Demo) -> None:
    """The demo's eAkte: a receipt for each package after a moment."""
    while not demo.stopping.wait(1.0):
        try:
            eakte_demo.answer_once(
                demo.settings.eakte.drop,
                now=demo.house.clock(),
                after_seconds=RECEIPT_SECONDS,
            )
        except HouseError as exc:
            log.warning("demo.eakte_failed", code=exc.code)


def _spawn(demo: Demo, name: str, work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work, name=name, daemon=True)
    demo.threads.append(thread)
    thread.start()


def _remove(folder: Path) -> None:
    """Only a folder that a demo made is removed; anything else is somebody's work."""
    if not (folder / SETTINGS_FILE).exists():
        raise Refused(
            "demo.not_a_demo_folder",
            f"{folder} holds no {SETTINGS_FILE} of a demo. Remedy: name another folder.",
        )
    shutil.rmtree(folder)


def _settings_text() -> str:
    boxes = "\n".join(
        f'[[postboxes]]\nkind = "maildir"\nname = "SC-{region}"\nregion = "{region}"\n'
        f'root = "{POSTBOXES}/{region}"\n'
        for region in REGIONS
    )
    return (
        "# The demo's configuration, made by `postlotse demo`.\n"
        '[store]\nurl = "sqlite:///postlotse.sqlite"\n\n'
        "[desk]\ndemo = true\n\n"
        '[marks]\nmode = "write"\n\n'
        # One process alone: a killed demo goes on after seconds, not after minutes.
        "[worker]\npoll_seconds = 1.0\nlease_seconds = 20\ngrace_seconds = 5\n"
        # The backlog is days old when it is fed; that is no alarm.
        "overdue_minutes = 10080\n\n"
        '[rights]\nmode = "write"\n\n'
        '[replies]\noutlet = "maildir"\nsent_root = "sent"\n\n[eakte]\ndrop = "eakte"\n\n'
        '[tasks]\ndrop = "tasks"\n\n' + boxes
    )
