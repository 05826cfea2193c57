"""Places of messages: moved by us, by people, and by servers that give all new UIDs."""

import pytest

from rules.errors import Conflict, Refused
from rules.postbox import Watermark
from store.acts import op_steps, wishes
from store.database.engine import Database
from store.mails import originals
from store.places import epochs, moves, ownership, sightings
from store.tables.ledger import SightingState
from tests.store.samples import INBOX, NOW, POSTBOX, keep, later, place, take_lease

TARGET = "435 Kassel/AU"


def test_syncing_is_a_difference_of_sets(db: Database) -> None:
    keep(db, "1")
    keep(db, "3")
    keep(db, "2", place=place("2", epoch="old"))
    with db.read() as tx:
        assert sightings.known_uids(tx, POSTBOX, folder=INBOX, epoch="1") == {"1", "3"}
        assert sightings.unclaimed_in(
            tx, POSTBOX, folder=INBOX, epoch="1", uids=("4", "3", "2", "1")
        ) == ("4", "2")
        assert sightings.folders(tx, POSTBOX) == (INBOX,)
        assert [s.uid for s in sightings.live(tx, POSTBOX, folder=INBOX)] == ["1", "3", "2"]
        assert [s.uid for s in sightings.live(tx, POSTBOX, folder=INBOX, epoch="old")] == ["2"]


def test_more_uids_than_fit_into_one_statement(db: Database) -> None:
    keep(db, "1")
    with db.read() as tx:
        many = tuple(str(number) for number in range(1, 1202))
        unclaimed = sightings.unclaimed_in(tx, POSTBOX, folder=INBOX, epoch="1", uids=many)
    assert unclaimed == many[1:]


def test_a_moved_message_lies_at_one_place_and_remembers_the_other(db: Database) -> None:
    kept = keep(db, "1")
    to = place("9", folder=TARGET)
    with db.write() as tx:
        for _ in range(2):  # idempotent
            moves.move(tx, kept.message_id, to=to, src=place("1"), now=later(5))
        newest, oldest = sightings.of_message(tx, kept.message_id)
        assert (newest.place, newest.state) == (to, SightingState.LIVE)
        assert (oldest.place, oldest.state) == (place("1"), SightingState.GONE)
        assert sightings.lying(tx, [kept.message_id, 99]) == {kept.message_id: (to,)}
        assert sightings.known_uids(tx, POSTBOX, folder=INBOX, epoch="1") == frozenset()


def test_a_second_copy_stays_where_it_is_when_the_first_moves(db: Database) -> None:
    kept = keep(db, "1")
    with db.write() as tx:
        moves.move(tx, kept.message_id, to=place("2"), src=place("0"), now=NOW)
        moves.move(tx, kept.message_id, to=place("9", folder=TARGET), src=place("1"), now=NOW)
        assert sightings.known_uids(tx, POSTBOX, folder=INBOX, epoch="1") == {"2"}
        moves.move(tx, kept.message_id, to=place("9", folder=TARGET), now=NOW)
        assert sightings.known_uids(tx, POSTBOX, folder=INBOX, epoch="1") == frozenset()


def test_a_place_is_never_taken_from_another_message(db: Database) -> None:
    first, second = keep(db, "1"), keep(db, "2")
    with pytest.raises(Conflict) as caught, db.write() as tx:
        moves.move(tx, first.message_id, to=place("2"), now=NOW)
    assert caught.value.code == "place.taken"
    with db.read() as tx:
        (seen,) = sightings.of_message(tx, second.message_id)
    assert (seen.place, seen.state) == (place("2"), SightingState.LIVE)


def test_a_number_given_twice_is_taken_from_the_mail_that_had_it_and_from_no_other(
    db: Database,
) -> None:
    before = {
        keep(db, "a", place=place("5")).message_id: place("5"),
        keep(db, "b", place=place("6")).message_id: place("6"),
        keep(db, "c", place=place("5", folder=TARGET)).message_id: place("5", folder=TARGET),
        keep(db, "d", place=place("5", epoch="2")).message_id: place("5", epoch="2"),
        keep(db, "e", place=place("5"), postbox="sued").message_id: place("5"),
    }
    had_it, *others = before
    moved, twin = (keep(db, uid, b"twins", place=place(uid)).message_id for uid in "12")
    with db.write() as tx:
        gone = [seen.id for one in (*before, twin) for seen in sightings.of_message(tx, one)]
        sightings.mark_gone(tx, gone)
        moves.move(tx, moved, to=place("5"), src=place("1"), now=NOW)
        assert sightings.lying(tx, [moved]) == {moved: (place("5"),)}
        now = {one: sightings.of_message(tx, one)[0].place for one in before}
        assert now[had_it] != place("5")
        assert [now[one] for one in others] == [before[one] for one in others]
    with pytest.raises(Conflict) as caught, db.write() as tx:
        moves.move(tx, moved, to=place("2"), src=place("5"), now=NOW)
    assert caught.value.code == "place.taken", "of equal bytes it is whose it was"


