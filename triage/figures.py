"""Counts of what waits, per agency and concern. No person, no working time (R17, N9)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.access import Caller, Permission, may
from rules.errors import Refused
from rules.local_day import day_bounds
from store.counts import figures, ledger_counts
from store.mails import aside
from triage.doorkeeper import CLEARING, require_agency, visible_agencies
from triage.house import House

NEAR_DAYS = 7
"""How far the list of near due days looks ahead. Hausregel: one week of staff planning."""


@dataclass(frozen=True, slots=True)
class AgencyRow:
    """One agency's line now. `oldest` is the receipt of the oldest waiting mail (aware UTC).

    `code` None is the clearing folder. `due_today` and `overdue` count all open items.
    """

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
    """The live picture: agencies with open items, and waiting per concern, most first.

    `near` counts open items by due day, from today on for `NEAR_DAYS`.
    """

    agencies: tuple[AgencyRow, ...]
    concerns: tuple[tuple[str, int], ...]
    aside: int
    closed_today: int
    receipts_open: int
    near: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the backlog is worked off: of `seen` mails, how many have left the state `kept`.

    `seen` are those of the local day, and older ones that still wait: counting the archive would
    take minutes, and every page and scrape asks.
    """

    seen: int
    kept: int
    done: int


def overview(house: House, caller: Caller, *, agency_code: str | None = None) -> Overview:
    """What waits, for the agencies that the caller may see, or for one of them.

    `agency_code` may be `CLEARING`, the clearing folder.
    Raises: Refused: `access.denied`: the agency is none of the caller's; `agency.unknown`.
    """
    codes = _asked(house, caller, agency_code)
    today = house.today()
    midnight, next_midnight = day_bounds(today)
    with house.db.read() as tx:
        now = figures.standing(
            tx, agency_codes=codes, today=today, until=today + timedelta(days=NEAR_DAYS)
        )
        return Overview(
            agencies=tuple(_row(house, line) for line in now.lines),
            concerns=now.concerns,
            aside=aside.count(tx, choice=aside.Choice(regions=caller.whole_regions)),
            closed_today=figures.closed_between(
                tx, agency_codes=codes, since=midnight, until=next_midnight
            ),
            receipts_open=figures.receipts_open(tx, agency_codes=codes),
            near=now.near,
        )


def _asked(house: House, caller: Caller, agency_code: str | None) -> frozenset[str | None] | None:
    if agency_code is None:
        return visible_agencies(house, caller)
    agency = house.directory.agency(agency_code)
    if agency is None and agency_code != CLEARING:
        raise Refused("agency.unknown", f"There is no agency {agency_code}.", agency=agency_code)
    # A merged agency leads to its successor.
    code = agency.code if agency else None
    figures_too = may(caller, Permission.READ_FIGURES)
    require_agency(
        house, caller, code, Permission.READ_FIGURES if figures_too else Permission.READ_ITEM
    )
    return frozenset({code})


def line(house: House, caller: Caller, agency_code: str | None) -> AgencyRow | None:
    """One agency's line (None: the clearing folder's), or None where nothing is open there.

    Raises: Refused: `access.denied`.
    """
    require_agency(house, caller, agency_code, Permission.READ_ITEM)
    today = house.today()
    with house.db.read() as tx:
        now = figures.standing(tx, agency_codes=[agency_code], today=today, until=today)
    return _row(house, now.lines[0]) if now.lines else None


def progress(house: House) -> Progress:
    """For the progress bars of page and command line, and for the metrics."""
    with house.db.read() as tx:
        done = ledger_counts.sorted_count(tx, day=house.today())
        kept = ledger_counts.unsorted_count(tx)
    return Progress(seen=done + kept, kept=kept, done=done)


def backlog(house: House) -> Progress | None:
    """As `progress` while mails wait to be sorted, else None: then nobody counts the day."""
    with house.db.read() as tx:
        if not ledger_counts.unsorted_count(tx):
            return None
    return progress(house)


def aside_reasons(house: House) -> tuple[tuple[str, int], ...]:
    """How many mails lie aside for which reason, for the metrics."""
    with house.db.read() as tx:
        return aside.reasons(tx)


def _row(house: House, line: figures.AgencyLine) -> AgencyRow:
    agency = house.directory.agency(line.agency_code)
    return AgencyRow(
        code=line.agency_code,
        name=agency.name if agency else "Klärung",
        region=line.region,
        waiting=line.waiting,
        held=line.held,
        parked=line.parked,
        pending=line.pending,
        due_today=line.due_today,
        overdue=line.overdue,
        oldest=line.oldest,
    )
