"""A scanner marks attachments where a clerk sees them, and never holds up or loses a mail."""

from dataclasses import replace
from email.message import EmailMessage

import pytest
from pydantic import ValidationError

from ingest.clamd import Clamd
from rules.scan import ScanState
from store.mails import ledger
from tests.house_fixture import clerk
from tests.servers.clamd import ClamdDouble
from tests.triage.way import bring_in, states
from triage import work
from triage.desk import item_view
from triage.doctor import safe as doctor_safe
from triage.settings import Settings
from triage.settings.scanner import ScannerSettings

NEEDLE = b"EICAR-NOT-REALLY"
ME = clerk("435")


@pytest.fixture
def url(sqlite_url) -> str:
    """One engine: the scanner has nothing to do with the database."""
    return sqlite_url


def mail() -> bytes:
    made = EmailMessage()
    made["From"], made["To"] = "alex@post.example", "Kassel@arbeitsagentur.de"
    made["Subject"] = "Krankmeldung"
    made.set_content("Anbei.")
    for name, data in (("AU.pdf", b"%PDF harmless"), ("Bescheid.pdf", b"%PDF " + NEEDLE)):
        made.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    return made.as_bytes()


def seen(house, box, lease) -> dict[str, ScanState]:
    bring_in(house, box, lease, mail())
    claim = work.claim_next(house, ME, "435")
    found = item_view.view(house, ME, claim.item_id)
    return {file.name: found.scans[file.path].state for file in found.mail.attachments}


def test_the_infected_attachment_is_marked_and_the_mail_goes_its_way_unchanged(house, box, lease):
    with ClamdDouble(NEEDLE) as double:
        told = seen(replace(house, scanner=Clamd(double.where)), box, lease)
    assert told == {"AU.pdf": ScanState.CLEAN, "Bescheid.pdf": ScanState.INFECTED}
    assert states(house) == {"sorted": 1}
    with house.db.read() as tx:
        assert ledger.message(tx, 1).size_bytes == len(ledger.original(tx, 1))


def test_without_the_scanner_the_mail_is_sorted_and_shown_as_not_scanned(
    house, box, lease, tmp_path
):
    away = replace(house, scanner=Clamd(str(tmp_path / "none.ctl")))
    assert set(seen(away, box, lease).values()) == {ScanState.UNSCANNED}
    assert states(house) == {"sorted": 1}


def test_a_house_without_scanner_says_nothing(house, box, lease):
    bring_in(house, box, lease, mail())
    claim = work.claim_next(house, ME, "435")
    assert item_view.view(house, ME, claim.item_id).scans == {}


def test_the_doctor_asks_the_scanner():
    with ClamdDouble(NEEDLE) as double:
        there = ScannerSettings(address=f"tcp:127.0.0.1:{double.where[1]}")
        grades = [one.grade for one in doctor_safe.scanner(Settings(scanner=there))]
    gone = Settings(scanner=ScannerSettings(address="unix:/none.ctl"))
    grades += [one.grade for one in doctor_safe.scanner(gone)]
    assert grades == ["good", "warn"]
    assert list(doctor_safe.scanner(Settings())) == []


@pytest.mark.parametrize("address", ["tcp:scanner.example:3310", "unix:relative", "3310"])
def test_files_of_citizens_go_to_no_other_machine(address):
    with pytest.raises(ValidationError):
        ScannerSettings(address=address)
