"""The German index of an export: what is held of a person, why, how long, who got it.

Source: Art. 15 (1) DSGVO, letters a to h; § 83 SGB X.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rules.codes import Concern
from rules.local_day import BERLIN
from rules.outgoing import OutgoingKind
from rules.retention import Period
from rules.routing import CONCERN_FOLDER
from rules.tasks import TASKS, Receiver, kind_of_key
from store.mails.verdicts import StoredVerdict
from store.sending.outgoing import Outgoing
from triage import heads
from triage.desk import story
from triage.house import Policy
from triage.person_found import Part, Who

STATES = {
    "kept": "eingegangen, noch nicht eingeordnet",
    "sorted": "eingeordnet, in Bearbeitung",
    "done": "erledigt",
    "aside": "beiseitegelegt",
    "gone": "im Postfach von Hand entnommen",
    "deleted": "gelöscht",
}

FACTS = {
    "kundennummer": "Kundennummer",
    "iban": "IBAN",
    "plz": "Postleitzahl",
    "place": "Ort",
    "phone": "Telefon",
}


PAYMENT = {"yes": "ja", "no": "nein", "open": "offen"}

RECEIVERS = {
    Receiver.VERBIS: "die Vermittlung (VerBIS)",
    Receiver.ATV: "die Terminverwaltung (ATV)",
    Receiver.OS_ALGPLUS: "den Operativen Service (OS AlgPlus)",
    Receiver.FAMILIENKASSE: "die Familienkasse",
    Receiver.JOBCENTER: "das Jobcenter",
    Receiver.BETRIEBSNUMMERN: "den Betriebsnummern-Service",
    Receiver.SOFORTZUGANG: "den Sofortzugang",
}
"""Art. 15 (1) c DSGVO: the recipients by name."""


def mail_file(message_id: int) -> str:
    """Name of the file with an original."""
    return f"nachricht-{message_id:09d}.eml"


def reply_file(outgoing_id: int) -> str:
    """Name of the file with an answer as it left."""
    return f"antwort-{outgoing_id:09d}.eml"


def index(
    parts: Sequence[Part], who: Who, *, reference: str, now: datetime, policy: Policy
) -> Iterator[str]:
    """The whole index, line by line; `now` is local."""
    rules = policy.sweep.rules
    yield "Auskunft über gespeicherte Nachrichten (Art. 15 DSGVO, § 83 SGB X)"
    yield f"Erstellt am {now:%d.%m.%Y um %H:%M} Uhr, Aktenzeichen {reference}"
    yield f"Gesucht nach: {' und '.join(word for word in (who.number, who.address) if word)}"
    yield ""
    yield "Zweck: Eingang von Nachrichten annehmen, dem Anliegen und der Agentur zuordnen,"
    yield "  bearbeiten, Zahlungsrelevantes an die eAkte übergeben."
    yield "Herkunft: von Ihnen oder für Sie gesandte Nachrichten."
    yield "Empfänger: die zuständige Agentur für Arbeit, die eAkte und die Stellen, die bei der"
    yield "  Nachricht stehen. Antworten gehen an den Absender."
    yield (
        f"Dauer: erledigt {_days(rules.done)}; beiseitegelegt {_days(rules.aside)}; von Hand"
        f" entnommen {_days(rules.gone)}. Die eAkte hat eigene Fristen."
    )
    yield "Automatische Entscheidung: keine. Eine Maschine ordnet vor, Menschen entscheiden."
    yield "Ihre Rechte: Berichtigung, Löschung, Einschränkung, Widerspruch (Art. 16 bis 18 und 21"
    yield "  DSGVO), Beschwerde bei der Aufsichtsbehörde (Art. 77 DSGVO)."
    yield "Bereits Gelöschtes nennt niemanden mehr und kann nicht zugeordnet werden. Nachrichten"
    yield "  anderer, die diese Person nur erwähnen, sind nicht enthalten."
    yield ""
    yield f"{len(parts)} Nachricht(en):"
    for part in parts:
        yield ""
        yield from _message(part)


def _message(part: Part) -> Iterator[str]:
    row = part.message
    yield f"Nachricht {row.id}, eingegangen am {_moment(row.received_at)}"
    yield f"  Datei: {mail_file(row.id)}"
    if part.original is not None and heads.why(row, part.original):
        yield "    Nur der Kopf: Die Nachricht wurde nicht ganz abgerufen. Text und Anlagen liegen"
        yield "    im Postfach und gehören zu dieser Auskunft."
    yield f"  Postfach: {row.postbox or 'keines'}   Stand: {STATES[row.state.value]}"
    yield f"  Absender: {row.sender}"
    yield f"  Betreff: {row.subject}"
    for found in part.verdicts:
        yield from _verdict(found)
    for sent in part.outgoing:
        yield f"  {sent_line(sent)}"
    if part.item is not None and part.item.note:
        yield f"  Notiz: {part.item.note}"
    if part.item is not None and part.item.waiver:
        yield f"  Begründung, warum nicht zahlungsrelevant: {part.item.waiver}"
    for hold in part.holds:
        yield f"  Löschsperre: {hold}"
    yield from _told(part)


def _told(part: Part) -> Iterable[str]:
    for step in story.steps(part.trail):
        yield f"  {_moment(step.at)}  {step.text}"


def _verdict(found: StoredVerdict) -> Iterator[str]:
    body = found.body
    by = "Maschine" if found.source == "machine" else "Sachbearbeitung"
    topics = [_topic(str(one["code"])) for one in body.get("concerns", ())]
    yield (
        f"  Eingeordnet ({by}) am {_moment(found.at)}: {', '.join(topics) or '–'};"
        f" zahlungsrelevant: {PAYMENT.get(found.payment, found.payment)}"
    )
    facts = body.get("facts", {})
    known = [f"{word}: {facts[key]}" for key, word in FACTS.items() if facts.get(key)]
    if known:
        yield f"    Erkannt: {'; '.join(known)}"


def _topic(code: str) -> str:
    return CONCERN_FOLDER[Concern(code)] if code in set(Concern) else code


def _days(period: Period) -> str:
    return f"{period.days} {'Tag' if period.days == 1 else 'Tage'} ({period.source})"


def sent_line(row: Outgoing) -> str:
    """Who got what, and when."""
    when = f" am {_moment(row.sent_at)}" if row.sent_at else " noch nicht"
    if row.kind == OutgoingKind.REPLY:
        return f"Antwort gesendet{when}: {reply_file(row.id)}"
    if row.kind == OutgoingKind.TASK:
        task = kind_of_key(row.idempotency_key)
        receiver = RECEIVERS[TASKS[task].receiver] if task else "eine andere Stelle"
        return f"An {receiver} übergeben{when}"
    reference = (row.receipt or {}).get("reference", "")
    return f"An die eAkte übergeben{when}" + (f", Aktenzeichen {reference}" if reference else "")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(BERLIN):%d.%m.%Y %H:%M}"
