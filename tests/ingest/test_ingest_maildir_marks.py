"""Keywords in a Maildir that a running Dovecot serves, too: both read what the other sets."""

import errno
import os
import threading
import time
from pathlib import Path

import pytest

from ingest.maildir import keywords as maildir_keywords
from ingest.maildir.postbox import MaildirPostbox, create_tree
from rules.errors import Refused, TryLater
from rules.marks import fold
from rules.postbox import MarkChange, Place
from tests.ingest.conftest import ImapCase, MaildirCase, write_mail

MAIL = b"Subject: Umzug\r\n\r\nIch ziehe um.\r\n"
DONE = MarkChange(add=("Postlotse: erledigt",))


@pytest.fixture
def shared(imap_case: ImapCase) -> MaildirPostbox:
    """The tree of a Dovecot account, opened by our driver beside it."""
    imap_case.deliver(*[MAIL] * 6)
    return MaildirPostbox("nord", imap_case.server.maildir(imap_case.user))


def by_dovecot(case: ImapCase) -> list[set[str]]:
    """The keywords of each mail as an IMAP client sees them, in order of arrival."""
    with case.person() as person:
        person.select_folder("INBOX", readonly=True)
        uids = person.search(["ALL"])
        flags = person.get_flags(uids)
    return [{fold(flag.decode()) for flag in flags[uid] if flag[:1] != b"\\"} for uid in uids]


def by_us(box: MaildirPostbox) -> list[set[str]]:
    marks = box.marks("INBOX").by_uid
    return [{fold(mark) for mark in marks[uid]} for uid in box.view("INBOX").uids]


def test_each_reads_what_the_other_has_set(imap_case: ImapCase, shared: MaildirPostbox) -> None:
    uids = shared.view("INBOX").uids
    with imap_case.person() as person:
        person.select_folder("INBOX")
        person.add_flags([1, 2], ["Chef"])
        assert shared.set_marks(Place("INBOX", "maildir", uids[0]), DONE)
        assert shared.set_marks(Place("INBOX", "maildir", uids[2]), DONE)
        person.noop()
        person.add_flags([3, 4], ["Rueckfrage"])
        person.remove_flags([2], ["Chef"])
    expected = [{"chef", "postlotse_erledigt"}, set(), {"postlotse_erledigt", "rueckfrage"},
                {"rueckfrage"}, set(), set()]  # fmt: skip
    assert by_us(shared) == expected
    assert by_dovecot(imap_case) == expected


def test_new_keywords_from_both_sides_at_once_are_never_mixed_up(
    imap_case: ImapCase, shared: MaildirPostbox
) -> None:
    """Six of theirs, six of ours, each new in this folder; one letter for two would show."""
    uids = shared.view("INBOX").uids

    def theirs() -> None:
        with imap_case.person() as person:
            person.select_folder("INBOX")
            for number in range(6):
                person.add_flags([number + 1], [f"Person{number}"])

    thread = threading.Thread(target=theirs)
    thread.start()
    for number, uid in enumerate(uids):
        change = MarkChange(add=(f"Lotse{number}",))
        assert shared.set_marks(Place("INBOX", "maildir", uid), change)
    thread.join()
    expected = [{f"person{number}", f"lotse{number}"} for number in range(6)]
    assert by_dovecot(imap_case) == expected
    assert by_us(shared) == expected


def test_after_26_keywords_the_folder_takes_no_more(maildir_case: MaildirCase) -> None:
    uid = write_mail(maildir_case.root, MAIL)
    place = Place("INBOX", "maildir", uid)
    assert maildir_case.box.set_marks(place, MarkChange(add=tuple(f"K{n}" for n in range(26))))
    with pytest.raises(Refused) as caught:
        maildir_case.box.set_marks(place, DONE)
    assert caught.value.code == "postbox.no_marks"
    assert len(maildir_case.box.marks("INBOX").by_uid[uid]) == 26


def test_a_lock_of_somebody_else_is_waited_for_and_never_broken_unless_it_is_old(
    maildir_case: MaildirCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.maildir.keywords._WAIT_SECONDS", 0.1)
    place = Place("INBOX", "maildir", write_mail(maildir_case.root, MAIL))
    lock = maildir_case.root / "dovecot-uidlist.lock"
    lock.write_text("1:anderswo")
    with pytest.raises(TryLater) as caught:
        maildir_case.box.set_marks(place, DONE)
    assert caught.value.code == "postbox.busy"
    assert lock.read_text() == "1:anderswo"
    long_ago = time.time() - 200
    os.utime(lock, (long_ago, long_ago))
    assert maildir_case.box.set_marks(place, DONE)
    assert not lock.exists()


def test_the_file_of_names_grows_older_with_each_change_and_keeps_odd_lines_out(
    tmp_path: Path,
) -> None:
    create_tree(tmp_path)
    file = tmp_path / maildir_keywords.NAMES_FILE
    file.write_text("0 Chef\n7 Spaet\n99 zu viel\nkein Satz\n3 \n", encoding="utf-8")
    os.utime(file, (2_000_000_000, 2_000_000_000))
    assert maildir_keywords.names(tmp_path) == {"a": "Chef", "h": "Spaet"}
    assert maildir_keywords.changed(tmp_path, "2,S", add=("Neu",), remove=()) == "2,Sb"
    assert file.stat().st_mtime == 2_000_000_001
    assert file.read_text(encoding="utf-8") == "0 Chef\n1 Neu\n7 Spaet\n"
    assert maildir_keywords.changed(tmp_path, "2,Sbx", add=("CHEF",), remove=("neu",)) == "2,Sax"


def test_letters_without_names_stay_when_a_mail_is_moved(maildir_case: MaildirCase) -> None:
    """Nobody knows what they mean here; other programs may."""
    maildir_case.box.ensure_folder("Ablage")
    uid = write_mail(maildir_case.root, MAIL)
    (maildir_case.root / "new" / uid).rename(maildir_case.root / "cur" / f"{uid}:2,Fq")
    assert maildir_case.box.move(Place("INBOX", "maildir", uid), "Ablage")
    assert (maildir_case.root / "Ablage/cur" / f"{uid}:2,Fq").exists()


@pytest.mark.parametrize("fails", ["fsync", "utime", "rename"])
def test_a_disk_that_is_full_leaves_no_lock_for_which_dovecot_would_wait(
    maildir_case: MaildirCase, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    place = Place("INBOX", "maildir", write_mail(maildir_case.root, MAIL))

    def full(*_args: object, **_values: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path if fails == "rename" else os, fails, full)
    with pytest.raises(TryLater) as caught:
        maildir_case.box.set_marks(place, DONE)
    assert caught.value.code == "postbox.disk"
    assert not list(maildir_case.root.glob("dovecot*"))
    monkeypatch.undo()
    assert maildir_case.box.set_marks(place, DONE)
