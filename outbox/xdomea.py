"""One hand-over as an XDOMEA 3.0.0 message "FVDaten.SGOAblegen.0605": a new document to be filed.

Pure: the same package and time give the same bytes. The document is the original mail; its
attachments stay inside it, unaltered, and are only listed. What XDOMEA has no field for (sender
of the verdict, concerns, checksum) stands in an application extension.
Source: XDOMEA 3.0.0 (IT-Planungsrat 2017/39), xdomea-Nachrichten-FachverfahrensdatenAustauschen;
Weisung 202001001 no. 2.4 a 5.
"""

import re
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5
from xml.etree import ElementTree as ET

from rules import process_id
from rules.handover import Package
from rules.local_day import BERLIN

NAMESPACE: Final = "urn:xoev-de:xdomea:schema:3.0.0"
MESSAGE: Final = "FVDaten.SGOAblegen.0605"
EXTENSION: Final = "urn:postlotse:eakte:1"

_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't carry, even escaped. Source: XML 1.0 section 2.2 (Char)."""


def document_id(key: str) -> UUID:
    """The id of the document, from the hand-over key: a second delivery names the same document.

    It is also the ProzessID, by which the answers name the hand-over. Source: own decision 0065;
    for keys of another form RFC 9562 section 5.5 (name-based).
    """
    return process_id.of_key(key) or uuid5(NAMESPACE_URL, f"{EXTENSION}:{key}")


def original_name(key: str) -> str:
    """File name of the original. It begins with an id, as XDOMEA's stringDateinameType wants."""
    return f"{document_id(key)}_original.eml"


def message(package: Package, *, folder: str, created_at: datetime) -> bytes:
    """The XML file (UTF-8). `folder` is the name of the package's folder; `created_at` is aware."""
    ET.register_namespace("xdomea", NAMESPACE)
    root = ET.Element(_tag(MESSAGE))
    _head(_add(root, "Kopf"), package, created_at)
    part = _add(root, "SchriftgutobjektZumAblegen")
    _add(part, "FachverfahrenObjektID", package.key)
    _document(_add(_add(part, "Schriftgutobjekt"), "Dokument"), package)
    _add(part, "Ablageort", folder)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _head(head: ET.Element, package: Package, created_at: datetime) -> None:
    _add(head, "ProzessID", str(document_id(package.key)))
    _code(_add(head, "Nachrichtentyp"), "0605", "nachrichtentyp", "2.0")
    _add(head, "Erstellungszeitpunkt", created_at.isoformat(timespec="seconds"))
    _party(_add(head, "Absender"), _agency(package))
    _party(_add(head, "Empfaenger"), "eAkte")
    _add(_add(head, "SendendesSystem"), "Produktname", "Postlotse")
    _add(head, "Empfangsbestaetigung", "true")
    _add(head, "Importbestaetigung", "true")
    _add(head, "Erstellerkennung", "postlotse")
    _add(head, "Stapel", "false")


def _document(document: ET.Element, package: Package) -> None:
    _add(_add(document, "Identifikation"), "ID", str(document_id(package.key)))
    general = _add(document, "AllgemeineMetadaten")
    _add(general, "Betreff", "Eingang per E-Mail")
    if package.kundennummer:
        _add(general, "Kennzeichen", package.kundennummer)
    _code(_add(general, "Medium"), "001", "medium", "1.0")
    received = datetime.fromisoformat(package.received_at).astimezone(BERLIN)
    _add(document, "Posteingangsdatum", received.date().isoformat())
    _add(document, "Typ", "E-Mail")
    _version(_add(document, "Version"), package)
    _extension(_add(document, "AnwendungsspezifischeErweiterung"), package)


def _version(version: ET.Element, package: Package) -> None:
    _add(version, "Nummer", "1")
    form = _add(version, "Format")
    # The code list of formats keeps "Sonstiges" for what it doesn't name; a mail is one of these.
    _code(_add(form, "Name"), "Sonstiges", "dateiformat", "2.0")
    _add(form, "SonstigerName", "message/rfc822")
    _add(form, "Version", "RFC 5322")
    file = _add(form, "Primaerdokument")
    _add(file, "Dateiname", original_name(package.key))
    _add(file, "DateinameOriginal", "original.eml")


def _extension(extension: ET.Element, package: Package) -> None:
    _add(extension, "Kennung", EXTENSION)
    _add(extension, "Name", "Postlotse")
    for name, value in (
        ("Schluessel", package.key),
        ("SHA256", package.sha256),
        ("Agentur", package.agency_code or ""),
        ("Kundennummer", package.kundennummer or ""),
        ("Anliegen", " ".join(package.concerns)),
        *(("Anlage", name) for name, _, _, _ in package.attachments),
    ):
        field = _add(extension, "Feld")
        _add(field, "Name", name)
        _add(field, "Wert", value)


def _party(contact: ET.Element, unit: str) -> None:
    _add(_add(contact, "Institution"), "Name", "Bundesagentur für Arbeit")
    _add(_add(contact, "Organisationseinheit"), "Name", unit)


def _agency(package: Package) -> str:
    name = package.agency_name
    return f"Agentur für Arbeit {name}" if name else "Agentur noch nicht bestimmt"


def _code(element: ET.Element, code: str, code_list: str, version: str) -> None:
    """A value of a code list; its `code` child alone has no namespace (form="unqualified")."""
    element.set("listURI", f"urn:xoev-de:xdomea:codeliste:{code_list}")
    element.set("listVersionID", version)
    ET.SubElement(element, "code").text = code


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    element = ET.SubElement(parent, _tag(name))
    if text:
        element.text = _NOT_XML.sub("\ufffd", text)
    return element


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
