"""Keeping: once for each place, twins apart, originals byte for byte."""

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules.errors import Conflict, Refused, Unreadable
from rules.ledger import LedgerState
from store.counts import ledger_counts
from store.database.engine import Database
from store.mails import chunks, keeping, ledger, originals
from store.places import sightings
from store.processes import leases
from store.tables import ledger as tables
from tests.store.samples import (
    INBOX,
    NOW,
    POSTBOX,
    arrival,
    describe,
    keep,
    later,
    place,
    take_lease,
)


def test_a_message_kept_can_be_read_back_byte_for_byte(db: Database) -> None:
    data = bytes(range(256)) * 40
    kept = keep(db, "1", data)
    with db.read() as tx:
        assert ledger.original(tx, kept.message_id) == data
        row = ledger.message(tx, kept.message_id)
    assert kept.is_new
    assert (row.sha256, row.size_bytes) == (originals.fingerprint(data), len(data))
    assert (row.state, row.received_at, row.kept_at) == (LedgerState.KEPT, NOW, NOW)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=3000))
def test_any_bytes_come_back_as_they_were(db: Database, data: bytes) -> None:
    with db.write() as tx:
        kept = keeping.keep(tx, arrival("x", data, place=None), now=NOW)
        assert ledger.original(tx, kept.message_id) == data


