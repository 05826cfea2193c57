"""Counts of what waits, per agency and concern. No person, no working time (R17, N9)."""

from dataclasses import dataclass
from datetime import datetime

from rules.access import Caller
from triage.house import House


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """One agency's waiting line now. `oldest` is the receipt of the oldest waiting mail (aware UTC)."""

    code: str | None
    name: str
    region: str
    waiting: int
    held: int
    parked: int
    pending: int
    due_today: int
    overdue: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The live picture: agencies with open items, and waiting per concern."""

    agencies: tuple[AgencyRow, ...]
    concerns: tuple[tuple[str, int], ...]
    aside: int
    closed_today: int
    receipts_open: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the backlog is worked off: of all mails seen, how many have left the state `kept`."""

    seen: int
    kept: int
    done: int


def overview(house: House, caller: Caller, *, agency_code: str | None = None) -> Overview:
    """What waits, for the agencies that the caller may see."""
    raise NotImplementedError


def progress(house: House) -> Progress:
    """For the progress bar of page and command line."""
    raise NotImplementedError
