"""One INSERT, many rows, on PostgreSQL: all of them travel as one text, and the words never change.

SQLAlchemy spells out each value of each row: a statement of another length each time, which it, the
driver and the server read anew, and which takes longer than writing the rows. Here the server takes
the rows out of one value, by a statement that it has planned before. Source: measurement
2026-11-28 (28 to 2.2 µs of our CPU a trail entry); own decision 0147.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from store.database import failures
from store.database.engine import Tx

_PLANS: Final = 64
"""More than there are tables that are written so."""

_TEXT: Final = "TEXT"
_KINDS: Final = frozenset(
    {_TEXT, "BIGINT", "INTEGER", "BOOLEAN", "TIMESTAMP WITH TIME ZONE", "DATE"}
)
"""Kinds of columns that come back out of JSON as they went in. Bytes and fractions are not among
them."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The words, and by its name how each value is made one that JSON can say."""

    words: str
    kinds: Mapping[str, Callable[[Any], Any] | None]

    def said(self, rows: Sequence[Mapping[str, Any]]) -> str:
        kinds = self.kinds.items()
        return _ENCODER.encode(
            [{name: kind(row[name]) if kind else row[name] for name, kind in kinds} for row in rows]
        )


def add(tx: Tx, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows in order; all have the same keys, and there is at least one.

    Raises: as `Tx.run`. KeyError: a column is of a kind that JSON can't carry.
    """
    plan = _plan(table, tx.connection.dialect, tuple(rows[0]))
    with failures.translated():
        tx.connection.exec_driver_sql(plan.words, {"rows": plan.said(rows)})


@lru_cache(_PLANS)
def _plan(table: sa.Table, dialect: sa.Dialect, names: tuple[str, ...]) -> _Plan:
    quoted = {name: dialect.identifier_preparer.quote(name) for name in names}
    kinds = {name: table.c[name].type for name in names}
    taken = ", ".join(f"{quoted[name]} {_kind(kinds[name], dialect)}" for name in names)
    given = ", ".join(
        f"CAST(given.{quoted[name]} AS JSON)" if _is_json(kinds[name]) else f"given.{quoted[name]}"
        for name in names
    )
    words = (
        f"INSERT INTO {dialect.identifier_preparer.format_table(table)}"  # noqa: S608 - our own names
        f" ({', '.join(quoted.values())}) SELECT {given}"
        f" FROM ROWS FROM (json_to_recordset(CAST(%(rows)s AS JSON)) AS ({taken}))"
        f" WITH ORDINALITY AS given ({', '.join(quoted.values())}, place) ORDER BY given.place"
    )
    return _Plan(words, {name: _bound(kinds[name], dialect) for name in names})


def _kind(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> str:
    """As what the server takes a value out of the text; the column itself bounds its length."""
    words = kind.compile(dialect)
    if _is_json(kind) or words.startswith("VARCHAR"):
        return _TEXT
    if words not in _KINDS:
        raise KeyError(words)
    return words


def _bound(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    # JSON within is a text of its own, so that it is kept letter for letter.
    return _json_text if _is_json(kind) else kind.dialect_impl(dialect).bind_processor(dialect)


def _is_json(kind: sa.types.TypeEngine[Any]) -> bool:
    return isinstance(kind, sa.JSON)


def _json_text(value: object) -> str | None:
    return None if value is None else json.dumps(value)


def _moment(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    msg = f"JSON does not carry a {type(value).__name__}"
    raise TypeError(msg)


_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_moment
)
"""Letters as they are: a lone surrogate is then refused by the driver, as everywhere."""