@pytest.fixture
def in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mail above 1,000 bytes is written and read in pieces of 300."""
    monkeypatch.setattr(chunks, "FROM_BYTES", 1000)
    monkeypatch.setattr(chunks, "PIECE_BYTES", 300)


LARGE = bytes(range(256)) * 200
"""Stored as it is, and no multiple of a piece."""


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize("data", [LARGE, b"small", b"x" * 1001], ids=["large", "small", "packed"])
def test_what_is_written_in_pieces_comes_back_as_it_was(db: Database, data: bytes) -> None:
    with db.write() as tx:
        found = keeping.keep_many(
            tx, [arrival("1", data), arrival("2", b"beside it"), arrival("3", data)], now=NOW
        )
    with db.read() as tx:
        assert [ledger.original(tx, one.message_id) for one in found] == [data, b"beside it", data]
    assert found[2].twin_ids == (found[0].message_id,)


@pytest.mark.usefixtures("in_pieces")
def test_pieces_of_a_commit_that_fails_are_undone_and_deleted_bytes_come_anew(db: Database) -> None:
    with pytest.raises(Refused), db.write() as tx:
        ledger.original(tx, keeping.keep(tx, arrival("1", LARGE), now=NOW).message_id + 1)
    kept = keep(db, "1", LARGE)
    with db.write() as tx:
        originals.erase(tx, kept.sha256, now=NOW)
        assert originals.read(tx, kept.sha256) is None
    keep(db, "2", LARGE)
    with db.read() as tx:
        assert originals.read(tx, kept.sha256) == LARGE


@pytest.mark.usefixtures("in_pieces")
def test_sqlite_is_never_given_a_large_mail_in_one(sqlite_url: str) -> None:
    db = Database.open(sqlite_url)
    given: list[int] = []

    @sa.event.listens_for(db._writer, "before_cursor_execute")
    def look(_c: object, _cursor: object, _s: str, values: object, _x: object, many: bool) -> None:
        rows = values if many else [values]
        given.extend(len(v) for row in rows for v in row if isinstance(v, bytes | memoryview))

    keep(db, "1", LARGE)
    keep(db, "2", b"small")
    db.close()
    assert len(given) == 1, "the small one"


@pytest.mark.usefixtures("in_pieces")
def test_only_a_large_mail_is_read_in_pieces(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = chunks.read
    monkeypatch.setattr(chunks, "read", lambda tx, sha256: read.append(sha256) or real(tx, sha256))
    large, small = keep(db, "1", LARGE), keep(db, "2", b"small")
    with db.write() as tx:
        found = originals.packed_many(tx, [large.sha256, small.sha256])
        assert originals.unpacked(found[large.sha256], large.sha256) == LARGE
    assert read == [large.sha256]


def test_a_place_already_known_is_the_same_message(db: Database) -> None:
    first = keep(db, "1")
    again = keep(db, "1")
    assert again == keeping.Kept(first.message_id, first.sha256, is_new=False)


def test_equal_bytes_at_another_place_are_a_message_of_their_own(db: Database) -> None:
    first, second, third = (keep(db, uid, b"same") for uid in "123")
    assert len({first.message_id, second.message_id, third.message_id}) == 3
    assert third.is_new
    assert third.twin_ids == (first.message_id, second.message_id)
    with db.read() as tx:
        assert tx.run(sa.select(sa.func.count()).select_from(tables.original)).scalar_one() == 1


def test_a_batch_is_answered_in_its_order_with_twins_and_repetitions_inside(db: Database) -> None:
    known = keep(db, "2", b"two")
    batch = [
        arrival("1", b"one"),
        arrival("2", b"two"),
        arrival("3", b"one"),
        arrival("1", b"one"),
        arrival("-", b"two", place=None),
        arrival("-", b"two", place=None),
    ]
    with db.write() as tx:
        kept = keeping.keep_many(tx, batch, now=NOW)
    assert [k.is_new for k in kept] == [True, False, True, True, True, True]
    assert kept[1].message_id == known.message_id
    assert kept[3] == kept[0]
    assert kept[2].twin_ids == (kept[0].message_id,)
    assert kept[5].twin_ids == (known.message_id, kept[4].message_id)


def test_an_empty_batch_is_nothing(db: Database) -> None:
    with db.write() as tx:
        assert keeping.keep_many(tx, [], now=NOW) == ()


def test_the_same_uid_in_another_epoch_folder_or_postbox_is_another_place(db: Database) -> None:
    first = keep(db, "7", b"a")
    other_epoch = keep(db, "7", b"b", place=place("7", epoch="2"))
    other_box = keep(db, "7", b"c", postbox="sued")
    assert len({first.message_id, other_epoch.message_id, other_box.message_id}) == 3


def test_a_place_whose_message_had_gone_is_live_again(db: Database) -> None:
    kept = keep(db, "1")
    with db.write() as tx:
        (seen,) = sightings.live(tx, POSTBOX, folder=INBOX)
        sightings.mark_gone(tx, [seen.id])
        assert sightings.known_uids(tx, POSTBOX, folder=INBOX, epoch="1") == frozenset()
    assert keep(db, "1").message_id == kept.message_id
    with db.read() as tx:
        assert sightings.known_uids(tx, POSTBOX, folder=INBOX, epoch="1") == {"1"}


def test_nothing_is_kept_under_a_lost_lease(db: Database) -> None:
    old = take_lease(db, seconds=10)
    take_lease(db, owner="w2", now=later(11))
    with pytest.raises(Conflict) as caught, db.write() as tx:
        keeping.keep(tx, arrival("1"), now=later(5), lease=old)
    assert caught.value.code == "lease.lost"
    with db.read() as tx:
        assert ledger.unsorted(tx, limit=10) == ()


def test_under_a_lease_that_holds_it_is_kept(db: Database) -> None:
    lease = take_lease(db)
    with db.write() as tx:
        assert keeping.keep(tx, arrival("1"), now=later(1), lease=lease).is_new
        leases.release(tx, lease, now=later(2))


@pytest.mark.parametrize("hostile", ["a\0b", "\udce4rger", "ok 😀", "x" * 5000])
def test_strangers_text_never_breaks_the_row(db: Database, hostile: str) -> None:
    kept = keep(db, "1")
    with db.write() as tx:
        ledger.describe(
            tx,
            kept.message_id,
            sender=hostile,
            subject=hostile,
            message_id_header=hostile,
            defects=("charset.guessed",),
        )
    with db.read() as tx:
        row = ledger.message(tx, kept.message_id)
    assert row.defects == ["charset.guessed"]
    assert row.subject.replace("\N{REPLACEMENT CHARACTER}", "?") == hostile.replace(
        "\0", "?"
    ).replace("\udce4", "?")


def test_an_unknown_message_is_refused_everywhere(db: Database) -> None:
    with db.write() as tx:
        for call in (
            lambda: ledger.message(tx, 99),
            lambda: ledger.original(tx, 99),
            lambda: ledger.set_state(tx, 99, LedgerState.SORTED, reason="", now=NOW),
            lambda: describe(tx, 99),
        ):
            with pytest.raises(Refused) as caught:
                call()
            assert caught.value.code == "mail.unknown"


@pytest.mark.parametrize("packed", [b"not zlib", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_damaged_original_is_noticed(db: Database, packed: bytes) -> None:
    kept = keep(db, "1")
    with db.write() as tx:
        tx.run(sa.update(tables.original).values(data=packed))
    with pytest.raises(Unreadable) as caught, db.read() as tx:
        ledger.original(tx, kept.message_id)
    assert caught.value.code == "mail.damaged"


def test_states_follow_the_rules(db: Database) -> None:
    kept = keep(db, "1")
    with db.write() as tx:
        ledger.set_state(tx, kept.message_id, LedgerState.SORTED, reason="judged", now=later(5))
        ledger.set_state(tx, kept.message_id, LedgerState.SORTED, reason="again", now=later(9))
        row = ledger.message(tx, kept.message_id)
        assert (row.state, row.state_reason, row.state_at) == (
            LedgerState.SORTED,
            "judged",
            later(5),
        )
        with pytest.raises(Conflict) as caught:
            ledger.set_state(tx, kept.message_id, LedgerState.DELETED, reason="", now=NOW)
    assert caught.value.code == "ledger.step"


def test_unsorted_is_oldest_first_and_tells_how_fresh_the_postbox_is(db: Database) -> None:
    first = keep(db, "1", received_at=later(50))
    second = keep(db, "2", received_at=later(10))
    third = keep(db, "3", received_at=later(1), postbox="sued")
    with db.write() as tx:
        ledger.set_state(tx, first.message_id, LedgerState.SORTED, reason="", now=NOW)
        (oldest,) = ledger.unsorted(tx, limit=1)
        assert oldest.id == second.message_id
        assert [row.id for row in ledger.unsorted(tx, limit=9)] == [oldest.id, third.message_id]
        both = oldest.size_bytes + 1
        assert ledger.unsorted(tx, limit=9, limit_bytes=both) == (oldest,)
        assert ledger.unsorted(tx, limit=9, limit_bytes=1) == (oldest,), "one at least"
        assert ledger_counts.waiting_since(tx) == {
            ("postbox", POSTBOX): later(10),
            ("postbox", "sued"): later(1),
        }


def test_counts_name_every_state_and_cut_the_day_at_local_midnight(db: Database) -> None:
    with db.write() as tx:
        # 22:30 UTC on 28 March 2026 is 23:30 in Berlin; one hour later it is the 29th, 00:30.
        for uid, hour in (("1", 22), ("2", 23)):
            moment = datetime(2026, 3, 28, hour, 30, tzinfo=UTC)
            keeping.keep(tx, arrival(uid), now=moment)
        keeping.keep(tx, arrival("3", postbox="sued"), now=datetime(2026, 3, 29, 9, tzinfo=UTC))
        assert ledger_counts.counts(tx)[LedgerState.KEPT] == 3
        assert set(ledger_counts.counts(tx)) == set(LedgerState)
        by_day = [ledger_counts.counts_by_postbox(tx, day=date(2026, 3, day)) for day in (28, 29)]
    kept = [{box: found[LedgerState.KEPT] for box, found in one.items()} for one in by_day]
    assert kept == [{POSTBOX: 1}, {POSTBOX: 1, "sued": 1}]
