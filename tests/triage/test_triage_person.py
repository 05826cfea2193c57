"""One person's data: all of it handed out, and deleted on order with every lock but the period."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from rules.errors import Refused
from rules.sweep import HoldKind, OrderBasis
from store.deletion.holds import NewHold
from store.mails import ledger
from store.sending.outgoing import Outgoing
from store.tables.ledger import OutgoingState
from store.trail import audit
from tests.house_fixture import ADMIN
from tests.triage import sweep_world
from tests.triage.sweep_world import NEEDLES, PAID, World
from triage import person, person_words
from triage.cli import app as cli
from triage.sweep import holds as sweep_holds
from triage.sweep import orders as sweep
from triage.sweep import run as sweep_run

PAULA = person.Who(number="123A456789")
OTHER = replace(ADMIN, name="a-2")


@pytest.fixture
def world(house, box, lease, clock, tmp_path) -> World:
    return sweep_world.build(house, box, lease, clock, tmp_path / "outside")


def test_a_person_is_found_by_number_and_by_address_in_ones_regions(world):
    house = world.house
    assert person.find(house, ADMIN, PAULA) == (1,)
    igor = person.named(address=" Igor.Brombeer@POST.example ")
    assert person.find(house, ADMIN, igor) == (2,)
    west = replace(ADMIN, regions=frozenset({"West"}))
    assert person.find(house, west, PAULA) == person.find(house, west, igor) == ()
    assert person.named(number="123 A 45 67 89") == PAULA
    for wrong in ({}, {"number": "12"}, {"address": "alex"}):
        with pytest.raises(Refused) as caught:
            person.named(**wrong)
        assert caught.value.code == "person.who"
    with pytest.raises(Refused):
        person.find(house, sweep_world.ME, PAULA)


def test_who_looks_a_person_up_is_in_the_trail_and_whom_is_not(world):
    assert person.look_up(world.house, ADMIN, PAULA) == (1,)
    with world.house.db.read() as tx:
        (told,) = audit.of_subject(tx, "person")
    assert (told.actor, told.action, told.details) == (
        ADMIN.name, "person.looked_up", {"messages": [1]},
    )  # fmt: skip


def test_the_number_is_read_from_the_input_where_the_command_line_says_so(sqlite_url, tmp_path):
    config = tmp_path / "p.toml"
    config.write_text(f'store.url = "{sqlite_url}"\n', encoding="utf-8")
    words = ["person", "list", "--kundennummer", "-", "-c", str(config)]
    run = CliRunner()
    assert run.invoke(cli.app, words, input="123A456789\n").exit_code == 0
    assert isinstance(run.invoke(cli.app, words, input="12\n").exception, Refused)


def test_the_export_holds_originals_answers_and_a_german_index(world, tmp_path):
    folder = tmp_path / "auskunft"
    sweep_holds.hold(world.house, ADMIN, NewHold(HoldKind.ACCESS, "DSB 1", message_id=1))
    count = person.export(
        world.house, ADMIN, person.Who("123A456789", "igor.brombeer@post.example"),
        folder=folder, reference="DSB 7/26",
    )  # fmt: skip
    assert count == 2
    assert (folder / "nachricht-000000001.eml").read_bytes() == PAID
    (reply,) = folder.glob("antwort-*.eml")
    assert b"igor.brombeer@post.example" in reply.read_bytes()
    index = (folder / "uebersicht.txt").read_text()
    words = (
        "Neues Konto Kranichstein", "Kundennummer: 123A456789", "An die eAkte übergeben am",
        "Löschsperre: auskunft", "DSB 7/26", "Antwort gesendet am", "Hausregel",
        ": Bankverbindung; zahlungsrelevant: ja", "Art. 77 DSGVO",
    )  # fmt: skip
    for word in words:
        assert word in index
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(Refused) as caught:
        person.export(world.house, ADMIN, PAULA, folder=folder, reference="DSB 7/26")
    assert caught.value.code == "person.folder"


def test_the_trail_says_that_it_was_handed_out_and_not_whose_it_is(world, tmp_path):
    person.export(world.house, ADMIN, PAULA, folder=tmp_path / "a", reference="DSB 7/26")
    with world.house.db.read() as tx:
        found = audit.listing(tx, limit=1000)
    told = [entry for entry in found if "export" in entry.action]
    assert [entry.action for entry in told] == ["mail.exported", "person.exported"]
    words = str([(entry.subject, entry.details) for entry in found])
    assert [needle for needle in NEEDLES if needle in words] == []


def test_deletion_on_order_takes_all_of_a_person_after_a_second_ones_yes(world):
    run = person.erase(
        world.house, ADMIN, PAULA, basis=OrderBasis.ART17, reference="DSB 9/26"
    )  # fmt: skip
    sweep.approve(world.house, OTHER, run)
    sweep_run.run(world.house, world.outlets, "cli", run)
    with world.house.db.read() as tx:
        assert [ledger.message(tx, one).state.value for one in (1, 2)] == ["deleted", "done"]
    assert person.find(world.house, ADMIN, PAULA) == ()
    with pytest.raises(Refused) as caught:
        person.erase(world.house, ADMIN, PAULA, basis=OrderBasis.SGB84, reference="DSB 9/26")
    assert caught.value.code == "sweep.nothing"


def task_of(key: str) -> Outgoing:
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    return Outgoing(
        id=1, kind="task", item_id=1, message_id=1, idempotency_key=key, payload={},
        state=OutgoingState.SENT, tries=1, next_try_at=None, claimed_until=None,
        fence=1, answer=None, receipt=None, created_at=at, sent_at=at, done_at=None, error_code="",
    )  # fmt: skip


def test_the_index_names_who_got_a_task_and_not_the_eakte():
    told = task_of("task-familienkasse-0123456789abcdef0123")
    assert person_words.sent_line(told) == "An die Familienkasse übergeben am 23.11.2026 10:00"
    other = task_of("task-of-later-0123456789abcdef0123")
    assert person_words.sent_line(other).startswith("An eine andere Stelle übergeben am ")
