"""Cursor pages: a list is read on from where it stood, also while it grows.

A cursor is opaque to clients; it names the last row they saw.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Query

from rules.errors import Refused

RowT = TypeVar("RowT")

LIMIT_MAX: Final = 500
"""Source: own decision 0021; a page of items is then about 200 kB."""

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Rows on a page.")]
Cursor = Annotated[
    str | None, Query(max_length=60, description="`next_cursor` of the page before.")
]


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """Some rows, and where the next ones start; None on the last page."""

    rows: tuple[RowT, ...]
    next_cursor: str | None


def page_of(
    read: Callable[[int, int | None], tuple[RowT, ...]],
    id_of: Callable[[RowT], int],
    *,
    limit: int,
    cursor: str | None,
) -> Page[RowT]:
    """Read one row more than asked, to know whether there is a next page. `read(limit, after)`.

    Raises: Refused: `request.cursor`.
    """
    rows = read(limit + 1, None if cursor is None else _row_id(cursor))
    more = len(rows) > limit
    shown = rows[:limit]
    return Page(shown, _cursor(id_of(shown[-1])) if more else None)


def _cursor(row_id: int) -> str:
    return base64.urlsafe_b64encode(f"i:{row_id}".encode()).decode().rstrip("=")


def _row_id(cursor: str) -> int:
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        kind, _, row_id = base64.urlsafe_b64decode(padded.encode()).decode().partition(":")
        if kind == "i":
            return int(row_id)
    except (binascii.Error, ValueError):
        pass
    raise Refused("request.cursor", "this cursor is not one of ours; start from the first page")
