"""The German word for each code that a page shows; pages never show a code without its word.

Source: label guide (docs/labels.md) for concerns and channels; desk guide, "Wording".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CONCERNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "au": "Arbeitsunfähigkeit",
        "arbeitsuchend": "Arbeitsuchendmeldung",
        "arbeitslos": "Arbeitslosmeldung",
        "bankverbindung": "Bankverbindung",
        "anschrift_name": "Anschrift oder Name",
        "arbeitsaufnahme": "Arbeitsaufnahme",
        "nebeneinkommen": "Nebeneinkommen",
        "leistungsaenderung": "Andere Änderung der Leistung",
        "rente": "Rente",
        "ortsabwesenheit": "Ortsabwesenheit",
        "termin": "Termin",
        "bearbeitungsstand": "Bearbeitungsstand",
        "antrag_unterlagen": "Antrag und Unterlagen",
        "insolvenzgeld": "Insolvenzgeld",
        "beratung": "Beratung und Vermittlung",
        "bescheinigung": "Bescheinigung",
        "widerspruch": "Widerspruch oder Beschwerde",
        "familienkasse": "Familienkasse",
        "jobcenter": "Jobcenter",
        "arbeitgeber": "Arbeitgeber",
        "online_zugang": "Online-Zugang",
        "sonstiges": "Sonstiges",
        "kein_anliegen": "Kein Anliegen",
    }
)

CHANNELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "freie_email": "Freie E-Mail",
        "eservice_au": "eService Arbeitsunfähigkeit",
        "eservice_veraenderung": "eService Veränderung",
        "kontaktformular": "Kontaktformular",
        "postfachnachricht": "Postfachnachricht",
        "maschinell": "Maschinelle Mail",
    }
)

PAYMENT: Final[Mapping[str, str]] = MappingProxyType(
    {"yes": "Zahlungsrelevant", "open": "Zahlungsrelevanz offen", "no": "Nicht zahlungsrelevant"}
)

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "waiting": "wartet",
        "held": "in Arbeit",
        "parked": "geparkt",
        "pending": "Quittung steht aus",
        "closed": "abgeschlossen",
    }
)

HOW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "plz": "nach der Postleitzahl",
        "plz_place": "nach Postleitzahl und Ort",
        "place": "nach dem Ort",
        "postbox": "nach dem Postfach",
        "folder": "nach dem Ordner",
        "rule": "nach einer Regel des Regelsatzes",
        "clerk": "von Hand zugeordnet",
        "unknown": "nicht erkannt, liegt in der Klärung",
    }
)

DATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "au_from": "AU von",
        "au_to": "AU bis",
        "job_start": "Beschäftigung ab",
        "job_end": "Beschäftigung bis",
        "move_date": "Umzug am",
        "absence_from": "Abwesend von",
        "absence_to": "Abwesend bis",
        "unemployed_from": "Arbeitslos ab",
        "birth_date": "Geburtsdatum",
        "child_born": "Kind geboren am",
        "appointment": "Termin am",
        "valid_from": "Gilt ab",
    }
)

REVIEW: Final[Mapping[str, str]] = MappingProxyType(
    {
        "danger": "Im Text klingt eine Gefahr für das Leben an. Bitte sofort lesen.",
        "empty": "Die Mail hat keinen Text.",
        "short": "Der Text ist für ein Urteil zu kurz.",
        "one_line": "Die Mail hat nur eine Zeile.",
        "language": "Der Text ist vermutlich nicht deutsch.",
        "long": "Der Text ist sehr lang; beurteilt wurde nur sein Anfang.",
        "unlike": "Der Text ist anders als alles, was die Maschine kennt.",
        "unsure": "Das Anliegen ist unsicher.",
        "channel_unsure": "Auf welchem Weg die Mail kam, ist unsicher.",
        "form_unread": "Das Formular war nicht lesbar.",
        "iban": "Eine IBAN im Text ist falsch.",
        "kundennummer": "Welche Kundennummer gilt, ist unklar.",
        "payment_open": "Ob Geld bewegt wird, ist offen.",
        "attachment_only": "Der Text sagt nichts, nur die Anlage.",
        "agency_unknown": "Die Agentur ist nicht erkannt.",
        "taken_in": "Von Hand aufgenommen.",
        "mail": "Nur der Kopf der Mail ist hier; ihren Text hat niemand gelesen.",
    }
)

RECORD_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "new": "beauftragt",
        "claimed": "wird übergeben",
        "sent": "übergeben, Quittung steht aus",
        "receipted": "Quittung ist da",
        "rejected": "abgelehnt",
        "dead": "ging nicht hinaus",
    }
)
"""How far the hand-over to one of several records is."""

ASIDE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "machine": "Maschinelle Mail",
        "bounce": "Unzustellbar",
        "autoreply": "Abwesenheitsnotiz",
        "receipt": "Lesebestätigung",
        "newsletter": "Newsletter",
        "loop": "Eigene Nachricht",
        "rule": "Nach Regel",
        "unreadable": "Unlesbar",
        "too_large": "Zu groß",
        "mime_broken": "Nicht abrufbar",
        "failed": "Fehlgeschlagen",
        "bug": "Fehlgeschlagen",
    }
)
"""By a part of the reason code; any other reason is a failure on the way."""

ASIDE_WHY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Maschinelle Mail": "Abwesenheitsnotiz, Bericht oder Newsletter; niemand wartet darauf.",
        "Eigene Nachricht": "Eine Antwort dieses Hauses kam zurück; sie wird nicht beantwortet.",
        "Nach Regel": "Eine Regel legt solche Nachrichten beiseite; welche, sagt der Regelsatz.",
        "Unzustellbar": "Ein Mailserver meldet, dass eine Nachricht nicht ankam. Prüfen, welche.",
        "Zu groß": "Über der Größengrenze. Der Kopf ist da, der Inhalt liegt im Postfach."
        " Erneut verarbeitet wird daraus ein Vorgang.",
        "Nicht abrufbar": "Der Mailserver gibt nur den Kopf heraus; der Inhalt liegt im Postfach."
        " Erneut verarbeitet wird daraus ein Vorgang.",
        "Unlesbar": "Der Aufbau ist zerstört. Das Original ist gesichert.",
        "Fehlgeschlagen": "Die Verarbeitung brach ab. Das Original ist gesichert.",
    }
)

_HARMLESS: Final = frozenset(
    {"Maschinelle Mail", "Unzustellbar", "Abwesenheitsnotiz", "Lesebestätigung", "Newsletter"}
)
"""Everything else can hide a customer's concern. Source: desk guide, page aside."""

