"""XDOMEA answers up to the item: what has come opens nothing, what is filed opens the bolt."""

import os

import pytest

from outbox.eakte import DirectoryOutlet
from rules.errors import Refused
from rules.item import CloseReason, EakteState, ItemState
from store.desk import items
from store.sending import outgoing
from store.tables.ledger import OutgoingState
from tests.house_fixture import ADMIN, clerk, eml
from tests.servers import xdomea_dms
from tests.triage.way import Post, bring_in
from triage import handover, rounds, send, work
from triage.desk import item_view
from triage.sending import day_match

ME = clerk("435")


@pytest.fixture
def drop(tmp_path):
    (tmp_path / "eakte/quittungen").mkdir(parents=True)
    return tmp_path / "eakte"


@pytest.fixture
def outlets(drop, clock):
    return send.Outlets(DirectoryOutlet(drop, clock), Post())


@pytest.fixture
def claim(house, box, lease, outlets):
    """A hand-over that has left, its item still in the clerk's hands."""
    bring_in(house, box, lease, eml("Neues Konto", "Kassel 34117 123A456789"))
    claim = work.claim_next(house, ME, "435")
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    return claim


def process(drop):
    (message,) = (drop / "pakete").glob("*/xdomea.xml")
    return xdomea_dms.process_of(message.read_bytes())


def say(house, drop, outlets, data):
    (drop / "quittungen/answer.xml").write_bytes(data)
    return rounds.send_round(house, outlets, "w-1")


def row(house, claim):
    with house.db.read() as tx:
        (found,) = outgoing.of_item(tx, claim.item_id)
        return found


def eakte(house, claim):
    with house.db.read() as tx:
        return items.get(tx, claim.item_id).eakte


def close(house, claim):
    work.close(house, ME, claim.item_id, claim.token, reason=CloseReason.HANDED_OVER)


def test_that_it_has_come_does_not_close_and_stands_in_the_story_once(house, drop, outlets, claim):
    for _ in range(2):
        say(house, drop, outlets, xdomea_dms.arrival(process(drop)))
    assert (row(house, claim).state, eakte(house, claim)) == (OutgoingState.SENT, EakteState.SENT)
    with pytest.raises(Refused) as refused:
        close(house, claim)
    assert refused.value.code == "item.receipt_missing"
    story = [step.code for step in item_view.view(house, ME, claim.item_id).story]
    assert story.count("eakte.arrived") == 1


def test_what_is_filed_closes(house, drop, outlets, claim):
    say(house, drop, outlets, xdomea_dms.arrival(process(drop)))
    say(house, drop, outlets, xdomea_dms.imported(process(drop)))
    found = row(house, claim)
    assert (found.state, found.receipt["reference"]) == (OutgoingState.RECEIPTED, "EA-2026-0815")
    close(house, claim)
    with house.db.read() as tx:
        assert items.get(tx, claim.item_id).state is ItemState.CLOSED


def test_a_late_arrival_takes_nothing_back(house, drop, outlets, claim):
    say(house, drop, outlets, xdomea_dms.imported(process(drop)))
    say(house, drop, outlets, xdomea_dms.arrival(process(drop)))
    assert row(house, claim).receipt["reference"] == "EA-2026-0815"


def test_what_was_refused_tells_its_reason_and_goes_out_again(house, drop, outlets, claim):
    say(house, drop, outlets, xdomea_dms.imported(process(drop), words="Sachgebiet fehlt"))
    found = row(house, claim)
    assert (found.state, found.receipt["reason"]) == (OutgoingState.REJECTED, "Sachgebiet fehlt")
    assert eakte(house, claim) is EakteState.REJECTED
    handover.order(house, ME, claim.item_id, claim.token)
    rounds.send_round(house, outlets, "w-1")
    say(house, drop, outlets, xdomea_dms.imported(process(drop)))
    assert row(house, claim).state is OutgoingState.RECEIPTED


def test_another_record_in_the_answer_is_a_rejection(house, drop, outlets, claim):
    other = {"Kundennummer": "999A999999"}
    say(house, drop, outlets, xdomea_dms.imported(process(drop), fields=other))
    assert eakte(house, claim) is EakteState.REJECTED


@pytest.mark.parametrize(
    "stranger", ["11111111-2222-4333-8444-555555555555", "01234567-89ab-8000-8000-0c0000000028"]
)
def test_an_answer_to_nothing_of_ours_is_kept_aside_and_stops_no_other(
    house, drop, outlets, claim, stranger
):
    (drop / "quittungen/a.xml").write_bytes(xdomea_dms.imported(stranger))
    say(house, drop, outlets, xdomea_dms.imported(process(drop)))
    assert row(house, claim).state is OutgoingState.RECEIPTED
    assert len(list((drop / "quittungen/unbekannt").iterdir())) == 1


def test_the_days_match_reads_answers_and_names_those_of_strangers(house, drop, outlets, claim):
    stranger = "11111111-2222-4333-8444-555555555555"
    (drop / "quittungen/a.xml").write_bytes(
        xdomea_dms.imported(stranger).replace(b"2026-11-24", b"2026-11-23")
    )
    filed = xdomea_dms.imported(process(drop)).replace(b"2026-11-24", b"2026-11-23")
    say(house, drop, outlets, filed)
    for file in (drop / "quittungen").rglob("*.xml"):
        # As written by the clock of the test, whatever day it is here.
        os.utime(file, (house.clock().timestamp(),) * 2)
    found = day_match.of_day(house, outlets.eakte, ADMIN, day=house.today())
    assert found.correct == (row(house, claim).idempotency_key,)
    assert found.missing_here == (f"prozess-{stranger}",)
