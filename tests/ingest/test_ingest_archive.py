"""An archive is read in a fixed order, each mail with bytes and day; bad files are named."""

from datetime import UTC, datetime

import pytest

from ingest import archive
from ingest.archive import ArchiveMail, LeftOut
from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.errors import Refused
from rules.postbox import TOO_LARGE
from tests.house_fixture import eml

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BODY = b"Subject: x\n\nGuten Tag\n"


def read(*paths, limit=1_000_000):
    return list(archive.read(archive.find(paths), size_limit_bytes=limit, now=NOW))


def test_a_tree_of_maildirs_eml_and_mbox_files_is_read_once_in_order(tmp_path):
    create_tree(tmp_path / "mail")
    box = MaildirPostbox("x", tmp_path / "mail")
    box.append("INBOX", b"Subject: 1\n\n")
    box.ensure_folder("Archiv/2025")
    box.append("Archiv/2025", b"Subject: 2\n\n")
    (tmp_path / "b.EML").write_bytes(b"Subject: 3\n\n")
    (tmp_path / "c.mbox").write_bytes(b"From a@b.example Mon Nov 23 09:00:00 2026\n" + BODY)
    (tmp_path / "notes.txt").write_bytes(b"no mail")
    (tmp_path / "mail" / "tmp" / "half").write_bytes(b"half a mail")
    sources = archive.find((tmp_path, tmp_path / "b.EML"))
    assert archive.count(sources) == 4
    found = {mail.data for mail in read(tmp_path)}
    assert found == {b"Subject: 1\n\n", b"Subject: 2\n\n", b"Subject: 3\n\n", BODY}
    assert read(tmp_path) == read(tmp_path)


def test_the_mails_of_an_mbox_come_out_with_their_own_bytes(tmp_path):
    file = tmp_path / "archiv"
    line = b"From a@b.example Mon Nov 23 09:00:00 2026\n"
    text = b"Subject: y\n\n>From morgen an\n>>From\xa0\nFrom Kassel kommend\n\nEnde\n"
    file.write_bytes(line + BODY + b"\n" + line + text + b"\n" + line)
    found = read(file)
    assert [mail.data for mail in found] == [BODY, text.replace(b">From ", b"From "), b""]
    assert archive.count(archive.find((file,))) == 3
    assert found[0].name.endswith("#1")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("Received: from a by b; Tue, 3 Feb 2026 10:00:00 +0100\nDate: Mon, 2 Feb 2026 09:00 +0100",
         datetime(2026, 2, 3, 9, 0, tzinfo=UTC)),
        ("Date: Mon, 2 Feb 2026 10:00:00 +0100", datetime(2026, 2, 2, 9, 0, tzinfo=UTC)),
        ("Date: Mon, 2 Feb 2032 10:00:00 +0100", NOW),
    ],
    ids=["by the last server", "by the sender", "never in the future"],
)  # fmt: skip
def test_the_day_comes_from_the_mail(tmp_path, head, expected):
    file = tmp_path / "a.eml"
    file.write_bytes(head.encode() + b"\n\nDate: Mon, 1 Jan 2001 00:00:00 +0000\n")
    assert read(file)[0].received_at == expected


def test_without_a_date_the_file_tells(tmp_path):
    box = tmp_path / "cur" / "1700000000.M1P1.host:2,S"
    for name in ("cur", "new"):
        (tmp_path / name).mkdir()
    box.write_bytes(b"Subject: x\n\n")
    assert read(tmp_path)[0].received_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_an_unreadable_mail_is_named_and_the_next_one_is_read(tmp_path):
    (tmp_path / "b.eml").symlink_to(tmp_path / "gone")
    (tmp_path / "c.eml").write_bytes(b"y")
    found = read(tmp_path)
    assert [one.code if isinstance(one, LeftOut) else one.data for one in found] == [
        "archive.unreadable", b"y",
    ]  # fmt: skip


@pytest.mark.parametrize("limit", [99, 300_000], ids=["under a head", "over a head"])
def test_of_a_large_mail_the_head_comes_with_the_size_of_the_whole_and_the_next_one_is_read(
    tmp_path, limit
):
    body = b"\n\n" + b"x\n" * 160_000 + b"\n" + b"x" * 20_000 + b"\n"
    line = b"From a@b.example Mon Nov 23 09:00:00 2026\n"
    (tmp_path / "a.eml").write_bytes(b"Subject: 1" + body)
    (tmp_path / "b.eml").write_bytes(b"x" * 400_000)
    (tmp_path / "c.mbox").write_bytes(line + b"Subject: 2" + body + b"\n" + line + b"z\n")
    one, headless, two, after = read(tmp_path, limit=limit)
    assert (one.data, one.reason, one.size_bytes) == (
        b"Subject: 1\n\n", TOO_LARGE, len(body) + 10,
    )  # fmt: skip
    assert (headless.data, headless.size_bytes) == (b"x" * 256 * 1024, 400_000)
    assert (two.data, two.reason, two.size_bytes) == (
        b"Subject: 2\n\n", TOO_LARGE, len(body) + 11,
    )  # fmt: skip
    assert (after.data, after.reason, after.size_bytes) == (b"z\n", "", 2)


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "x.pdf").write_bytes(b"%PDF")
    for path, code in (
        (tmp_path / "x.pdf", "archive.not_mail"),
        (tmp_path / "y", "archive.missing"),
    ):
        with pytest.raises(Refused) as refused:
            archive.find((path,))
        assert refused.value.code == code


def test_a_mail_of_the_house_is_read_whole(tmp_path):
    (tmp_path / "a.eml").write_bytes(eml("Krankmeldung"))
    (found,) = read(tmp_path)
    assert isinstance(found, ArchiveMail)
    assert found.data == eml("Krankmeldung")
