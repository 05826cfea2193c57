"""The primary dies with commits that its standby never got; the standby goes on without them."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.ledger import OpState
from store.database.engine import Database
from store.processes import leases
from store.trail import audit
from store.upkeep import migrate
from tests import one_sorter
from tests.house_fixture import ADMIN, Clock, clerk, eml, open_house
from tests.servers.postgres import REPLICATION, PostgresServer, free_port
from tests.store.samples import act_counts
from tests.stress.failover_run import run
from tests.triage.test_triage_reply import first_choice
from tests.triage.way import Eakte, Post, states
from tests.waiting import until
from triage import receive, reconcile, rereading, rounds, wiring, work
from triage.answers import reply
from triage.doctor.standby import standbys
from triage.filing import filing
from triage.house import House
from triage.send import Outlets
from triage.settings import Settings
from triage.settings.data import StoreSettings
from triage.trail import anchor

ME = clerk("435")


def test_no_acknowledged_mail_is_lost_or_doubled_when_the_primary_dies(tmp_path):
    found = run(20, 1, tmp_path)
    assert (found.accepted, found.lost, found.doubled, found.closes) == (20, [], [], True)


@dataclass
class Office:
    """A house whose primary no commit waits on, its standby, its postbox and its mail outlet."""

    primary: PostgresServer
    standby: PostgresServer
    url: str
    house: House
    clock: Clock
    box: MaildirPostbox
    post: Post

    def __post_init__(self) -> None:
        self.outlets = Outlets(Eakte(), self.post)

    def receive(self, *subjects: str) -> None:
        """Kept and sorted, not filed."""
        for subject in subjects:
            self.box.append("INBOX", eml(subject, f"34117 Kassel, {subject}"))
        with self.held() as lease:
            receive.receive(self.house, self.box, lease, region="Südwest")
        one_sorter.sort_pending(self.house)

    def file(self) -> None:
        with self.held() as lease:
            filing.file_due(self.house, self.box, lease)

    def look(self) -> None:
        with self.held() as lease:
            reconcile.reconcile(self.house, self.box, lease)

    def held(self) -> "_Held":
        return _Held(self)

    def fail_over(self) -> None:
        self.primary.kill_all()
        self.standby.execute(sql.SQL("SELECT pg_promote()"))
        until(self.is_promoted)

    def is_promoted(self) -> bool:
        with psycopg.connect(self.standby.url(), autocommit=True) as connection:
            found = connection.execute("SELECT pg_is_in_recovery()").fetchone()
        return found == (False,)


class _Held:
    """The postbox's lease, of a worker of its own each time."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def __enter__(self) -> leases.Lease:
        office = self.office
        # Whoever had it before the fail-over may not have been able to give it back.
        office.clock.forward(seconds=200)
        with office.house.db.write() as tx:
            lease = leases.take(
                tx, "postbox:SC-Südwest", owner=str(office.clock()), now=office.clock(), seconds=120
            )
        assert lease is not None
        self.lease = lease
        return lease

    def __exit__(self, *_: object) -> None:
        with self.office.house.db.write() as tx:
            leases.release(tx, self.lease, now=self.office.clock())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as stack:
        primary = stack.enter_context(PostgresServer(REPLICATION))
        primary.create("office")
        migrate.upgrade(primary.url("office"))
        standby = primary.clone(free_port())
        stack.callback(standby.stop)
        hosts = "&".join(f"host=127.0.0.1:{one.port}" for one in (primary, standby))
        url = f"postgresql://postlotse@/office?{hosts}&target_session_attrs=read-write"
        clock = Clock(wiring.utc_now())
        house = open_house(url, clock=clock)
        stack.callback(house.db.close)
        create_tree(tmp_path / "box")
        box = MaildirPostbox("SC-Südwest", tmp_path / "box")
        yield Office(primary, standby, url, house, clock, box, Post())


def test_what_an_asynchronous_standby_never_got_is_found_as_after_a_restore(
    office: Office, tmp_path: Path
) -> None:
    """Workers stand still: `hold_back` comes first, and what had left leaves no second time."""
    the_doctor_tells_it(office)
    office.receive("Termin", "Krankmeldung")
    claim = work.claim_next(office.house, ME, "435")
    choice = first_choice(office.house, claim)
    reply.order(office.house, ME, claim.item_id, claim.token, choice)
    seal(office.house)
    until(lambda: reached(office))
    before = office.clock()
    office.primary.cut_off_standby()
    office.file()
    office.receive("Kündigung")
    office.file()
    assert rounds.send_round(office.house, office.outlets, "w-1") == 1
    seal(office.house)
    assert anchor.note(office.house.db, tmp_path / "anchor", now=office.clock())
    office.fail_over()
    (found,) = anchor.check(office.house.db, tmp_path / "anchor")
    assert found.code == "trail.truncated"
    assert rereading.hold_back(office.house, ADMIN) == 1
    other_worker = Outlets(Eakte(), office.post)
    assert rounds.send_round(office.house, other_worker, "w-2") == 0
    assert len(office.post.sent) == 1
    # What was known is followed by itself: of its move nothing is left but the wish.
    office.file()
    office.file()
    office.look()
    with office.house.db.read() as tx:
        assert {state: n for state, n in act_counts(tx).items() if n} == {OpState.DONE: 2}
    office.clock.forward(seconds=200)
    since = before - timedelta(minutes=1)
    again = rereading.reread(office.house, ADMIN, office.box, region="Südwest", since=since)
    assert (again.taken_in, again.followed) == (1, 0)
    one_sorter.sort_pending(office.house)
    assert states(office.house) == {"sorted": 3}


def the_doctor_tells_it(office: Office) -> None:
    def told(more: str = "") -> dict[str, str]:
        db = Database.open(office.primary.url("office") + more)
        try:
            house = replace(office.house, db=db)
            found = standbys(Settings(store=StoreSettings(url=office.url)), house)
            return {one.name: one.grade.value for one in found}
        finally:
            db.close()

    def names(text: str) -> None:
        setting = sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}")
        office.primary.execute(setting.format(sql.Literal(text)))
        office.primary.execute(sql.SQL("SELECT pg_reload_conf()"))

    assert told() == {"store:standby": "warn"}
    local = "?options=-c%20synchronous_commit%3Dlocal"
    assert told(local) == {"store:standby": "warn"}
    assert told(local.replace("local", "off"))["store:standby:commit"] == "warn"
    names("*")
    until(office.primary.is_followed)
    assert told(local) == {"store:standby": "warn", "store:standby:commit": "warn"}
    names("")
    until(lambda: not office.primary.is_followed())


def seal(house: House) -> None:
    with house.db.write() as tx:
        audit.seal(tx, limit=1000)


def reached(office: Office) -> bool:
    """Whether the standby has all that the primary has."""
    query = "SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()"
    with psycopg.connect(office.primary.url(), autocommit=True) as connection:
        return bool((connection.execute(query).fetchone() or (0,))[0])
