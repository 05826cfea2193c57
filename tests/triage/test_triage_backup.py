"""Backup and the way back: whole, checked, over nothing; what came since is found again."""

import errno
import itertools
import json
import resource
import sqlite3
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from rules.errors import Conflict, TryLater
from rules.local_day import BERLIN
from store.acts import ops
from store.database.engine import Database
from store.desk import items
from store.doors import sessions as stored
from store.mails import originals
from store.places import sightings
from store.processes import leases
from store.sending import outgoing
from store.sending.outgoing import NewOutgoing
from store.tables.ledger import OutgoingState
from store.trail import audit
from store.upkeep import backup as copying
from tests.conftest import TEMPLATE
from tests.house_fixture import ADMIN, eml
from tests.refusals import code_of
from tests.store.samples import NOW, keep
from tests.stress.drill_run import lose_database, lose_file, run
from tests.triage.test_triage_reconcile import Counting
from triage import backup, rereading, seal_keys, sessions, wiring
from triage.cli.app import app
from triage.cli.console import operator
from triage.settings import load

_numbers = itertools.count(1)


@pytest.fixture
def config(tmp_path, sqlite_url):
    file = tmp_path / "house.toml"
    file.write_text(f'[store]\nurl = "{sqlite_url}"\n')
    return file


def make(config, folder):
    return backup.make(load(config), ADMIN, config, folder, clock=wiring.utc_now)


def sound(found) -> bool:
    return (found.lost, found.doubled, found.misplaced, found.closes) == (0, 0, 0, True)


def test_after_a_disaster_on_sqlite_each_mail_is_there_once_at_its_place(sqlite_url, tmp_path):
    file = tmp_path / "postlotse.sqlite"
    found = run(sqlite_url, 8, tmp_path, lambda: lose_file(file))
    assert sound(found)
    assert found.delivered == 23
    assert found.taken_in >= 8, "what was filed after the backup is known by the postbox only"


def test_after_a_disaster_on_postgresql_each_mail_is_there_once(postgres, tmp_path):
    name = f"drill_{next(_numbers)}"
    url = postgres.create(name, template=TEMPLATE)
    try:
        found = run(url, 8, tmp_path, lambda: lose_database(postgres, name))
    finally:
        postgres.drop(name)
    assert sound(found)
    assert found.delivered == 23


def test_a_writer_is_not_held_up_and_what_he_has_not_committed_is_not_in_it(
    config, tmp_path, monkeypatch
):
    url = load(config).store.url
    writer = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    whole = copying.copy

    def copy_while_somebody_writes(*args):
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO beat VALUES ('open', '2026-01-01', '', '')")
        return whole(*args)

    monkeypatch.setattr(copying, "copy", copy_while_somebody_writes)
    make(config, tmp_path / "copy")
    writer.execute("COMMIT")
    writer.close()
    copy = sqlite3.connect(tmp_path / "copy" / copying.SQLITE_NAME)
    assert copy.execute("SELECT count(*) FROM beat").fetchone() == (0,)
    copy.close()


def test_a_changed_or_missing_file_is_found(config, tmp_path):
    folder = tmp_path / "copy"
    made = make(config, folder)
    assert backup.check(folder) == made
    assert {"postlotse.toml", copying.SQLITE_NAME} <= made.files.keys()
    assert folder.stat().st_mode & 0o077 == 0
    (folder / "postlotse.toml").write_text("changed")
    assert code_of(backup.check, folder) == "backup.damaged"
    (folder / backup.MANIFEST).write_text("{}")
    assert code_of(backup.check, folder) == "backup.no_manifest"
    assert code_of(make, config, folder) == "backup.exists"


def test_a_backup_is_never_laid_over_anything(config, tmp_path, postgresql_url):
    made_of = load(config)
    make(config, tmp_path / "copy")
    assert (
        code_of(backup.restore, made_of, ADMIN, tmp_path / "copy", clock=wiring.utc_now)
        == "backup.not_empty"
    )
    assert code_of(copying.restore, postgresql_url, tmp_path / "any") == "backup.not_empty"


def told(url):
    database = Database.open(url)
    with database.read() as tx:
        entries = audit.listing(tx, after=0, limit=99)
    database.close()
    return [(one.actor, one.action) for one in entries if one.action.startswith("backup.")]


