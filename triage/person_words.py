"""The German index of an export: what is held of a person, why, how long, who got it.

Source: Art. 15 (1) DSGVO, letters a to h; § 83 SGB X.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rules.outgoing import OutgoingKind
from store.mails.verdicts import StoredVerdict
from store.sending.outgoing import Outgoing
from triage import heads
from triage.desk import story
from triage.house import BERLIN, Policy
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
    yield "Empfänger: die zuständige Agentur für Arbeit und die eAkte; Antworten der Absender."
    yield (
        f"Dauer: erledigt {rules.done.days} Tage ({rules.done.source}); beiseitegelegt"
        f" {rules.aside.days} Tage ({rules.aside.source}); von Hand entnommen"
        f" {rules.gone.days} Tage ({rules.gone.source}). Die eAkte hat eigene Fristen."
    )
    yield "Automatische Entscheidung: keine. Eine Maschine ordnet vor, Menschen entscheiden."
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
        yield f"  {_sent(sent)}"
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
    concerns = ", ".join(str(one["code"]) for one in body.get("concerns", ())) or "–"
    yield (
        f"  Eingeordnet ({by}) am {_moment(found.at)}: {concerns};"
        f" zahlungsrelevant: {found.payment}"
    )
    facts = body.get("facts", {})
    known = [f"{word}: {facts[key]}" for key, word in FACTS.items() if facts.get(key)]
    if known:
        yield f"    Erkannt: {'; '.join(known)}"


def _sent(row: Outgoing) -> str:
    when = f" am {_moment(row.sent_at)}" if row.sent_at else " noch nicht"
    if row.kind == OutgoingKind.REPLY:
        return f"Antwort gesendet{when}: {reply_file(row.id)}"
    reference = (row.receipt or {}).get("reference", "")
    return f"An die eAkte übergeben{when}" + (f", Aktenzeichen {reference}" if reference else "")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(BERLIN):%d.%m.%Y %H:%M}"
