from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from outbox.left_notes import LeftNotes
from rules.errors import TryLater

DAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_the_newest_sending_is_told_with_codes_only(tmp_path: Path) -> None:
    notes = LeftNotes(tmp_path / "left")
    notes.write(7, key="reply-7", answer="250 2.1.5 <jana@kundin.example> ok", at=DAY)
    notes.write(7, key="reply-7", answer="250 ok", at=DAY + timedelta(days=1))
    told = notes.last(7, key="reply-7")
    assert told is not None
    assert (told.answer, told.at) == ("250", DAY + timedelta(days=1))
    written = b"".join(path.read_bytes() for path in (tmp_path / "left").rglob("*.json"))
    assert b"kundin" not in written
    assert b"reply-7" not in written


def test_a_number_that_was_given_out_again_is_another_row(tmp_path: Path) -> None:
    notes = LeftNotes(tmp_path / "left")
    notes.write(7, key="reply-7", answer="250 ok", at=DAY)
    assert notes.last(7, key="reply-8") is None
    assert notes.last(8, key="reply-7") is None


def test_notes_go_after_eight_days_and_nothing_else_does(tmp_path: Path) -> None:
    notes = LeftNotes(tmp_path / "left")
    (tmp_path / "left" / "of somebody else").mkdir(parents=True)
    for days in (0, 1, 9):
        notes.write(days, key="k", answer="250 ok", at=DAY + timedelta(days=days))
    assert sorted(path.name for path in (tmp_path / "left").iterdir()) == [
        "2026-11-24",
        "2026-12-02",
        "of somebody else",
    ]


def test_half_a_note_is_none_and_a_closed_disk_is_told(tmp_path: Path) -> None:
    notes = LeftNotes(tmp_path / "left")
    notes.write(7, key="k", answer="250 ok", at=DAY)
    (tmp_path / "left" / "2026-11-23" / "7.json").write_bytes(b"{")
    assert notes.last(7, key="k") is None
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(TryLater) as caught:
        LeftNotes(tmp_path / "file").write(7, key="k", answer="250 ok", at=DAY)
    assert caught.value.code == "left.disk"
