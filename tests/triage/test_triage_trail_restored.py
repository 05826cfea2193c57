"""A trail that a restore set back is told from one that was cut off, and recorded for good."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from rules.errors import TryLater
from store.tables.ledger import audit as table
from store.trail import audit, restores
from tests.house_fixture import ADMIN
from tests.refusals import code_of
from tests.triage.test_triage_anchor import codes, write
from triage import rereading
from triage.cli.app import app
from triage.house import House
from triage.trail import anchor, anchor_file, restore_record


@pytest.fixture
def path(house: House, clock, tmp_path: Path) -> Path:
    """Three days of a trail, each with two entries and its anchor: lines for 2, 4 and 6."""
    file = tmp_path / "anchor.jsonl"
    for day in range(3):
        a_day(house, file, f"mail.{day}", f"item.{day}")
    return file


def a_day(house: House, file: Path, *actions: str) -> None:
    write(house, *actions)
    assert anchor.note(house.db, file, now=house.clock())
    house.clock.forward(days=1)


def cut_off(house: House, *, after: int) -> None:
    with house.db.write() as tx:
        newer = sa.or_(table.c.seal_seq > after, table.c.seal_seq.is_(None))
        tx.run(sa.delete(table).where(newer))


def set_back(house: House, *, to: int) -> None:
    """As a restore leaves it: the entries behind are gone, and `backup reread` has said so."""
    cut_off(house, after=to)
    rereading.hold_back(house, ADMIN)


def record(house: House, path: Path) -> list[tuple[int, int]]:
    gaps = restore_record.record(
        house.db, path, ADMIN, reference="Störung 12/26", clock=house.clock
    )
    return [(one.first, one.last) for one in gaps]


def test_a_restore_is_a_question_until_a_person_records_it_and_told_from_then_on(house, path):
    before = path.read_bytes()
    set_back(house, to=3)
    assert codes(house, path) == ["trail.set_back"] * 2
    assert record(house, path) == [(2, 3)]
    assert path.read_bytes().startswith(before), "the file only grows"
    for _ in range(2):
        assert codes(house, path) == ["trail.restored"]
        house.clock.forward(days=1)
        a_day(house, path, "later")
    with house.db.read() as tx:
        (entry,) = audit.of_subject(tx, "trail")
    assert (entry.actor, entry.details["reference"]) == (ADMIN.name, "Störung 12/26")
    assert entry.seal_seq is not None
    assert record(house, path) == [], "said once"


def test_a_trail_that_was_cut_off_by_hand_stays_a_forgery(house, path):
    cut_off(house, after=4)
    assert codes(house, path) == ["trail.truncated"]
    assert code_of(record, house, path) == "trail.not_a_restore"
    a_day(house, path, "goes", "on", "as", "if")
    assert codes(house, path) == ["trail.rewritten"]
    rereading.hold_back(house, ADMIN)
    assert codes(house, path) == ["trail.rewritten"], "said behind a line that fits again"
    assert code_of(record, house, path) == "trail.not_a_restore"


def test_what_is_cut_off_after_a_recorded_restore_is_found(house, path):
    set_back(house, to=4)
    record(house, path)
    cut_off(house, after=4)
    assert codes(house, path) == ["trail.truncated"] * 2, "the record does not outlive its entry"


def test_what_the_restore_left_is_still_held_against_its_lines(house, path):
    set_back(house, to=4)
    record(house, path)
    with house.db.write() as tx:
        tx.run(sa.update(table).where(table.c.seal_seq == 2).values(hash="0" * 64))
    assert codes(house, path) == ["trail.rewritten", "trail.restored"]


def test_a_record_in_the_trail_alone_or_in_the_file_alone_counts_for_nothing(house, path):
    set_back(house, to=4)
    lines = anchor_file.lines_of(path)
    above = anchor_file.digest(lines)
    details = {"line": 4, "above": above, "gone": [[3, 3]], "reference": "x"}
    with house.db.write() as tx:
        audit.add(tx, "k-1", action="trail.restored", subject="trail", details=details,
                  at=house.clock())  # fmt: skip
        audit.seal(tx, limit=100)
    assert codes(house, path) == ["trail.set_back", "anchor.behind"]
    write(house, "another head")
    with house.db.read() as tx:
        seq, digest = audit.head(tx)
    with anchor_file.locked(path) as file:
        line = anchor_file.Anchor("2026-11-30", seq, digest, above, ((3, 3),))
        anchor_file.add(file, file.read(), line)
    assert codes(house, path) == ["trail.set_back"]


def test_a_restore_that_was_told_before_the_gap_explains_nothing(house, path):
    rereading.hold_back(house, ADMIN)
    a_day(house, path, "a day")
    a_day(house, path, "and one more")
    cut_off(house, after=8)
    assert codes(house, path) == ["trail.truncated"]
    assert code_of(record, house, path) == "trail.not_a_restore"


def test_a_worker_may_go_on_before_anybody_records_it(house, path):
    set_back(house, to=4)
    for _ in range(2):
        a_day(house, path, "mail.kept", "mail.sorted", "mail.filed")
    assert codes(house, path) == ["trail.set_back"]
    assert record(house, path) == [(3, 3)]
    assert codes(house, path) == ["trail.restored"]


def test_a_second_restore_to_before_the_first_is_recorded_over_it(house, path):
    set_back(house, to=4)
    record(house, path)
    house.clock.forward(days=1)
    a_day(house, path, "again")
    set_back(house, to=2)
    assert set(codes(house, path)) == {"trail.set_back"}
    assert record(house, path) == [(2, 5)]
    assert codes(house, path) == ["trail.restored"]


def test_a_second_restore_to_after_the_first_leaves_both_records(house, path):
    set_back(house, to=4)
    record(house, path)
    with house.db.read() as tx:
        first, _ = audit.head(tx)
    house.clock.forward(days=1)
    a_day(house, path, "again")
    set_back(house, to=first)
    assert codes(house, path) == ["trail.restored", "trail.set_back"]
    assert record(house, path) == [(5, 5)]
    assert codes(house, path) == ["trail.restored"] * 2


def test_where_the_file_can_not_be_written_it_is_recorded_the_next_time(house, path, monkeypatch):
    set_back(house, to=4)
    with monkeypatch.context() as full:

        def no_room(*_):
            raise TryLater("anchor.disk", "no room")

        full.setattr(anchor_file, "add", no_room)
        assert code_of(record, house, path) == "anchor.disk"
    assert codes(house, path) == ["trail.set_back", "anchor.behind"]
    assert record(house, path) == [(3, 3)]
    assert codes(house, path) == ["trail.restored"]


def test_the_command_ends_with_three_until_it_is_recorded(house, path, url, tmp_path):
    config = tmp_path / "postlotse.toml"
    config.write_text(f'[store]\nurl = "{url}"\n[trail]\nanchor = "anchor.jsonl"\n')

    def trail(*words: str) -> tuple[int, str]:
        run = CliRunner().invoke(app, ["trail", *words, "--config", str(config)])
        return run.exit_code, run.stdout

    assert trail("restored", "--reference", "Störung 12")[1].endswith("nothing was recorded\n")
    set_back(house, to=4)
    code, told = trail("verify")
    assert (code, "trail.set_back" in told, "ask who did it" in told) == (3, True, True)
    assert "lines 3 to 3" in trail("restored", "--reference", "Störung 12")[1]
    code, told = trail("verify")
    assert (code, "the trail is whole" in told, "Störung 12" in told) == (0, True, True)
    cut_off(house, after=4)
    assert trail("verify")[0] == 1


def test_restores_are_told_by_put_back_and_by_reread(house):
    with house.db.write() as tx:
        audit.add(tx, "a-1", action="backup.put_back", subject="store", details={},
                  at=house.clock())  # fmt: skip
    rereading.hold_back(house, ADMIN)
    with house.db.read() as tx:
        told = [one.action for one in restores.all_told(tx)]
    assert told == ["backup.put_back", "backup.restored"]
