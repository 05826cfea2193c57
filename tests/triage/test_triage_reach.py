"""Whose line to a postbox is cut gives it to a worker whose line is not, and nobody flaps."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from ingest.imap.postbox import ImapPostbox
from ingest.imap.session import ImapAccount
from rules.errors import HouseError, Refused
from store.places import sightings
from store.processes import leases
from store.tables.ledger import lease as lease_table
from tests import one_sorter
from tests.house_fixture import eml
from tests.servers.cutting import CuttingLine
from tests.triage.way import Eakte, Post
from triage import send
from triage.postboxes.reach import PAUSES, ROUNDS
from triage.postboxes.round import PostboxJob, PostboxRound
from triage.worker import Worker

NAME, THERE = "SC-Südwest", "435 Kassel/AU"
POLL_SECONDS = 5


def round_of(house, open_box) -> PostboxRound:
    job = PostboxJob(NAME, "Südwest", open_box, files=True)
    return PostboxRound(Worker(house, send.Outlets(Eakte(), Post()), (job,), POLL_SECONDS), job)


def failed(one: PostboxRound) -> str:
    with pytest.raises(HouseError) as failure:
        one()
    return failure.value.code


def fence(house) -> int:
    with house.db.read() as tx:
        return tx.run(sa.select(lease_table.c.fence)).scalar_one()


def test_a_worker_whose_line_is_cut_lets_another_finish_what_it_began(on_dovecot, clock):
    house, lease, server, box = on_dovecot
    house = replace(house, policy=replace(house.policy, create_folders=False))
    with house.db.write() as tx:
        leases.release(tx, lease, now=clock())
    box.ensure_folder(THERE)
    box.append("INBOX", eml("Krankmeldung"))
    account = ImapAccount(
        "localhost", server.imaps_port, "postfach", server.password, ca_file=server.ca_file
    )
    near = round_of(house, lambda: ImapPostbox(NAME, account))
    with CuttingLine(server, "UID MOVE") as line:
        far = round_of(house, lambda: ImapPostbox(NAME, replace(account, port=line.port)))
        assert far() == 1
        one_sorter.sort_pending(house)
        assert failed(far) == "postbox.away"
        assert line.cut.is_set()
    for _ in range(ROUNDS - 1):
        assert near() is None
        assert failed(far) == "postbox.away"
    assert (far(), near()) == (None, 0), "taken over; the move of the other is in doubt still"
    clock.forward(seconds=house.policy.grace_seconds)
    assert near() == 1
    with house.db.read() as tx:
        (seen,) = sightings.live(tx, NAME, folder=THERE)
    assert (box.view("INBOX").uids, box.view(THERE).uids) == ((), (seen.uid,))
    before = fence(house)
    for _ in range(3 * ROUNDS):
        clock.forward(seconds=POLL_SECONDS)
        assert (far(), near()) == (None, 0)
    assert fence(house) == before, "nobody takes it from who does well"
    near._hang_up()


class Disk:
    """Where the postbox lies; not mounted at first."""

    def __init__(self, root) -> None:
        self._root, self._elsewhere = root, root.with_name("elsewhere")
        self.unmount()

    def unmount(self) -> None:
        self._root.rename(self._elsewhere)

    def mount(self) -> None:
        self._elsewhere.rename(self._root)


@pytest.fixture
def disk(box, tmp_path) -> Disk:
    return Disk(tmp_path / "postbox")


def test_where_nobody_reaches_it_each_tries_in_turn_and_the_first_who_does_keeps_it(
    house, box, clock, disk
):
    one, other = round_of(house, lambda: box), round_of(house, lambda: box)
    for _ in range(ROUNDS):
        assert failed(one) == "postbox.away"
    assert one() is None
    for _ in range(ROUNDS):
        assert failed(other) == "postbox.away"
        clock.forward(seconds=POLL_SECONDS)
    disk.mount()
    assert one() == 0
    clock.forward(seconds=PAUSES * POLL_SECONDS)
    assert (other(), one()) == (None, 0)


def test_who_is_alone_goes_on_after_its_pause_under_the_same_fence(house, box, clock, disk):
    alone = round_of(house, lambda: box)
    for _ in range(ROUNDS):
        assert failed(alone) == "postbox.away"
    assert alone() is None
    disk.mount()
    clock.forward(seconds=PAUSES * POLL_SECONDS)
    assert (alone(), fence(house)) == (0, 1)


def test_who_holds_back_does_so_no_longer_because_the_clock_was_set_back(house, box, clock, disk):
    alone = round_of(house, lambda: box)
    for _ in range(ROUNDS):
        assert failed(alone) == "postbox.away"
    disk.mount()
    assert alone() is None
    clock.forward(hours=-5)
    assert alone() == 0


def test_a_hiccup_of_the_line_hands_nothing_over(house, box, disk):
    one, other = round_of(house, lambda: box), round_of(house, lambda: box)
    for _ in range(2):
        for _ in range(ROUNDS - 1):
            assert failed(one) == "postbox.away"
        disk.mount()
        assert (one(), other()) == (0, None)
        disk.unmount()


def test_a_refused_login_is_not_tried_by_one_worker_after_the_other(house):
    def refused():
        raise Refused("postbox.login_refused", "")

    one, other = round_of(house, refused), round_of(house, refused)
    for _ in range(ROUNDS + 1):
        assert failed(one) == "postbox.login_refused"
        assert other() is None
