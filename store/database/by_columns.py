"""One statement, many rows, on SQLite: what is bound is made column by column.

SQLAlchemy makes it row by row, in a dictionary each, and takes longer for it than SQLite for
writing the row. The words are SQLAlchemy's, and so are the kinds of values.
Source: profile 2026-11-27 (docs/speed.md); own decision 0109.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from store.database import failures
from store.database.engine import Tx

_Row = Mapping[str, Any]

_PLANS = 256
"""Far more than there are statements of this kind."""


@dataclass(frozen=True, slots=True)
class _Bound:
    """One place for a value in the statement. `said` is what the statement says itself, if so.

    A batch says its time and its state in each row, in the same object.
    """

    name: str
    kind: Callable[[Any], Any] | None
    is_said: bool
    said: Any

    def values(self, rows: Sequence[_Row]) -> Iterable[Any]:
        if self.is_said:
            return repeat(self.said if self.kind is None else self.kind(self.said), len(rows))
        given = list(map(itemgetter(self.name), rows))
        if self.kind is None:
            return given
        first = given[0]
        if all(value is first for value in given):
            return repeat(self.kind(first), len(rows))
        return map(self.kind, given)


def run(tx: Tx, statement: sa.Insert | sa.Update, rows: Sequence[_Row]) -> None:
    """Run the statement once a row, in order; all rows have the same keys, and there may be none.

    `statement` is built once and kept by its caller, who does not ask for an answer. Raises: as
    `Tx.run`.
    """
    if not rows:
        return
    if tx.dialect != "sqlite":
        tx.run(statement, rows)
        return
    words, bound = _plan(statement, tx.connection.dialect, tuple(rows[0]))
    with failures.translated():
        given = list(zip(*(one.values(rows) for one in bound), strict=True))
        tx.connection.exec_driver_sql(words, given)


@lru_cache(_PLANS)
def _plan(
    statement: sa.Insert | sa.Update, dialect: sa.Dialect, names: tuple[str, ...]
) -> tuple[str, tuple[_Bound, ...]]:
    """The words, and what is bound in their order."""
    compiled: Any = statement.compile(
        dialect=dialect, column_keys=list(names), for_executemany=True
    )
    kinds = compiled._bind_processors  # noqa: SLF001 - no public way
    said = compiled.params
    return str(compiled), tuple(
        _Bound(name, kinds.get(name), name not in names, said[name])
        for name in compiled.positiontup
    )
