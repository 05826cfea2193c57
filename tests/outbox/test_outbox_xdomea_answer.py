"""XDOMEA answers read back; also by the schema, where POSTLOTSE_XDOMEA_SCHEMA names its folder."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox import receipt_paper, xdomea_answer
from outbox.eakte import DirectoryOutlet
from outbox.xdomea import message
from rules.errors import Unreadable
from rules.handover import Arrival, Receipt
from tests.outbox.sample_package import make_package
from tests.servers import xdomea_dms

KEY = "eakte-12-40-0123456789ab"
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


def process(key: str = KEY) -> str:
    return xdomea_dms.process_of(message(make_package(key=key), folder="f", created_at=NOW))


def receipt(data: bytes) -> Receipt:
    found = xdomea_answer.paper(data)
    assert isinstance(found, Receipt)
    return found


def test_a_message_that_has_come_is_no_receipt():
    found = xdomea_answer.paper(xdomea_dms.arrival(process()))
    assert found == Arrival(KEY, "2026-11-24T09:30:00+01:00")


def test_a_filed_document_names_its_record():
    found = receipt(xdomea_dms.imported(process()))
    assert (found.key, found.accepted, found.reference) == (KEY, True, "EA-2026-0815")
    assert (found.sha256, found.kundennummer, found.reason) == ("", None, "")


def test_what_the_receiver_gives_back_is_compared_like_any_receipt():
    fields = {"SHA256": "a" * 64, "Kundennummer": "123A456789"}
    found = receipt(xdomea_dms.imported(process(), fields=fields))
    assert (found.sha256, found.kundennummer) == ("a" * 64, "123A456789")


def test_the_number_under_which_it_was_filed_goes_before_the_one_that_we_named():
    """Else a mail in another person's record would look as if it were in the right one."""
    told = xdomea_dms.imported(
        process(), file_number="987A654321", fields={"Kundennummer": "123A456789"}
    )
    filed = receipt(told.replace(b"Aktenzeichen", b"Kundennummer"))
    assert filed.kundennummer == "987A654321"


def test_fields_of_another_program_are_not_ours():
    fields = {"SHA256": "a" * 64, "Kundennummer": "123A456789"}
    told = xdomea_dms.imported(process(), fields=fields)
    found = receipt(told.replace(b"urn:postlotse:eakte:1", b"urn:other:eakte:1"))
    assert (found.sha256, found.kundennummer) == ("", None)


def test_without_a_sign_the_document_there_is_the_reference():
    data = xdomea_dms.imported(process()).replace(b"Aktenzeichen", b"Sachbearbeitung")
    assert receipt(data).reference == "6f9619ff-8b86-4011-b42d-00cf4fc964ff"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"code": "0605001"}, "Die Akte ist dort unbekannt."),
        ({"code": "0000003"}, "XDOMEA-Fehler 0000003."),
        ({"words": "Bitte   Sachgebiet nennen"}, "Bitte Sachgebiet nennen"),
    ],
)
def test_a_refusal_tells_why(said, reason):
    for told in (said, said | {"file_number": ""}):
        found = receipt(xdomea_dms.imported(process(), **told))
        assert (found.accepted, found.reference, found.reason) == (False, "", reason)


def test_of_two_answers_in_one_a_refusal_counts():
    said = "<x:Rueckmeldung><x:AllgemeineRueckmeldung><code>{}</code></x:AllgemeineRueckmeldung>"
    end = "</x:Rueckmeldung>"
    both = said.format("0000000") + end + said.format("0000003") + end
    filed = xdomea_dms.imported(process(), file_number="").decode()
    begin, stop = filed.index("<x:Rueckmeldung>"), filed.index(end) + len(end)
    found = receipt((filed[:begin] + both + filed[stop:]).encode())
    assert (found.accepted, found.reason) == (False, "XDOMEA-Fehler 0000003.")


def test_success_with_a_part_that_failed_is_no_success():
    data = xdomea_dms.imported(process()).replace(b"Erfolgreich>1<", b"Erfolgreich>0<")
    assert receipt(data).accepted is False


def test_known_already_is_neither_filed_nor_refused():
    data = xdomea_dms.imported(process(), code="0000009")
    assert isinstance(xdomea_answer.paper(data), Arrival)


