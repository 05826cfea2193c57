"""What is counted day by day, and how it is laid out: never by person.

Source: R6 (statistics by Geschäftsvorgang as in BEO), R17, F54, F55, N9; Weisung 202404002.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Protocol


class Measure(StrEnum):
    """What happened to mails on a local day.

    `received`: kept; `done`: closed; `handed_over`: the receipt of the eAkte came; `judged`:
    closed, counted under what the machine had said; `corrected`: those of them where a person
    had changed first concern or payment. `minutes`: from receipt to closing, summed over `done`.
    `sorted`: those of `received` that became an item; told from them and kept nowhere, since
    older versions of the program know no such measure.
    """

    RECEIVED = "received"
    DONE = "done"
    HANDED_OVER = "handed_over"
    JUDGED = "judged"
    CORRECTED = "corrected"
    MINUTES = "minutes"
    SORTED = "sorted"


class By(StrEnum):
    """What the lines of a table are."""

    DAY = "day"
    CONCERN = "concern"
    CHANNEL = "channel"
    AGENCY = "agency"
    REGION = "region"


SHOWN: Final = (
    Measure.RECEIVED, Measure.DONE, Measure.HANDED_OVER, Measure.CORRECTED, Measure.SORTED,
)  # fmt: skip
"""The columns of a table, in the order of `/v1`, where new ones come last."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of one day. There is no person in it, and no place for one.

    `agency_code` None is the clearing folder or not sorted yet; `channel` and `concern` are empty
    where a mail has no item.
    """

    day: date
    region: str
    agency_code: str | None
    channel: str
    concern: str
    measure: Measure
    number: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: its key by `By`, the number of each measure of `SHOWN`."""

    key: str
    numbers: tuple[int, ...]


class Counted(Protocol):
    """What a number belongs to, whatever is counted."""

    @property
    def day(self) -> date:
        """The local day."""

    @property
    def region(self) -> str:
        """Empty where none is known."""

    @property
    def agency_code(self) -> str | None:
        """None is the clearing folder."""

    @property
    def channel(self) -> str:
        """Empty where there is no item."""

    @property
    def concern(self) -> str:
        """The first one; empty where there is no item."""


def place_of(cell: Counted, by: By) -> str:
    """The line a number belongs to; a day as YYYY-MM-DD. Source: F54."""
    keys = {
        By.DAY: cell.day.isoformat(),
        By.CONCERN: cell.concern,
        By.CHANNEL: cell.channel,
        By.AGENCY: cell.agency_code or "",
        By.REGION: cell.region,
    }
    return keys[by]


def lines(cells: Iterable[Cell], by: By) -> tuple[Line, ...]:
    """One line for each key that occurs: days in order, others by `received`. Source: F54."""
    found: dict[str, Counter[Measure]] = {}
    for cell in cells:
        _add(found.setdefault(place_of(cell, by), Counter()), cell)
    told = [Line(key, tuple(count[measure] for measure in SHOWN)) for key, count in found.items()]
    if by is By.DAY:
        return tuple(sorted(told, key=lambda line: line.key))
    return tuple(sorted(told, key=lambda line: (-line.numbers[0], line.key)))


def sums(cells: Iterable[Cell]) -> Counter[Measure]:
    """All measures over the cells. Source: F54."""
    count: Counter[Measure] = Counter()
    for cell in cells:
        _add(count, cell)
    return count


def _add(count: Counter[Measure], cell: Cell) -> None:
    count[cell.measure] += cell.number
    if cell.measure is Measure.RECEIVED and cell.concern:
        count[Measure.SORTED] += cell.number
