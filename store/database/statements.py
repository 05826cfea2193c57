"""The few words of SQL that SQLAlchemy spells differently for the two engines."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from store.database import by_columns, by_json
from store.database.engine import Tx

PART_SIZE = 500
"""Values in one IN list: SQLite takes 32,766 in all, PostgreSQL 65,535. Own decision 0003."""

ValueT = TypeVar("ValueT")


def insert(tx: Tx, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that knows ON CONFLICT, so that a double leaves the transaction usable.

    PostgreSQL ends a transaction at the first broken constraint; a caught error is too late.
    Whether a row was written is told by RETURNING: SQLAlchemy keeps no row count of an INSERT.
    """
    return sqlite.insert(table) if tx.dialect == "sqlite" else postgresql.insert(table)


def add_rows(tx: Tx, table: sa.Table, values: list[dict[str, Any]]) -> None:
    """Insert rows of the same columns, in their order; nothing for no rows.

    On PostgreSQL one statement for all of them; SQLite runs one prepared statement row by row
    without a way to a server. Own decisions 0092, 0109, 0147.
    """
    if tx.dialect == "sqlite":
        by_columns.run(tx, _insert_into(table), values)
    elif values:
        by_json.add(tx, table, values)


@cache
def _insert_into(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


def alone(tx: Tx, name: str) -> None:
    """Who names the same waits here until the other's transaction ends; SQLite has one writer.

    For what is read first and has no row yet that could be locked. Numbers collide at worst: then
    two strangers wait for each other a moment.
    """
    if tx.dialect == "postgresql":
        tx.run(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(name))))


def spelled(column: sa.ColumnElement[Any], *states: StrEnum) -> sa.ColumnElement[bool]:
    """Whether the column has one of the states, spelled out as in the partial indexes.

    A bound value would hide from SQLite that such an index fits.
    """
    words: list[sa.ColumnElement[Any]] = [sa.literal_column(f"'{state.value}'") for state in states]
    return column == words[0] if len(words) == 1 else column.in_(words)


def by_no_index(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """A column of text as no index has it, for a condition that must not choose the index.

    The house keeps no statistics in a SQLite file, so an index that fits one condition more looks
    better there than one that holds a handful of rows. Source: own decision 0091.
    """
    return column + sa.literal_column("''")


def parts(values: Iterable[ValueT]) -> Iterator[list[ValueT]]:
    """The values in order, in lists short enough for one IN."""
    remaining = iter(values)
    while part := list(islice(remaining, PART_SIZE)):
        yield part


def among(
    column: sa.ColumnElement[str | None], codes: Iterable[str | None] | None
) -> sa.ColumnElement[bool]:
    """Whether the column is one of the codes, where None is a code too; without codes: any."""
    if codes is None:
        return sa.true()
    wanted = set(codes)
    listed = column.in_(sorted(code for code in wanted if code is not None))
    return sa.or_(listed, column.is_(None)) if None in wanted else listed
