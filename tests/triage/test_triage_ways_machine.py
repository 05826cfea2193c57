"""Mail comes by two postboxes, the door and an archive, some of it over the size limit or breaking
the judge; people carry it from one postbox to the other; workers die.

As test_triage_machine.py, which has one postbox and looks closer.
"""

import shutil
import tempfile
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from ingest.archive import ArchiveMail
from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.ledger import LedgerState, OpState
from rules.postbox import Delivered, Place
from store.mails import originals
from store.tables.ledger import SightingState, item, message, sighting
from tests.house_fixture import ADMIN, Clock, WordJudge, eml, open_house
from tests.store.samples import act_counts
from tests.triage import machine_runs
from tests.triage.mortal import Crash, MortalBox, MortalDatabase
from tests.triage.renumbering import Renumbering
from tests.triage.test_triage_machine import OneWorker, suppressed_lost
from triage import aside, backfill, completeness, door_intake
from triage.house import PostboxPlan

INBOX, HAND = "INBOX", "Von Hand"
NAMES = ["SC-Nord", "SC-Südwest"]
LIMIT = 3_000
MAILS = {
    "sick": eml("Krankmeldung"),
    "money": eml("Neues Konto", to="Hanau@arbeitsagentur.de"),
    "machine": eml("Abwesend", Auto_Submitted="auto-replied"),
    "large": eml("Unterlagen", "Seite für Seite.\n" * 400),
    "breaks": eml("Bitte explodiere"),
}
"""One is over the limit, and one breaks the judge until he is mended. All differ in size."""
DOOR = "Kassel@arbeitsagentur.de"
picks = st.integers(0, 99)
mails = st.sampled_from(list(MAILS))
names = st.sampled_from(NAMES)


