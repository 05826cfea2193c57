"""German words about answers: what stands below one, and why a draft was not taken.

Source: desk guide, "Wording"; own decisions 0096, 0097.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.web import refusals

LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {"en": "auf Englisch", "einfach": "in einfacher Sprache"}
)
"""What stands below a German answer, if the clerk wants it."""

DRAFTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "draft.item_held": "Der Vorgang ist gerade in Arbeit; danach wird der Entwurf geprüft.",
        "draft.restored": (
            "Seit der Wiederherstellung ist offen, ob er schon gesendet wurde. Ist er es nicht,"
            " legen Sie ihn noch einmal ab."
        ),
        "draft.item_closed": "Der Vorgang ist abgeschlossen.",
        "draft.no_text": "Er ist keiner der freigegebenen Texte.",
        "draft.too_large": "Er ist zu groß.",
        "draft.attachments": "Antworten gehen ohne Anlage; entfernen Sie sie.",
        "draft.recipients": "Antworten gehen nur an die Adresse, von der die Mail kam, bei einem"
        " Formular an die im Formular.",
        "reply.differs": "Er weicht vom freigegebenen Text ab. Stellen Sie den Wortlaut her, oder"
        " wählen Sie den Text hier.",
    }
)
"""Why a draft that somebody laid into the postbox was not sent."""


def draft(code: str) -> str:
    """Why it was not taken and what to do; an unknown code itself, so that nothing is hidden."""
    return DRAFTS.get(code) or refusals.of_code(code) or f"Grund: {code}."
