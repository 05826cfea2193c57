"""The anchor file finds what a forged trail hides from its own chain."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from rules.audit import GENESIS, AuditEntry, chain_hash
from rules.errors import Refused, TryLater
from store.tables.ledger import audit as table
from store.trail import audit
from triage import counted_days, idempotency, rounds, sessions
from triage.cli import app as cli
from triage.doctor import trail as doctor_trail
from triage.doctor.finding import Grade
from triage.house import House
from triage.settings import check
from triage.trail import anchor, anchor_file
from triage.watch import freshness


@pytest.fixture
def url(sqlite_url: str) -> str:
    """What is in the database's tables is read the same way on both."""
    return sqlite_url


@pytest.fixture
def path(house: House, clock, tmp_path: Path) -> Path:
    """Three days of a trail, each with two entries and its anchor."""
    file = tmp_path / "anchor.jsonl"
    for day in range(3):
        write(house, f"mail.{day}", f"item.{day}")
        assert anchor.note(house.db, file, now=clock())
        clock.forward(days=1)
    return file


def write(house: House, *actions: str) -> None:
    with house.db.write() as tx:
        for action in actions:
            audit.add(tx, "k-1", action=action, subject="item:1", details={}, at=house.clock())
        audit.seal(tx, limit=100)


def forge(house: House) -> None:
    """Chain anew whatever the table holds now, as somebody with all rights could."""
    with house.db.write() as tx:
        rows = tx.run(sa.select(table).order_by(table.c.seal_seq)).all()
        tx.run(sa.update(table).values(seal_seq=None))
        previous = GENESIS
        for seq, row in enumerate(rows, start=1):
            entry = AuditEntry(seq, row.at, row.actor, row.action, row.subject, row.details)
            values = {"seal_seq": seq, "prev_hash": previous, "hash": chain_hash(previous, entry)}
            tx.run(sa.update(table).where(table.c.id == row.id).values(values))
            previous = values["hash"]
        assert audit.verify(tx).broken is None, "the chain itself is deceived"


def codes(house: House, path: Path) -> list[str]:
    return [found.code for found in anchor.check(house.db, path)]


def test_a_true_trail_fits_its_anchor_and_goes_on(house, path):
    assert codes(house, path) == []
    write(house, "later")
    assert anchor.note(house.db, path, now=house.clock())
    write(house, "the same day")
    assert codes(house, path) == []


def test_one_line_a_day_however_many_workers_note_it(house, path, clock):
    write(house, "new")
    assert [anchor.note(house.db, path, now=clock()) for _ in range(3)] == [True, False, False]
    assert len(path.read_bytes().splitlines()) == 4


def test_a_changed_entry_in_a_forged_chain_is_found(house, path):
    with house.db.write() as tx:
        tx.run(sa.update(table).where(table.c.seal_seq == 3).values(actor="k-2"))
    forge(house)
    assert codes(house, path) == ["trail.rewritten", "trail.rewritten"]


def test_swapped_entries_in_a_forged_chain_are_found(house, path):
    with house.db.write() as tx:
        for was, becomes in ((3, 99), (4, 3), (99, 4)):
            statement = sa.update(table).where(table.c.seal_seq == was)
            tx.run(statement.values(seal_seq=becomes))
    forge(house)
    assert codes(house, path) == ["trail.rewritten", "trail.rewritten"]


def test_a_trail_that_was_cut_off_is_found_though_its_chain_holds(house, path):
    with house.db.write() as tx:
        tx.run(sa.delete(table).where(table.c.seal_seq > 4))
        assert audit.verify(tx).broken is None
    assert codes(house, path) == ["trail.truncated"]


def test_the_doctor_tells_a_trail_that_does_not_fit_and_what_to_do(house, path, tmp_path, clock):
    settings = check({"trail": {"anchor": str(path)}}, base=tmp_path)
    (told,) = doctor_trail.fits_anchor(settings, house)
    assert (told.name, told.grade) == ("trail:anchor", Grade.GOOD)
    clock.forward(days=2)
    write(house, "mail.later")
    (told,) = doctor_trail.fits_anchor(settings, house)
    assert told.grade is Grade.WARN, "nobody notes the head any more"
    with house.db.write() as tx:
        tx.run(sa.delete(table).where(table.c.id > 4))
    (told,) = doctor_trail.fits_anchor(settings, house)
    assert (told.grade, "trail.truncated" in told.message) == (Grade.BAD, True)
    assert "backup reread" in told.remedy
    path.unlink()
    assert not list(doctor_trail.fits_anchor(settings, house))


def test_a_line_taken_out_of_the_anchor_itself_is_found(house, path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    assert codes(house, path) == ["anchor.line_missing"]


@pytest.mark.parametrize("left", [0, 1, 2])
def test_lines_taken_off_the_end_of_the_anchor_are_found(house, path, left):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:left]))
    assert codes(house, path) == ["anchor.behind"]


def test_who_verifies_in_the_moment_of_a_new_line_is_not_alarmed(house, path, clock, monkeypatch):
    read = anchor_file.lines_of

    def overtaken(file: Path) -> list[bytes]:
        lines = read(file)
        write(house, "meanwhile")
        assert anchor.note(house.db, file, now=clock())
        return lines

    monkeypatch.setattr(anchor_file, "lines_of", overtaken)
    assert codes(house, path) == []


