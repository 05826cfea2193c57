"""What a worker does in one postbox: keep what is new, file what is due, look around.

One thread a postbox calls a round after the other, as long as this worker holds its lease.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from rules.errors import Conflict, HouseError
from rules.pause import is_over
from rules.postbox import Place
from store.acts import ops
from store.processes import leases
from store.processes.leases import Lease
from triage import halting, receive, reconcile
from triage.answers import draft_reply, sent_copy
from triage.filing import filing, folders, leftovers
from triage.filing.steps import DISK
from triage.house import House
from triage.known import one_folder
from triage.marks import read as marks_read
from triage.marks import written as marks_written
from triage.ports import Bell, FolderRights, ListServer, Postbox
from triage.postboxes import postbox_name
from triage.postboxes.long_quiet import LongQuiet
from triage.postboxes.reach import Reach
from triage.rulesets import reading as rule_reading
from triage.rulesets import targets as rule_targets
from triage.sweep import copies as sweep_copies
from triage.sweep import outside as sweep_outside
from triage.watch import health

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


class Owner(Protocol):
    """The worker that serves the postbox."""

    house: House
    name: str
    poll_seconds: float

    def beat(self, name: str, code: str, message: str) -> None:
        """Tell health how something went; an empty code means well."""
        ...


@dataclass(slots=True)
class PostboxRound:
    """Called once a round; connection and lease live on between rounds."""

    owner: Owner
    job: PostboxJob
    does_well: bool = False
    _box: Postbox | None = None
    _lease: Lease | None = None
    _looked_at: datetime | None = None
    _read: dict[Place, str] = field(default_factory=dict)
    _waited: set[Place] = field(default_factory=set)
    _reach: Reach = field(default_factory=Reach)
    _held_up: dict[str, int] | None = None
    _quiet: LongQuiet = field(default_factory=LongQuiet)

    def __call__(self) -> int | None:
        """One round; None where another worker holds the postbox, or shall try to reach it."""
        held_back = self._reach.holds_back(now=self.owner.house.clock())
        lease = None if held_back else self._held_lease()
        if lease is None:
            self.does_well = False
            return None
        try:
            done = self._serve(lease)
        except HouseError as exc:
            self.does_well = False
            self._hang_up()
            now, pause = self.owner.house.clock(), self.owner.poll_seconds
            self._tell_quiet(exc)
            if self._reach.is_over(exc, now=now, poll_seconds=pause):
                self._lay_down(lease)
            raise
        self._reach.does_well()
        self._tell_quiet(None)
        self.does_well = True
        return done

    def _tell_quiet(self, exc: HouseError | None) -> None:
        news = self._quiet.news(self.job.name, exc, now=self.owner.house.clock())
        if news is not None:
            self.owner.beat(f"{health.QUIET}{self.job.name}", *news)

    def _lay_down(self, lease: Lease) -> None:
        """Let whoever reaches the postbox take it; where nobody does, it is this worker's still."""
        house = self.owner.house
        log.warning("lease.laid_down", lease=lease.name)
        try:
            with house.db.write() as tx:
                leases.lay_down(tx, lease, now=house.clock())
        except HouseError as exc:
            log.warning("lease.not_released", lease=lease.name, code=exc.code)

    def _serve(self, lease: Lease) -> int:
        house = self.owner.house
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
        leftovers.take_away(house, box, lease, received.rests, may_write=writes)
        done = self._file(box, lease) if writes else 0
        if writes:
            sweep_outside.from_postbox(house, box, lease)
            sweep_copies.from_postbox(house, box, lease)
        marked = self._mark(box, lease) if writes else 0
        self._look_around(box, is_busy=received.kept + done > 0 and not self._waited)
        return received.kept + received.adopted + done + marked

    def _mark(self, box: Postbox, lease: Lease) -> int:
        """Some marks of ours; their number where more are due, which must not starve the look."""
        house = self.owner.house
        if not house.policy.marks.writes:
            return 0
        done = marks_written.write_due(house, box, lease).done
        return done if done == marks_written.MARKS_A_PASS else 0

    def _file(self, box: Postbox, lease: Lease) -> int:
        """Batch after batch, until new mail has its turn."""
        house, until = self.owner.house, self._turn_ends()
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
        house = self.owner.house
        seconds = min(STATION_SECONDS, house.policy.postbox_lease_seconds / 4)
        return house.clock() + timedelta(seconds=seconds)

    def _look_around(self, box: Postbox, *, is_busy: bool) -> None:
        """Now and then: folders, and what people moved; more seldom beside a backlog.

        The lease is renewed, since the other stations had their turns.
        """
        now = self.owner.house.clock()
        pause = timedelta(seconds=self.owner.house.policy.look_seconds)
        wait = pause * BUSY_PAUSES if is_busy else pause
        if self._looked_at is None or is_over(self._looked_at, now=now, pause=wait):
            lease = self._held_lease()
            if lease is None:
                return
            self._looked_at = now
            self._make_folders(box)
            if self.job.files:
                rule_targets.look(self.owner.house, box, region=self.job.region)
            look = reconcile.reconcile(self.owner.house, box, lease, read=self._read)
            if look.unfinished:
                self._looked_at = now - pause
            if self.owner.house.policy.marks.reads:
                marks_read.read(self.owner.house, box, lease)

    def _make_folders(self, box: Postbox) -> None:
        """Missing folders of agencies, by configuration; what can't be had is told to `ready`."""
        house = self.owner.house
        if not house.policy.create_folders:
            return
        if not halting.may_write(house, self.job.name, mode_allows=self.job.files):
            return
        found = folders.ensure_agency_folders(house, box, region=self.job.region)
        code = found.refused[0][1] if found.refused else ""
        named = ", ".join(folder for folder, _ in found.refused[:5])
        message = f"{len(found.refused)}: {named}" if found.refused else ""
        self.owner.beat(f"{health.FOLDERS}{self.job.name}", code, message)

    def _tell_held_up(self) -> None:
        """Folders whose disk takes nothing, told to `ready` when that changes."""
        with self.owner.house.db.read() as tx:
            found = ops.held_up(tx, self.job.name, error_code=DISK)
        if found == self._held_up:
            return
        named = ", ".join(list(found)[:5])
        code, message = (DISK, f"{len(found)}: {named}") if found else ("", "")
        self.owner.beat(f"{health.FILING}{self.job.name}", code, message)
        self._held_up = found

    def _held_lease(self) -> Lease | None:
        """The lease of the postbox, taken or renewed for one more round."""
        house, now = self.owner.house, self.owner.house.clock()
        seconds = house.policy.postbox_lease_seconds
        with house.db.write() as tx:
            if self._lease is not None:
                try:
                    self._lease = leases.renew(tx, self._lease, now=now, seconds=seconds)
                except Conflict:
                    self._lease = None
            if self._lease is None:
                postbox_name.require_kept(tx, self.job.name)
                self._lease = leases.take(
                    tx,
                    f"postbox:{self.job.name}",
                    owner=self.owner.name,
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
        house = self.owner.house
        try:
            with house.db.write() as tx:
                leases.release(tx, self._lease, now=house.clock())
        except HouseError as exc:
            log.warning("lease.not_released", lease=self._lease.name, code=exc.code)

    def _hang_up(self) -> None:
        """End the connection and keep the driver: it remembers a refused login, and waits."""
        if self._box is not None:
            self._box.close()
