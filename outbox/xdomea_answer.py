"""Answers of an XDOMEA receiver: EmpfangBestaetigen.0629 and ImportBestaetigen.0630.

Total: any bytes give a paper or None; 0629 says that the message has come, which is no receipt;
0630 that the document was filed, or why not. The XML comes from outside: no document type, no
entities, nothing is fetched; its size is the caller's to limit.
Source: XDOMEA 3.0.0, xdomea-Nachrichten-FachverfahrensdatenAustauschen; own decision 0065.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from outbox.xdomea import EXTENSION, NAMESPACE
from rules import process_id
from rules.handover import Arrival, Paper, Receipt

ARRIVED: Final = "FVDaten.EmpfangBestaetigen.0629"
IMPORTED: Final = "FVDaten.ImportBestaetigen.0630"

_DONE: Final = "0000000"
_KNOWN_ALREADY: Final = "0000009"
"""The receiver has this message already: no proof of filing, and no refusal.

Source: XDOMEA 3.0.0, code list allgemeinerueckmeldung."""

_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "0605001": "Die Akte ist dort unbekannt.",
        "0605002": "Das Verzeichnis ist dort ungültig.",
        "0605003": "Die Adresse ist dort ungültig.",
        "0605004": "Die Datei wurde dort nicht gefunden.",
        "0605005": "Die Datei konnte dort nicht abgelegt werden.",
        "0605006": "Der Name einer Angabe hat dort ungültige Zeichen.",
        "0605007": "Der Wert einer Angabe hat dort ungültige Zeichen.",
        "0605008": "Die Beschreibung einer Angabe hat dort ungültige Zeichen.",
    }
)
"""For the clerk. Source: XDOMEA 3.0.0, code list spezifischefehlermeldung0605, in our words."""

_REASON_CHARACTERS: Final = 500
_REFERENCES: Final = ("Aktenzeichen", "Geschaeftszeichen")
"""Fields of Rueckgabeparameter that name the record. House rule; docs/handover.md."""


def paper(data: bytes) -> Paper | None:
    """What the bytes say; None if they are no such answer, or hostile.

    Its key is the hand-over's, or "prozess-" and the number where that is none of ours.
    """
    try:
        root = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None
    head = root.find(_tag("Kopf"))
    if head is None:
        return None
    key, created_at = _key(_text(head, "ProzessID")), _text(head, "Erstellungszeitpunkt")
    if not key or not created_at:
        return None
    if root.tag == _tag(ARRIVED):
        return Arrival(key, created_at)
    found = root.find(_tag("ErfolgOderMisserfolg"))
    if root.tag != _tag(IMPORTED) or found is None:
        return None
    return _imported(key, created_at, head, found)


def _imported(key: str, created_at: str, head: Element, found: Element) -> Paper | None:
    told = [(_local(word), word) for one in found.findall(_tag("Rueckmeldung")) for word in one]
    if not told:
        return None
    codes = [(word.findtext("code") or "").strip() for _, word in told]
    parameters = found.findall(_tag("Rueckgabeparameter"))
    if set(codes) == {_KNOWN_ALREADY}:
        return Arrival(key, created_at)
    flags = [_text(one, "Erfolgreich") in {"1", "true"} for one in parameters]
    is_done = all(name == "AllgemeineRueckmeldung" for name, _ in told) and set(codes) == {_DONE}
    accepted = is_done and all(flags)
    ours = _fields(head)
    return Receipt(
        key=key,
        accepted=accepted,
        reference=_reference(parameters) if accepted else "",
        sha256=ours.get("SHA256", ""),
        received_at=created_at,
        reason="" if accepted else _reason([*told, *_parts(parameters)]),
        kundennummer=_given(parameters).get("Kundennummer") or ours.get("Kundennummer") or None,
    )


def _key(told: str) -> str:
    try:
        number = UUID(told)
    except ValueError:
        return ""
    return process_id.key_of(number) or f"prozess-{number}"


def _parts(parameters: list[Element]) -> Iterator[tuple[str, Element]]:
    """What is said of single parts of the import."""
    for one in parameters:
        for said in one.findall(_tag("Rueckmeldung")):
            yield from ((_local(word), word) for word in said)


def _reason(told: list[tuple[str, Element]]) -> str:
    """Each refusal once, in German: our words for codes we know, else theirs."""
    words: dict[str, None] = {}
    for name, word in told:
        code = (word.findtext("code") or "").strip()
        if name == "SonstigeFehlermeldung":
            words[" ".join((word.text or "").split())] = None
        elif code != _DONE:
            words[_REASONS.get(code, f"XDOMEA-Fehler {code}.")] = None
    whole = " ".join(word for word in words if word)
    return whole[:_REASON_CHARACTERS] or "Die eAkte meldet keinen Grund."


def _reference(parameters: list[Element]) -> str:
    """The record's sign there, else the id of the document, else its place."""
    given = _given(parameters)
    named = (given.get(name, "") for name in _REFERENCES)
    ids = (_text(one, "IDSGO") for one in parameters)
    places = (one.findtext(f"{_tag('Parameter')}/{_tag('Ablageort')}", "") for one in parameters)
    return next((word.strip() for word in (*named, *ids, *places) if word.strip()), "")


def _given(parameters: list[Element]) -> dict[str, str]:
    path = f"{_tag('Parameter')}/{_tag('AllgemeinerRueckgabeparameter')}"
    found = (one.find(path) for one in parameters)
    return {_text(one, "Name"): _text(one, "Wert") for one in found if one is not None}


def _fields(head: Element) -> dict[str, str]:
    """Our own fields, where the receiver gives them back in the head."""
    extension = head.find(_tag("AnwendungsspezifischeErweiterung"))
    if extension is None or _text(extension, "Kennung") != EXTENSION:
        return {}
    return {_text(one, "Name"): _text(one, "Wert") for one in extension.findall(_tag("Feld"))}


def _text(parent: Element, name: str) -> str:
    return (parent.findtext(_tag(name)) or "").strip()


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
