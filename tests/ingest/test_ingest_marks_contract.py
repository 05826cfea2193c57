"""What every driver must do with marks; each test runs on Maildir, IMAP and Exchange."""

import pytest

from rules.errors import Conflict, Refused
from rules.marks import fold
from rules.postbox import Fetched, MarkChange, Place, TooLarge
from tests.ingest.conftest import Case

MAIL = b"From: kunde@post.example\r\nSubject: Umzug\r\n\r\nIch ziehe um.\r\n"
IN_WORK, DONE = "Postlotse: in Arbeit", "Postlotse: erledigt"


def delivered(case: Case, mails: int = 1) -> list[Place]:
    case.deliver(*[MAIL] * mails)
    view = case.box.view("INBOX")
    return [Place("INBOX", view.epoch, uid) for uid in view.uids]


def marks(case: Case, place: Place) -> set[str]:
    """Spelled alike for all drivers."""
    return {fold(mark) for mark in case.box.marks(place.folder).by_uid[place.uid]}


def test_a_mark_is_set_and_read_back_and_the_mail_stays_unread(case: Case) -> None:
    marked, other = delivered(case, 2)
    assert case.box.set_marks(marked, MarkChange(add=(IN_WORK,))) is True
    assert (marks(case, marked), marks(case, other)) == ({fold(IN_WORK)}, set())
    assert case.flags("INBOX", marked.uid) == set()
    assert case.box.view("INBOX").uids == (marked.uid, other.uid)


def test_one_mark_gives_way_to_another_and_both_can_go(case: Case) -> None:
    (place,) = delivered(case)
    case.box.set_marks(place, MarkChange(add=(IN_WORK,)))
    assert case.box.set_marks(place, MarkChange(add=(DONE,), remove=(IN_WORK,))) is True
    assert marks(case, place) == {fold(DONE)}
    assert case.box.set_marks(place, MarkChange(remove=(DONE, IN_WORK))) is True
    assert marks(case, place) == set()


def test_the_same_change_twice_is_one(case: Case) -> None:
    (place,) = delivered(case)
    change = MarkChange(add=(DONE,), remove=(IN_WORK,))
    assert [case.box.set_marks(place, change) for _ in range(2)] == [True, True]
    assert marks(case, place) == {fold(DONE)}


def test_marks_and_flags_of_people_stay(case: Case) -> None:
    (place,) = delivered(case)
    case.mark(place.uid, "\\Flagged")
    case.person_marks(place.uid, "Rueckfrage")
    assert marks(case, place) == {"rueckfrage"}
    case.box.set_marks(place, MarkChange(add=(IN_WORK,)))
    case.person_marks(place.uid, "Chef")
    case.box.set_marks(place, MarkChange(add=(DONE,), remove=(IN_WORK,)))
    assert marks(case, place) == {"rueckfrage", "chef", fold(DONE)}
    assert case.flags("INBOX", place.uid) == {"\\Flagged"}
    case.person_unmarks(place.uid, "Rueckfrage")
    assert marks(case, place) == {"chef", fold(DONE)}


def test_a_mail_that_is_gone_takes_no_mark_and_that_is_no_error(case: Case) -> None:
    gone, _ = delivered(case, 2)
    case.remove(gone.uid)
    for uid in (gone.uid, "999999", "kein.Ort"):
        place = Place("INBOX", gone.epoch, uid)
        assert case.box.set_marks(place, MarkChange(add=(DONE,))) is False
    assert gone.uid not in case.box.marks("INBOX").by_uid


def test_marks_go_along_when_the_mail_is_moved(case: Case) -> None:
    """Also where the other folder knows other keywords, or knows them by other letters."""
    case.box.ensure_folder("Ablage")
    first, second, third = delivered(case, 3)
    case.box.set_marks(first, MarkChange(add=("Eins",)))
    case.box.set_marks(second, MarkChange(add=("Zwei",)))
    case.box.set_marks(third, MarkChange(add=("Drei", "Eins")))
    moved = case.box.move(second, "Ablage")
    assert moved is not None
    assert marks(case, moved) == {"zwei"}
    many = case.box.move_many((first, third), "Ablage")
    assert marks(case, many[first]) == {"eins"}
    assert marks(case, many[third]) == {"eins", "drei"}
    assert marks(case, moved) == {"zwei"}


def test_a_mail_comes_with_the_marks_it_bears_also_as_its_head(case: Case) -> None:
    marked, plain = delivered(case, 2)
    case.person_marks(marked.uid, "Chef")
    for box, kind in ((case.box, Fetched), (case.other_box(size_limit_bytes=10), TooLarge)):
        box.view("INBOX")
        messages = list(box.fetch("INBOX", marked.epoch, (marked.uid, plain.uid)))
        assert [type(message) for message in messages] == [kind, kind]
        assert [message.marks for message in messages] == [frozenset({"Chef"}), frozenset()]


def test_a_change_of_nothing_proves_that_the_mail_is_there(case: Case) -> None:
    (place,) = delivered(case)
    assert case.box.set_marks(place, MarkChange(remove=(DONE,))) is True
    assert marks(case, place) == set()


def test_a_folder_that_is_not_there_and_another_epoch_are_told_apart(case: Case) -> None:
    (place,) = delivered(case)
    with pytest.raises(Refused) as refused:
        case.box.marks("Fehlt")
    assert refused.value.code == "postbox.folder_missing"
    with pytest.raises(Conflict) as stale:
        case.box.set_marks(Place("INBOX", "4711", place.uid), MarkChange(add=(DONE,)))
    assert stale.value.code == "postbox.epoch_changed"
    assert marks(case, place) == set()


def test_three_hundred_marked_mails_are_read_at_once(case: Case) -> None:
    places = delivered(case, 300)
    case.box.set_marks(places[7], MarkChange(add=(DONE,)))
    found = case.box.marks("INBOX").by_uid
    assert len(found) == 300
    assert [uid for uid, on in found.items() if on] == [places[7].uid]