def test_who_copies_everything_or_puts_it_back_stands_in_the_trail(config, tmp_path):
    folder, back = tmp_path / "copy", tmp_path / "back.toml"
    make(config, folder)
    assert told(load(config).store.url) == [("a-1", "backup.begun")]
    back.write_text(f'[store]\nurl = "sqlite:///{tmp_path}/back.sqlite"\n')
    done = CliRunner().invoke(app, ["backup", "restore", str(folder), "--config", str(back)])
    assert done.exit_code == 0, done.output
    begun, put_back = told(load(back).store.url)
    assert begun == ("a-1", "backup.begun"), "the copy says itself who made it"
    assert put_back == (operator().name, "backup.put_back")


def test_nobody_is_signed_in_by_a_state_that_came_back(house, config, tmp_path, clock):
    """Neither who was signed out since, nor a page that was opened before."""
    limits = sessions.Limits(timedelta(days=1), timedelta(days=1))
    number = sessions.begin(house, ADMIN, limits=limits)
    with house.db.read() as tx:
        found = stored.find(tx, sessions.digest(number))
    rereading.hold_back(house, ADMIN)
    assert sessions.find(house, number, limits=limits, is_deed=False) is None
    database, folder, back = wiring.open_database(load(config)), tmp_path / "copy", tmp_path / "b"
    with database.write() as tx:
        stored.add(tx, found)
    database.close()
    make(config, folder)
    back.write_text(f'[store]\nurl = "sqlite:///{tmp_path}/back.sqlite"\n')
    backup.restore(load(back), ADMIN, folder, clock=clock)
    restored = wiring.open_database(load(back))
    with restored.read() as tx:
        assert stored.find(tx, found.id_hash) is None
    restored.close()


def test_a_copy_that_breaks_off_is_told_all_the_same(config, tmp_path, monkeypatch):
    def full(*_):
        raise TryLater("backup.program_failed", "the disk is full")

    monkeypatch.setattr(copying, "copy", full)
    assert code_of(make, config, tmp_path / "copy") == "backup.program_failed"
    assert told(load(config).store.url) == [("a-1", "backup.begun")]


@pytest.mark.parametrize("fails", ["mkdir", "copyfile", "write_text"])
def test_a_backup_for_which_there_is_no_room_leaves_nothing_behind(
    config, tmp_path, monkeypatch, fails
):
    def full(*_args, **_values):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(backup.shutil if fails == "copyfile" else backup.Path, fails, full)
    assert code_of(make, config, tmp_path / "copy") == "backup.disk"
    assert not (tmp_path / "copy").exists()
    monkeypatch.undo()
    assert make(config, tmp_path / "copy").files


def test_a_restore_for_which_there_is_no_room_leaves_no_half_database(config, tmp_path):
    make(config, tmp_path / "copy")
    target = tmp_path / "back" / "postlotse.sqlite"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))  # Python ignores SIGXFSZ
    try:
        url = f"sqlite:///{target}"
        assert (
            code_of(copying.restore, url, tmp_path / "copy" / copying.SQLITE_NAME) == "store.away"
        )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(target.parent.iterdir()) == []
    copying.restore(url, tmp_path / "copy" / copying.SQLITE_NAME)


def test_the_ring_of_keys_is_not_in_it_and_the_needed_ones_are_named(config, tmp_path):
    config.write_text(f'[store]\nurl = "{load(config).store.url}"\nkeys = "ring.toml"\n')
    seal_keys.add(tmp_path / "ring.toml", "k1")
    database = wiring.open_database(load(config))
    keep(database, "1")
    database.close()
    made = make(config, tmp_path / "copy")
    assert made.keys == ("k1",)
    key = (tmp_path / "ring.toml").read_bytes().split(b'k1 = "')[1][:40]
    assert not any(key in f.read_bytes() for f in (tmp_path / "copy").rglob("*") if f.is_file())


def test_what_may_have_left_since_waits_for_a_person(house):
    with house.db.write() as tx:
        for kind in ("reply", "task", "eakte", "webhook"):
            outgoing.order(tx, NewOutgoing(kind, f"{kind}:1", {"a": 1}), now=NOW)
    assert [rereading.hold_back(house, ADMIN) for _ in range(2)] == [2, 0]
    with house.db.read() as tx:
        rows = {kind: outgoing.of_key(tx, f"{kind}:1") for kind in ("reply", "task", "eakte")}
    assert [rows[k].state for k in rows] == [OutgoingState.DEAD] * 2 + [OutgoingState.NEW]
    assert rows["reply"].error_code == "outgoing.restored"


