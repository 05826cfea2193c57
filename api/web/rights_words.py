"""German words and signs of the pages "Rechte". Meaning never rests on colour alone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rules.rights.folder_findings import meaning, named, remedy, title
from rules.rights.folder_levels import GERMAN, in_words
from rules.rights.plan import Deed
from store.rights.plans import PlanState, StepState
from triage.rights.cells import CellState
from triage.rights.decisions import as_read
from triage.rights.report import BEYOND_FOLDERS
from triage.rights.review import ReviewState, since

__all__ = [
    "BEYOND_FOLDERS",
    "GERMAN",
    "as_read",
    "in_words",
    "meaning",
    "named",
    "remedy",
    "since",
    "title",
]

MENDABLE: Final = frozenset(
    {"rights.reason_too_short", "rights.keep_day", "date.unreadable", "rights.no_audit"}
)
"""Refusals that the person can put right in the same form."""

CELLS: Final[Mapping[CellState, tuple[str, str]]] = MappingProxyType(
    {
        CellState.OK: ("ok", "check"),
        CellState.NONE: ("none", "minus"),
        CellState.MISSING: ("miss", "warn"),
        CellState.DIFFERENT: ("miss", "warn"),
        CellState.SURPLUS: ("over", "cross"),
        CellState.UNREADABLE: ("over", "lock"),
        CellState.UNKNOWN: ("none", "circle"),
    }
)
"""Class and sign of a cell."""

REVIEWS: Final[Mapping[ReviewState, tuple[str, str, str]]] = MappingProxyType(
    {
        ReviewState.SIGNED: ("ok", "check", "abgezeichnet"),
        ReviewState.NEW_SINCE: ("miss", "warn", "Neues seither"),
        ReviewState.OPEN: ("none", "circle", "offen"),
        ReviewState.OVERDUE: ("over", "clock", "überfällig"),
    }
)
"""Class, sign and word of the review."""

PLANS: Final[Mapping[PlanState, tuple[str, str, str]]] = MappingProxyType(
    {
        PlanState.PROPOSED: ("", "circle", "wartet auf Freigabe"),
        PlanState.APPROVED: ("info", "check", "freigegeben, noch nicht ausgeführt"),
        PlanState.REJECTED: ("", "cross", "verworfen"),
        PlanState.APPLIED: ("good", "check", "ausgeführt und nachgelesen"),
        PlanState.STOPPED: ("bad", "warn", "angehalten"),
        PlanState.UNDONE: ("", "minus", "zurückgenommen"),
        PlanState.VOID: ("", "minus", "überholt"),
    }
)
"""Class, sign and word of a plan's state."""

STEPS: Final[Mapping[StepState, tuple[str, str, str]]] = MappingProxyType(
    {
        StepState.NOTED: ("pay", "clock", "begonnen, nicht bestätigt"),
        StepState.DONE: ("good", "check", "geschrieben und nachgelesen"),
        StepState.FAILED: ("bad", "warn", "nicht ausgeführt"),
    }
)
UNDONE_STEP: Final = ("", "minus", "zurückgenommen und nachgelesen")

DEEDS: Final[Mapping[Deed, str]] = MappingProxyType(
    {Deed.GIVE: "erhält", Deed.ALTER: "wird geändert", Deed.TAKE: "verliert"}
)
ORDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "audit": "Die Rechte werden gelesen.",
        "apply": "Der Plan wird ausgeführt.",
        "undo": "Der Plan wird zurückgenommen.",
    }
)
FAILURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rights.changed_meanwhile": "Ein Ordner wurde inzwischen von Hand geändert. Prüfen Sie neu"
        " und machen Sie einen neuen Plan.",
        "rights.not_as_written": "Der Server hat etwas anderes gespeichert, als verlangt war. Sehen"
        " Sie den Ordner in Outlook an.",
        "rights.unknown_level": "Ein Eintrag lässt sich nicht deuten. Setzen Sie ihn in Outlook auf"
        " eine benannte Stufe.",
        "rights.plan_outdated": "Seit dem Vorschlag gilt anderes: Verteiler, Einstellungen oder ein"
        " belassener Befund. Prüfen Sie neu und machen Sie einen neuen Plan.",
        "rights.plan_changed": "Der Plan ist nicht der, der freigegeben wurde. Prüfen Sie neu und"
        " machen Sie einen neuen Plan.",
        "rights.not_approved": "Der Plan ist nicht freigegeben, oder er wurde verworfen.",
        "rights.read_only": "Rechte werden hier nur gelesen (rights.mode).",
        "rights.no_acl": "Der Server zeigt keine Rechte. Die Technik schaltet dort die Erweiterung"
        " ACL ein.",
        "postbox.no_right": "Das Dienstkonto darf die Rechte nicht sehen. Es braucht Vollzugriff"
        " auf das Postfach.",
        "postbox.away": "Das Postfach antwortet nicht. Versuchen Sie es später noch einmal.",
        "postbox.login_refused": "Das Postfach weist die Anmeldung ab. Die Technik prüft das"
        " Kennwort.",
        "postbox.folder_missing": "Ein Ordner wurde umbenannt oder entfernt. Prüfen Sie neu.",
    }
)


def failure(code: str) -> str:
    """Why an order or a step failed; an unknown code itself, so that nothing is hidden."""
    return FAILURES.get(code, f"Nicht gelungen ({code}).")
