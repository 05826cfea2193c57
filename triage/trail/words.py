"""Each kind of entry of the trail in German, for who reads all of it: Datenschutz, Revision.

The entry itself holds the code, which is sealed and never changes; words may become better.
Source: F52; own decision 0019.
"""

from types import MappingProxyType
from typing import Final

from triage.desk.story import WORDS

_HOUSE: Final = MappingProxyType(
    {
        "item.read": "Vorgang gelesen",
        "mail.read": "Nachricht oder Anlage gelesen",
        "list.read": "Liste mit Absendern und Betreffs gelesen",
        "mail.perhaps_twice": "Vielleicht zweimal da: einmal ganz, einmal nur der Kopf",
        "archive.begun": "Einfüllen eines Archivs begonnen",
        "mail.filled_in": "Aus einem Archiv eingefüllt",
        "item.agency_lost": "Agentur ungültig geworden, zur Klärung gelegt",
        "ruleset.alarm": "Meldung: Eine Regel hat sich abgeschaltet",
        "ruleset.alarm_over": "Entwarnung: Die Regel ist nicht mehr abgeschaltet",
        "items.wandering": "Meldung über häufig weitergegebene Vorgänge: Beginn oder Ende",
        "aside.listed": "Liste des Beiseitegelegten gelesen, ohne Absender und Betreffs",
        "aside.seen": "Beiseitegelegtes als angesehen vermerkt",
        "outgoing.alarm": "Meldung über Ausgang, Quittungen, Reservierungen oder Schlüssel",
        "outgoing.replayed": "Sendung noch einmal beauftragt",
        "webhook.dead": "Ereignis an ein Programm nicht zustellbar",
        "copy.removed": "Kopie einer Antwort aus dem Postfach gelöscht",
        "mail.overdue": "Meldung: Nachrichten warten zu lange auf die Einordnung",
        "mail.fresh_again": "Entwarnung: Nachrichten warten nicht mehr zu lange",
        "relearn.turned_down": "Berichtigung für das Lernen abgelehnt",
        "relearn.exported": "Bestätigte Berichtigungen ausgegeben",
        "relearn.history": "Ablage und Kategorien eines Postfachs als Beispiele ausgegeben",
        "person.looked_up": "Nachrichten einer Person gesucht",
        "person.exported": "Auskunft über eine Person ausgegeben",
        "sweep.proposed": "Löschung auf Anordnung vorgeschlagen",
        "sweep.approved": "Löschung auf Anordnung freigegeben",
        "sweep.rejected": "Löschung auf Anordnung abgelehnt",
        "sweep.ordered": "Löschlauf angeordnet",
        "sweep.ended": "Löschlauf beendet",
        "key.created": "Schlüssel eines Programms ausgegeben",
        "key.revoked": "Schlüssel eines Programms widerrufen",
        "session.ended": "Anmeldungen von Hand beendet",
        "keys.rotated": "Inhalte mit einem anderen Schlüssel versiegelt",
        "backup.begun": "Sicherung mit allen Inhalten begonnen",
        "backup.put_back": "Sicherung in eine leere Datenbank eingespielt",
        "backup.restored": "Nach dem Einspielen: was hinausgehen sollte, angehalten",
        "trail.restored": "Zurückspielen vermerkt: Das Protokoll ist deshalb kürzer als sein Anker",
        "postbox.renamed": "Postfach umbenannt",
        "postbox.begun": "Postfach: ab jetzt wird geschrieben",
        "postbox.new_epoch": "Postfach: Ordner wurde neu nummeriert",
        "postbox.set_back": "Postfach: Ordner wurde auf einen älteren Stand gesetzt",
        "writing.stopped": "Alles Schreiben angehalten (Not-Aus)",
        "writing.resumed": "Schreiben läuft weiter",
        "rights.audited": "Rechte an Ordnern geprüft",
        "rights.lists_imported": "Verteiler eingelesen",
        "rights.lists_followed": "Mitglieder der Verteiler nachgeführt",
        "rights.reported": "Bericht über Rechte ausgegeben",
        "rights.round_started": "Runde des Abzeichnens begonnen",
        "rights.signed_off": "Rechte abgezeichnet",
        "ruleset.saved": "Regelsatz geschrieben",
        "ruleset.activated": "Regelsatz in Kraft gesetzt",
        "ruleset.rolled_back": "Regelsatz zurückgenommen",
        "ruleset.withdrawn": "Regelsatz zurückgezogen",
        "ruleset.rule_off": "Regel hat sich abgeschaltet",
        "text.ends_soon": "Textbaustein endet bald",
        "text.taken_in": "Textbaustein übernommen",
    }
)

_BEGINNINGS: Final = (
    ("rights.plan_", "Plan für Rechte: "),
    ("rights.folder_", "Abzeichnen eines Ordners: "),
    ("text.", "Textbaustein: "),
    ("task.", "Auftrag: "),
    ("reply.", "Antwort: "),
    ("eakte.", "eAkte: "),
    ("relearn.", "Berichtigung: "),
    ("item.", "Vorgang: "),
)
"""For the few kinds whose second half is a state: the state stays a code."""


def said(action: str) -> str:
    """What such an entry says, in German; a code that nobody gave words to stays as it is."""
    words = WORDS.get(action) or _HOUSE.get(action)
    if words:
        return words
    for beginning, meant in _BEGINNINGS:
        if action.startswith(beginning):
            return meant + action.removeprefix(beginning)
    return action
