"""Values of the hand-over to the eAkte: what goes out, and the receipt that comes back.

Source: Weisung 202001001 no. 2.4 a 5 (payment-relevant messages go to the eAkte).
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Package:
    """One hand-over to the eAkte, complete in itself. Made by triage/handover.py.

    `key` is the idempotency key: the same key delivered twice is one hand-over. `metadata`
    is JSON-able (concerns, facts, agency, reasons, verdict id); it repeats no mail text.
    `attachments` are (name, content type, size in bytes, MIME path). `ordered_at` is ISO 8601
    with offset, and makes the same package the same bytes at each try. `was_rejected`: by them, or
    their acceptance by us; a person has it handed over again, so it is to appear anew.
    """

    key: str
    message_id: int
    sha256: str
    original: bytes
    received_at: str
    ordered_at: str
    agency_code: str | None
    agency_name: str | None
    kundennummer: str | None
    concerns: tuple[str, ...]
    attachments: tuple[tuple[str, str, int, str], ...]
    metadata: dict[str, object]
    was_rejected: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the eAkte says of one package. `accepted` False carries the reason it gave.

    `kundennummer` is of the record it was filed to; None where the eAkte doesn't tell.
    """

    key: str
    accepted: bool
    reference: str
    sha256: str
    received_at: str
    reason: str = ""
    kundennummer: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """The receiver has the message and has not filed it yet: no receipt, it opens nothing.

    `received_at` is ISO 8601, as the receiver wrote it. Source: XDOMEA 3.0.0 (0629).
    """

    key: str
    received_at: str


Paper = Receipt | Arrival
"""Whatever comes back from a receiver."""


class TargetCheck(StrEnum):
    """How strictly the record is compared: only where the receipt names it, or always.

    Source: F50; own decision 0058.
    """

    IF_TOLD = "if_told"
    MUST = "must"


class Objection(StrEnum):
    """Why an acceptance doesn't count: other bytes, another record, or no record named.

    Source: F50; own decision 0058.
    """

    OTHER_BYTES = "eakte.other_bytes"
    OTHER_RECORD = "eakte.other_record"
    NO_RECORD = "eakte.no_record"


def objection(
    receipt: Receipt, check: TargetCheck, *, sha256: str, kundennummer: str | None
) -> Objection | None:
    """Whether an acceptance is for what was sent; None if so, and for every rejection.

    `sha256` and `kundennummer` are of what was sent; without a Kundennummer the eAkte's people
    assign the record by hand, and there is nothing to compare. Source: F50; own decision 0058.
    """
    if not receipt.accepted:
        return None
    must = check is TargetCheck.MUST
    if receipt.sha256.lower() != sha256 and (receipt.sha256 or must):
        return Objection.OTHER_BYTES
    if kundennummer is None:
        return None
    if receipt.kundennummer is None:
        return Objection.NO_RECORD if must else None
    same = is_same_record(receipt.kundennummer, kundennummer)
    return None if same else Objection.OTHER_RECORD


def is_same_record(told: str, kundennummer: str) -> bool:
    """Whether the Kundennummer that the eAkte names is the one that was sent.

    Source: own decision 0058.
    """
    return "".join(told.split()).upper() == kundennummer


def is_other_record(told: str | None, kundennummer: str | None) -> bool:
    """Whether one Kundennummer stands in the place of another; where none was, nothing is replaced.

    Source: own decision 0115.
    """
    return bool(told and kundennummer) and not is_same_record(str(told), str(kundennummer))
