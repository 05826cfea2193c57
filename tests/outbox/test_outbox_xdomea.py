"""The XDOMEA message; also by the schema, where POSTLOTSE_XDOMEA_SCHEMA names its folder."""

import uuid
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outbox.xdomea import NAMESPACE, document_id, message, original_name
from tests.outbox.sample_package import make_package

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
NAMES = {"x": NAMESPACE}


def root_of(data: bytes) -> ET.Element:
    return ET.fromstring(data)  # noqa: S314 - our own bytes


def texts(root: ET.Element, path: str) -> list[str | None]:
    return [element.text for element in root.findall(path, NAMES)]


def test_the_message_names_mail_agency_and_customer() -> None:
    root = root_of(message(make_package(), folder="item-12-v3", created_at=NOW))
    assert root.tag == f"{{{NAMESPACE}}}FVDaten.SGOAblegen.0605"
    assert texts(root, "x:Kopf/x:Nachrichtentyp/code") == ["0605"]
    assert texts(root, ".//x:Posteingangsdatum") == ["2026-11-24"]  # half past midnight in Berlin
    assert texts(root, ".//x:AllgemeineMetadaten/x:Kennzeichen") == ["123A456789"]
    assert texts(root, ".//x:Dateiname") == [original_name("item-12-v3")]
    assert texts(root, ".//x:Ablageort") == ["item-12-v3"]
    assert texts(root, ".//x:Absender/x:Organisationseinheit/x:Name") == [
        "Agentur für Arbeit Kassel"
    ]
    fields = dict(
        zip(texts(root, ".//x:Feld/x:Name"), texts(root, ".//x:Feld/x:Wert"), strict=True)
    )
    assert fields["Anliegen"] == "bankverbindung au"
    assert fields["Anlage"] == "AU <Müller>.pdf"


def test_an_unknown_agency_or_customer_is_left_open() -> None:
    unknown = make_package(agency_code=None, agency_name=None, kundennummer=None)
    root = root_of(message(unknown, folder="f", created_at=NOW))
    assert texts(root, ".//x:AllgemeineMetadaten/x:Kennzeichen") == []
    assert texts(root, ".//x:Absender/x:Organisationseinheit/x:Name") == [
        "Agentur noch nicht bestimmt"
    ]


def test_the_document_id_follows_from_the_key() -> None:
    assert document_id("a") == document_id("a") != document_id("b")
    assert uuid.UUID(original_name("a").partition("_")[0]) == document_id("a")


@given(st.text(max_size=40))
def test_any_attachment_name_makes_well_formed_xml(name: str) -> None:
    attachments = ((name, "application/pdf", 1, "1.2"),)
    root = root_of(message(make_package(attachments=attachments), folder="f", created_at=NOW))
    assert texts(root, ".//x:Feld/x:Name")[-1] == "Anlage"


@pytest.mark.parametrize(
    "changes", [{}, {"agency_name": None, "kundennummer": None, "attachments": ()}]
)
def test_the_message_is_valid_by_the_schema(changes: dict[str, object], xdomea_schema) -> None:
    data = message(make_package(**changes), folder="f", created_at=NOW)
    xdomea_schema.validate(data.decode().partition("?>")[2])
