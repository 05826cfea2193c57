"""Cursor pages: a list is read on from where it stood, also while it grows or is put in order anew.

A cursor is opaque to clients; it names the last row they saw, by its id or, where rows may change
their place, by the place where it was seen. Own decision 0124.
"""

import base64
import binascii
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Query

from rules.errors import Refused
from store.desk.item_lists import Spot
from store.sending.outgoing_watch import Departure
from store.trail.trail_pages import Place

RowT = TypeVar("RowT")

ID_MAX: Final = 2**63 - 1
"""Largest id of both databases; beyond it the driver would raise, not answer "unknown"."""

LIMIT_MAX: Final = 500
"""Source: own decision 0021; a page of items is then about 200 kB."""

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="Rows on a page.")]
Cursor = Annotated[
    str | None, Query(max_length=60, description="`next_cursor` of the page before.")
]

_SPOT: Final = struct.Struct(">cIqq")
"""A letter, the day's ordinal, microseconds since 1970, the id: 28 characters."""
_SPOTTED: Final = b"q"
_DEPARTURE: Final = struct.Struct(">cqq")
"""A letter, microseconds since 1970, the id."""
_DEPARTED: Final = b"d"
_ID: Final = "i"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


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
    rows = read(limit + 1, None if cursor is None else row_id(cursor))
    return _page(rows, lambda row: of_id(id_of(row)), limit=limit)


def page_in_line(
    read: Callable[[int, Spot | int | None], tuple[RowT, ...]],
    spot_of: Callable[[RowT], Spot],
    *,
    limit: int,
    cursor: str | None,
) -> Page[RowT]:
    """As `page_of`, for lists in the order of hand-out; cursors that hold an id are still read."""
    rows = read(limit + 1, None if cursor is None else spot_or_id(cursor))
    return _page(rows, lambda row: of_spot(spot_of(row)), limit=limit)


def page_by_departure(
    read: Callable[[int, Departure | int | None], tuple[RowT, ...]],
    place_of: Callable[[RowT], Departure],
    *,
    limit: int,
    cursor: str | None,
) -> Page[RowT]:
    """As `page_in_line`, for what left, longest first."""
    rows = read(limit + 1, None if cursor is None else departure_or_id(cursor))
    return _page(rows, lambda row: of_departure(place_of(row)), limit=limit)


def of_departure(place: Departure) -> str:
    """The cursor behind what left then."""
    return _text(_DEPARTURE.pack(_DEPARTED, _micros(place.sent_at), place.id))


def departure_or_id(cursor: str) -> Departure | int:
    """What `of_departure` wrote, or an id of the time before. Raises: Refused: `request.cursor`."""
    data = _bytes(cursor)
    if not data.startswith(_DEPARTED):
        return row_id(cursor)
    try:
        _, micros, row = _DEPARTURE.unpack(data)
        return Departure(_EPOCH + timedelta(microseconds=micros), row)
    except (struct.error, OverflowError) as exc:
        raise foreign() from exc


def of_spot(spot: Spot) -> str:
    """The cursor behind that spot."""
    day, micros = spot.queue_day.toordinal(), _micros(spot.received_at)
    return _text(_SPOT.pack(_SPOTTED, day, micros, spot.id))


def spot_or_id(cursor: str) -> Spot | int:
    """What `of_spot` wrote, or an id of the time before. Raises: Refused: `request.cursor`."""
    data = _bytes(cursor)
    if not data.startswith(_SPOTTED):
        return row_id(cursor)
    try:
        _, day, micros, item_id = _SPOT.unpack(data)
        received_at = _EPOCH + timedelta(microseconds=micros)
        return Spot(date.fromordinal(day), received_at, item_id)
    except (struct.error, ValueError, OverflowError) as exc:
        raise foreign() from exc


def of_trail(place: Place) -> str:
    """The cursor of that place in the trail."""
    waiting = "" if place.waiting is None else f":{place.waiting}"
    return _text(f"s:{place.seq}:{place.mark}{waiting}".encode())


def trail_place(cursor: str) -> Place | int:
    """What `of_trail` wrote, or an id of the time before. Raises: Refused: `request.cursor`."""
    kind, *told = _bytes(cursor).decode(errors="replace").split(":")
    if kind != "s":
        return row_id(cursor)
    try:
        seq, mark, *waiting = told
        return Place(_number(seq), mark, *(_number(number) for number in waiting))
    except (ValueError, TypeError) as exc:
        raise foreign() from exc


def of_id(number: int) -> str:
    """The cursor behind the row of that id."""
    return _text(f"{_ID}:{number}".encode())


def row_id(cursor: str) -> int:
    """What `of_id` wrote. Raises: Refused: `request.cursor`."""
    try:
        found, _, number = _bytes(cursor).decode().partition(":")
        if found == _ID:
            return _number(number)
    except ValueError as exc:
        raise foreign() from exc
    raise foreign()


def _number(told: str) -> int:
    """A number of a row. Raises: ValueError."""
    number = int(told)
    if abs(number) > ID_MAX:
        raise ValueError(told)
    return number


def foreign() -> Refused:
    """The refusal of a cursor that no page gave out."""
    return Refused("request.cursor", "this cursor is not one of ours; start from the first page")


def _page(rows: tuple[RowT, ...], cursor_of: Callable[[RowT], str], *, limit: int) -> Page[RowT]:
    more = len(rows) > limit
    shown = rows[:limit]
    return Page(shown, cursor_of(shown[-1]) if more else None)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(cursor: str) -> bytes:
    try:
        return base64.urlsafe_b64decode((cursor + "=" * (-len(cursor) % 4)).encode())
    except (binascii.Error, ValueError) as exc:
        raise foreign() from exc