def test_a_number_of_others_is_kept_apart():
    stranger = "11111111-2222-4333-8444-555555555555"
    found = xdomea_answer.paper(xdomea_dms.imported(stranger))
    assert found is not None
    assert found.key == f"prozess-{stranger}"


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]>'
FETCH = b'<!DOCTYPE a SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize("harm", [BOMB, FETCH, b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://a/">]>'])
def test_hostile_xml_is_not_read(harm):
    head, rest = xdomea_dms.imported(process()).split(b"\n", 1)
    assert receipt_paper.read(head + b"\n" + harm + rest) is None
    assert receipt_paper.read(head + b"\n" + rest) is not None


@pytest.mark.parametrize(
    "change",
    [
        (b"ProzessID>", b"Prozess>"),
        (b"Kopf>", b"Kropf>"),
        (b"Rueckmeldung>", b"Meldung>"),
        (b"ErfolgOderMisserfolg>", b"Erfolg>"),
        (b"FVDaten.ImportBestaetigen.0630", b"FVDaten.SGOAblegen.0605"),
        (b"3.0.0", b"4.0.0"),
        (b"UTF-8", b"UTF-99"),
    ],
)
def test_an_answer_without_what_it_needs_is_unreadable(change):
    assert receipt_paper.read(xdomea_dms.imported(process()).replace(*change)) is None


def test_a_number_out_of_form_is_unreadable():
    assert receipt_paper.read(xdomea_dms.arrival("not-a-number")) is None


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data):
    receipt_paper.read(b"<" + data)


def test_a_huge_answer_is_not_read():
    huge = xdomea_dms.imported(process(), words="x" * 70_000)
    assert receipt_paper.read(huge) is None


@pytest.fixture
def papers(drop: Path) -> Path:
    folder = drop / "quittungen"
    folder.mkdir()
    return folder


def test_arrival_and_receipt_lie_side_by_side_and_are_confirmed_one_by_one(drop, papers):
    (papers / "a.xml").write_bytes(xdomea_dms.arrival(process()))
    (papers / "b.xml").write_bytes(xdomea_dms.imported(process()))
    outlet = DirectoryOutlet(drop)
    first, second = outlet.receipts()
    assert isinstance(first, Arrival)
    outlet.confirm(first)
    assert list(outlet.receipts()) == [second]
    outlet.confirm(second)
    outlet.confirm(second)
    names = sorted(path.name for path in (papers / "erledigt").iterdir())
    assert names == [f"{KEY}.eingang.xml", f"{KEY}.xml"]
    outlet.deliver(make_package(key=KEY))
    assert not (drop / "pakete").exists(), "answered is answered"
    assert outlet.discard(KEY)
    assert list((papers / "erledigt").iterdir()) == []


def test_after_a_refusal_the_package_is_laid_anew(drop, papers):
    outlet = DirectoryOutlet(drop)
    outlet.deliver(make_package(key=KEY))
    (papers / "any.xml").write_bytes(xdomea_dms.imported(process(), code="0605005"))
    outlet.confirm(*outlet.receipts())
    (drop / "pakete" / KEY / "gelesen.txt").touch()
    outlet.deliver(make_package(key=KEY))
    assert not (drop / "pakete" / KEY / "gelesen.txt").exists()
    assert (papers / "erledigt/abgelehnt" / f"{KEY}.xml").exists()


def test_hostile_files_are_put_aside_and_stop_no_other(drop, papers):
    (papers / "a.xml").write_bytes(BOMB + b"<a/>")
    (papers / "b.xml").write_bytes(xdomea_dms.imported(process()))
    os.utime(papers / "a.xml", (1, 1))
    found = []
    with pytest.raises(Unreadable) as bad:
        found.extend(DirectoryOutlet(drop).receipts())
    assert bad.value.details["files"] == ("a.xml",)
    assert [one.key for one in found] == [KEY]


@pytest.mark.parametrize(
    "data",
    [
        xdomea_dms.arrival(process()),
        xdomea_dms.imported(process(), fields={"SHA256": "a" * 64}),
        xdomea_dms.imported(process(), code="0605001"),
        xdomea_dms.imported(process(), code="0000009"),
        xdomea_dms.imported(process(), words="Sachgebiet fehlt", file_number=""),
        message(make_package(key=KEY), folder="f", created_at=NOW),
    ],
    ids=["0629", "filed", "refused", "known", "words", "0605"],
)
def test_what_the_double_answers_is_valid_by_the_schema(data, xdomea_schema):
    xdomea_schema.validate(data.decode().partition("?>")[2])
