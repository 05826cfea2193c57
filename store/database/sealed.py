"""Content beside the originals, sealed in its own column: verdicts, payloads, repeated answers.

A sealed value is `{"sealed": [key, box]}` in the same JSON column; what was written before stays
readable as it is. Rows leave as with store/database/rows.py, but opened. Source: own decision 0070.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias, TypeVar

import sqlalchemy as sa

from store.database import rows
from store.database.engine import Tx

RowT = TypeVar("RowT")

columns = rows.columns

Json: TypeAlias = Any
"""What a JSON column can hold, or a row that has one."""

MARK: Final = "sealed"

FIELDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "StoredVerdict": ("verdict", "body", "message_id"),
    "Outgoing": ("outgoing", "payload", "idempotency_key"),
}
"""Of each kind of row: table, sealed field, and the field that names the row."""


def seal(tx: Tx, value: Json, *, row: str) -> Json:
    """The value as it is written; itself where no key is active. Raises: TryLater: `keys.file`."""
    if not tx.ring.keys().active:
        return value
    key_id, box = tx.ring.seal(json.dumps(value).encode(), row=row)
    return {MARK: [key_id, base64.b64encode(box).decode("ascii")]}


def opened(tx: Tx, value: Json, *, row: str) -> Json:
    """The value that was sealed, or itself. Raises: TryLater and Unreadable: as `SealRing.open`."""
    key_id = key_of(value)
    if not key_id:
        return value
    box = base64.b64decode(value[MARK][1])
    return json.loads(tx.ring.open(key_id, box, row=row))


def key_of(value: Json) -> str:
    """The id of the key that a value is sealed with, or empty."""
    if isinstance(value, dict) and value.keys() == {MARK}:
        return str(value[MARK][0])
    return ""


def name_of(table: str, key: object) -> str:
    """How a row is named as associated data, from its table and what identifies it."""
    return f"{table}/{key}"


def all_as(tx: Tx, kind: Callable[..., RowT], statement: sa.Executable) -> tuple[RowT, ...]:
    """As `rows.all_as`, opened."""
    return tuple(_open(tx, row) for row in rows.all_as(tx, kind, statement))


def one_as(tx: Tx, kind: Callable[..., RowT], statement: sa.Executable) -> RowT | None:
    """As `rows.one_as`, opened."""
    row = rows.one_as(tx, kind, statement)
    return None if row is None else _open(tx, row)


def _open(tx: Tx, row: Json) -> Json:
    table, column, key = FIELDS[type(row).__name__]
    value = getattr(row, column)
    if not key_of(value):
        return row
    found = opened(tx, value, row=name_of(table, getattr(row, key)))
    return replace(row, **{column: found})
