"""Statements that are compiled once and run many times, past SQLAlchemy's own cache.

For what is asked again and again: to find a compiled statement in its cache takes SQLAlchemy
longer than many a statement takes to run. Answers come as the driver gives them: numbers and text.
Source: measurement 2026-11-28 (docs/speed.md); own decision 0147.
"""

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg

from store.database import failures
from store.database.engine import Tx

ENGINES: Final = ("postgresql", "sqlite")

_PLANS: Final = 256
"""More than there are statements of this kind."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the driver takes it, and how to give it its values."""

    text: str
    fixed: Mapping[str, Any]
    """The values that are always the same."""
    processors: Mapping[str, Callable[[Any], Any]]

    def taken(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """All values, each as the driver takes it."""
        own = {
            name: process(values[name]) if (process := self.processors.get(name)) else values[name]
            for name in values
        }
        return {**own, **self.fixed}


@lru_cache(_PLANS)
def of(engine: str, statement: Any) -> Compiled:  # noqa: ANN401 - whatever SQLAlchemy compiles
    """The statement for "postgresql" or "sqlite"; compiled at the first call, then remembered."""
    dialect = _DIALECTS[engine]
    words = statement.compile(dialect=dialect)
    processors = {
        name: process
        for name, bind in words.binds.items()
        if (process := bind.type.dialect_impl(dialect).bind_processor(dialect))
    }
    bare = Compiled(str(words), {}, processors)
    fixed = {name: value for name, value in words.params.items() if value is not None}
    return replace(bare, fixed=bare.taken(fixed))


def run_first(tx: Tx, statement: sa.TextClause, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute the first statement of a transaction, with its BEGIN; all rows.

    Raises: as `Tx.run`.
    """
    compiled = of(tx.dialect, statement)
    driver: Any = tx.connection.connection
    with failures.translated(), closing(driver.cursor()) as cursor:
        with tx.one_way():
            cursor.execute(compiled.text, compiled.taken(values))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def run_planned_anew(
    tx: Tx, statement: sa.TextClause, values: Mapping[str, Any]
) -> list[tuple[Any, ...]]:
    """As `run_first`, but within a transaction, for what must find few rows in a table that grows.

    A plan that PostgreSQL keeps from when the table was small reads all of it until it is analysed.
    """
    compiled = of(tx.dialect, statement)
    driver: Any = tx.connection.connection
    with failures.translated(), closing(driver.cursor()) as cursor:
        planned = {"prepare": False} if tx.dialect == "postgresql" else {}
        cursor.execute(compiled.text, compiled.taken(values), **planned)
        return cursor.fetchall() if cursor.description else []


def listed(values: Collection[int] | Collection[str] | Collection[list[str]]) -> str:
    """Many values as one: a list of JSON, in their order. How a statement reads it: `GIVEN`."""
    return json.dumps(list(values), ensure_ascii=False)


GIVEN: Final[Mapping[str, str]] = {
    "postgresql": "json_array_elements_text(CAST(:given AS json))"
    " WITH ORDINALITY AS given (value, key)",
    "sqlite": "json_each(:given) AS given",
}
"""What follows FROM: the rows `given.value` of a list, by their places `given.key`."""

_DIALECTS: Final[Mapping[str, Any]] = {
    "postgresql": psycopg.dialect(),  # type: ignore[no-untyped-call]
    "sqlite": sqlite.dialect(paramstyle="named"),
}
