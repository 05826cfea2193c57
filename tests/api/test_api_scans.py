"""What is known of attachments reaches programs, too, and nothing is taken for clean."""

from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from ingest.clamd import Clamd
from tests.api.conftest import Doors
from tests.servers.clamd import ClamdDouble
from triage.ports import Scanner

NEEDLE = b"EICAR-NOT-REALLY"


@pytest.fixture
def item(doors: Doors) -> int:
    """An item with a clean paper, a found one, and a program."""
    made = EmailMessage()
    made["From"], made["To"] = "alex@post.example", "Kassel@arbeitsagentur.de"
    made["Subject"] = "Krankmeldung"
    made.set_content("Kundennummer 123A456789, wohnhaft 34117 Kassel. Anbei.")
    files = (("AU.pdf", b"%PDF"), ("Bescheid.pdf", b"%PDF " + NEEDLE), ("AU.pdf.exe", b"MZ"))
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="pdf", filename=name)
    answer = doors.machine.post(
        "/v1/mails", content=made.as_bytes(), headers={"Content-Type": "message/rfc822"}
    )
    return int(answer.json()["item_id"])


def told(doors: Doors, item: int, scanner: Scanner | None) -> tuple[dict[str, Any], list[str]]:
    """Scans and programs, by the names of the files."""
    doors.app.state.house = replace(doors.house, scanner=scanner)
    shown = doors.kassel.get(f"/v1/items/{item}").json()
    names = {file["path"]: file["name"] for file in shown["mail"]["attachments"]}
    scans = {names[path]: (one["state"], one["name"]) for path, one in shown["scans"].items()}
    return scans, [names[path] for path in shown["programs"]]


def test_a_program_learns_what_the_scanner_found(doors: Doors, item: int) -> None:
    with ClamdDouble(NEEDLE) as double:
        scans, programs = told(doors, item, Clamd(double.where))
    assert {name: state for name, (state, _) in scans.items()} == {
        "AU.pdf": "clean", "Bescheid.pdf": "infected", "AU.pdf.exe": "clean",
    }  # fmt: skip
    assert scans["Bescheid.pdf"][1]
    assert programs == ["AU.pdf.exe"]


def test_a_scanner_that_is_away_calls_nothing_clean(
    doors: Doors, item: int, tmp_path: Path
) -> None:
    scans, _ = told(doors, item, Clamd(str(tmp_path / "none.ctl")))
    assert [state for state, _ in scans.values()] == ["unscanned"] * 3


def test_without_a_scanner_programs_are_told_all_the_same(doors: Doors, item: int) -> None:
    assert told(doors, item, None) == ({}, ["AU.pdf.exe"])
