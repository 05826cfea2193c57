"""A deletion run that is killed at any point: the next one goes on, and nothing is left half."""

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
import sqlalchemy as sa

from rules.sweep import HoldKind
from store.deletion.holds import NewHold
from store.processes import leases
from tests.house_fixture import ADMIN, open_house
from tests.triage import sweep_world
from tests.triage.mortal import Crash
from tests.triage.sweep_world import World
from triage.house import PostboxPlan
from triage.send import Outlets
from triage.sweep import holds as sweep_holds
from triage.sweep import outside as sweep_outside
from triage.sweep import proof as sweep_proof
from triage.sweep import run as sweep_run


class Life:
    """Lets n steps pass; from then on nothing is done any more, as after SIGKILL."""

    def __init__(self, passes: int) -> None:
        self.left = passes

    def step(self) -> None:
        if self.left <= 0:
            raise Crash
        self.left -= 1


class Mortal:
    """A postbox, drop or folder of answers whose process dies before or behind a call."""

    def __init__(self, inner, life: Life, when: str) -> None:
        self._inner, self._life, self._when = inner, life, when
        self.name = getattr(inner, "name", "")

    def __getattr__(self, name: str):
        call = getattr(self._inner, name)

        def mortal(*args):
            if self._when == "before":
                self._life.step()
            result = call(*args)
            if self._when == "after":
                self._life.step()
            return result

        return mortal


class MortalDatabase:
    """A database whose process dies just before or just after a commit."""

    def __init__(self, db, life: Life, when: str) -> None:
        self._db, self._life, self._when = db, life, when
        self.read, self.dialect, self.bare = db.read, db.dialect, db.bare

    @contextmanager
    def write(self):
        with self._db.write() as tx:
            yield tx
            if self._when == "before":
                self._life.step()
        if self._when == "after":
            self._life.step()


@pytest.fixture
def world(house, box, lease, clock, tmp_path) -> World:
    """Batches of two, so that a run has several."""
    made = sweep_world.build(house, box, lease, clock, tmp_path / "outside")
    policy = replace(made.house.policy, sweep=replace(made.house.policy.sweep, batch_mails=2))
    made.house = replace(made.house, policy=policy)
    return made


def live(world: World, life: Life, when: str) -> None:
    """The worker's loop and that of the postbox, until nothing is left to do."""
    house = replace(world.house, db=MortalDatabase(world.house.db, life, when))
    outlets = Outlets(
        eakte=Mortal(world.outlets.eakte, life, when), mail=Mortal(world.outlets.mail, life, when)
    )
    owner = f"w-{world.clock():%d%H%M%S}"
    while sweep_run.one_round(house, outlets, owner):
        pass
    with house.db.write() as tx:
        lease = leases.take(tx, "postbox", owner=owner, now=house.clock(), seconds=60)
    assert lease is not None
    sweep_outside.from_postbox(house, Mortal(world.box, life, when), lease)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_dies_at_each_of_its_steps_is_finished_by_those_after_it(world, when):
    """Each life dies one step later than the one before it, and the last one lives. What the
    others did is neither lost nor done twice, and no half is left."""
    number, lives = world.order(), 0
    while not sweep_proof.proof(world.house, ADMIN, number).is_complete:
        with suppress(Crash):
            live(world, Life(lives), when)
        world.clock.forward(seconds=1000)
        lives += 1
        assert lives < 40
    assert lives > 5, "it died on its way"
    found = sweep_proof.proof(world.house, ADMIN, number)
    assert (found.erased, dict(found.kept), found.residue_total) == (4, {}, 0)
    ended = {(one.kind, one.state): one.number for one in found.outside}
    # A copy that went before the crash and was not noted is "not there any more" afterwards.
    assert sum(ended.values()) == 6
    assert [path for path in world.folder.rglob("*") if path.is_file()] == []
    assert sum(len(world.box.view(folder).uids) for folder in world.box.folders()) == 1


def test_on_postgresql_a_hold_on_a_postbox_comes_behind_the_batch_under_way(postgresql_url):
    """Or it would stand in force while that batch goes on deleting. SQLite has one writer."""
    opened = open_house(postgresql_url)
    plan = PostboxPlan("SC-Südwest", "Südwest", is_observed=False, is_swept=True)
    house = replace(opened, policy=replace(opened.policy, postboxes=(plan,)))
    new = NewHold(HoldKind.LEGAL, "S 12 AL 345/26", postbox=plan.name)
    asks = threading.Thread(target=sweep_holds.hold, args=(house, ADMIN, new))
    with sweep_run.alone(house, "w-1") as lease:
        with house.db.write() as tx:
            leases.hold(tx, lease, now=house.clock())
            asks.start()
            while asks.is_alive() and not _somebody_waits(house):
                time.sleep(0.01)
            assert sweep_holds.holds_in_force(house, ADMIN) == ()
        asks.join(timeout=30)
    assert [one.reference for one in sweep_holds.holds_in_force(house, ADMIN)] == [new.reference]
    house.db.close()


def _somebody_waits(house) -> bool:
    with house.db.read() as tx:
        asked = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(tx.run(asked).scalar_one())
