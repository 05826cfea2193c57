"""Verdicts on a message, by machine and by clerk. None is overwritten; the newest counts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.ledger import LedgerState
from store.database import sealed
from store.database.engine import Tx
from store.database.statements import add_rows
from store.tables.ledger import message
from store.tables.ledger import verdict as table

TURNED_DOWN = "turned_down"
"""The source of a correction that another person refused, and in its body why (decision 0029)."""


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """A verdict to be kept.

    `source` is "machine", "clerk", "confirmed" or "turned_down" (a clerk's, seen by another
    person; what it says of the item holds either way), "outlook" (a mark) or "outlook_move" (a
    folder); `by` the model id, the person's pseudonym, or "Outlook".

    `body` is the public JSON of rules/verdict.py (`as_json`).
    """

    message_id: int
    source: str
    by: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A verdict as it was kept. `body` is empty after the content was deleted."""

    id: int
    message_id: int
    at: datetime
    source: str
    by: str
    model: str
    rules: str
    body: dict[str, Any]
    payment: str
    first_concern: str
    review: bool


CONFIRMED = "confirmed"
"""The source of a correction that another person found right (decision 0029)."""

_LOOKED_AT = frozenset({CONFIRMED, TURNED_DOWN})
_COLUMNS = sealed.columns(StoredVerdict, table)
_OF_PEOPLE = table.c.source != sa.literal_column("'machine'", sa.String)
"""Spelled out as in the partial index."""
_IS_THERE = message.c.state != LedgerState.DELETED


def add(tx: Tx, new: NewVerdict, *, now: datetime) -> int:
    """Keep a verdict beside the earlier ones; its id."""
    statement = sa.insert(table).values(_row(tx, new, now)).returning(table.c.id)
    verdict_id: int = tx.run(statement).scalar_one()
    return verdict_id


def add_many(tx: Tx, new: Iterable[NewVerdict], *, now: datetime) -> None:
    """As `add`, for many in one statement."""
    values = [_row(tx, one, now) for one in new]
    add_rows(tx, table, values)


def models_since(tx: Tx, moment: datetime, *, most: int) -> frozenset[str]:
    """The machine's models of the newest `most` verdicts, as far as not older than that."""
    columns = (table.c.model, table.c.at, table.c.source)
    newest = sa.select(*columns).order_by(table.c.id.desc()).limit(most).subquery()
    is_of = sa.and_(newest.c.at >= moment, newest.c.source == "machine")
    statement = sa.select(newest.c.model).where(is_of).distinct()
    return frozenset(tx.run(statement).scalars())


def latest(tx: Tx, message_id: int) -> StoredVerdict | None:
    """The verdict that counts, or None before the first; without why it was turned down.

    That reason is for `history` alone: this body is shown to all and taken over by the next.
    """
    found = sealed.one_as(tx, StoredVerdict, _newest_first(message_id).limit(1))
    if found is None or TURNED_DOWN not in found.body:
        return found
    return replace(found, body={k: v for k, v in found.body.items() if k != TURNED_DOWN})


def as_said(tx: Tx, message_id: int) -> StoredVerdict | None:
    """As `latest`, but where it only tells that somebody looked at a correction: the correction.

    Confirmed or turned down for training, it says the same of the mail.
    """
    found = _newest_first(message_id)
    said: StoredVerdict | None = None
    for earlier in sealed.all_as(tx, StoredVerdict, found):
        if said is not None and (said.source not in _LOOKED_AT or not _says_same(said, earlier)):
            break
        said = earlier
    return said


def _says_same(one: StoredVerdict, other: StoredVerdict) -> bool:
    bare = ({k: v for k, v in said.body.items() if k != TURNED_DOWN} for said in (one, other))
    return next(bare) == next(bare)


def history(tx: Tx, message_id: int) -> tuple[StoredVerdict, ...]:
    """All verdicts on a message, oldest first."""
    return sealed.all_as(tx, StoredVerdict, _newest_first(message_id))[::-1]


def latest_of_source(
    tx: Tx,
    source: str,
    *,
    limit: int,
    after: int | None = None,
    regions: Collection[str] | None = None,
) -> tuple[StoredVerdict, ...]:
    """The verdicts that count now and come from `source`, oldest first; without deleted ones.

    `after` is the id of the last verdict of the page before; with `regions` only those of mails
    of these. Those of people are found by an index; "machine" reads the whole table.
    """
    newer = table.alias("newer")
    overtaken = (
        sa.select(sa.literal(1))
        .select_from(newer)
        .where(newer.c.message_id == table.c.message_id, newer.c.id > table.c.id)
        .exists()
    )
    said_by = () if source == "machine" else (_OF_PEOPLE,)
    statement = (
        sa.select(*_COLUMNS)
        .join(message, message.c.id == table.c.message_id)
        # Not by the empty body: a page would end early.
        .where(table.c.source == source, *said_by, ~overtaken, _IS_THERE)
        .order_by(table.c.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(table.c.id > after)
    if regions is not None:
        statement = statement.where(message.c.region.in_(sorted(regions)))
    return tuple(found for found in sealed.all_as(tx, StoredVerdict, statement) if found.body)


def latest_by_machine(tx: Tx, message_ids: Sequence[int]) -> dict[int, StoredVerdict]:
    """What the machine said last of each of these messages; a page's worth of ids at most."""
    statement = (
        sa.select(*_COLUMNS)
        .where(table.c.message_id.in_(message_ids), table.c.source == "machine")
        .order_by(table.c.id)
    )
    return {found.message_id: found for found in sealed.all_as(tx, StoredVerdict, statement)}


def _row(tx: Tx, new: NewVerdict, now: datetime) -> dict[str, Any]:
    body = dict(new.body)
    return {
        "message_id": new.message_id,
        "at": now,
        "source": new.source,
        "by": new.by,
        "model": body["model"],
        "rules": body["rules"],
        "body": sealed.seal(tx, body, row=sealed.name_of("verdict", new.message_id)),
        "payment": body["payment_relevant"],
        "first_concern": next((found["code"] for found in body["concerns"]), ""),
        "review": body["review"],
    }


def _newest_first(message_id: int) -> sa.Select[*tuple[Any, ...]]:
    return sa.select(*_COLUMNS).where(table.c.message_id == message_id).order_by(table.c.id.desc())
