"""A part of a long list on a page, and the cursor under which it goes on.

For lists that the program has whole; where the database reads a page, its own cursor is an id, or a
spot in the line (api/cursor.py). A cursor names the last row shown, so that a list that grows
meanwhile shows nothing twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

RowT = TypeVar("RowT")

PAGE_ROWS: Final = 100
"""Rows of one list on one page. Own decision 0021 (a page stays under 100 kB)."""


@dataclass(frozen=True, slots=True)
class Part(Generic[RowT]):
    """Some rows of a list of `total`. `more` is the cursor of the next part; "" on the last."""

    rows: tuple[RowT, ...]
    total: int
    more: str


def part(rows: Sequence[RowT], key: Callable[[RowT], str], *, after: str) -> Part[RowT]:
    """The rows after the one with that key; from the first where no row has it (any more)."""
    places = (place for place, row in enumerate(rows, start=1) if key(row) == after)
    first = next(places, 0) if after else 0
    shown = tuple(rows[first : first + PAGE_ROWS])
    is_last = first + PAGE_ROWS >= len(rows)
    return Part(shown, len(rows), "" if is_last else key(shown[-1]))


def next_id(rows: Sequence[RowT], id_of: Callable[[RowT], int]) -> int:
    """The cursor of a page that the database read: its last id, or 0 where it wasn't full."""
    return id_of(rows[-1]) if is_full(rows) else 0


def is_full(rows: Sequence[RowT]) -> bool:
    """Whether a page that the database read may have a next one."""
    return len(rows) == PAGE_ROWS
