"""Marks of people as the desk and the figures show them, in German. Own decision 0046."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from rules.access import Caller, Permission, require
from rules.item import ItemState
from rules.local_day import day_bounds
from rules.marks import OPEN_MATTERS, Outcome
from store.acts import marks_seen
from store.acts.marks_seen import SeenMark
from triage.doorkeeper import visible_agencies
from triage.house import House

SMALL_CELL: Final = 5
"""A number below it is not told: of so few mails it could be known whose they are. Promise 8."""

_WORDS: Final = {
    Outcome.BROUGHT: "brachte die Nachricht mit, bewirkt nichts",
    Outcome.NOTED: "vermerkt",
    Outcome.CLOSED: "hat den Vorgang abgeschlossen",
    Outcome.CORRECTED: "hat das Anliegen berichtigt",
    Outcome.ALREADY: "war schon so",
    Outcome.HELD: "nicht ausgeführt: der Vorgang war in Bearbeitung",
    Outcome.RECEIPT_MISSING: "nicht ausgeführt: die eAkte-Quittung fehlte",
    Outcome.NO_ITEM: "vermerkt, es gibt keinen Vorgang",
}


@dataclass(frozen=True, slots=True)
class MarkShown:
    """One mark on one mail: its name, when it was found, what became of it, in German.

    `gone_at` is when it was found taken off; `is_open`: somebody has to decide.
    """

    name: str
    at: datetime
    gone_at: datetime | None
    outcome: str
    text: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class MarkFigure:
    """How often a mark was set in an agency's mail; None where it is fewer than `SMALL_CELL`.

    `mark` is empty for all that nobody configured, together.
    """

    agency_code: str | None
    mark: str
    count: int | None


def shown(found: Iterable[SeenMark], state: ItemState) -> tuple[MarkShown, ...]:
    """The marks of one mail, oldest first; `state` is that of its item."""
    return tuple(
        MarkShown(
            name=one.mark or "(gelöscht)",
            at=one.at,
            gone_at=one.gone_at,
            outcome=one.outcome,
            text=_WORDS[Outcome(one.outcome)],
            is_open=Outcome(one.outcome) in OPEN_MATTERS
            and one.gone_at is None
            and state is not ItemState.CLOSED,
        )
        for one in found
    )


def figures(house: House, caller: Caller, *, since: date, until: date) -> tuple[MarkFigure, ...]:
    """Marks set from `since` to `until` (local days, both included), by agency and mark.

    Agencies that the caller may see. Raises: Refused: `access.denied`. Source: Weisung 202404002
    (picture of the region); R7.
    """
    require(caller, Permission.READ_FIGURES)
    codes = visible_agencies(house, caller)
    first, _ = day_bounds(since)
    _, end = day_bounds(until)
    with house.db.read() as tx:
        counted = marks_seen.counts(tx, agency_codes=codes, since=first, until=end)
    return tuple(
        MarkFigure(one.agency_code, one.mark, one.count if one.count >= SMALL_CELL else None)
        for one in counted
    )