def test_what_was_filed_since_is_taken_in_where_it_lies_and_old_strangers_are_left(
    house, box, clock
):
    """Also what was received before the backup and waited in the INBOX while it was made."""
    korbach = "439 Korbach/Termin"
    box.ensure_folder(korbach)
    for days, word in ((1, "Termin neu"), (30, "Termin alt")):
        box.append(korbach, eml(word), received_at=clock() - timedelta(days=days))
    call = {"region": "Südwest", "since": clock()}
    found = rereading.reread(house, ADMIN, box, **call)
    assert (found.taken_in, found.older, found.copies) == (1, 1, 0)
    assert rereading.reread(house, ADMIN, box, **call).taken_in == 0
    with house.db.read() as tx:
        item = items.of_message(tx, 1)
        assert sightings.of_message(tx, 1)[0].folder == korbach
        assert ops.of_messages(tx, [1]) == {}
    assert item.agency_code == "439", "where a person may have put it, not where the rules would"
    assert len(box.view(korbach).uids) == 2


def test_a_folder_that_is_left_out_is_not_looked_into(house, box, clock):
    box.ensure_folder("Gesendet")
    box.append("Gesendet", eml("Termin"))
    out = frozenset({"Gesendet"})
    found = rereading.reread(house, ADMIN, box, region="Südwest", since=clock(), leave_out=out)
    assert found == rereading.Reread(box.name)


def test_more_strangers_than_one_look_reads_are_read_once_and_not_for_ever(
    house, box, clock, monkeypatch
):
    monkeypatch.setattr("triage.reconcile.READ_A_LOOK", 1)
    call = {"region": "Südwest", "since": clock()}
    lost = box.append("INBOX", eml("Krankmeldung"))
    rereading.reread(house, ADMIN, box, **call)
    assert box.remove(lost, originals.fingerprint(eml("Krankmeldung")))
    box.ensure_folder("Ablage")
    for number in range(3):
        box.append("Ablage", eml(f"alt {number}"), received_at=clock() - timedelta(days=30))

    class Finite(Counting):
        def fetch(self, folder, epoch, uids):
            assert len(self.read) < 20, "it looks for ever"
            return super().fetch(folder, epoch, uids)

    counting = Finite(box)
    assert rereading.reread(house, ADMIN, counting, **call).older == 3
    assert len(counting.read) == 6, "once by the looks, once to see whether they are new"


def test_a_postbox_that_a_worker_serves_is_not_read_anew(house, box, lease):
    call = {"region": "Südwest", "since": NOW}
    with pytest.raises(Conflict) as refused:
        rereading.reread(house, ADMIN, box, **call)
    assert refused.value.code == "postbox.in_use"
    with house.db.read() as tx:
        until = leases.end_of(tx, lease.name)
    assert refused.value.details["until"] == until.isoformat()
    assert until.astimezone(BERLIN).isoformat(" ", "seconds") in refused.value.message


def test_no_password_stands_in_a_command_line(tmp_path, monkeypatch):
    program = tmp_path / "pg_dump"
    program.write_text(
        f'#!/bin/sh\necho "$@" >{tmp_path}/said\necho "$PGPASSWORD" >{tmp_path}/env\n'
        'for one in "$@"; do case $one in --file=*) : >"${one#--file=}";; esac; done\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    copying.copy("postgresql://me:geheim@/db?host=127.0.0.1:1&host=127.0.0.1:2", tmp_path)
    said = (tmp_path / "said").read_text()
    assert "geheim" not in said
    assert "host=127.0.0.1,127.0.0.1 port=1,2" in said
    assert (tmp_path / "env").read_text() == "geheim\n"
    program.write_text("#!/bin/sh\necho 'a row' >&2; exit 3\n")
    assert code_of(copying.copy, "postgresql://me@/db", tmp_path) == "backup.program_failed"
    program.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_of(copying.copy, "postgresql://me@/db", tmp_path) == "backup.no_program"


def test_the_commands_make_check_and_restore(config, tmp_path):
    def told(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["backup", *words])
        assert result.exit_code == code, result.output
        return result.stdout

    folder, given = str(tmp_path / "copy"), ("--config", str(config))
    db = Database.open(load(config).store.url)
    with db.write() as tx:
        outgoing.order(tx, NewOutgoing("reply", "reply:1", {}), now=NOW)
    db.close()
    told("make", folder, *given)
    assert told("check", folder).startswith("whole: 0 mails")
    lose_file(tmp_path / "postlotse.sqlite")
    assert "reread --since" in told("restore", folder, *given)
    Database.open(load(config).store.url).close()
    made = json.loads((tmp_path / "copy" / backup.MANIFEST).read_text())["made_at"]
    first, *rest = map(json.loads, told("reread", "--since", made, "--json", *given).splitlines())
    assert first == {"held_back": 1}
    assert all("postbox" in line for line in rest)
    wrong = CliRunner().invoke(app, ["backup", "reread", "--since", "gestern", *given])
    assert wrong.exception.code == "backup.since"
