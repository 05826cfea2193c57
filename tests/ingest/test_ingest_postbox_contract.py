"""What every driver of the port Postbox must do; each test runs on Maildir, IMAP and Exchange."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from ingest.imap.postbox import ImapPostbox
from rules.errors import Conflict, Refused
from rules.postbox import Fetched, Place, TooLarge, Watermark
from tests.ingest.conftest import Case

MAIL = b"From: kunde@post.example\r\nSubject: Umzug\r\n\r\nIch ziehe um.\r\n"


def numbered(number: int) -> bytes:
    return MAIL.replace(b"Umzug", b"Umzug %d" % number)


def only_place(case: Case, folder: str = "INBOX") -> Place:
    view = case.box.view(folder)
    assert len(view.uids) == 1
    return Place(folder, view.epoch, view.uids[0])


def read(case: Case, folder: str = "INBOX") -> list[bytes]:
    view = case.box.view(folder)
    messages = case.box.fetch(folder, view.epoch, view.uids)
    return [m.data for m in messages if isinstance(m, Fetched)]


def test_a_new_postbox_has_an_inbox(case: Case) -> None:
    assert case.box.folders() == ("INBOX",)
    assert case.box.view("INBOX").uids == ()


@pytest.mark.parametrize(
    "folder",
    [
        "Köln",
        "435 Kassel/AU",
        "Süd & Nord",
        "Straße/Ämter/Größe",
        "&-",
        'a "b" c',
        "100 %",
        "Stern *",
        "日本語",
        "Emoji 😀 x",
        "Ü" * 60,
        "mit Blank ",
        "zurück\\vor",
        "0435",
    ],
)
def test_a_folder_is_listed_as_it_was_named(case: Case, folder: str) -> None:
    assert case.box.ensure_folder(folder) is True
    assert folder in case.box.folders()
    assert case.box.view(folder).folder == folder
    case.box.append(folder, MAIL)
    assert read(case, folder) == [MAIL]


def test_ensure_folder_is_idempotent(case: Case) -> None:
    assert case.box.ensure_folder("435 Kassel/AU") is True
    assert case.box.ensure_folder("435 Kassel/AU") is False
    assert case.box.ensure_folder("INBOX") is False


def test_parents_are_made_and_can_hold_mail(case: Case) -> None:
    case.box.ensure_folder("a/b/c")
    assert case.box.folders() == ("INBOX", "a", "a/b", "a/b/c")
    assert case.box.append("a/b", MAIL) is not None
    assert case.box.ensure_folder("a/b") is False


@pytest.mark.parametrize(
    "folder", ["", "a//b", "/a", "a/", "a/../b", "~a", "a\r\nA1 NOOP", "\x7f", "\ud800"]
)
def test_a_name_that_can_not_be_a_folder_is_refused(case: Case, folder: str) -> None:
    with pytest.raises(Refused) as caught:
        case.box.ensure_folder(folder)
    assert caught.value.code == "postbox.folder_name"
    assert case.box.folders() == ("INBOX",)


def test_a_folder_that_does_not_exist_is_refused(case: Case) -> None:
    case.deliver(MAIL)
    place = only_place(case)
    calls = (
        lambda: case.box.view("Fehlt"),
        lambda: case.box.watermark("Fehlt"),
        lambda: list(case.box.fetch("Fehlt", place.epoch, ("1",))),
        lambda: case.box.move(place, "Fehlt"),
        lambda: case.box.append("Fehlt", MAIL),
        lambda: case.box.since(Watermark("Fehlt", place.epoch, "1")),
    )
    for call in calls:
        with pytest.raises(Refused) as caught:
            call()
        assert caught.value.code == "postbox.folder_missing"
    assert only_place(case) == place


def test_view_sees_what_others_deliver_and_remove_meanwhile(case: Case) -> None:
    case.deliver(numbered(1))
    first = case.box.view("INBOX").uids
    case.deliver(numbered(2))
    both = case.box.view("INBOX").uids
    assert (len(first), len(both)) == (1, 2)
    assert both[0] == first[0]
    case.remove(first[0])
    assert case.box.view("INBOX").uids == both[1:]


def test_fetch_gives_the_order_asked_for_and_leaves_out_what_is_gone(case: Case) -> None:
    case.deliver(*(numbered(n) for n in range(4)))
    view = case.box.view("INBOX")
    case.remove(view.uids[1])
    wanted = (view.uids[3], view.uids[1], view.uids[0], "999999", view.uids[2])
    messages = tuple(case.box.fetch("INBOX", view.epoch, wanted))
    assert [m.place.uid for m in messages] == [view.uids[3], view.uids[0], view.uids[2]]
    assert [m.data for m in messages if isinstance(m, Fetched)] == [
        numbered(3),
        numbered(0),
        numbered(2),
    ]


def test_other_calls_between_two_fetched_messages_do_no_harm(case: Case) -> None:
    case.box.ensure_folder("Ablage")
    case.deliver(*(numbered(n) for n in range(120)))
    view = case.box.view("INBOX")
    seen = []
    for message in case.box.fetch("INBOX", view.epoch, view.uids):
        assert isinstance(message, Fetched)
        seen.append(message.data)
        if len(seen) % 40 == 0:
            case.box.append("Ablage", MAIL)
            case.box.view("Ablage")
            assert case.box.move(message.place, "Ablage") is not None
    assert seen == [numbered(n) for n in range(120)]


def test_what_vanishes_while_fetching_is_left_out(case: Case) -> None:
    case.deliver(*(numbered(n) for n in range(110)))
    view = case.box.view("INBOX")
    case.remove(view.uids[5])
    messages = case.box.fetch("INBOX", view.epoch, view.uids)
    first = next(messages)
    case.remove(view.uids[-1])
    case.remove(view.uids[60])
    found = [first.place.uid, *(m.place.uid for m in messages)]
    late = {view.uids[-1], view.uids[60]}  # may have been read ahead: then nothing is wrong with it
    stay = [uid for uid in view.uids if uid != view.uids[5]]
    assert found == [uid for uid in stay if uid not in late or uid in found]


@pytest.mark.parametrize("broken", [(1,), (0, 1), (4,)])
def test_a_message_that_can_not_be_read_holds_up_no_other(
    case: Case, broken: tuple[int, ...]
) -> None:
    case.deliver(*(numbered(n) for n in range(5)))
    view = case.box.view("INBOX")
    for number in broken:
        case.spoil(number)
    messages = case.box.fetch("INBOX", view.epoch, view.uids)
    assert [m.data for m in messages if isinstance(m, Fetched)] == [
        numbered(n) for n in range(5) if n not in broken
    ]
    assert case.box.view("INBOX").uids == view.uids


def test_three_hundred_messages_come_complete_and_in_order_of_arrival(case: Case) -> None:
    case.deliver(*(numbered(n) for n in range(300)))
    assert read(case) == [numbered(n) for n in range(300)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"Subject: Gr\xfc\xdfe\r\n\r\n\xe4\xff\xfe\r\n", id="8-bit"),
        pytest.param(b"Subject: x\r\n\r\nvor\0nach\r\n", id="NUL"),
        pytest.param(b"Subject: x\n\nnackte\nZeilen\n", id="bare LF"),
        pytest.param(b"Subject: x\r\n\r\nohne Ende", id="no final line end"),
        pytest.param(b"Subject: x\r\n\r\n" + b"x" * 5000 + b"\r\n", id="long line"),
        pytest.param(b"Subject: x\r\n\r\n* 1 FETCH (UID 7 BODY[] {3}\r\n)\r\n", id="IMAP inside"),
        pytest.param(b"kein Kopf", id="no header"),
        pytest.param(b"", id="empty"),
        pytest.param(b"Subject: x\r\n\r\n" + b"0123456789abcde\n" * 400_000, id="6 MB"),
        pytest.param(b"S: x\r\n\r\n".ljust(5 * 1024 * 1024, b"x"), id="exactly 5 pieces"),
    ],
)
def test_bytes_come_exactly_as_the_postbox_holds_them(case: Case, data: bytes) -> None:
    case.deliver(data)
    assert read(case) == [case.served(data)]


def test_reading_never_marks_as_read(case: Case) -> None:
    case.deliver(MAIL)
    place = only_place(case)
    assert len(read(case)) == 1
    list(case.other_box(10).fetch("INBOX", place.epoch, (place.uid,)))
    assert case.flags("INBOX", place.uid) == set()


def test_time_of_arrival_is_aware_utc(case: Case) -> None:
    place = case.box.append("INBOX", MAIL)
    assert place is not None
    (message,) = case.box.fetch("INBOX", place.epoch, (place.uid,))
    assert message.received_at.tzinfo is UTC
    assert abs(datetime.now(tz=UTC) - message.received_at) < timedelta(minutes=1)


def test_a_message_over_the_limit_comes_as_its_head(case: Case) -> None:
    head = b"From: kunde@post.example\r\nSubject: Anlagen\r\n\r\n"
    case.deliver(MAIL, head + b"x" * 2000 + b"\r\n", MAIL)
    box = case.other_box(1000)
    view = box.view("INBOX")
    small, large, last = box.fetch("INBOX", view.epoch, view.uids)
    assert isinstance(large, TooLarge)
    assert large.head == head
    assert large.size_bytes == len(head) + 2002
    assert large.place.uid == view.uids[1]
    assert isinstance(small, Fetched)
    assert isinstance(last, Fetched)
    assert box.view("INBOX") == view


def test_a_message_of_exactly_the_limit_is_fetched(case: Case) -> None:
    case.deliver(MAIL)
    box = case.other_box(len(MAIL))
    view = box.view("INBOX")
    (message,) = box.fetch("INBOX", view.epoch, view.uids)
    assert isinstance(message, Fetched)


def test_another_epoch_is_a_conflict(case: Case) -> None:
    case.deliver(MAIL)
    case.box.ensure_folder("Ablage")
    place = only_place(case)
    stale = Place("INBOX", "4711", place.uid)
    calls = (
        lambda: list(case.box.fetch("INBOX", "4711", (place.uid,))),
        lambda: case.box.move(stale, "Ablage"),
        lambda: case.box.since(Watermark("INBOX", "4711", "1")),
    )
    for call in calls:
        with pytest.raises(Conflict) as caught:
            call()
        assert caught.value.code == "postbox.epoch_changed"
    assert only_place(case) == place


def test_move_proves_the_new_place_and_keeps_bytes_and_flags(case: Case) -> None:
    case.box.ensure_folder("435 Kassel/AU")
    case.deliver(MAIL)
    place = only_place(case)
    case.mark(place.uid, "\\Flagged")
    moved = case.box.move(place, "435 Kassel/AU")
    assert moved == only_place(case, "435 Kassel/AU")
    assert case.box.view("INBOX").uids == ()
    assert read(case, "435 Kassel/AU") == [MAIL]
    assert case.flags("435 Kassel/AU", moved.uid) == {"\\Flagged"}


def test_an_unread_message_is_unread_after_the_move(case: Case) -> None:
    case.box.ensure_folder("Ablage")
    case.deliver(MAIL)
    moved = case.box.move(only_place(case), "Ablage")
    assert moved is not None
    assert case.flags("Ablage", moved.uid) == set()


def test_moving_what_has_vanished_gives_no_proof(case: Case) -> None:
    case.box.ensure_folder("Ablage")
    case.deliver(MAIL)
    place = only_place(case)
    case.remove(place.uid)
    assert case.box.move(place, "Ablage") is None
    assert case.box.move(Place("INBOX", place.epoch, "999999"), "Ablage") is None
    assert case.box.move(Place("INBOX", place.epoch, "kein.Ort"), "Ablage") is None
    assert case.box.view("Ablage").uids == ()


def test_a_second_move_of_the_same_message_gives_no_proof(case: Case) -> None:
    case.box.ensure_folder("Ablage")
    case.deliver(MAIL)
    place = only_place(case)
    assert case.box.move(place, "Ablage") is not None
    assert case.box.move(place, "Ablage") is None
    assert len(case.box.view("Ablage").uids) == 1


def test_a_move_into_the_same_folder_is_refused(case: Case) -> None:
    case.deliver(MAIL)
    place = only_place(case)
    with pytest.raises(Refused) as caught:
        case.box.move(place, "INBOX")
    assert caught.value.code == "postbox.same_folder"
    assert only_place(case) == place


def test_many_moves_end_each_in_its_own_proven_place(case: Case) -> None:
    case.box.ensure_folder("Ablage")
    case.deliver(*(numbered(n) for n in range(30)))
    view = case.box.view("INBOX")
    for number, uid in reversed(list(enumerate(view.uids))):
        moved = case.box.move(Place("INBOX", view.epoch, uid), "Ablage")
        assert moved is not None
        (message,) = case.box.fetch("Ablage", moved.epoch, (moved.uid,))
        assert isinstance(message, Fetched)
        assert message.data == numbered(number)


def test_a_moved_message_lies_above_the_watermark(case: Case) -> None:
    case.box.ensure_folder("Ablage")
    case.box.append("Ablage", numbered(1))
    case.deliver(numbered(2))
    mark = case.box.watermark("Ablage")
    moved = case.box.move(only_place(case), "Ablage")
    assert moved is not None
    assert moved.uid in case.box.since(mark)
    assert mark.epoch == moved.epoch


def test_append_is_a_round_trip_and_unread(case: Case) -> None:
    place = case.box.append("INBOX", MAIL)
    assert place == only_place(case)
    assert read(case) == [MAIL]
    assert case.flags("INBOX", place.uid) == set()


def test_inbox_is_found_in_any_spelling(case: Case) -> None:
    case.deliver(MAIL)
    assert len(case.box.view("inbox").uids) == 1
    assert case.box.ensure_folder("Inbox") is False


def test_a_closed_postbox_can_be_used_again(case: Case) -> None:
    case.box.close()
    case.box.close()
    assert case.box.folders() == ("INBOX",)


def test_a_removed_mail_is_gone_and_its_byte_identical_twin_stays(case: Case) -> None:
    case.deliver(MAIL, MAIL)
    view = case.box.view("INBOX")
    place = Place("INBOX", view.epoch, view.uids[0])
    digest = sha256(read(case)[0]).hexdigest()
    assert case.box.moves_whole() is not isinstance(case.box, ImapPostbox)
    assert case.box.remove(place, digest) is True
    assert case.box.view("INBOX").uids == view.uids[1:]
    assert case.box.remove(place, digest) is False


def test_a_mail_with_other_bytes_than_expected_is_never_removed(case: Case) -> None:
    case.deliver(MAIL)
    place = only_place(case)
    assert case.box.remove(place, sha256(b"another mail").hexdigest()) is False
    assert only_place(case) == place
    with pytest.raises(Conflict) as caught:
        case.box.remove(replace(place, epoch="7"), sha256(MAIL).hexdigest())
    assert caught.value.code == "postbox.epoch_changed"


def test_a_mail_over_the_limit_is_moved_and_removed_as_what_its_head_says(case: Case) -> None:
    case.deliver(MAIL)
    whole = sha256(read(case)[0]).hexdigest()
    box = case.other_box(size_limit_bytes=10)
    box.ensure_folder("Ablage")
    place = box.move(only_place(case), "Ablage")
    assert place is not None
    (moved,) = box.fetch("Ablage", place.epoch, (place.uid,))
    assert isinstance(moved, TooLarge)
    assert box.remove(place, whole) is False, "nobody has read the whole of it"
    assert box.remove(place, sha256(moved.kept).hexdigest()) is True
    assert box.view("Ablage").uids == ()


def proven(case: Case, places: tuple[Place, ...]) -> dict[Place, Place]:
    moved = case.box.move_many(places, "Ablage")
    return {source: place for source, place in moved.items() if place}


def test_many_are_moved_at_once_each_with_its_own_proof(case: Case) -> None:
    case.deliver(*(numbered(number) for number in range(7)))
    case.box.ensure_folder("Ablage")
    view = case.box.view("INBOX")
    by_uid = dict(zip(view.uids, read(case), strict=True))
    case.remove(view.uids[2])
    places = tuple(Place("INBOX", view.epoch, uid) for uid in (*view.uids[1:6], "999999"))
    moved = proven(case, places)
    assert set(moved) == {place for place in places if place.uid not in {view.uids[2], "999999"}}
    assert case.box.view("INBOX").uids == (view.uids[0], view.uids[6])
    for source, place in moved.items():
        (found,) = case.box.fetch("Ablage", place.epoch, (place.uid,))
        assert isinstance(found, Fetched)
        assert found.data == by_uid[source.uid]
    assert proven(case, places) == {}
    assert case.box.move_many((), "Ablage") == {}


def test_a_set_that_is_refused_moves_nothing_and_says_nothing(case: Case) -> None:
    case.deliver(MAIL)
    place = only_place(case)
    assert case.box.move_many((place,), "gibt es nicht") == {}
    assert only_place(case) == place
    with pytest.raises(Conflict):
        case.box.move_many((replace(place, epoch="7"),), "Ablage")