CLOSE_REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "answered": "beantwortet",
        "handed_over": "an die eAkte übergeben",
        "done": "erledigt",
        "passed_on": "an andere Stelle weitergegeben",
        "settled_elsewhere": "schon anders erledigt, kein Nachweis nötig",
        "nothing_to_do": "nichts zu tun",
    }
)

NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "item.parked": "Notiz zum Parken:",
        "item.returned": "Grund der Rückgabe:",
        "item.forwarded": "Grund der Weiterleitung:",
    }
)

POSTBOX: Final[Mapping[str, str]] = MappingProxyType(
    {
        "never": "noch nie bedient",
        "silent": "kein Worker meldet sich",
        "postbox.away": "nicht erreichbar",
        "postbox.busy": "Server bat um Ruhe",
        "postbox.no_right": "Recht fehlt",
        "postbox.redirected": "Server verweist an eine andere Adresse",
        "postbox.begin_unsaid": "antwortet; abgelegt wird, sobald gesagt ist, ab wann",
        "postbox.login_refused": "Anmeldung abgelehnt",
        "store.away": "Datenbank nicht erreichbar",
        "bug": "Fehler im Programm",
    }
)
"""Why a postbox is not served, by the message of its check (triage/watch/health.py)."""

DIFFERENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "lost": (
            "Eingegangen, aber nicht mehr im Bestand.",
            "Aus der Sicherung zurückholen oder im Postfach suchen.",
        ),
        "uncounted": (
            "Im Bestand, aber nie als Eingang gezählt.",
            "Klären, ob die Datenbank von Hand geändert wurde.",
        ),
        "doubled": (
            "Mehrere Eingänge tragen dieselbe Nummer.",
            "Im Nachweis nachsehen, was doppelt kam.",
        ),
        "stateless": (
            "Ihr Stand ist keiner der bekannten.",
            "Klären, ob die Datenbank von Hand geändert wurde.",
        ),
        "placeless": (
            "Aus einem Postfach, aber ohne Ort dort.",
            "Im Postfach nach der Nachricht suchen.",
        ),
    }
)
"""What is wrong with a mail that the proof of the day names, and what to do. Source: N2."""

PHASES: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "draft": ("Entwurf", "muted", "circle"),
        "review": ("in Prüfung", "pay", "clock"),
        "planned": ("freigegeben, geplant", "good", "clock"),
        "in_force": ("in Kraft", "good", "check"),
        "ended": ("abgelaufen", "muted", "minus"),
        "retired": ("zurückgezogen", "bad", "cross"),
    }
)
"""What a version of a text is today: word, tone, sign. Source: desk guide, page texts."""

