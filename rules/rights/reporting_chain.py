"""The chain by which lists are reported: agency, Regionaldirektion, Service Center region.

Source: Weisung 202404002 no. 3: agencies report to the Regionaldirektion by 05.04.2024, which
consolidates and reports to the regional management of the Service Center by 09.04.2024.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.directory import Directory
from rules.errors import Refused


class Step(StrEnum):
    """Who does what."""

    AGENCY = "agency"
    DIRECTION = "direction"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Round:
    """One round of review in a region: the last day of each step."""

    region: str
    agencies_due: date
    directions_due: date
    region_due: date

    def due(self, step: Step) -> date:
        """The last day of a step. Source: Weisung 202404002 no. 3."""
        return {
            Step.AGENCY: self.agencies_due,
            Step.DIRECTION: self.directions_due,
            Step.REGION: self.region_due,
        }[step]


@dataclass(frozen=True, slots=True)
class Mark:
    """That a unit did its step: an agency's code, a Regionaldirektion, or the region."""

    step: Step
    unit: str
    on: date
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """One unit in the chain. `open_units` are those below it that are not done."""

    step: Step
    unit: str
    name: str
    due: date
    mark: Mark | None
    is_overdue: bool
    open_units: tuple[str, ...] = ()


def make_round(region: str, agencies_due: date, *, directions_due: date, region_due: date) -> Round:
    """A round whose days are in order.

    Raises: Refused: `rights.round_order`. Source: Weisung 202404002 no. 3 (one after the other).
    """
    if not agencies_due <= directions_due <= region_due:
        raise Refused(
            "rights.round_order",
            "The last days are not in the order agency, Regionaldirektion, Service Center; correct"
            " them.",
        )
    return Round(region, agencies_due, directions_due, region_due)


def chain(
    directory: Directory, asked: Round, marks: Iterable[Mark], *, today: date
) -> tuple[Link, ...]:
    """All units of the region, step by step, each with what is missing. `today` is the local day.

    Source: Weisung 202404002 no. 3.
    """
    done = {(mark.step, mark.unit): mark for mark in marks}
    agencies = directory.by_region(asked.region)
    below: dict[str, tuple[str, ...]] = {}
    links: list[Link] = []
    for agency in agencies:
        links.append(_link(asked, done, today, (Step.AGENCY, agency.code, agency.name)))
        if links[-1].mark is None:
            below[agency.regionaldirektion] = (
                *below.get(agency.regionaldirektion, ()),
                agency.code,
            )
    directions = sorted({agency.regionaldirektion for agency in agencies})
    for name in directions:
        missing = below.get(name, ())
        links.append(_link(asked, done, today, (Step.DIRECTION, name, name), missing))
    late = tuple(name for name in directions if (Step.DIRECTION, name) not in done)
    links.append(_link(asked, done, today, (Step.REGION, asked.region, asked.region), late))
    return tuple(links)


def _link(
    asked: Round,
    done: Mapping[tuple[Step, str], Mark],
    today: date,
    who: tuple[Step, str, str],
    missing: tuple[str, ...] = (),
) -> Link:
    step, unit, name = who
    mark = done.get((step, unit))
    due = asked.due(step)
    return Link(step, unit, name, due, mark, mark is None and due < today, missing)


def require_step(links: Iterable[Link], step: Step, *, unit: str, note: str) -> None:
    """Pass if the unit is in the chain, and all below it are done or the note says why not.

    Raises: Refused: `unit.unknown`, `rights.chain_incomplete`.
    Source: Weisung 202404002 no. 3 ("konsolidiert"); own decision 0040.
    """
    found = next((one for one in links if (one.step, one.unit) == (step, unit)), None)
    if found is None:
        raise Refused("unit.unknown", f"{unit!r} is no unit of this chain.", unit=unit)
    if found.open_units and len(note.strip()) < 10:
        raise Refused(
            "rights.chain_incomplete",
            f"Still missing: {', '.join(found.open_units)}. Wait for them, or give a reason of at"
            " least 10 characters.",
            missing=list(found.open_units),
        )
