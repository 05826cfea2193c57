"""The worker: one thread a postbox, one that sorts, one that sends, one that keeps order.

Where a door for mail servers is configured, one more holds it open.

Each loop does one round, says what failed, waits, and goes on; a postbox that is away
never holds up the others. This is one of the two places with a broad except: whatever a
round raises is logged with its code, and the mail that raised it is set aside.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

import structlog

from rules.errors import Conflict, HouseError
from rules.pause import is_over
from rules.postbox import Place
from store import beats, leases, ops
from store.leases import Lease
from triage import (
    alarms,
    halting,
    health,
    hooks,
    one_folder,
    receive,
    reconcile,
    rounds,
    sort_turns,
)
from triage.answers import draft_reply, sent_copy
from triage.bells import Ringer
from triage.filing import filing, folders
from triage.filing.steps import DISK
from triage.hooks import Subscription
from triage.house import House
from triage.marks import read as marks_read
from triage.marks import written as marks_written
from triage.ports import Bell, Door, FolderRights, ListServer, Postbox
from triage.reach import Reach
from triage.rights import drop as rights_drop
from triage.rights import follow as rights_follow
from triage.rights import work as rights_work
from triage.rulesets import reading as rule_reading
from triage.rulesets import targets as rule_targets
from triage.rulesets import trial_run
from triage.send import Outlets
from triage.sweep import copies as sweep_copies
from triage.sweep import outside as sweep_outside
from triage.sweep import run as sweep_run

STATION_SECONDS = 10
"""How long one round keeps new mail, and how long it files, before the other has its turn. Source:
own decision 0036."""

BUSY_PAUSES = 4
"""A postbox that is never idle is looked at this many times more seldom: on a Monday new mail comes
for hours, and what people moved must not go unseen until the evening. Source: own decision 0036."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PostboxJob:
    """A postbox to be served: how to open it, and whether it may be written to.

    `open_bell` where the server shall tell of new mail; without it the postbox is only asked.
    """

    name: str
    region: str
    open: Callable[[], Postbox]
    files: bool
    open_rights: Callable[[], FolderRights] | None = None
    open_lists: Callable[[], ListServer] | None = None
    open_bell: Callable[[], Bell] | None = None
    read_rules: rule_reading.Reader | None = None


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
    _boxes: list["_PostboxRound"] = field(default_factory=list)
    _wakes: dict[str, threading.Event] = field(default_factory=dict)
    _ringers: list[Ringer] = field(default_factory=list)

    def start(self) -> None:
        """Start the loops as daemon threads."""
        self._boxes = [_PostboxRound(self, job) for job in self.postboxes]
        loops: Mapping[str, Callable[[], int | None]] = {
            **{f"postbox:{box.job.name}": box for box in self._boxes},
            "sort": lambda: sort_turns.one_round(self.house, self.name),
            "send": lambda: rounds.send_round(self.house, self.outlets, self.name),
            "keep_order": lambda: rounds.keep_order(self.house, self.name),
            "sweep": lambda: sweep_run.one_round(self.house, self.outlets, self.name),
            "trials": self._tried_and_read,
        }
        desks = {job.name: job.open_rights for job in self.postboxes if job.open_rights}
        if desks:
            loops = {**loops, "rights": partial(self._rights, desks)}
        if self.door is not None:
            loops = {**loops, "door": partial(_hold_open, self.door)}
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
            # Who is still at work keeps the lease: it runs out, and the next owner waits the grace.
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

    def _ringer(self, box: "_PostboxRound") -> Ringer | None:
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
                beats.beat(tx, name, code=code, message=message, now=self.house.clock())
        except HouseError as exc:
            log.warning("beat.failed", round=name, code=exc.code)


def _hold_open(door: Door) -> int:
    """Open the door, or open it again; its failure is shown like that of any loop."""
    door.open()
    return 0