MONEY: Final[Mapping[str, str]] = MappingProxyType(
    {
        "yes": "zahlungsrelevant",
        "open": "offen, ob Geld bewegt wird",
        "no": "nicht zahlungsrelevant",
    }
)

REPLY_TROUBLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reply.bounced": "Der Mailserver auf der anderen Seite meldet sie als unzustellbar",
        "smtp.refused": "Unser Mailserver hat sie endgültig abgelehnt",
        "smtp.later": "Unser Mailserver nahm sie bis zuletzt nicht an",
        "smtp.away": "Unser Mailserver war bis zuletzt nicht erreichbar",
        "smtp.greeting": "Unser Mailserver nahm bis zuletzt keine Verbindung an",
        "smtp.login": "Unser Mailserver nahm bis zuletzt unsere Anmeldung nicht an",
        "smtp.tls": "Zu unserem Mailserver gab es bis zuletzt keine gesicherte Verbindung",
        "smtp.sender": "Unser Mailserver nahm bis zuletzt unsere Absenderadresse nicht an",
        "smtp.not_let": "Unser Mailserver ließ uns bis zuletzt nicht an diese Adresse senden",
        "text.retired": "Der Text wurde zurückgezogen, bevor sie hinausging",
        "text.expired": "Der Text galt nicht mehr, als sie hinausgehen konnte",
        "mail.deleted": "Die Nachricht, auf die sie antwortet, ist gelöscht",
    }
)
"""Why an answer did not arrive, by the code of its outgoing row."""

WRITERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "self": "Nichts deutet darauf hin, dass jemand für eine andere Person schreibt.",
        "messenger": "Hier schreibt wohl jemand für eine andere Person, ohne Vollmacht: ein Bote."
        " Boten bekommen keine Auskunft.",
        "authorised": "Hier ist von einer Vollmacht oder Vertretung die Rede. Prüfen Sie, ob sie"
        " vorliegt.",
    }
)
"""Hints who writes. Source: Weisung 202001001 no. 2.3 (Bote instead of Anscheinsvollmacht)."""

CHECKS: Final[Mapping[str, str]] = MappingProxyType(
    {"address_compared": "Adresse abgeglichen", "authority_present": "Vollmacht liegt vor"}
)


def concern(code: str) -> str:
    """The name of a concern; an unknown code itself, so that nothing is hidden."""
    return CONCERNS.get(code, code)


def money_word(payment: str) -> str:
    """Whether money moves, in words; nothing known is a dash."""
    return MONEY.get(payment, "–")


def reply_trouble(code: str, status: str) -> str:
    """Why an answer did not arrive; an unknown code itself, so that nothing is hidden."""
    said = REPLY_TROUBLE.get(code, f"Technischer Grund: {code}")
    return f"{said} ({status})." if status else f"{said}."


def aside_reason(code: str) -> str:
    """The short name of a reason for setting aside."""
    parts = code.split(".")
    return next((ASIDE[part] for part in reversed(parts) if part in ASIDE), "Fehlgeschlagen")


def needs_person(code: str) -> bool:
    """Whether a person has to look at a mail set aside for this reason."""
    return aside_reason(code) not in _HARMLESS


def aside_why(code: str) -> str:
    """One sentence about what happened to a mail set aside."""
    return ASIDE_WHY.get(aside_reason(code), ASIDE_WHY["Maschinelle Mail"])


def postbox_state(message: str) -> str:
    """Why a postbox is not served; an unknown code itself, so that nothing is hidden."""
    return POSTBOX.get(message, f"gestört ({message})")


def difference(fault: str) -> tuple[str, str]:
    """What is wrong and what to do; an unknown fault by its code, so that nothing is hidden."""
    return DIFFERENCES.get(fault, (fault, "Den Hersteller benachrichtigen."))


def sure(probability: float) -> str:
    """Words for a probability 0..1; the number is shown beside them, never alone.

    Below 60 a concern is not asserted: it is only a hint ("Hinweis").
    Source: desk guide, "Words for probability".
    """
    hundred = round(probability * 100)
    if hundred >= 95:
        return "sehr sicher"
    if hundred >= 80:
        return "sicher"
    if hundred >= 60:
        return "unsicher, Sie entscheiden"
    return "nur ein Hinweis, Sie entscheiden"


def boxes(probability: float) -> int:
    """How many of four boxes are filled. Source: desk guide, "Words for probability" (4/3/2)."""
    hundred = round(probability * 100)
    return 4 if hundred >= 95 else 3 if hundred >= 80 else 2 if hundred >= 60 else 1