def test_mail_without_a_postbox_can_not_be_moved(db: Database) -> None:
    kept = keep(db, "1", postbox=None, place=None)
    with db.write() as tx:
        with pytest.raises(Refused) as caught:
            moves.move(tx, kept.message_id, to=place("2"), now=NOW)
        assert caught.value.code == "mail.no_postbox"
        with pytest.raises(Refused) as caught:
            moves.move(tx, 99, to=place("2"), now=NOW)
        assert caught.value.code == "mail.unknown"


def test_what_is_seen_again_in_its_place_lies_there_again(db: Database) -> None:
    """Also as one of several mails of a name, as long as it lies nowhere else."""
    numbered, named = place("1"), place("k", epoch="search-keys")
    kept = [keep(db, uid, place=at).message_id for uid, at in (("1", numbered), ("2", named))]
    found = {numbered: originals.fingerprint(b"Subject: 1\r\n\r\nGuten Tag"), named: "other"}
    with db.write() as tx:
        here = [s.id for s in sightings.live(tx, POSTBOX, folder=INBOX)]
        assert list(sightings.mark_gone(tx, here)) == kept
        seen = ownership.seen_again(tx, POSTBOX, found=found, now=later(5))
        assert {at: one.message_id for at, one in seen.items()} == dict(
            zip(found, kept, strict=True)
        )
        assert sightings.lying(tx, kept) == {kept[0]: (numbered,), kept[1]: (named,)}


def test_a_name_is_its_mails_until_that_lies_elsewhere_and_a_number_for_good(db: Database) -> None:
    """A copy has the search key of its original: what lies there now may be another mail."""
    name, there = place("k", epoch="keys"), place("k", folder=TARGET, epoch="keys")
    number = place("1")
    kept = keep(db, "k", place=name).message_id
    numbered, other = keep(db, "1", place=number).message_id, keep(db, "2").message_id

    def owner() -> int | None:
        with db.read() as tx:
            found = ownership.owners(tx, POSTBOX, found={name: "another mail's"}).get(name)
            left = ownership.left(tx, POSTBOX, places=[name, number])
        assert left == ({} if found else {name: kept})
        return found

    assert owner() == kept
    with db.write() as tx:
        moves.move(tx, numbered, to=place("9", folder=TARGET), src=number, now=NOW)
        moves.move(tx, kept, to=there, src=place("none", epoch="keys"), now=NOW)
    assert owner() == kept, "it lies at both"
    with db.write() as tx:
        moves.move(tx, kept, to=there, src=name, now=NOW)
    assert owner() is None
    with db.write() as tx:
        sightings.mark_gone(tx, [s.id for s in sightings.live(tx, POSTBOX, folder=TARGET)])
        assert sightings.lying(tx, [kept, other]).keys() == {other}
    assert owner() == kept, "it lies nowhere; that others lie somewhere is nothing to it"


def test_absences_count_in_a_row_and_gone_messages_lie_nowhere(db: Database) -> None:
    kept = keep(db, "1")
    with db.write() as tx:
        (seen,) = sightings.live(tx, POSTBOX, folder=INBOX)
        assert sightings.mark_absent(tx, [seen.id])[0].absences == 1
        sightings.mark_present(tx, [seen.id], now=later(3))
        assert sightings.mark_absent(tx, [seen.id])[0].absences == 1
        assert sightings.mark_absent(tx, [seen.id])[0].absences == 2
        assert sightings.nowhere(tx, POSTBOX, sha256=kept.sha256) == ()
        assert sightings.mark_gone(tx, [seen.id]) == (kept.message_id,)
        assert sightings.mark_gone(tx, [seen.id]) == ()
        assert sightings.mark_absent(tx, [seen.id]) == ()
        assert sightings.nowhere(tx, POSTBOX, sha256=kept.sha256) == (kept.message_id,)
        assert sightings.nowhere(tx, "sued", sha256=kept.sha256) == ()


