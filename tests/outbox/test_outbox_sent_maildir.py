from pathlib import Path

import pytest

from outbox.sent_maildir import SentMaildir
from rules.errors import TryLater

MAIL = b"Subject: x\r\n\r\nGuten Tag\r\n"


def test_a_sent_mail_lies_in_new_byte_for_byte(tmp_path: Path) -> None:
    name = SentMaildir(tmp_path / "sent").send("a@b.example", "c@d.example", MAIL)
    assert (tmp_path / "sent" / "new" / name).read_bytes() == MAIL
    assert list((tmp_path / "sent" / "tmp").iterdir()) == []


def test_the_same_mail_sent_twice_is_one_file_also_after_it_was_read(tmp_path: Path) -> None:
    outlet = SentMaildir(tmp_path)
    name = outlet.send("a@b.example", "c@d.example", MAIL)
    (tmp_path / "new" / name).rename(tmp_path / "cur" / f"{name}:2,S")
    assert outlet.send("a@b.example", "c@d.example", MAIL) == name
    assert len([*tmp_path.glob("new/*"), *tmp_path.glob("cur/*")]) == 1


def test_what_a_crash_left_in_tmp_is_no_obstacle(tmp_path: Path) -> None:
    outlet = SentMaildir(tmp_path)
    name = outlet.send("a@b.example", "c@d.example", MAIL)
    (tmp_path / "new" / name).unlink()
    (tmp_path / "tmp" / name).write_bytes(MAIL[:5])
    outlet.send("a@b.example", "c@d.example", MAIL)
    assert (tmp_path / "new" / name).read_bytes() == MAIL


def test_a_disk_that_says_no_means_later(tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(b"a file where the folder should be")
    with pytest.raises(TryLater) as caught:
        SentMaildir(tmp_path / "sent").send("a@b.example", "c@d.example", MAIL)
    assert caught.value.code == "sent.disk"
