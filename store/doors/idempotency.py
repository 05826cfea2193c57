"""Answers already given, so that a repeated request gets the same one and does nothing twice.

Source: the `Idempotency-Key` of `POST /v1/mails`; own decision 0021.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from rules.errors import Conflict
from store.database import compiled, sealed
from store.database.engine import Tx
from store.database.statements import add_rows, insert
from store.tables.ledger import idempotency as table


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: HTTP status and JSON body."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, and the fingerprint of the request that it was given to."""

    request_hash: str
    answer: Answer


def look(tx: Tx, caller: str, *, key: str, request_hash: str) -> Answer | None:
    """The answer given before to this request, or None.

    Raises: Conflict: `idempotency.other_request`: the key was used with another content.
    """
    statement = sa.select(table).where(table.c.caller == caller, table.c.key == key)
    found = tx.run(statement).one_or_none()
    if found is None:
        return None
    if found.request_hash != request_hash:
        raise Conflict(
            "idempotency.other_request",
            "This Idempotency-Key was used for another request. Use a new key.",
        )
    return Answer(found.status, sealed.opened(tx, found.body, row=_name(caller, key)))


def look_each(tx: Tx, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], Given]:
    """The answers given before to these callers and keys, those that there are."""
    found: dict[tuple[str, str], Given] = {}
    given = compiled.listed([list(key) for key in sorted(keys)])
    for caller, key, request_hash, status, body in compiled.run_planned_anew(
        tx, _LOOK[tx.dialect], {"given": given}
    ):
        opened = sealed.opened(tx, json.loads(body), row=_name(caller, key))
        found[caller, key] = Given(request_hash, Answer(status, opened))
    return found


def _look_in(engine: str) -> sa.TextClause:
    """One look into the key of the answers for each pair, however many answers there are.

    For a hundred pairs, as many as it expects, PostgreSQL would read all answers; behind OFFSET it
    looks for each.
    """
    looks = {
        "postgresql": "CROSS JOIN LATERAL (SELECT * FROM idempotency"
        " WHERE caller = CAST(given.value AS json) ->> 0"
        " AND key = CAST(given.value AS json) ->> 1 OFFSET 0) AS found",
        "sqlite": "CROSS JOIN idempotency AS found"
        " WHERE found.caller = json_extract(given.value, '$[0]')"
        " AND found.key = json_extract(given.value, '$[1]')",
    }
    return sa.text(
        "SELECT found.caller, found.key, found.request_hash, found.status,"  # noqa: S608 - ours
        f" CAST(found.body AS TEXT) FROM {compiled.GIVEN[engine]} {looks[engine]}"
    )


_LOOK = {engine: _look_in(engine) for engine in compiled.ENGINES}


def remember_each(tx: Tx, given: Mapping[tuple[str, str], Given], *, now: datetime) -> None:
    """Keep these answers, in the transaction of their deeds.

    The caller has passed through the lease of each key and found no answer, so none is there.
    Raises: Conflict: `store.conflict`.
    """
    values = [
        {
            "caller": caller,
            "key": key,
            "request_hash": one.request_hash,
            "status": one.answer.status,
            "body": sealed.seal(tx, one.answer.body, row=_name(caller, key)),
            "created_at": now,
        }
        for (caller, key), one in sorted(given.items(), key=itemgetter(0))
    ]
    add_rows(tx, table, values)


def remember(
    tx: Tx, caller: str, *, key: str, request_hash: str, answer: Answer, now: datetime
) -> None:
    """Keep the answer, in the transaction of the deed, which is undone if another was faster.

    Raises: Conflict: `idempotency.in_use`.
    """
    statement = insert(tx, table).values(
        caller=caller,
        key=key,
        request_hash=request_hash,
        status=answer.status,
        body=sealed.seal(tx, answer.body, row=_name(caller, key)),
        created_at=now,
    )
    if tx.run(statement.on_conflict_do_nothing().returning(table.c.key)).one_or_none() is None:
        raise Conflict(
            "idempotency.in_use",
            "A request with this Idempotency-Key was just answered. Repeat it to get that answer.",
        )


def replace(tx: Tx, caller: str, *, key: str, answer: Answer) -> None:
    """Put another answer into the place of the one that is kept; the caller has looked at it."""
    body = sealed.seal(tx, answer.body, row=_name(caller, key))
    statement = sa.update(table).where(table.c.caller == caller, table.c.key == key)
    tx.run(statement.values(status=answer.status, body=body))


def forget(tx: Tx, *, before: datetime) -> int:
    """Drop answers older than that; how many."""
    return tx.run(sa.delete(table).where(table.c.created_at < before)).rowcount


def forget_about(tx: Tx, *, messages: Collection[int], items: Collection[int]) -> int:
    """Drop answers that speak of these messages or items; how many. A repetition runs anew.

    Reads all answers there are, which are those of a day at most.
    """
    dropped = 0
    rows = tx.run(sa.select(table.c.caller, table.c.key, table.c.body)).all()
    for caller, key, body in rows:
        named = set(_numbers(sealed.opened(tx, body, row=_name(caller, key))))
        wanted = {"message_id": messages, "item_id": items}
        if any(number in wanted.get(name, ()) for name, number in named):
            statement = sa.delete(table).where(table.c.caller == caller, table.c.key == key)
            dropped += tx.run(statement).rowcount
    return dropped


def _name(caller: str, key: str) -> str:
    return sealed.name_of("idempotency", f"{caller}/{key}")


def _numbers(value: object) -> Iterator[tuple[str, int]]:
    """All pairs of name and number in an answer, also inside the text that it is."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, int):
                yield name, inner
            else:
                yield from _numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner)
