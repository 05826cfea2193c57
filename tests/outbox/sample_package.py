"""A hand-over for the tests of this room."""

from dataclasses import replace
from hashlib import sha256

from rules.handover import Package

ORIGINAL = b"From: jana@kundin.example\r\nSubject: Konto\r\n\r\nNeues Konto \xe4\r\n"

PACKAGE = Package(
    key="item-12-v3",
    message_id=12,
    sha256=sha256(ORIGINAL).hexdigest(),
    original=ORIGINAL,
    received_at="2026-11-23T23:30:00+00:00",
    ordered_at="2026-11-24T08:00:00+00:00",
    agency_code="435",
    agency_name="Kassel",
    kundennummer="123A456789",
    concerns=("bankverbindung", "au"),
    attachments=(("AU <Müller>.pdf", "application/pdf", 3, "1.2"),),
    metadata={"because": ["au: announced"], "verdict": 7},
)


def make_package(**changes: object) -> Package:
    """The sample with some fields replaced."""
    return replace(PACKAGE, **changes)  # type: ignore[arg-type]  # fields of Package
