"""Receipts that can't be read or put away, contradict, or come for what was handed over again."""

from dataclasses import replace

import pytest

from outbox.eakte import DirectoryOutlet
from outbox.receipt_folder import receipt_json
from rules.errors import TryLater
from rules.handover import Receipt
from rules.item import EakteState
from store.desk import items
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from store.trail import audit
from tests.house_fixture import clerk, eml
from tests.triage.way import Post, bring_in
from triage import handover, rounds, send, work
from triage.sending import receipts

ME = clerk("435")


@pytest.fixture
def url(sqlite_url):
    """One engine: what a folder says is the same for both."""
    return sqlite_url


@pytest.fixture
def outlets(drop, clock):
    return send.Outlets(DirectoryOutlet(drop, clock), Post())


@pytest.fixture
def rows(house, box, lease, outlets):
    """Three hand-overs that left, each of an item that a clerk holds no more."""
    bring_in(
        house, box, lease, *(eml(f"Neues Konto {n}", f"Kassel 123A45678{n}") for n in range(3))
    )
    for _ in range(3):
        claim = work.claim_next(house, ME, "435")
        handover.order(house, ME, claim.item_id, claim.token, close_when_received=True)
    rounds.send_round(house, outlets, "w-1")
    return found(house)


def found(house):
    with house.db.read() as tx:
        return sorted(
            outgoing.listing(tx, states=list(OutgoingState), limit=9), key=lambda row: row.id
        )


def states(house):
    return [row.state.value for row in found(house)]


def told(house, action):
    with house.db.read() as tx:
        return sum(one.action == action for one in audit.listing(tx, limit=999))


def tell(drop, row, **changes):
    folder = drop / "quittungen"
    folder.mkdir(exist_ok=True)
    said = Receipt(row.idempotency_key, True, "EA-9", "", "2026-11-23T09:00:00+00:00")
    path = folder / f"{row.idempotency_key}.json"
    path.write_bytes(receipt_json(replace(said, **changes)))
    return path


def taken(house, outlets):
    with pytest.raises(TryLater) as caught:
        send.take_all_receipts(house, outlets)
    return caught.value


def test_where_no_receipt_can_be_put_away_all_are_taken_and_told_once(rows, drop, house, outlets):
    for row in rows:
        tell(drop, row)
    # What a disk that is read only does, to root too.
    (drop / "quittungen" / "erledigt").write_bytes(b"a file where the folder should be")
    for _ in range(3):
        assert taken(house, outlets).code == "eakte.disk"
    assert states(house) == ["receipted"] * 3
    assert told(house, "eakte.received") == 3


def test_a_no_after_the_receipt_changes_nothing_and_is_told_once(rows, drop, house, outlets):
    for accepted in (True, False, False):
        tell(drop, rows[0], accepted=accepted, reason="" if accepted else "falsche Akte")
        send.take_all_receipts(house, outlets)
    assert states(house)[0] == "receipted"
    assert told(house, "eakte.rejected") == 0
    assert told(house, "eakte.contradicted") == 1


def test_what_lies_in_another_record_is_handed_over_again_when_a_clerk_says_so(
    house, box, lease, drop, outlets
):
    bring_in(house, box, lease, eml("Neues Konto", "Kassel 34117 123A456789"))
    claim = work.claim_next(house, ME, "435")
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    (row,) = found(house)
    tell(drop, row, kundennummer="999B999999")
    rounds.send_round(house, outlets, "w-1")
    (package,) = (drop / "pakete").iterdir()
    package.rename(drop / "fetched")
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    assert [one.name for one in (drop / "pakete").iterdir()] == [row.idempotency_key]
    tell(drop, row, kundennummer="123A456789")
    rounds.send_round(house, outlets, "w-1")
    with house.db.read() as tx:
        assert items.get(tx, claim.item_id).eakte is EakteState.RECEIVED


def test_a_bulk_of_receipts_holds_up_nothing_that_is_to_leave(house, outlets, rows, drop, clock):
    class SlowEakte:
        """Takes ten seconds for each receipt that is put away."""

        def __init__(self, papers):
            self.papers = list(papers)

        def receipts(self):
            yield from tuple(self.papers)

        def set_aside(self, paper):
            clock.forward(seconds=10)
            self.papers.remove(paper)

    told = {"accepted": True, "reference": "", "sha256": "", "reason": ""}
    eakte = SlowEakte(
        Receipt(key=f"eakte-9-{n}-0123456789ab", received_at="2026-11-24T08:00:00+00:00", **told)
        for n in range(300)
    )
    begun = clock()
    assert 0 < receipts.take(house, eakte) < 10
    assert (clock() - begun).total_seconds() < 60
    eakte.set_aside = eakte.papers.remove
    assert [receipts.take(house, eakte) for _ in range(4)][-1] == 0
    assert eakte.papers == []


def test_what_cannot_be_put_away_keeps_no_other_from_its_turn(house, outlets, rows, monkeypatch):
    monkeypatch.setattr(receipts, "AT_ONCE", 1)
    told = {"accepted": True, "reference": "", "sha256": ""}
    told |= {"received_at": "2026-11-24T08:00:00+00:00"}
    strangers = [Receipt(key=f"eakte-9-{n}-0123456789ab", **told) for n in range(5)]
    papers = [*strangers, *(Receipt(key=row.idempotency_key, **told) for row in rows)]

    class Stuck:
        """Gives what it has again and again."""

        def set_aside(self, paper):
            raise TryLater("eakte.disk", "full")

        def receipts(self):
            yield from papers

        def confirm(self, paper):
            raise TryLater("eakte.disk", "full")

    for _ in rows:
        with pytest.raises(TryLater):
            receipts.take(house, Stuck())
    assert states(house) == ["receipted"] * 3
