"""What only the Maildir driver has: files, other people's files, and Dovecot on the same tree."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from imapclient import IMAPClient

from ingest.maildir import disk as maildir_disk
from ingest.maildir import fetch as maildir_fetch
from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.errors import Conflict, Refused, TryLater
from rules.postbox import Fetched, MarkChange, Place
from tests.ingest.conftest import MaildirCase, write_mail
from tests.servers.dovecot import DovecotServer

MAIL = b"From: kunde@post.example\r\nSubject: Umzug\r\n\r\nIch ziehe um.\r\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    create_tree(tmp_path / "nord")
    return tmp_path / "nord"


@pytest.fixture
def box(root: Path) -> MaildirPostbox:
    return MaildirPostbox("nord", root)


def test_a_missing_root_is_away_and_never_made(tmp_path: Path) -> None:
    root = tmp_path / "fehlt"
    box = MaildirPostbox("nord", root)
    calls = (
        box.folders,
        lambda: box.ensure_folder("INBOX"),
        lambda: box.view("INBOX"),
        lambda: box.append("INBOX", MAIL),
        lambda: box.watermark("INBOX"),
    )
    for call in calls:
        with pytest.raises(TryLater) as caught:
            call()
        assert caught.value.code == "postbox.away"
        assert caught.value.details["path"] == str(root)
    assert not root.exists()


def test_an_empty_mount_point_is_away_and_comes_back(root: Path, box: MaildirPostbox) -> None:
    box.append("INBOX", MAIL)
    root.rename(root.with_name("anderswo"))
    root.mkdir()
    with pytest.raises(TryLater):
        box.view("INBOX")
    root.rmdir()
    root.with_name("anderswo").rename(root)
    assert len(box.view("INBOX").uids) == 1


def test_order_of_arrival_goes_by_seconds_then_microseconds_then_mtime(
    root: Path, box: MaildirPostbox
) -> None:
    names = [
        "1700000002.M000001P9.x",
        "1700000001.M000020P1.x",
        "1700000001.M000003P8.x",
        "ohne-zeit",
    ]
    for name in names:
        write_mail(root, MAIL, name)
    os.utime(root / "new" / "ohne-zeit", (1_600_000_000, 1_600_000_000))
    uids = box.view("INBOX").uids
    assert uids == (names[3], names[2], names[1], names[0])
    times = [m.received_at for m in box.fetch("INBOX", "maildir", uids)]
    assert times[0] == datetime.fromtimestamp(1_600_000_000, tz=UTC)
    assert times[1] == datetime.fromtimestamp(1_700_000_001, tz=UTC)


def test_drafts_in_tmp_and_hidden_files_are_no_mail(root: Path, box: MaildirPostbox) -> None:
    (root / "tmp" / "1700000000.M1P1.x").write_bytes(MAIL)
    (root / "cur" / ".nfs0001").write_bytes(MAIL)
    assert box.view("INBOX").uids == ()


def test_the_uid_survives_the_move_and_a_change_of_flags(root: Path, box: MaildirPostbox) -> None:
    uid = write_mail(root, MAIL)
    assert box.view("INBOX").uids == (uid,)
    (root / "new" / uid).rename(root / "cur" / f"{uid}:2,S")
    assert box.view("INBOX").uids == (uid,)
    box.ensure_folder("Ablage")
    assert box.move(Place("INBOX", "maildir", uid), "Ablage") == Place("Ablage", "maildir", uid)
    assert [p.name for p in (root / "Ablage" / "cur").iterdir()] == [f"{uid}:2,S"]


def test_a_message_renamed_while_it_is_fetched_is_still_found(
    root: Path, box: MaildirPostbox
) -> None:
    uids = tuple(write_mail(root, MAIL) for _ in range(2))
    messages = box.fetch("INBOX", "maildir", uids)
    next(messages)
    (root / "new" / uids[1]).rename(root / "cur" / f"{uids[1]}:2,FS")
    assert next(messages).place.uid == uids[1]


def test_a_file_of_the_same_name_in_the_target_is_never_overwritten(
    root: Path, box: MaildirPostbox
) -> None:
    uid = write_mail(root, MAIL)
    box.ensure_folder("Ablage")
    (root / "Ablage" / "cur" / f"{uid}:2,").write_bytes(b"andere")
    with pytest.raises(Refused) as caught:
        box.move(Place("INBOX", "maildir", uid), "Ablage")
    assert caught.value.code == "postbox.name_taken"
    assert (root / "new" / uid).read_bytes() == MAIL
    assert (root / "Ablage" / "cur" / f"{uid}:2,").read_bytes() == b"andere"


@pytest.mark.parametrize(
    "names", [("new/{0}", "cur/{0}:2,S"), ("cur/{0}:2,", "cur/{0}:2,S"), ("new/{0}", "cur/{0}:2,")]
)
def test_two_mails_of_one_name_are_neither_mixed_up_nor_lost(
    root: Path, box: MaildirPostbox, names: tuple[str, str]
) -> None:
    """Nobody can say which of them is meant; a person gives one another name, and both are read."""
    one, other = (root / name.format("1.M1.a") for name in names)
    one.write_bytes(MAIL)
    other.write_bytes(MAIL + b"Und noch etwas.")
    uids = box.view("INBOX").uids
    assert list(box.fetch("INBOX", "maildir", uids)) == []
    box.ensure_folder("Kassel")
    place = Place("INBOX", "maildir", "1.M1.a")
    assert box.move_many((place,), "Kassel") == {}
    with pytest.raises(Refused) as caught:
        box.move(place, "Kassel")
    assert caught.value.code == "postbox.name_taken"
    other.rename(root / "cur" / "2.M1.b:2,")
    found = box.fetch("INBOX", "maildir", box.view("INBOX").uids)
    assert [mail.kept for mail in found] == [MAIL, MAIL + b"Und noch etwas."]
    assert box.move(place, "Kassel") == Place("Kassel", "maildir", "1.M1.a")


def test_one_file_that_is_renamed_while_the_folder_is_listed_is_no_twin(
    root: Path, box: MaildirPostbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid, listdir = write_mail(root, MAIL), os.listdir

    def seen(path: Path) -> list[str]:
        names = listdir(path)
        if path.name == "new":
            (root / "new" / uid).rename(root / "cur" / f"{uid}:2,S")
        return names

    with monkeypatch.context() as inner:
        inner.setattr(os, "listdir", seen)
        assert box.view("INBOX").uids == (uid,)
    (mail,) = box.fetch("INBOX", "maildir", (uid,))
    assert mail.kept == MAIL


def test_a_pipe_a_device_and_a_folder_are_no_mail_and_hold_up_none(
    root: Path, box: MaildirPostbox
) -> None:
    os.mkfifo(root / "new" / "1.M1.pipe")
    (root / "new" / "2.M1.null").symlink_to("/dev/zero")
    (root / "cur" / "3.M1.folder:2,S").mkdir()
    uid = write_mail(root, MAIL)
    found = box.fetch("INBOX", "maildir", box.view("INBOX").uids)
    assert [mail.place.uid for mail in found] == [uid]


def test_a_file_that_grows_while_it_is_read_is_read_again_in_the_next_pass(
    root: Path, box: MaildirPostbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = write_mail(root, MAIL)

    def marks(_folder: Path, _info: str) -> frozenset[str]:
        with (root / "new" / uid).open("ab") as file:
            file.write(b"mehr")
        return frozenset()

    with monkeypatch.context() as inner:
        inner.setattr(maildir_fetch, "_marks", marks)
        assert list(box.fetch("INBOX", "maildir", (uid,))) == []
    (mail,) = box.fetch("INBOX", "maildir", (uid,))
    assert mail.kept == MAIL + b"mehr"


@pytest.mark.parametrize("uid", ["", ".", "..", "../nord", "/E4/..", "../../x", "a:2,S", "a\0b"])
def test_a_uid_can_not_lead_out_of_the_folder(root: Path, box: MaildirPostbox, uid: str) -> None:
    box.ensure_folder("Ablage")
    write_mail(root, MAIL)
    assert box.move(Place("INBOX", "maildir", uid), "Ablage") is None
    assert tuple(box.fetch("INBOX", "maildir", (uid,))) == ()


def test_a_file_whose_name_is_no_text_is_a_mail_like_any_other(
    root: Path, box: MaildirPostbox
) -> None:
    box.ensure_folder("Ablage")
    names = (b"1700000000.M1.h\xe4st", b"1700000000.M2.h\xc3\xa4st", b"1700000000.M3.host")
    for name in names:
        Path(os.fsdecode(os.fsencode(root / "new") + b"/" + name)).write_bytes(MAIL)
    uids = box.view("INBOX").uids
    assert uids == ("1700000000.M1.h/E4st", "1700000000.M2.häst", "1700000000.M3.host")
    for mail in tuple(box.fetch("INBOX", "maildir", uids)):
        moved = box.move(mail.place, "Ablage")
        assert moved is not None
        assert box.set_marks(moved, MarkChange(add=("Lotse",)))
    assert box.view("Ablage").uids == uids
    files = sorted(os.fsencode(file.name) for file in (root / "Ablage" / "cur").iterdir())
    assert files == [name + b":2,a" for name in sorted(names)]
    sha256 = hashlib.sha256(MAIL).hexdigest()
    assert [box.remove(Place("Ablage", "maildir", uid), sha256) for uid in uids] == [True] * 3


@pytest.mark.parametrize("folder", ["cur", "a/new", "tmp/a", ".verborgen", "a/.b"])
def test_names_that_mean_something_else_on_disk_are_refused(
    box: MaildirPostbox, folder: str
) -> None:
    with pytest.raises(Refused) as caught:
        box.ensure_folder(folder)
    assert caught.value.code == "postbox.folder_name"
    assert box.folders() == ("INBOX",)


def test_a_name_too_long_for_a_directory_is_refused(box: MaildirPostbox) -> None:
    with pytest.raises(Refused) as caught:
        box.ensure_folder("Ü" * 200)
    assert caught.value.code == "postbox.folder_name"


def test_directories_in_a_foreign_spelling_are_no_folders(root: Path, box: MaildirPostbox) -> None:
    for name in ("Größe", "&AOQ", "&!!-", "a&b"):
        create_tree(root / name)
    create_tree(root / "Gr&APYA3w-e")
    (root / "link").symlink_to(root)
    assert box.folders() == ("Größe", "INBOX")


def test_a_container_without_boxes_is_no_folder_until_it_is_wanted(
    root: Path, box: MaildirPostbox
) -> None:
    create_tree(root / "a" / "b")
    assert box.folders() == ("INBOX", "a/b")
    assert box.ensure_folder("a") is True
    assert box.folders() == ("INBOX", "a", "a/b")


def test_folders_below_inbox_are_possible(root: Path, box: MaildirPostbox) -> None:
    assert box.ensure_folder("INBOX/Alt") is True
    assert box.folders() == ("INBOX", "INBOX/Alt")
    assert not (root / "INBOX" / "cur").exists()


def test_a_tree_restored_without_its_empty_directories_takes_mail(
    root: Path, box: MaildirPostbox
) -> None:
    (root / "tmp").rmdir()
    assert box.append("INBOX", MAIL) is not None


def test_an_epoch_of_another_kind_of_postbox_is_a_conflict(root: Path, box: MaildirPostbox) -> None:
    uid = write_mail(root, MAIL)
    with pytest.raises(Conflict):
        next(box.fetch("INBOX", "1700000000", (uid,)))


def test_a_full_disk_leaves_no_draft_and_is_tried_later(
    root: Path, box: MaildirPostbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TryLater) as caught:
        box.append("INBOX", MAIL)
    assert caught.value.code == "postbox.disk"
    assert list((root / "tmp").iterdir()) == []
    assert box.view("INBOX").uids == ()


def test_what_the_disk_says_is_translated(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused, maildir_disk.disk_errors(tmp_path):
        raise PermissionError(13, "Permission denied")
    assert refused.value.code == "postbox.no_right"
    with pytest.raises(Refused) as refused, maildir_disk.disk_errors(tmp_path):
        (tmp_path / ("x" * 300)).mkdir()
    assert refused.value.code == "postbox.folder_name"


def test_append_forces_file_and_directory_to_the_disk(
    root: Path, box: MaildirPostbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []
    real = os.fsync

    def noted(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().parent.name)
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    place = box.append("INBOX", MAIL)
    assert place is not None
    assert synced == ["tmp", root.name]


def test_another_process_that_moves_at_the_same_time_doubles_and_loses_nothing(
    root: Path, box: MaildirPostbox
) -> None:
    box.ensure_folder("Ablage")
    uids = {write_mail(root, b"%d" % n) for n in range(200)}
    script = (
        "import sys; from pathlib import Path; from ingest.maildir.postbox import MaildirPostbox;"
        "from rules.postbox import Place;"
        "b = MaildirPostbox('nord', Path(sys.argv[1]));"
        "print(sum(b.move(Place('INBOX', 'maildir', u), 'Ablage') is not None"
        " for u in b.view('INBOX').uids))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(root)], stdout=subprocess.PIPE
    ) as other:
        ours = 0
        while left := box.view("INBOX").uids:
            ours += sum(
                box.move(Place("INBOX", "maildir", uid), "Ablage") is not None for uid in left
            )
        theirs = int(other.communicate(timeout=30)[0])
    assert ours + theirs == 200
    assert set(box.view("Ablage").uids) == uids


@contextmanager
def client(server: DovecotServer, user: str) -> Iterator[IMAPClient]:
    with IMAPClient(
        "localhost", server.imaps_port, ssl_context=server.client_context()
    ) as connection:
        connection.login(user, server.password)
        yield connection


def test_dovecot_serves_the_tree_that_the_driver_filled(
    dovecot: DovecotServer, tmp_path: Path
) -> None:
    case = MaildirCase(tmp_path / "nord")
    case.deliver(MAIL)
    folders = ("435 Kassel/AU", "Süd & Nord", "Straße/Größe 日本語", "INBOX/Alt")
    for folder in folders:
        case.box.ensure_folder(folder)
        case.box.append(folder, MAIL)
    (uid,) = case.box.view("INBOX").uids
    case.mark(uid, "\\Flagged")
    assert case.box.move(Place("INBOX", "maildir", uid), folders[0]) is not None
    shutil.copytree(case.root, dovecot.maildir("vom-treiber"))
    dovecot.hand_over_to_server("vom-treiber")
    with client(dovecot, "vom-treiber") as person:
        flags_of = {name: flags for flags, _, name in person.list_folders()}
        # What other tests' accounts share is listed beside, under Dovecot's own name for it.
        own = {name for name in flags_of if name.split("/")[0] != "shared"}
        assert own == {"INBOX", "435 Kassel", "Straße", *folders}
        assert all(b"\\Noselect" not in flags_of[folder] for folder in ("435 Kassel", *folders))
        assert person.select_folder(folders[0])[b"EXISTS"] == 2
        found = person.fetch(person.search("ALL"), ["BODY.PEEK[]", "FLAGS"])
        assert {mail[b"BODY[]"] for mail in found.values()} == {MAIL}
        flags = sorted(set(mail[b"FLAGS"]) - {b"\\Recent"} for mail in found.values())
        assert sorted(map(sorted, flags)) == [[], [b"\\Flagged"]]
        assert person.select_folder("INBOX")[b"EXISTS"] == 0


def test_the_driver_sees_what_dovecot_delivers_makes_and_moves(dovecot: DovecotServer) -> None:
    user = "vom-server"
    box = MaildirPostbox(user, dovecot.maildir(user))
    dovecot.deliver(user, MAIL)
    (uid,) = box.view("INBOX").uids
    (message,) = box.fetch("INBOX", "maildir", (uid,))
    assert isinstance(message, Fetched)
    assert message.data.endswith(b"Ich ziehe um.\r\n") or message.data.endswith(b"Ich ziehe um.\n")
    with client(dovecot, user) as person:
        person.create_folder("Süd & Nord/Größe")
        person.select_folder("INBOX")
        person.move(person.search("ALL"), "Süd & Nord/Größe")
    assert box.view("INBOX").uids == ()
    assert box.folders() == ("INBOX", "Süd & Nord/Größe")
    (moved,) = box.view("Süd & Nord/Größe").uids
    (again,) = box.fetch("Süd & Nord/Größe", "maildir", (moved,))
    assert isinstance(again, Fetched)
    assert again.data == message.data
    assert again.received_at == message.received_at


def test_dovecot_and_the_driver_move_in_turns_on_one_tree(dovecot: DovecotServer) -> None:
    user = "gemeinsam"
    dovecot.deliver(user, MAIL)
    root = dovecot.maildir(user)
    box = MaildirPostbox(user, root)
    with client(dovecot, user) as person:
        person.create_folder("Ablage")
        person.select_folder("INBOX")
        assert person.search("ALL") == [1]
        (uid,) = box.view("INBOX").uids
        assert box.move(Place("INBOX", "maildir", uid), "Ablage") is not None
        person.noop()
        assert person.search("ALL") == []
        assert person.select_folder("Ablage")[b"EXISTS"] == 1
        person.add_flags(person.search("ALL"), ["\\Seen"])
        assert box.view("Ablage").uids == (uid,)
