"""People and workers do what they like with one postbox, in any order, and workers die anywhere.

Hypothesis finds the order. A crash is raised before or after a call of the postbox or a commit, as
in test_triage_crash.py. What must hold is said by content: nothing lost, nothing doubled, and
ledger and disk agree on the place of each mail.
"""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.errors import Conflict
from rules.ledger import LedgerState, OpState
from rules.postbox import Place
from store.mails import originals
from store.processes import leases
from store.tables.ledger import SightingState, item, message, sighting
from tests import one_sorter
from tests.house_fixture import ADMIN, Clock, eml, open_house
from tests.store.samples import act_counts
from tests.triage import machine_runs
from tests.triage.mortal import Crash, MortalBox, MortalDatabase
from tests.triage.renumbering import Renumbering
from triage import completeness, receive, reconcile
from triage.filing import filing
from triage.house import House
from triage.known.connection_notes import ConnectionNotes

INBOX, BOX = "INBOX", "SC-Südwest"
MAILS = {
    eml("Krankmeldung"): "435 Kassel/AU",
    eml("Neues Konto", to="Hanau@arbeitsagentur.de"): "431 Hanau/Bankverbindung",
    eml("Abwesend", Auto_Submitted="auto-replied"): "Maschinell",
}
"""Few, so that byte-identical twins are common; and where each is filed."""
HAND = "Von Hand"
FOLDERS = [INBOX, HAND, *MAILS.values()]
picks = st.integers(0, 99)


class OneWorker:
    """A worker's run: its lease, and a pass as the worker does it."""

    def __init__(self, house: House, box, number: int) -> None:
        self.house, self.box, self.name, self.lease = house, box, f"w-{number}", None

    def one_pass(self, *, looks: int = 0) -> bool:
        """Whether it held the lease."""
        now = self.house.clock()
        with self.house.db.write() as tx:
            mine = self.lease and leases.renew(tx, self.lease, now=now, seconds=60)
            self.lease = mine or leases.take(
                tx, f"postbox:{self.box.name}", owner=self.name, now=now, seconds=60
            )
        if self.lease is None:
            return False
        try:
            self._pass(looks)
        except Conflict as exc:
            self.box.checked().clear()  # the worker hangs up
            if exc.code != "place.taken":
                raise
        return True

    def _pass(self, looks: int) -> None:
        receive.receive(self.house, self.box, self.lease, region="Südwest")
        one_sorter.sort_pending(self.house)
        filing.file_due(self.house, self.box, self.lease)
        for _ in range(looks):
            reconcile.reconcile(self.house, self.box, self.lease)


