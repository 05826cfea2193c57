"""The German words of deletion: reasons, kinds, and the proof as a person reads it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from rules.retention import Keep
from triage.sweep.proof import Outside, Proof, as_json

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        Keep.NOT.value: "darf gelöscht werden",
        Keep.HOLD.value: "Löschsperre",
        Keep.NOT_DONE.value: "Vorgang nicht abgeschlossen",
        Keep.UNSEEN.value: "beiseitegelegt und noch nicht angesehen",
        Keep.RECEIPT_MISSING.value: "zahlungsrelevant, Quittung der eAkte fehlt",
        Keep.ON_ITS_WAY.value: "Antwort, Übergabe oder Ablage noch unterwegs",
        Keep.PERIOD.value: "Frist läuft noch",
        Keep.DELETED.value: "war schon gelöscht",
    }
)

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "retention": "nach Ablauf der Frist",
        "art17": "auf Anordnung nach Art. 17 DSGVO",
        "sgb84": "auf Anordnung nach § 84 SGB X",
    }
)

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "proposed": "wartet auf Freigabe durch eine zweite Person",
        "ordered": "angeordnet, noch nicht beendet",
        "done": "beendet",
        "void": "verworfen",
    }
)

HOLDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rechtsstreit": "Rechtsstreit",
        "auskunft": "Auskunft nach Art. 15 DSGVO",
        "pruefung": "Prüfung",
        "sonstiges": "Sonstiges",
    }
)

RESIDUE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "original": "Originale",
        "message": "Absender und Betreff",
        "verdict": "Einordnungen mit Wörtern und Angaben",
        "outgoing": "Antworten und Übergaben",
        "item": "Notizen und Begründungen",
        "aside": "offene Einträge unter „Beiseitegelegt“",
        "mark": "von Menschen gesetzte Kategorien",
        "thread": "Spuren des Mailverlaufs",
    }
)

PLACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "postbox": "Postfach",
        "eakte": "Übergabepaket der eAkte",
        "sent": "versandte Antwort",
        "task": "Auftrag an eine andere Stelle",
        "copy": "Kopie einer Antwort im Postfach",
    }
)

ENDS: Final[Mapping[str, str]] = MappingProxyType(
    {"new": "noch zu entfernen", "done": "entfernt", "missing": "nicht (mehr) dort"}
)

PERIODS: Final[Mapping[str, str]] = MappingProxyType(
    {"done": "erledigt", "aside": "beiseitegelegt", "gone": "von Hand entnommen"}
)


def proof_lines(found: Proof) -> Iterator[str]:
    """The proof, line by line, without content and without persons outside the trail's ids."""
    plan, told = found.plan, as_json(found)
    yield f"Löschnachweis zum Löschlauf {plan.id} ({KINDS[plan.kind]}), Stand {STATES[plan.state]}"
    yield f"Tag der Vorschau: {plan.day:%d.%m.%Y}   Prüfsumme der Liste: {plan.hash}"
    for name, (days, source) in sorted(plan.rules.items()):
        yield f"Frist {PERIODS[name]}: {days} Tage ({source})"
    if plan.reference:
        yield f"Aktenzeichen: {plan.reference}"
    yield f"Angeordnet von {plan.made_by}" + (
        f", freigegeben von {plan.approved_by}" if plan.approved_by else ""
    )
    yield f"Gelöscht: {found.erased}   noch offen: {found.waiting}"
    for code, number in sorted(found.kept.items()):
        yield f"Nicht gelöscht: {number} ({REASONS[code]})"
    if found.kept and plan.kind != "retention":
        yield "Das Übrige holt niemand von selbst nach: neu vorschlagen, sobald der Grund weg ist"
    for kind, number in found.residue.items():
        yield f"Rest in der Datenbank, {RESIDUE[kind]}: {number}"
    yield f"Bytes bleiben für eine gleiche, nicht gelöschte Nachricht: {found.shared}"
    for one in found.outside:
        yield outside_line(one)
    for postbox, number in found.in_postboxes.items():
        yield (
            f"Im Postfach {postbox} gelassen (Einstellung deletion): {number}, soweit sie dort noch"
            " liegen"
        )
    yield f"Summe aller je gesehenen Nachrichten: {found.seen}, Differenz {found.difference}"
    yield f"Ergebnis: {_result(found)}"
    yield f"Prüfsumme dieses Nachweises: {told['sha256']}"


def _result(found: Proof) -> str:
    """With what to do next, where only time is missing."""
    if found.is_complete:
        return "vollständig"
    waits = any(one.state == "new" for one in found.outside)
    next_step = "; was außerhalb noch liegt, entfernt ein Worker, danach neu lesen" if waits else ""
    return f"NICHT vollständig{next_step}"


def outside_line(one: Outside) -> str:
    """One kind of copies outside, as a line."""
    place = f" {one.place}" if one.place else ""
    code = f" [{one.code}]" if one.code else ""
    return f"Außerhalb, {PLACES[one.kind]}{place}: {one.number} {ENDS[one.state]}{code}"
