"""How rows leave the room: as frozen dataclasses, never as the driver's rows."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

import sqlalchemy as sa

from store.database.engine import Tx

RowT = TypeVar("RowT")


def columns(kind: type[Any], table: sa.FromClause) -> list[sa.ColumnElement[Any]]:
    """The columns of `table` that the dataclass `kind` names, in its order."""
    return [table.c[field.name] for field in fields(kind)]


def all_as(tx: Tx, kind: Callable[..., RowT], statement: sa.Executable) -> tuple[RowT, ...]:
    """All rows of a statement whose columns are those of `columns(kind, …)`."""
    return tuple(kind(*row) for row in tx.run(statement))


def one_as(
    tx: Tx,
    kind: Callable[..., RowT],
    statement: sa.Executable,
    values: Mapping[str, Any] | None = None,
) -> RowT | None:
    """The only row of such a statement, run with `values` for its parameters, or None."""
    row = tx.run(statement, values).one_or_none()
    return None if row is None else kind(*row)
