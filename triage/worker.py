"""The worker: one thread a postbox, one that sorts, one that sends, one that keeps order.

Where a door for mail servers is configured, one more holds it open.

Each loop does one round, says what failed, waits, and goes on; a postbox that is away
never holds up the others. A broad except stands here (decision 0006): whatever a round raises is
logged with its code, and the mail that raised it is set aside.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

import structlog

from rules.errors import HouseError
from store.processes import heartbeats
from triage import hooks, rounds, sort_turns
from triage.hooks import Subscription
from triage.house import House
from triage.ports import Door, FolderRights
from triage.postboxes.bells import Ringer
from triage.postboxes.round import PostboxJob, PostboxRound
from triage.rights import drop as rights_drop
from triage.rights import follow as rights_follow
from triage.rights import work as rights_work
from triage.rulesets import reading as rule_reading
from triage.rulesets import trial_run
from triage.send import Outlets
from triage.sweep import run as sweep_run
from triage.watch import alarms

log = structlog.get_logger()


@dataclass(slots=True)
class Worker:
    """All loops of one process. `start` returns at once; `stop` waits for the running rounds."""

    house: House
    outlets: Outlets
    postboxes: tuple[PostboxJob, ...]
    poll_seconds: float
    door: Door | None = None
    lists_drop: Path | None = None
    directory: rights_follow.Directory | None = None
    hooks: tuple[Subscription, ...] = ()
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{uuid4().hex[:8]}")
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _boxes: list[PostboxRound] = field(default_factory=list)
    _wakes: dict[str, threading.Event] = field(default_factory=dict)
    _ringers: list[Ringer] = field(default_factory=list)
    _has_sorted: bool = False

    def start(self) -> None:
        """Start the loops as daemon threads."""
        self._boxes = [PostboxRound(self, job) for job in self.postboxes]
        loops: Mapping[str, Callable[[], int | None]] = {
            **{f"postbox:{box.job.name}": partial(self._keep_and_file, box) for box in self._boxes},
            "sort": self._sort,
            "send": lambda: rounds.send_round(self.house, self.outlets, self.name),
            "keep_order": lambda: rounds.keep_order(self.house, self.name),
            "sweep": lambda: sweep_run.one_round(self.house, self.outlets, self.name),
            "trials": self._tried_and_read,
        }
        desks = {job.name: job.open_rights for job in self.postboxes if job.open_rights}
        if desks:
            loops = {**loops, "rights": partial(self._rights, desks)}
        if self.door is not None:
            loops = {**loops, "door": partial(self._hold_open, self.door)}
        if self.house.policy.alarms.is_told:
            loops = {**loops, "alarms": self._alarms}
        if self.hooks:
            loops = {**loops, "hooks": lambda: hooks.round_(self.house, self.hooks, self.name)}
        self._wakes = {name: threading.Event() for name in loops}
        self._ringers = [ringer for box in self._boxes if (ringer := self._ringer(box))]
        for ringer in self._ringers:
            ringer.start()
        for name, work in loops.items():
            thread = threading.Thread(target=self._loop, args=(name, work), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout_seconds: float = 30.0) -> None:
        """End after the running rounds; what was begun is finished or left to the next start."""
        self._stop.set()
        for wake in self._wakes.values():
            wake.set()
        for ringer in self._ringers:
            ringer.stop()
        for thread in self._threads:
            thread.join(timeout_seconds)
        if self.door is not None:
            self.door.close()
        working = {thread.name for thread in self._threads if thread.is_alive()}
        for box in self._boxes:
            # A loop still at work keeps the lease: it runs out, and the next owner waits the grace.
            if f"postbox:{box.job.name}" not in working:
                box.end()

    def _alarms(self) -> int:
        hooked = {one.name: one.outlet for one in self.hooks}
        return alarms.round_(self.house, alarms.Ways(self.outlets.mail, hooked), self.name)

    def _tried_and_read(self) -> int:
        """What the pages of rule sets have ordered: dry runs, and rules of a postbox."""
        readers = {job.name: job.read_rules for job in self.postboxes}
        done = trial_run.one_round(self.house, self.name)
        return done + rule_reading.one_round(self.house, self.name, readers)

    def _rights(self, desks: Mapping[str, Callable[[], FolderRights]]) -> int:
        """Lists that lie in the drop or follow their source, then what pages have ordered."""
        taken = rights_drop.quietly(self.house, self.lists_drop)
        servers = {job.region: job.open_lists for job in self.postboxes if job.open_lists}
        sources = rights_follow.Sources(self.directory, servers)
        rights_follow.round_(self.house, sources, self.name)
        return taken + rights_work.orders(self.house, self.name, desks)

    def _ringer(self, box: PostboxRound) -> Ringer | None:
        """What wakes the loop of a postbox before its time; listens while that loop does well."""
        if box.job.open_bell is None:
            return None
        wake = self._wakes[f"postbox:{box.job.name}"]
        return Ringer(box.job.name, box.job.open_bell, wake.set, may_listen=lambda: box.does_well)

    def _loop(self, name: str, work: Callable[[], int | None]) -> None:
        wake = self._wakes[name]
        while True:
            wake.clear()  # before the round: what rings in its middle is not lost
            if self._stop.is_set():
                return
            busy = self._one_round(name, work)
            if not busy:
                wake.wait(self.poll_seconds)

    def _keep_and_file(self, box: PostboxRound) -> int | None:
        """One round in a postbox. What it has kept is sorted at once."""
        done = box()
        if done:
            self._wakes["sort"].set()
        return done

    def _sort(self) -> int:
        """Sort a batch. What is sorted is filed at once, of a backlog at its end or in time.

        The more waits for one folder by then, the fewer moves it takes (own decision 0120).
        """
        done = sort_turns.one_round(self.house, self.name)
        self._has_sorted |= done > 0
        if self._has_sorted and done < rounds.SORT_BATCH:
            self._has_sorted = False
            for box in self._boxes:
                self._wakes[f"postbox:{box.job.name}"].set()
        return done

    def _hold_open(self, door: Door) -> int:
        """Open the door, or open it again; its failure is shown like that of any loop."""
        door.open(self._wakes["sort"].set)
        return 0

    def _one_round(self, name: str, work: Callable[[], int | None]) -> bool:
        """One round; True if there may be more to do at once.

        None done means that it is another worker's turn: then that one tells how it goes.
        """
        try:
            done = work()
        except HouseError as exc:
            log.warning("round.failed", round=name, code=exc.code, error=exc.message)
            self.beat(name, exc.code, exc.message)
            return False
        except Exception:
            log.exception("round.broken", round=name)
            self.beat(name, "bug", "unexpected error, see the log")
            return False
        if done is None:
            return False
        self.beat(name, "", "")
        return done > 0

    def beat(self, name: str, code: str, message: str) -> None:
        """Tell /health/ready how the round went; if the database is away, ready says so itself."""
        try:
            with self.house.db.write() as tx:
                heartbeats.beat(tx, name, code=code, message=message, now=self.house.clock())
        except HouseError as exc:
            log.warning("beat.failed", round=name, code=exc.code)
