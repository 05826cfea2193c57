"""What a form says when its action was refused: at which dialog, at which field, what now."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from api.web import refusals
from rules.errors import Refused

_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "date.unreadable": "until",
        "item.park_day": "until",
        "item.park_too_far": "until",
        "item.reason_too_short": "reason",
        "agency.unknown": "agency",
        "correction.no_concern": "concerns",
        "correction.stands_alone": "concerns",
        "correction.kundennummer": "kundennummer",
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A refusal beside its field (or none, ""); `typed` keeps what the clerk wrote."""

    dialog: str
    field: str
    message: str
    typed: Mapping[str, str]


def fault(dialog: str, refused: Refused, typed: Mapping[str, str] | None = None) -> Fault:
    """The fault to show. Raises `refused` again where no form can mend it (rights)."""
    if refused.code.startswith(("access.", "auth.")) or refused.code == "item.unknown":
        raise refused
    return Fault(dialog, _about(refused), refusals.refusal(refused), typed or {})


def _about(refused: Refused) -> str:
    missing = refused.details.get("placeholders")
    if isinstance(missing, tuple) and missing:
        return str(missing[0])
    return str(refused.details.get("placeholder") or _FIELDS.get(refused.code, ""))
