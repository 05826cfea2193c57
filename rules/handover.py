"""Values of the hand-over to the eAkte: what goes out, and the receipt that comes back.

Source: Weisung 202001001 no. 2.4 a 5 (payment-relevant messages go to the eAkte).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Package:
    """One hand-over to the eAkte, complete in itself. Made by triage/handover.py.

    `key` is the idempotency key: the same key delivered twice is one hand-over. `metadata`
    is JSON-able (concerns, facts, agency, reasons, verdict id); it repeats no mail text.
    `attachments` are (name, content type, size in bytes, MIME path).
    """

    key: str
    message_id: int
    sha256: str
    original: bytes
    received_at: str
    agency_code: str | None
    agency_name: str | None
    kundennummer: str | None
    concerns: tuple[str, ...]
    attachments: tuple[tuple[str, str, int, str], ...]
    metadata: dict[str, object]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the eAkte says of one package. `accepted` False carries the reason it gave."""

    key: str
    accepted: bool
    reference: str
    sha256: str
    received_at: str
    reason: str = ""
