"""German words about a mail itself: what was wrong with it, and where it lies.

Source: desk guide, "Wording"; docs/defects.md; own decision 0108.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DEFECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "charset": "Der Zeichensatz war falsch angegeben; einzelne Zeichen können fehlen.",
        "mime": "Der Aufbau der Mail war beschädigt.",
        "header": "Eine Kopfzeile war nicht lesbar.",
        "date": "Das Datum der Mail war nicht lesbar.",
        "html": "Der Text stammt aus HTML und kann anders aussehen als beim Absender.",
        "body": "Der Text war nicht vollständig lesbar.",
        "attachment": "Eine Anlage fehlt oder war nicht vollständig lesbar.",
        "mail": "Die Mail ist verschlüsselt.",
        "message": "Eine angehängte Outlook-Nachricht (.msg) wurde nicht gelesen.",
        "smime": "Die Unterschrift der Mail war nicht lesbar.",
        "tnef": "Eine Anlage in Outlook-Form (winmail.dat) war nicht lesbar.",
        "text": "Der Text war leer, gekürzt oder enthielt Steuerzeichen.",
        "recipients": "Die Mail nannte sehr viele Empfänger.",
        "iban": "Die IBAN im Text hat eine falsche Prüfziffer.",
        "kundennummer": "Die Kundennummer im Text ist unvollständig oder vertippt.",
        "kundennummer.several": "In der Mail stehen mehrere Kundennummern.",
        "kundennummer.unclear": "Die Kundennummer in der Mail ist vielleicht die einer anderen"
        " Person.",
        "form": "Das Formular hatte nicht die erwartete Form.",
        "subject": "Der Betreff war nicht vollständig lesbar.",
        "size": "Die Mail war zu groß, um alles zu lesen.",
        "mail.too_large": "Die Mail ist größer als erlaubt; nur ihr Kopf wurde abgerufen.",
        "mail.mime_broken": "Der Mailserver gab nur den Kopf der Mail heraus.",
    }
)
"""By the code, or the part of it before the dot: the code is shown beside it."""


def lying(postbox: str, folder: str, *, source: str) -> str:
    """Where a mail lies, to be found in Outlook; `source` as of the ledger."""
    if not folder and source == "backfill":
        return f"Altbestand von {postbox}; wo er liegt, weiß die Verwaltung"
    if not folder:
        return f"Postfach {postbox}, der Ordner ist nicht bekannt"
    named = "Posteingang" if folder == "INBOX" else f"Ordner „{folder}“"
    return f"Postfach {postbox}, {named}"


def defect(code: str) -> str:
    """One sentence about what was wrong with the mail."""
    first = DEFECTS.get(code.split(".", maxsplit=1)[0], "Die Mail war auffällig aufgebaut.")
    return DEFECTS.get(code, first)