def test_the_head_is_noted_before_anything_that_may_fail(house, path, clock, monkeypatch):
    def away(_house: House) -> None:
        raise TryLater("store.away", "the database is away")

    monkeypatch.setattr(counted_days, "close_days", away)
    write(house, "a new day")
    with pytest.raises(TryLater):
        rounds.keep_order(replace(house, policy=replace(house.policy, anchor=path)), "w-1")
    assert codes(house, path) == []


@pytest.mark.parametrize("written", [1, 60, -2, -1])
def test_a_line_that_a_full_disk_cut_ends_neither_the_notes_nor_the_proof(
    house, path, clock, written
):
    """One that lacks nothing but its end counts as that day's; a piece of one is no line."""
    whole = path.read_bytes()
    write(house, "a new day")
    anchor.note(house.db, path, now=clock())
    line = path.read_bytes()[len(whole) :]
    path.write_bytes(whole + line[:written])
    assert codes(house, path) == ([] if written == -1 else ["anchor.behind"])
    assert anchor.note(house.db, path, now=clock()) is (written != -1)
    clock.forward(days=1)
    write(house, "the next day")
    assert anchor.note(house.db, path, now=clock())
    assert path.read_bytes().startswith(whole + line[:written]), "the file only grows"
    assert codes(house, path) == []
    with house.db.write() as tx:
        tx.run(sa.delete(table).where(table.c.seal_seq > 4))
    assert set(codes(house, path)) == {"trail.truncated"}, "lines behind it still count"


@pytest.mark.parametrize("half", [b"{", b'{"day":"2026-11-26","se'])
def test_a_line_that_a_full_disk_cut_is_written_anew(house, path, clock, half):
    path.write_bytes(path.read_bytes() + half)
    write(house, "a new day")
    assert anchor.note(house.db, path, now=clock())
    assert not anchor.note(house.db, path, now=clock())
    assert codes(house, path) == []


def test_a_clock_that_was_wrong_for_a_day_does_not_end_the_noting(house, path, clock):
    assert not anchor.note(house.db, path, now=clock() - timedelta(days=2))  # late by some hours
    assert anchor.note(house.db, path, now=clock() + timedelta(days=400))
    assert anchor.note(house.db, path, now=clock())
    assert not anchor.note(house.db, path, now=clock())
    assert codes(house, path) == []


@pytest.mark.parametrize("spoilt", ["full", "line"])
def test_an_anchor_that_cannot_be_written_holds_up_nothing_else(house, path, monkeypatch, spoilt):
    done: list[str] = []
    for module, name in ((freshness, "tell"), (idempotency, "forget"), (sessions, "sweep")):
        monkeypatch.setattr(module, name, lambda *_, name=name: done.append(name))
    if spoilt == "line":
        path.write_bytes(path.read_bytes() + b"{}\n")
    else:
        path.unlink()
        path.mkdir()
    with pytest.raises((TryLater, Refused)) as told:
        rounds.keep_order(replace(house, policy=replace(house.policy, anchor=path)), "w-1")
    assert told.value.code == {"full": "anchor.disk", "line": "anchor.unreadable"}[spoilt]
    assert done == ["tell", "forget", "sweep"]


def test_a_missing_or_spoiled_file_is_told(house, path, tmp_path):
    with pytest.raises(Refused) as missing:
        anchor.check(house.db, tmp_path / "nothing")
    assert missing.value.code == "anchor.missing"
    path.write_bytes(path.read_bytes() + b"{}\n")
    with pytest.raises(Refused) as spoiled:
        anchor.check(house.db, path)
    assert spoiled.value.code == "anchor.unreadable"
    with pytest.raises(TryLater) as away:
        anchor.note(house.db, tmp_path / "no" / "folder", now=house.clock())
    assert away.value.code == "anchor.disk"


def test_the_worker_notes_it_and_the_command_holds_the_trail_against_it(house, tmp_path, url):
    file, config = tmp_path / "a.jsonl", tmp_path / "postlotse.toml"
    config.write_text(f'[store]\nurl = "{url}"\n[trail]\nanchor = "a.jsonl"\n')
    write(house, "mail.kept")
    rounds.keep_order(replace(house, policy=replace(house.policy, anchor=file)), "w-1")
    run = CliRunner().invoke(cli.app, ["trail", "verify", "--config", str(config)])
    assert (run.exit_code, file.stat().st_mode & 0o777) == (0, 0o600)
    with house.db.write() as tx:
        tx.run(sa.delete(table))
    run = CliRunner().invoke(cli.app, ["trail", "verify", "--config", str(config)])
    assert run.exit_code == 1
    assert "trail.truncated" in run.output
    assert "backup reread" in run.output, "nobody runs to security after a restore of his own"
    assert "tell your security" in run.output


def test_who_finds_a_changed_entry_is_told_what_to_do(house, tmp_path, url):
    config = tmp_path / "postlotse.toml"
    config.write_text(f'[store]\nurl = "{url}"\n')
    write(house, "mail.kept")
    with house.db.write() as tx:
        tx.run(sa.update(table).values(action="x"))
    run = CliRunner().invoke(cli.app, ["trail", "verify", "--config", str(config)])
    assert run.exit_code == 1
    assert "broken at entry" in run.output
    assert "tell your security" in run.output
