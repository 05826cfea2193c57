"""A postbox is renamed: in one commit, by itself, and with all that is known of it."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from ingest.maildir.postbox import MaildirPostbox
from rules.access import Caller, Role
from rules.errors import Conflict, Refused
from rules.ledger import OpState
from store.database.columns import metadata
from store.deletion import holds
from store.deletion.holds import HoldKind, NewHold
from store.mails import same_mail
from store.processes import halts, leases
from store.processes.halts import Halt
from store.trail import audit
from store.upkeep import postbox_names
from tests import one_sorter
from tests.house_fixture import ADMIN, clerk, eml
from tests.triage.mortal import Countdown, Crash, MortalDatabase
from tests.triage.test_triage_one_folder import configured, is_complete, serve
from tests.triage.way import bring_in, states
from triage import handover, work
from triage.cli import app as cli
from triage.desk import item_view
from triage.known import perhaps_twice
from triage.postboxes import postbox_name
from triage.sweep import holds as sweep_holds
from triage.watch import health

OLD, NEW = "SC-Südwest", "SC-Süd-West"
GRACE = timedelta(seconds=30)
ME = clerk("435")


def rename(house, old=OLD, new=NEW, caller=ADMIN):
    return postbox_name.rename(house.db, caller, old, new, now=house.clock(), grace=GRACE)


def give_back(house, lease):
    with house.db.write() as tx:
        leases.release(tx, lease, now=house.clock())


def named(box, name):
    return MaildirPostbox(name, box._root, size_limit_bytes=1_000_000)


def names(house) -> set[str]:
    """All names that any table has for a postbox."""
    with house.db.read() as tx:
        return {
            name
            for table in postbox_names.tables()
            for name in tx.run(sa.select(table.c.postbox).distinct()).scalars()
            if name is not None
        }


@pytest.fixture
def worked(house, box, lease):
    """Two mails filed, one that waits in the INBOX; the worker has ended."""
    bring_in(house, box, lease, eml("Krankmeldung"), eml("Termin"))
    box.append("INBOX", eml("Urlaub"))
    give_back(house, lease)
    return configured(house, NEW)


def test_a_renamed_postbox_goes_on_where_it_was_and_nothing_comes_twice(worked, box):
    assert rename(worked) > 0
    assert names(worked) == {NEW}
    again = named(box, NEW)
    assert serve(worked, again) == "ok"
    one_sorter.sort_pending(worked)
    assert serve(worked, again) == "ok"
    assert again.view("INBOX").uids == ()
    assert states(worked) == {"sorted": 3}
    assert is_complete(worked)


def test_a_worker_that_still_has_the_old_name_keeps_nothing(worked, box):
    rename(worked)
    assert serve(configured(worked, OLD), box) == "postbox.renamed"
    assert sum(states(worked).values()) == 2
    assert rename(worked, NEW, OLD) > 0
    assert serve(configured(worked, OLD), box) == "ok"
    assert sum(states(worked).values()) == 3


def test_the_trail_tells_it_under_both_names_and_once(worked):
    done = rename(worked)
    assert rename(worked) == 0
    with worked.db.read() as tx:
        told = [e for e in audit.listing(tx, limit=500) if e.action == "postbox.renamed"]
        assert postbox_names.former(tx, NEW) == (OLD,)
        assert postbox_names.given_away(tx, OLD) == NEW
        assert postbox_names.given_away(tx, NEW) is None
    assert [e.details for e in told] == [{"from": OLD, "to": NEW, "rows": done}] * 2


def test_named_back_and_forth_the_newest_name_counts(worked):
    for old, new in ((OLD, NEW), (NEW, OLD), (OLD, "C"), ("C", NEW)):
        rename(worked, old, new)
    with worked.db.read() as tx:
        assert set(postbox_names.former(tx, NEW)) == {"C", OLD}
        assert postbox_names.given_away(tx, NEW) is None
        assert postbox_names.given_away(tx, OLD) == "C"


def test_no_column_that_names_a_postbox_is_forgotten(worked):
    """A new table that names one in another column has to be added to `rename`."""
    known = {"aside", "audit", "idempotency", "outgoing"}
    with worked.db.read() as tx:
        before = _tables_with(tx, OLD)
    assert {"message", "sighting", "arrival"} <= before
    rename(worked)
    with worked.db.read() as tx:
        assert _tables_with(tx, OLD) - known == {"lease"}


def _tables_with(tx, word) -> set[str]:
    return {
        table.name
        for table in metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, sa.Text)
        and tx.run(
            sa.select(sa.literal(1)).where(sa.cast(column, sa.Text).like(f"%{word}")).limit(1)
        ).first()
    }


def test_halt_hold_archive_and_open_pairs_go_along(worked):
    with worked.db.write() as tx:
        halts.place(tx, Halt(halts.of_postbox(OLD), worked.clock(), "worker", "observed"))
        holds.place(
            tx, NewHold(HoldKind.AUDIT, "Az. 12/2026", postbox=OLD), actor="a", now=worked.clock()
        )
        same_mail.note_archive(tx, OLD, actor="a", now=worked.clock())
        perhaps_twice._tell(tx, [(1, 2)], postbox=OLD, now=worked.clock())
    before = len(perhaps_twice.listing(configured(worked, OLD), ADMIN))
    rename(worked)
    with worked.db.read() as tx:
        assert halts.of_postboxes(tx) == {NEW}
        assert set(holds.of_postboxes(tx)) == {NEW}
        assert same_mail.has_archive(tx, NEW)
    assert len(perhaps_twice.listing(worked, ADMIN)) == before == 1
    (hold,) = sweep_holds.holds_in_force(worked, ADMIN)
    assert hold.postbox == NEW


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Nirgends", NEW, "postbox.unknown"),
        (OLD, OLD, "postbox.name"),
        (OLD, " SC", "postbox.name"),
        (OLD, "", "postbox.name"),
        (OLD, "x" * 101, "postbox.name"),
    ],
)
def test_a_name_that_is_none_is_refused(worked, old, new, code):
    with pytest.raises(Refused) as told:
        rename(worked, old, new)
    assert told.value.code == code
    assert names(worked) == {OLD}


def test_an_admin_of_one_region_renames_nothing(worked):
    regional = Caller("r", Role.ADMIN, agencies=None, regions=frozenset({"Südwest"}))
    with pytest.raises(Refused, match="whole house"):
        rename(worked, caller=regional)


@pytest.mark.parametrize("kind", ["postbox", "rights", "rights_orders"])
@pytest.mark.parametrize("name", [OLD, NEW])
def test_while_somebody_works_there_it_is_refused(worked, kind, name):
    with worked.db.write() as tx:
        lease = f"{kind}:{name}"
        assert leases.take(tx, lease, owner="w", now=worked.clock(), seconds=60)
    with pytest.raises(Conflict) as told:
        rename(worked)
    assert told.value.code == "postbox.in_use"
    assert names(worked) == {OLD}


def test_a_dead_workers_last_command_is_waited_for_and_fences_never_fall(worked, clock):
    with worked.db.write() as tx:
        dead = leases.take(tx, f"postbox:{OLD}", owner="w", now=worked.clock(), seconds=60)
    clock.forward(seconds=70)
    with pytest.raises(Conflict, match="a worker ended"):
        rename(worked)
    clock.forward(seconds=30)
    rename(worked)
    with worked.db.write() as tx:
        taken = leases.take(tx, f"postbox:{NEW}", owner="n", now=worked.clock(), seconds=60)
    assert taken.fence > dead.fence


def test_what_is_not_proven_yet_holds_it_back(worked):
    with worked.db.write() as tx:
        op = metadata.tables["op"]
        tx.run(sa.update(op).where(op.c.id == 1).values(state=OpState.SENT))
    with pytest.raises(Conflict) as told:
        rename(worked)
    assert told.value.code == "postbox.in_doubt"
    assert told.value.details["moves"] == 1
    assert names(worked) == {OLD}


def test_two_postboxes_are_never_joined(worked):
    with worked.db.write() as tx:
        holds.place(
            tx, NewHold(HoldKind.AUDIT, "Az. 1", postbox=NEW), actor="a", now=worked.clock()
        )
    with pytest.raises(Conflict) as told:
        rename(worked)
    assert told.value.code == "postbox.name_used"
    assert names(worked) == {OLD, NEW}


@pytest.mark.parametrize(("when", "after"), [("before", {OLD}), ("after", {NEW})])
def test_killed_at_its_commit_it_is_done_or_never_was(worked, when, after):
    dies, lives = Countdown(0), Countdown(10**9)
    pair = {"before": lives, "after": lives} | {when: dies}
    with suppress(Crash):
        rename(replace(worked, db=MortalDatabase(worked.db, **pair)))
    assert dies.dead
    assert names(worked) == after
    assert (rename(worked) == 0) is (when == "after")
    assert names(worked) == {NEW}


def test_a_door_that_runs_on_lets_nothing_leave_in_trial_and_says_that_it_is_old(house, box, lease):
    bring_in(house, box, lease, eml("Neues Konto", "Kassel 34117 123A456789"))
    give_back(house, lease)
    plan = replace(configured(house, OLD).policy.postboxes[0], is_observed=False, sends=False)
    door = replace(house, policy=replace(house.policy, postboxes=(plan,)))
    claim = work.claim_next(door, ME, "435")
    assert not [one for one in health.ready(door) if one.name.startswith("name:")]
    assert rename(house) > 0
    assert item_view.view(door, ME, claim.item_id).in_trial
    with pytest.raises(Refused) as refused:
        handover.order(door, ME, claim.item_id, claim.token)
    assert refused.value.code == "postbox.not_full"
    (told,) = [one for one in health.ready(door) if not one.ok]
    assert (told.name, told.message) == (f"name:{OLD}", f"postbox.old_name {NEW}")
    assert "neu starten" in told.remedy


def test_the_command_tells_what_to_write_into_the_configuration(tmp_path, worked, url):
    config = tmp_path / "postlotse.toml"
    root = tmp_path / "postbox"
    box = f'[[postboxes]]\nkind = "maildir"\nname = "{OLD}"\nregion = "Südwest"\nroot = "{root}"\n'
    config.write_text(f'[store]\nurl = "{url}"\n{box}', "utf-8")
    run = CliRunner().invoke(cli.app, ["postbox", "rename", OLD, NEW, "--config", str(config)])
    assert run.exit_code == 0, run.output
    assert f'name = "{NEW}"' in run.output
    config.write_text(config.read_text("utf-8").replace(OLD, NEW), "utf-8")
    run = CliRunner().invoke(cli.app, ["postbox", "rename", OLD, NEW, "--config", str(config)])
    assert run.output == f"{OLD} has been {NEW} before\n"
