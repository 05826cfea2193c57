"""Handing out the next item of a line, to one clerk or to many in one transaction.

The claims run one after the other inside the transaction, so each sees what those before it took,
and no line is read differently because others ask at the same moment. What is saved is the way:
the drivers are spoken to themselves, and on PostgreSQL all claims of one shape travel together;
those without a wish are read and written together as well. Source: own decisions 0079, 0156.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.item import ItemState
from store.database import compiled, failures, rows
from store.database.compiled import Compiled
from store.database.engine import Tx
from store.database.statements import parts, spelled
from store.desk import claims, same_moment
from store.desk.claims import Line
from store.tables.ledger import item as table


@dataclass(frozen=True, slots=True)
class Want:
    """One clerk who asks for the next item of a line, to hold it for that long."""

    line: Line
    holder: str
    lease_seconds: int


@dataclass(frozen=True, slots=True)
class Handed:
    """What a clerk got; `token` opens every write until `until` (aware UTC)."""

    item_id: int
    message_id: int
    token: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Open:
    """An item that a clerk holds under a running lease, and whose it is."""

    id: int
    holder: str
    agency_code: str | None
    region: str


_OPEN = rows.columns(Open, table)


def claim_each(tx: Tx, wants: Sequence[Want], *, now: datetime) -> list[Handed | None]:
    """The next waiting item for each, in their order; None where nobody waits for that one.

    Of different shapes (with a wish, without) one shape goes after the other.
    """
    found: list[Handed | None] = [None] * len(wants)
    shapes: dict[tuple[bool, bool, bool], list[int]] = {}
    for place, want in enumerate(wants):
        shapes.setdefault(claims.shape(want.line), []).append(place)
    for shape, places in shapes.items():
        handed = _together(tx, shape, [wants[place] for place in places], now=now)
        for place, one in zip(places, handed, strict=True):
            found[place] = one
    return found


def alone_at_once(tx: Tx, holders: Iterable[str]) -> frozenset[str]:
    """Those of the clerks for whom no other transaction is counting what they hold; not waited for.

    The lock is that of `claims.open_claims`. On SQLite all: it has one writer.
    """
    names = sorted(set(holders))
    if tx.dialect == "sqlite" or not names:
        return frozenset(names)
    got = tx.run(_TRY, {"names": names})
    return frozenset(name for name, is_mine in got if is_mine)


def open_claims_of(tx: Tx, holders: Iterable[str], *, now: datetime) -> dict[str, list[Open]]:
    """What each of the clerks holds now, by the ids; who holds nothing is left out."""
    found: dict[str, list[Open]] = {}
    for part in parts(sorted(set(holders))):
        statement = (
            sa.select(*_OPEN)
            .where(
                spelled(table.c.state, ItemState.HELD),
                table.c.holder.in_(part),
                table.c.lease_until > now,
            )
            .order_by(table.c.id)
        )
        for one in rows.all_as(tx, Open, statement):
            found.setdefault(one.holder, []).append(one)
    return found


def _together(
    tx: Tx, shape: tuple[bool, bool, bool], wants: Sequence[Want], *, now: datetime
) -> list[Handed | None]:
    """The claims of one shape, in their order."""
    if tx.dialect == "postgresql" and shape == _PLAIN and len(wants) > 1:
        return [one for part in _parts(wants) for one in _of_a_moment(tx, part, now=now)]
    way = compiled.of(tx.dialect, claims.next_statement(shape))
    asked = [
        claims.values_of(want.line)
        | claims.to_whom(want.holder, claims.until(now, want.lease_seconds))
        for want in wants
    ]
    return [
        None if row is None else Handed(row[0], row[1], one["to_token"], one["to_until"])
        for row, one in zip(_sent(tx, way, map(way.taken, asked)), asked, strict=True)
    ]


def _of_a_moment(tx: Tx, wants: Sequence[Want], *, now: datetime) -> list[Handed | None]:
    """The claims of at most `same_moment.MOST` on lines of agencies, without a wish."""
    asking = [(_place(want.line), want.holder) for want in wants]
    handed = [
        None if found is None else _handed(want, found.id, found.message_id, now=now)
        for want, found in zip(wants, same_moment.next_of_each(tx, asking), strict=True)
    ]
    holdings = [
        same_moment.Holding(one.item_id, want.holder, one.token, one.until)
        for want, one in zip(wants, handed, strict=True)
        if one is not None
    ]
    if holdings:
        same_moment.hand(tx, holdings)
    return handed


def _handed(want: Want, item_id: int, message_id: int, *, now: datetime) -> Handed:
    token = secrets.token_hex(claims.TOKEN_BYTES)
    return Handed(item_id, message_id, token, claims.until(now, want.lease_seconds))


def _place(line: Line) -> same_moment.Line:
    return str(line.agency_code), line.team.value


def _parts(wants: Sequence[Want]) -> Iterator[Sequence[Want]]:
    for begin in range(0, len(wants), same_moment.MOST):
        yield wants[begin : begin + same_moment.MOST]


def _sent(
    tx: Tx, way: Compiled, asked: Iterable[Mapping[str, Any]]
) -> list[tuple[int, int] | None]:
    driver: Any = tx.connection.connection
    with failures.translated(), closing(driver.cursor()) as cursor:
        if tx.dialect == "sqlite":
            # All rows are read, or the statement would still be open at the commit.
            answers = [cursor.execute(way.text, one).fetchall() for one in asked]
            return [rows[0] if rows else None for rows in answers]
        cursor.executemany(way.text, list(asked), returning=True)
        return [result.fetchone() for result in cursor.results()]


_PLAIN = (True, False, False)
"""The shape of a claim on the line of an agency, without a wish: by far the most."""

_TRY = sa.text(
    "SELECT name, pg_try_advisory_xact_lock(hashtext('clerk:' || name))"
    " FROM unnest(CAST(:names AS text[])) AS name"
)
