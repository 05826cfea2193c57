"""The trail of one mail told in German, for the desk: what happened when, without content."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from store.trail.audit import Entry

WORDS: Final = {
    "mail.kept": "Eingegangen und gesichert",
    "mail.handed_in": "Über die Schnittstelle eingegangen und gesichert",
    "mail.sorted": "Eingeordnet",
    "mail.set_aside": "Beiseitegelegt",
    "mail.replayed": "Noch einmal eingeordnet",
    "mail.filing_again": "Ablage im Ordner noch einmal angeordnet",
    "mail.taken_in": "Von Hand in die Warteschlange genommen",
    "mail.moved_by_hand": "In Outlook in einen anderen Ordner verschoben",
    "item.moved_by_hand": "Mit dem Ordner an eine andere Agentur gegangen",
    "mark.set": "In Outlook markiert",
    "mark.removed": "Markierung in Outlook entfernt; am Vorgang ändert sich nichts",
    "mail.gone_by_hand": "Im Postfach von Hand gelöscht; die Kopie bleibt",
    "mail.found_again": "Liegt wieder im Postfach",
    "mail.deleted": "Inhalt gelöscht",
    "mail.removed": "Aus dem Postfach gelöscht",
    "mail.exported": "Für eine Auskunft ausgegeben",
    "hold.placed": "Vor Löschung gesperrt",
    "hold.released": "Löschsperre aufgehoben",
    "item.claimed": "Zur Bearbeitung geholt",
    "item.released": "Zurückgelegt",
    "item.parked": "Geparkt",
    "item.unparked": "Der Tag ist da: wartet wieder",
    "item.lease_expired": "Reservierung abgelaufen, wartet wieder",
    "item.freed": "Von der Leitung freigegeben",
    "item.returned": "An das andere Team zurückgegeben",
    "item.forwarded": "An eine andere Agentur weitergeleitet",
    "item.corrected": "Einordnung berichtigt",
    "item.address_compared": "Adresse abgeglichen",
    "item.authority_present": "Vollmacht liegt vor",
    "item.undone": "Letzter Schritt rückgängig gemacht",
    "relearn.confirmed": "Berichtigung für das Lernen bestätigt",
    "item.awaits_receipt": "Schließt mit der eAkte-Quittung",
    "item.closed": "Abgeschlossen",
    "eakte.ordered": "Übergabe an die eAkte beauftragt",
    "eakte.sent": "An die eAkte übergeben",
    "eakte.arrived": "Bei der eAkte eingegangen, noch nicht abgelegt",
    "eakte.received": "eAkte-Quittung erhalten",
    "eakte.rejected": "Von der eAkte abgelehnt",
    "eakte.contradicted": "Nach ihrer Quittung lehnt die eAkte ab; die Quittung gilt",
    "eakte.waived": "Als nicht zahlungsrelevant begründet",
    "eakte.dead": "Übergabe an die eAkte aufgegeben",
    "task.ordered": "Auftrag an andere Stelle erteilt",
    "task.cancelled": "Auftrag zurückgenommen",
    "task.sent": "Auftrag übergeben",
    "task.received": "Auftrag angenommen",
    "task.rejected": "Auftrag abgelehnt",
    "task.contradicted": "Nach seiner Quittung lehnt der Empfänger ab; die Quittung gilt",
    "task.dead": "Auftrag nicht zustellbar",
    "outgoing.sent_again": "Noch einmal gesendet, weil beim Empfänger nichts ankam",
    "reply.ordered": "Antwort beauftragt",
    "reply.sent": "Antwort gesendet",
    "reply.dead": "Antwort nicht zustellbar",
    "reply.bounced": "Antwort kam als unzustellbar zurück",
    "reply.delayed": "Zustellung der Antwort verzögert sich",
    "item.reopened": "Wieder geöffnet: Eine Antwort ist nicht angekommen",
    "draft.refused": "Entwurf aus Outlook nicht gesendet: kein freigegebener Wortlaut",
}
"""Actions worth telling. Readings are in the trail, but are not part of the story."""

BY_HAND: Final = "Ohne eAkte-Quittung begründet"
"""Of a mail that a person laid into the eAkte herself, where the house could not hand it over."""

OF_A_HEAD: Final = {
    "mail.kept": "Eingegangen; nur der Kopf ist gesichert, die Mail liegt im Postfach",
    "eakte.waived": BY_HAND,
}
"""As above, where the entry says that only the head is here."""


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of the story: when (aware UTC), what in German, and the stable action code."""

    at: datetime
    text: str
    code: str


def steps(entries: Iterable[Entry]) -> tuple[Step, ...]:
    """The entries that tell the story, oldest first."""
    return tuple(
        Step(entry.at, _word(entry), entry.action) for entry in entries if entry.action in WORDS
    )


def _word(entry: Entry) -> str:
    """Of a mail that a person hands over some steps were others. Own decisions 0108, 0152."""
    if entry.details.get("only_head") or entry.details.get("in_trial"):
        return OF_A_HEAD.get(entry.action, WORDS[entry.action])
    return WORDS[entry.action]


_LEAVES_NOTE: Final = frozenset({"item.parked", "item.returned", "item.forwarded"})
_UNDOABLE: Final = _LEAVES_NOTE | {"item.closed", "item.corrected"}


@dataclass(frozen=True, slots=True)
class NoteLeft:
    """What whoever had the item last wrote for the next one; never a name.

    `about` is the action code of the deed, `at` its time (aware UTC).
    """

    text: str
    about: str
    at: datetime


def note_left(text: str, story: Iterable[Step]) -> NoteLeft | None:
    """The note of the last parking, return or forwarding; None where that was taken back."""
    written = deed = None
    for step in story:
        if step.code in _UNDOABLE:
            deed = step
        if step.code in _LEAVES_NOTE:
            written = step
        if step.code == "item.undone" and deed is written:
            written = None
    return NoteLeft(text, written.code, written.at) if text and written else None