def test_one_of_two_copies_gone_is_no_message_gone(db: Database) -> None:
    kept = keep(db, "1")
    with db.write() as tx:
        moves.move(tx, kept.message_id, to=place("2"), src=place("0"), now=NOW)
        first, _ = sightings.live(tx, POSTBOX, folder=INBOX)
        assert sightings.mark_gone(tx, [first.id]) == ()


def test_a_new_epoch_adopts_byte_identical_mails_as_a_multiset(db: Database) -> None:
    twin_a, twin_b, single = keep(db, "1", b"twin"), keep(db, "2", b"twin"), keep(db, "3", b"one")
    twin, other = originals.fingerprint(b"twin"), originals.fingerprint(b"new")
    found = {"10": twin, "11": other, "12": single.sha256, "13": twin, "14": twin}
    with db.write() as tx:
        adopted = epochs.adopt_epoch(tx, POSTBOX, folder=INBOX, epoch="2", found=found, now=NOW)
    assert adopted == {
        "10": twin_a.message_id,
        "12": single.message_id,
        "13": twin_b.message_id,
    }
    with db.write() as tx:
        assert sightings.known_uids(tx, POSTBOX, folder=INBOX, epoch="2") == {"10", "12", "13"}
        again = epochs.adopt_epoch(tx, POSTBOX, folder=INBOX, epoch="2", found=found, now=NOW)
    assert again == {}


def test_a_folder_that_has_its_old_numbers_again_gives_each_place_to_whose_it_is(
    db: Database,
) -> None:
    kept = [keep(db, uid, b"twin") for uid in "12"]
    twin = kept[0].sha256
    with db.write() as tx:
        call = {"folder": INBOX, "now": NOW}
        epochs.adopt_epoch(tx, POSTBOX, epoch="2", found={"10": twin, "11": twin}, **call)
        # The first one was removed meanwhile, and another mail of these bytes came.
        back = epochs.adopt_epoch(tx, POSTBOX, epoch="1", found={"2": twin, "3": twin}, **call)
    assert back == {"2": kept[1].message_id, "3": kept[0].message_id}


def test_a_mail_whose_move_is_in_doubt_is_left_to_filing_after_a_new_epoch(db: Database) -> None:
    under_way, quiet = keep(db, "1", b"twin"), keep(db, "2", b"twin")
    lease = take_lease(db)
    with db.write() as tx:
        op_id = wishes.want(tx, under_way.message_id, dst_folder=TARGET, now=NOW)
        assert op_id is not None
        op_steps.sent(tx, op_id, mark=Watermark(TARGET, "1", "5"), lease=lease, now=NOW)
        new = {"folder": INBOX, "epoch": "2"}
        older = epochs.of_older_epoch(tx, POSTBOX, **new, hashes={quiet.sha256})
        assert [s.message_id for s in older[quiet.sha256]] == [quiet.message_id]
        found = {"10": quiet.sha256, "11": quiet.sha256}
        adopted = epochs.adopt_epoch(tx, POSTBOX, **new, found=found, now=NOW)
        assert epochs.of_older_epoch(tx, POSTBOX, **new, hashes={quiet.sha256}) == {}
    assert adopted == {"10": quiet.message_id}


def test_places_are_told_apart_by_the_bytes_of_their_messages(db: Database) -> None:
    one, two, other = keep(db, "1", b"twin"), keep(db, "2", b"twin"), keep(db, "3", b"other")
    with db.read() as tx:
        lines = epochs.by_bytes(tx, reversed(sightings.live(tx, POSTBOX, folder=INBOX)))
    assert {digest: [seen.message_id for seen in line] for digest, line in lines.items()} == {
        one.sha256: [one.message_id, two.message_id],
        other.sha256: [other.message_id],
    }


def test_folders_are_those_in_which_mails_lie_each_once(db: Database) -> None:
    for uid, folder in (("1", "b"), ("2", "b"), ("3", "a/x"), ("4", "c")):
        keep(db, uid, place=place(uid, folder=folder))
    keep(db, "5", postbox="ost", place=place("5", folder="d"))
    with db.write() as tx:
        (gone,) = sightings.live(tx, POSTBOX, folder="c")
        sightings.mark_gone(tx, [gone.id])
        assert sightings.folders(tx, POSTBOX) == ("a/x", "b")
        assert sightings.folders(tx, "west") == ()
