"""What an alarm says in the mail to whoever is on call: what is, and where to look.

Names are those of docs/operations.md, "Alarms"; a test holds both against each other.
"""

from typing import Final

WORDS: Final = {
    "fresh:": (
        "Die älteste Nachricht wartet zu lange auf ihre Einordnung.",
        "Läuft der Worker? Seite „Postfächer“, oder `postlotse doctor`.",
    ),
    "outgoing:dead": (
        "Sendungen sind aufgegeben; von selbst gehen sie nicht noch einmal hinaus.",
        "Seite „Ausgang“, oder `postlotse outbox list`: Ursache beheben, noch einmal senden.",
    ),
    "eakte:receipts": (
        "Quittungen der eAkte stehen länger aus als erlaubt.",
        "Seite „Abgleich“, oder `postlotse outbox match`: die Betreiber der eAkte fragen.",
    ),
    "task:receipts": (
        "Empfänger von Aufträgen haben länger nicht quittiert als erlaubt.",
        "Seite „Abgleich“: den Empfänger fragen.",
    ),
    "rule:": (
        "Eine Regel hat sich abgeschaltet: Ihr Ordner oder ihre Agentur fehlt.",
        "Seite „Regeln“: Ordner wieder anlegen oder Regel ändern, neu in Kraft setzen.",
    ),
    "items:wandering:": (
        "Ein offener Vorgang der Region wurde schon zweimal weitergereicht.",
        "Seite „Lage“, „Irrläufer“ (`postlotse items wandering`): festlegen, wer zuständig ist.",
    ),
    "leases:stuck": (
        "Reservierungen sind seit fünf Minuten abgelaufen, und niemand hat sie übernommen.",
        "Läuft ein Worker? `postlotse work` neu starten; `postlotse items list`.",
    ),
    "keys:ending": (
        "Schlüssel von Programmen enden bald, oder sind eben zu Ende gegangen.",
        "`postlotse keys list` nennt sie: neuen ausgeben, alten widerrufen.",
    ),
    "writing:stopped": (
        "Das Schreiben ist auf Anordnung angehalten: Nichts wird abgelegt, nichts geht hinaus.",
        "Warten, oder Seite „Postfächer“ (`postlotse resume`).",
    ),
}
"""By name, or by the begin of names that end with a postbox, rule or region."""

_OVER: Final = "Das ist vorbei; zu tun ist nichts."


def said(about: str, *, stands: bool) -> tuple[str, ...]:
    """German lines about an alarm; one that this version doesn't know has none but its name."""
    found = next((told for begin, told in WORDS.items() if about.startswith(begin)), ())
    if stands:
        return found
    return (*(f"Gemeldet war: {one}" for one in found[:1]), _OVER)