class Postbox(RuleBasedStateMachine):
    """The postbox, its people, and two workers of which one may have died."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="machine"))
        shutil.copyfile(self.template, self.folder / "db.sqlite")
        create_tree(self.folder / "box")
        self.box = Renumbering(MaildirPostbox(BOX, self.folder / "box"))
        for folder in FOLDERS[1:]:
            self.box.ensure_folder(folder)
        self.clock = Clock()
        self.house = open_house(f"sqlite:///{self.folder / 'db.sqlite'}", clock=self.clock)
        self.workers, self.worker = 0, OneWorker(self.house, self.box, 0)
        self.arrivals = 0
        self.inbox_was_set_back = False
        self.there: Counter[bytes] = Counter()
        self.came: Counter[bytes] = Counter()
        self.touched: set[bytes] = set()
        self.removed: list[bytes] = []

    def lying(self) -> list[tuple[Place, bytes]]:
        found = [
            (mail.place, mail.data)
            for view in map(self.box.view, self.box.folders())
            for mail in self.box.fetch(view.folder, view.epoch, view.uids)
        ]
        return sorted(found, key=lambda one: (one[0].folder, one[0].uid))

    def picked(self, pick: int) -> tuple[Place, bytes]:
        mails = self.lying()
        return mails[pick % len(mails)]

    @rule(mail=st.sampled_from(list(MAILS)), twins=st.sampled_from([1, 1, 2]))
    def arrives(self, mail, twins):
        # Each in a second of its own: a server takes longer than that to be restored. None in a
        # time to come, which the house would not believe.
        self.arrivals += 1
        received_at = self.clock() - timedelta(days=1) + timedelta(seconds=self.arrivals)
        if self.inbox_was_set_back and self.came[mail]:
            # It may get the number that its twin had, and is taken for that one, put back.
            self.touched.add(mail)
        for _ in range(twins):
            self.box.append(INBOX, mail, received_at)
        self.there[mail] += twins
        self.came[mail] += twins

    @precondition(lambda self: self.there.total())
    @rule(pick=picks, to=st.sampled_from(FOLDERS))
    def person_moves(self, pick, to):
        place, data = self.picked(pick)
        self.touched.add(data)
        if place.folder != to:
            self.box.move(place, to)

    @precondition(lambda self: self.there.total())
    @rule(pick=picks, to=st.sampled_from(FOLDERS))
    def person_copies(self, pick, to):
        _, data = self.picked(pick)
        self.touched.add(data)
        self.box.append(to, data)
        self.there[data] += 1
        self.came[data] += 1

    @precondition(lambda self: self.there.total())
    @rule(pick=picks)
    def person_removes(self, pick):
        place, data = self.picked(pick)
        self.touched.add(data)
        assert self.box.remove(place, originals.fingerprint(data))
        self.there[data] -= 1
        self.removed.append(data)

    @precondition(lambda self: self.removed)
    @rule(pick=picks, to=st.sampled_from(FOLDERS))
    def person_puts_back(self, pick, to):
        data = self.removed.pop(pick % len(self.removed))
        self.box.append(to, data)
        self.there[data] += 1
        self.came[data] += 1

    @rule(
        folders=st.sampled_from([(INBOX,), (INBOX, *MAILS.values()), (MAILS[eml("Krankmeldung")],)])
    )
    def server_numbers_anew(self, folders):
        self.box.number_anew(*folders)

    @rule(folder=st.sampled_from(FOLDERS), to=st.integers(1, 4), loses=st.booleans())
    def server_is_set_back(self, folder, to, loses):
        """To a backup without the last mails, or whose index is older than its mails."""
        lost = [(p, data) for p, data in self.lying() if p.folder == folder and int(p.uid) >= to]
        for place, data in lost if loses else ():
            self.touched.add(data)
            assert self.box.remove(place, originals.fingerprint(data))
            self.there[data] -= 1
            self.removed.append(data)
        self.box.set_back(folder, to)
        self.inbox_was_set_back |= folder == INBOX

    @rule(looks=st.sampled_from([0, 0, 1, 2]))
    def worker_works(self, looks):
        with suppressed_lost():
            self.worker.one_pass(looks=looks)

    @rule(
        what=st.sampled_from(["call", "commit"]),
        before=st.booleans(),
        passes=st.integers(0, 14),
        looks=st.sampled_from([0, 1]),
    )
    def worker_dies(self, what, before, passes, looks):
        count, pair = machine_runs.dying(passes, before=before)
        house, box = self.house, self.box
        if what == "call":
            box = MortalBox(box, **pair)
        else:
            house = replace(house, db=MortalDatabase(house.db, **pair))
        self.worker.house, self.worker.box = house, box
        with suppress(Crash), suppressed_lost():
            self.worker.one_pass(looks=looks)
        self.worker.house, self.worker.box = self.house, self.box
        if count.dead:
            self.restart()

    @rule()
    def second_worker_comes(self):
        """While the lease holds it does nothing; when it ran out, the first one is the paused."""
        self.workers += 1
        second = OneWorker(self.house, self.box, self.workers)
        if second.one_pass():
            self.worker = second

    @rule(seconds=st.sampled_from([5, 40, 100]))
    def time_goes_by(self, seconds):
        self.clock.forward(seconds=seconds)

    def restart(self) -> None:
        self.workers += 1
        self.worker = OneWorker(self.house, self.box, self.workers)

    def teardown(self) -> None:
        try:
            self.settle()
            self.check()
        finally:
            self.house.db.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def settle(self) -> None:
        for _ in range(5):
            self.clock.forward(seconds=200)
            self.restart()
            assert self.worker.one_pass(looks=2)

    def check(self) -> None:
        lying = self.lying()
        assert Counter(data for _, data in lying) == +self.there, "on disk as people left it"
        with self.house.db.read() as tx:
            rows = tx.run(sa.select(message.c.id, message.c.sha256, message.c.state)).all()
            places = tx.run(sa.select(sighting).where(sighting.c.state == SightingState.LIVE)).all()
            counted = sa.select(item.c.message_id, sa.func.count()).group_by(item.c.message_id)
            items = {row[0]: row[1] for row in tx.run(counted)}
            doubts = act_counts(tx)
        self.check_rows(rows, items)
        self.check_places(rows, places, lying)
        assert (doubts[OpState.NEW], doubts[OpState.SENT]) == (0, 0)
        proof = completeness.of_day(self.house, ADMIN)
        assert (proof.closes, proof.seen) == (True, len(rows))

    def check_rows(self, rows, items) -> None:
        kept = Counter(row.sha256 for row in rows)
        for mail in MAILS:
            number = kept[originals.fingerprint(mail)]
            assert number <= self.came[mail], "no row that nothing brought"
            if mail not in self.touched:
                assert number == self.came[mail], "each arrival has its row"
        for row in rows:
            assert row.state is not LedgerState.KEPT
            assert items.get(row.id, 0) <= 1

    def check_places(self, rows, places, lying) -> None:
        hashes = {row.id: row.sha256 for row in rows}
        disk = {place: originals.fingerprint(data) for place, data in lying}
        ours = {Place(one.folder, one.epoch, one.uid): hashes[one.message_id] for one in places}
        assert len({one.message_id for one in places}) == len(places), "one place a message"
        assert ours.items() <= disk.items(), "each place holds those bytes"
        lives = {one.message_id for one in places}
        for row in rows:
            assert (row.state is LedgerState.GONE) == (row.id not in lives), row
        rests = ConnectionNotes.of(self.box).rests(self.box.view(INBOX), now=self.clock())
        for place, data in lying:
            if place.folder == INBOX:
                # A twin of the same second may get the number its like had: decision 0144.
                is_rest = self.inbox_was_set_back and place.uid in rests
                assert place in ours or is_rest, "all of the INBOX is known"
            if data not in self.touched:
                assert place.folder == MAILS[data], "filed"
                assert place in ours


@pytest.fixture
def template(sqlite_template):
    Postbox.template = sqlite_template


@contextmanager
def suppressed_lost() -> Iterator[None]:
    """A worker whose lease went over to another one stops; that is what the lease is for."""
    try:
        yield
    except Conflict as exc:
        if exc.code != "lease.lost":
            raise


def test_whatever_people_and_workers_do_nothing_is_lost_doubled_or_misplaced(template):
    machine_runs.run(Postbox, examples=20, steps=16)