class Ways(RuleBasedStateMachine):
    """Two postboxes, a worker for each, and what is known of each content's ways."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ways"))
        shutil.copyfile(self.template, self.folder / "db.sqlite")
        self.clock = Clock()
        self.boxes = {name: self._box(name) for name in NAMES}
        self.house = open_house(f"sqlite:///{self.folder / 'db.sqlite'}", clock=self.clock)
        plans = tuple(PostboxPlan(name, "Südwest", is_observed=False) for name in NAMES)
        self.house = replace(self.house, policy=replace(self.house.policy, postboxes=plans))
        self.begun = self.arrivals = 0
        self.workers = {name: self._worker(name) for name in NAMES}
        self.there: dict[str, Counter[bytes]] = defaultdict(Counter)
        self.came: dict[str, Counter[bytes]] = defaultdict(Counter)
        self.archived: dict[str, set[bytes]] = defaultdict(set)
        self.delivered: set[bytes] = set()
        self.touched: set[tuple[str, bytes]] = set()

    def _box(self, name: str) -> Renumbering:
        create_tree(self.folder / name)
        box = Renumbering(MaildirPostbox(name, self.folder / name, size_limit_bytes=LIMIT))
        box.ensure_folder(HAND)
        return box

    def _worker(self, name: str) -> OneWorker:
        self.begun += 1
        return OneWorker(self.house, self.boxes[name], self.begun)

    def lying(self, name: str) -> list[tuple[Place, bytes]]:
        """All that lies there, whole, whatever the limit is."""
        box = self.boxes[name].read_by(MaildirPostbox(name, self.folder / name))
        found = [
            (mail.place, mail.data)
            for view in map(box.view, box.folders())
            for mail in box.fetch(view.folder, view.epoch, view.uids)
        ]
        return sorted(found, key=lambda one: (one[0].folder, int(one[0].uid)))

    def append(self, name: str, mail: bytes, folder: str = INBOX) -> None:
        self.arrivals += 1
        at = self.clock() - timedelta(days=1) + timedelta(seconds=self.arrivals)
        self.boxes[name].append(folder, mail, at)
        self.there[name][mail] += 1
        self.came[name][mail] += 1

    @rule(name=names, mail=mails, twins=st.sampled_from([1, 1, 2]))
    def arrives(self, name, mail, twins):
        for _ in range(twins):
            self.append(name, MAILS[mail])

    @rule(mail=mails, again=st.booleans())
    def is_delivered(self, mail, again):
        for _ in range(1 + again):
            door_intake.keep_all(self.house, [Delivered("alex@post.example", DOOR, MAILS[mail])])
        self.delivered.add(MAILS[mail])

    @rule(name=names, mail=mails)
    def is_filled_in(self, name, mail):
        pace = backfill.Pace(None, lambda _: False)
        plan = next(one for one in self.house.policy.postboxes if one.name == name)
        found = [ArchiveMail("a.eml", MAILS[mail], self.clock() - timedelta(days=3))]
        backfill.fill_in(self.house, ADMIN, found, plan=plan, pace=pace, told=lambda _: None)
        self.archived[name].add(MAILS[mail])

    def picked(self, name: str, pick: int) -> tuple[Place, bytes] | None:
        """What a person takes in hand there; None where nothing lies."""
        found = self.lying(name)
        if not found:
            return None
        place, mail = found[pick % len(found)]
        self.touched.add((name, mail))
        return place, mail

    @rule(name=names, pick=picks)
    def person_moves(self, name, pick):
        if picked := self.picked(name, pick):
            place, _ = picked
            others = [one for one in self.boxes[name].folders() if one != place.folder]
            self.boxes[name].move(place, others[pick % len(others)])

    @rule(name=names, pick=picks, copies=st.booleans())
    def person_carries_over(self, name, pick, copies):
        other = NAMES[1 - NAMES.index(name)]
        if picked := self.picked(name, pick):
            place, mail = picked
            self.touched.add((other, mail))
            self.append(other, mail)
            if not copies:
                self.take_out(name, place, mail)

    @rule(name=names, pick=picks)
    def person_removes(self, name, pick):
        if picked := self.picked(name, pick):
            self.take_out(name, *picked)

    def take_out(self, name: str, place: Place, mail: bytes) -> None:
        (inner,) = self.boxes[name].fetch(place.folder, place.epoch, (place.uid,))
        assert self.boxes[name].remove(place, originals.fingerprint(inner.kept))
        self.there[name][mail] -= 1

    @rule(name=names, folders=st.sampled_from([(INBOX,), (INBOX, HAND, "435 Kassel/AU")]))
    def server_numbers_anew(self, name, folders):
        self.boxes[name].number_anew(*folders)

    @rule(name=names, looks=st.sampled_from([0, 1, 2]))
    def worker_works(self, name, looks):
        with suppressed_lost():
            self.workers[name].one_pass(looks=looks)

    @rule(
        name=names, at_call=st.booleans(), before=st.booleans(), passes=st.integers(0, 14),
        looks=st.sampled_from([0, 1]),
    )  # fmt: skip
    def worker_dies(self, name, at_call, before, passes, looks):
        count, pair = machine_runs.dying(passes, before=before)
        worker, house, box = self.workers[name], self.house, self.boxes[name]
        if at_call:
            worker.box = MortalBox(box, **pair)
        else:
            worker.house = replace(house, db=MortalDatabase(house.db, **pair))
        with suppress(Crash), suppressed_lost():
            worker.one_pass(looks=looks)
        worker.house, worker.box = house, box
        if count.dead:
            self.workers[name] = self._worker(name)

    @rule()
    def aside_is_replayed(self):
        aside.replay_all(self.house, ADMIN)

    @rule(seconds=st.sampled_from([5, 40, 100]))
    def time_goes_by(self, seconds):
        self.clock.forward(seconds=seconds)

    def teardown(self) -> None:
        try:
            self.settle()
            self.check()
        finally:
            self.house.db.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def settle(self) -> None:
        """The judge is mended, and each postbox has fresh workers until nothing moves."""
        judge = MendedJudge()
        self.house = replace(self.house, judging=replace(self.house.judging, judge=judge))
        for turn in range(5):
            for name in NAMES:
                self.clock.forward(seconds=200)
                self.workers[name] = self._worker(name)
                assert self.workers[name].one_pass(looks=2)
            if turn < 2:
                aside.replay_all(self.house, ADMIN)

    def check(self) -> None:
        with self.house.db.read() as tx:
            rows = tx.run(
                sa.select(message.c.id, message.c.postbox, message.c.source, message.c.sha256,
                          message.c.size_bytes, message.c.state, message.c.state_reason)
            ).all()  # fmt: skip
            places = tx.run(sa.select(sighting).where(sighting.c.state == SightingState.LIVE)).all()
            counted = sa.select(item.c.message_id, sa.func.count()).group_by(item.c.message_id)
            items = {row[0]: row[1] for row in tx.run(counted)}
            doubts = act_counts(tx)
        assert (doubts[OpState.NEW], doubts[OpState.SENT]) == (0, 0)
        assert max(items.values(), default=1) == 1
        assert len({one.message_id for one in places}) == len(places), "one place a message"
        for row in rows:
            assert row.state is not LedgerState.KEPT
            assert row.state_reason != "mail.failed"
        for name in NAMES:
            self.check_box(name, rows, places)
        for mail in MAILS.values():
            number = sum(r.source == "smtp" and r.size_bytes == len(mail) for r in rows)
            assert number == (mail in self.delivered), "each delivery once"
        proof = completeness.of_day(self.house, ADMIN)
        assert (proof.closes, proof.seen) == (True, len(rows))

    def check_box(self, name, rows, places) -> None:
        lying = self.lying(name)
        assert Counter(data for _, data in lying) == +self.there[name], "as people left it"
        hashes = {r.id: (r.size_bytes, r.sha256) for r in rows}
        ours = {
            Place(p.folder, p.epoch, p.uid): hashes[p.message_id]
            for p in places
            if p.postbox == name
        }
        disk = {place: len(data) for place, data in lying}
        for place, (size, _) in ours.items():
            assert disk.get(place) == size, place
        for place, data in lying:
            if place.folder == INBOX:
                assert place in ours, "all of the INBOX is known"
            if (name, data) not in self.touched:
                assert place.folder != INBOX, f"not filed: {data[:300]!r}"
                assert place in ours
        for mail in MAILS.values():
            number = sum(r.postbox == name and r.size_bytes == len(mail) for r in rows)
            came, in_archive = self.came[name][mail], mail in self.archived[name]
            assert number <= came + in_archive, "no row that nothing brought"
            if (name, mail) not in self.touched:
                assert number >= came, "each arrival has its row"
            assert number >= in_archive


class MendedJudge(WordJudge):
    """Reads what broke him before."""

    def judge(self, mail, *, received_at, mailbox):
        subject = mail.subject.replace("explodiere", "lies")
        return super().judge(
            replace(mail, subject=subject), received_at=received_at, mailbox=mailbox
        )


@pytest.fixture
def template(sqlite_template):
    Ways.template = sqlite_template


def test_whatever_way_a_mail_comes_nothing_is_lost_doubled_or_misplaced(template):
    machine_runs.run(Ways, examples=15, steps=16)