@dataclass(slots=True)
class _PostboxRound:
    """Receive and file in one postbox; connection and lease live on between rounds."""

    worker: Worker
    job: PostboxJob
    does_well: bool = False
    _box: Postbox | None = None
    _lease: Lease | None = None
    _looked_at: datetime | None = None
    _read: dict[Place, str] = field(default_factory=dict)
    _waited: set[Place] = field(default_factory=set)
    _reach: Reach = field(default_factory=Reach)
    _held_up: dict[str, int] | None = None

    def __call__(self) -> int | None:
        """One round; None where another worker holds the postbox, or shall try to reach it."""
        held_back = self._reach.holds_back(now=self.worker.house.clock())
        lease = None if held_back else self._held_lease()
        if lease is None:
            self.does_well = False
            return None
        try:
            done = self._serve(lease)
        except HouseError as exc:
            self.does_well = False
            self._hang_up()
            now, pause = self.worker.house.clock(), self.worker.poll_seconds
            if self._reach.is_over(exc, now=now, poll_seconds=pause):
                self._lay_down(lease)
            raise
        self._reach.does_well()
        self.does_well = True
        return done

    def _lay_down(self, lease: Lease) -> None:
        """Let whoever reaches the postbox take it; where nobody does, it is this worker's still."""
        house = self.worker.house
        log.warning("lease.laid_down", lease=lease.name)
        try:
            with house.db.write() as tx:
                leases.lay_down(tx, lease, now=house.clock())
        except HouseError as exc:
            log.warning("lease.not_released", lease=lease.name, code=exc.code)

    def _serve(self, lease: Lease) -> int:
        house = self.worker.house
        box = self._box = self._box or self.job.open()
        if self._looked_at is None:
            one_folder.require_own(house, box)
            self._make_folders(box)
        received = receive.receive(
            house,
            box,
            lease,
            region=self.job.region,
            until=self._turn_ends(),
            waited=self._waited,
        )
        writes = halting.may_write(house, self.job.name, mode_allows=self.job.files)
        done = self._file(box, lease) if writes else 0
        if writes:
            sweep_outside.from_postbox(house, box, lease)
            sweep_copies.from_postbox(house, box, lease)
        marked = self._mark(box, lease) if writes else 0
        self._look_around(box, is_busy=received.kept + done > 0 and not self._waited)
        return received.kept + received.adopted + done + marked

    def _mark(self, box: Postbox, lease: Lease) -> int:
        """Some marks of ours; their number where more are due, which must not starve the look."""
        house = self.worker.house
        if not house.policy.marks.writes:
            return 0
        done = marks_written.write_due(house, box, lease).done
        return done if done == marks_written.MARKS_A_PASS else 0

    def _file(self, box: Postbox, lease: Lease) -> int:
        """Batch after batch, until new mail has its turn."""
        house, until = self.worker.house, self._turn_ends()
        filed = filing.file_due(house, box, lease)
        done, failed = filed.done, filed.failed
        while filed.done and house.clock() < until:
            filed = filing.file_due(house, box, lease)
            done, failed = done + filed.done, failed + filed.failed
        if failed or self._held_up != {}:
            self._tell_held_up()
        done += sent_copy.lay_due(house, box, lease)
        return done + draft_reply.look(house, box, lease)

    def _turn_ends(self) -> datetime:
        """Of a station that begins now: a backlog must not run into the end of the lease."""
        house = self.worker.house
        seconds = min(STATION_SECONDS, house.policy.postbox_lease_seconds / 4)
        return house.clock() + timedelta(seconds=seconds)

    def _look_around(self, box: Postbox, *, is_busy: bool) -> None:
        """Now and then: folders, and what people moved; more seldom beside a backlog.

        The lease is renewed, since the other stations had their turns.
        """
        now = self.worker.house.clock()
        pause = timedelta(seconds=self.worker.house.policy.look_seconds)
        wait = pause * BUSY_PAUSES if is_busy else pause
        if self._looked_at is None or is_over(self._looked_at, now=now, pause=wait):
            lease = self._held_lease()
            if lease is None:
                return
            self._looked_at = now
            self._make_folders(box)
            if self.job.files:
                rule_targets.look(self.worker.house, box, region=self.job.region)
            look = reconcile.reconcile(self.worker.house, box, lease, read=self._read)
            if look.unfinished:
                self._looked_at = now - pause
            if self.worker.house.policy.marks.reads:
                marks_read.read(self.worker.house, box, lease)

    def _make_folders(self, box: Postbox) -> None:
        """Missing folders of agencies, by configuration; what can't be had is told to `ready`."""
        house = self.worker.house
        if not house.policy.create_folders:
            return
        if not halting.may_write(house, self.job.name, mode_allows=self.job.files):
            return
        found = folders.ensure_agency_folders(house, box, region=self.job.region)
        code = found.refused[0][1] if found.refused else ""
        named = ", ".join(folder for folder, _ in found.refused[:5])
        message = f"{len(found.refused)}: {named}" if found.refused else ""
        self.worker.beat(f"{health.FOLDERS}{self.job.name}", code, message)

    def _tell_held_up(self) -> None:
        """Folders whose disk takes nothing, told to `ready` when that changes."""
        with self.worker.house.db.read() as tx:
            found = ops.held_up(tx, self.job.name, error_code=DISK)
        if found == self._held_up:
            return
        named = ", ".join(list(found)[:5])
        code, message = (DISK, f"{len(found)}: {named}") if found else ("", "")
        self.worker.beat(f"{health.FILING}{self.job.name}", code, message)
        self._held_up = found

    def _held_lease(self) -> Lease | None:
        """The lease of the postbox, taken or renewed for one more round."""
        house, now = self.worker.house, self.worker.house.clock()
        seconds = house.policy.postbox_lease_seconds
        with house.db.write() as tx:
            if self._lease is not None:
                try:
                    self._lease = leases.renew(tx, self._lease, now=now, seconds=seconds)
                except Conflict:
                    self._lease = None
            if self._lease is None:
                self._lease = leases.take(
                    tx,
                    f"postbox:{self.job.name}",
                    owner=self.worker.name,
                    now=now,
                    seconds=seconds,
                )
        return self._lease

    def end(self) -> None:
        """Log out and give the lease back, so that the next worker need not wait.

        Where the database is away just then, the lease runs out by itself.
        """
        self._hang_up()
        if self._lease is None:
            return
        house = self.worker.house
        try:
            with house.db.write() as tx:
                leases.release(tx, self._lease, now=house.clock())
        except HouseError as exc:
            log.warning("lease.not_released", lease=self._lease.name, code=exc.code)

    def _hang_up(self) -> None:
        """End the connection and keep the driver: it remembers a refused login, and waits."""
        if self._box is not None:
            self._box.close()
