"""A receiver of XDOMEA messages, written apart from our reader: it reads our 0605 and answers.

Its answers are valid by the schema of XDOMEA 3.0.0, where a test has that at hand.
"""

from xml.etree import ElementTree as ET

NS = "urn:xoev-de:xdomea:schema:3.0.0"
LISTS = "urn:xoev-de:xdomea:codeliste"


def process_of(message: bytes) -> str:
    """The ProzessID of a message."""
    found = ET.fromstring(message).find(f"{{{NS}}}Kopf/{{{NS}}}ProzessID")  # noqa: S314 - our own
    assert found is not None
    assert found.text
    return found.text


def arrival(process: str) -> bytes:
    """FVDaten.EmpfangBestaetigen.0629."""
    return _message("FVDaten.EmpfangBestaetigen.0629", _head(process, "0629"))


def imported(
    process: str,
    *,
    code: str = "0000000",
    words: str = "",
    file_number: str = "EA-2026-0815",
    fields: dict[str, str] | None = None,
) -> bytes:
    """FVDaten.ImportBestaetigen.0630: filed, or refused by a code or in words."""
    if words:
        said = f"<x:SonstigeFehlermeldung>{words}</x:SonstigeFehlermeldung>"
    else:
        general = code.startswith("0000")
        tag = "AllgemeineRueckmeldung" if general else f"SpezifischeFehlermeldung{code[:4]}"
        version = "1.1" if general else "1.0"
        said = (
            f'<x:{tag} listURI="{LISTS}:{tag.lower()}" listVersionID="{version}">'
            f"<code>{code}</code></x:{tag}>"
        )
    done = code == "0000000" and not words
    result = (
        f"<x:ErfolgOderMisserfolg><x:Rueckmeldung>{said}</x:Rueckmeldung>"
        + (_parameter("Aktenzeichen", file_number, done) if file_number else "")
        + "</x:ErfolgOderMisserfolg>"
    )
    head = _head(process, "0630", extra="<x:FVSessionID>s-1</x:FVSessionID>", fields=fields or {})
    return _message("FVDaten.ImportBestaetigen.0630", head + result)


def _parameter(name: str, value: str, done: bool) -> str:
    return (
        "<x:Rueckgabeparameter><x:IDSGO>6f9619ff-8b86-4011-b42d-00cf4fc964ff</x:IDSGO>"
        f"<x:Parameter><x:AllgemeinerRueckgabeparameter><x:Name>{name}</x:Name>"
        f"<x:Wert>{value}</x:Wert></x:AllgemeinerRueckgabeparameter></x:Parameter>"
        f"<x:Erfolgreich>{'1' if done else '0'}</x:Erfolgreich></x:Rueckgabeparameter>"
    )


def _head(process: str, kind: str, *, extra: str = "", fields: dict[str, str] | None = None) -> str:
    party = "<x:Organisationseinheit><x:Name>{}</x:Name></x:Organisationseinheit>"
    ours = "".join(
        f"<x:Feld><x:Name>{name}</x:Name><x:Wert>{value}</x:Wert></x:Feld>"
        for name, value in (fields or {}).items()
    )
    extension = (
        "<x:AnwendungsspezifischeErweiterung><x:Kennung>urn:postlotse:eakte:1</x:Kennung>"
        f"<x:Name>Postlotse</x:Name>{ours}</x:AnwendungsspezifischeErweiterung>"
        if ours
        else ""
    )
    return (
        f"<x:Kopf><x:ProzessID>{process}</x:ProzessID>"
        f'<x:Nachrichtentyp listURI="{LISTS}:nachrichtentyp" listVersionID="2.0">'
        f"<code>{kind}</code></x:Nachrichtentyp>"
        "<x:Erstellungszeitpunkt>2026-11-24T09:30:00+01:00</x:Erstellungszeitpunkt>"
        f"<x:Absender>{party.format('eAkte')}</x:Absender>"
        f"<x:Empfaenger>{party.format('Agentur')}</x:Empfaenger>{extension}{extra}</x:Kopf>"
    )


def _message(name: str, body: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<x:{name} xmlns:x="{NS}">{body}</x:{name}>'.encode()
