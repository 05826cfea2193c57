"""Rows of a full house, written straight into the tables: 100,000 items in a minute, not in hours.

Twelve mails go the real way first. Every further one is a copy of their rows with an own number,
sender, time and state, as the stations would have written them.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from rules.item import EakteState, ItemState
from store.database.engine import Tx
from store.tables import ledger as tables
from store.trail import audit
from tests.house_fixture import MACHINE, NOW, eml
from triage import accept, counted_days
from triage.house import House

SUBJECTS = ("Ich bin krank", "Termin verschieben", "Neues Konto", "Urlaub", "Kündigung", "Frage")
POSTBOXES = ("Nord", "Ost", "Süd", "Südwest", "West")
BATCH = 5000
STATES = {ItemState.WAITING: 90, ItemState.PARKED: 5, ItemState.PENDING: 3, ItemState.CLOSED: 2}
"""Of a hundred items; closed ones come on top, as the day's work."""


def fill(house: House, items: int, *, aside: int) -> None:
    """So many items in one agency (435), received over three weeks; and mail set aside."""
    made = [
        accept.hand_in(house, MACHINE, eml(f"{subject} {n}", f"Guten Tag, {n} 34117 Kassel"))
        for n, subject in enumerate(SUBJECTS * 2)
    ]
    with house.db.read() as tx:
        messages = _rows(tx, tables.message)
        verdicts = _rows(tx, tables.verdict)
        first = _rows(tx, tables.item)
    start = 1 + max(one.message_id for one in made)
    drawn = random.Random(7)  # noqa: S311 - rows that a seed repeats
    today = start + items - items // 3
    for low in range(start, start + items, BATCH):
        numbers = range(low, min(low + BATCH, start + items))
        with house.db.write() as tx:
            tx.run(tables.message.insert(), [_message(messages, n, today) for n in numbers])
            tx.run(tables.verdict.insert(), [_copy(verdicts, n, message_id=n) for n in numbers])
            tx.run(tables.item.insert(), [_item(first, n, drawn) for n in numbers])
            tx.run(tables.arrival.insert(), [_arrival(n, today) for n in numbers])
            tx.run(tables.sighting.insert(), [_sighting(n, today) for n in numbers])
            tx.run(tables.audit.insert(), [one for n in numbers for one in _trail(n)])
    _set_aside(house, messages, start + items, aside)
    with house.db.write() as tx:
        audit.seal(tx, limit=3 * items)
    # As a worker does each night; the figures of a day that is over are not counted again.
    while counted_days.close_days(house):
        pass


def _rows(tx: Tx, table: sa.Table) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in tx.run(sa.select(table).order_by(table.c.id))]


def _copy(templates: Sequence[dict[str, Any]], number: int, **changed: object) -> dict[str, Any]:
    return templates[number % len(templates)] | {"id": number} | changed


def _received(number: int) -> Any:
    return NOW - timedelta(minutes=number % 30_000)


def _message(templates: Sequence[dict[str, Any]], number: int, today: int) -> dict[str, Any]:
    return _copy(
        templates, number, sender=f"p{number % 70_000}@post.example", source="postbox",
        received_at=_received(number), kept_at=_kept(number, today), postbox=POSTBOXES[number % 5],
    )  # fmt: skip


def _kept(number: int, today: int) -> Any:
    """From `today` on they came today, with the highest numbers: Monday after a long weekend."""
    return NOW if number >= today else _received(number)


def _item(templates: Sequence[dict[str, Any]], number: int, drawn: random.Random) -> dict[str, Any]:
    state = drawn.choices(list(STATES), list(STATES.values()))[0]
    due = NOW.date() + timedelta(days=number % 30 - 3)
    return _copy(
        templates, number, message_id=number, state=state, received_at=_received(number),
        due_on=due if number % 4 else None, queue_day=due if number % 4 else due + timedelta(28),
        parked_until=date(2026, 12, 1) if state is ItemState.PARKED else None,
        eakte=EakteState.SENT if state is ItemState.PENDING else EakteState.NONE,
        closed_at=NOW if state is ItemState.CLOSED else None,
    )  # fmt: skip


def _arrival(number: int, today: int) -> dict[str, Any]:
    return {"message_id": number, "at": _kept(number, today), "source": "postbox",
            "postbox": POSTBOXES[number % 5], "deliveries": 1}  # fmt: skip


def _sighting(number: int, today: int) -> dict[str, Any]:
    return {"message_id": number, "postbox": POSTBOXES[number % 5], "folder": "Agentur",
            "epoch": "1", "uid": str(number), "state": "live", "absences": 0,
            "first_seen_at": _kept(number, today),
            "last_seen_at": _kept(number, today)}  # fmt: skip


def _trail(number: int) -> Iterator[dict[str, Any]]:
    for action in ("mail.kept", "mail.sorted"):
        yield {"at": _received(number), "actor": "worker", "action": action,
               "subject": f"message:{number}", "details": {}}  # fmt: skip


def _set_aside(house: House, templates: Sequence[dict[str, Any]], start: int, number: int) -> None:
    """Machine mail in the region's postbox."""
    numbers = range(start, start + number)
    with house.db.write() as tx:
        tx.run(tables.message.insert(), [
            _message(templates, n, start) | {"state": "aside", "state_reason": "mail.machine",
                                      "state_at": NOW} for n in numbers
        ])  # fmt: skip
        tx.run(tables.arrival.insert(), [_arrival(n, start) for n in numbers])
        tx.run(tables.sighting.insert(), [_sighting(n, start) for n in numbers])
        tx.run(tables.aside.insert(), [
            {"message_id": n, "step": "sort", "reason_code": "mail.machine", "detail": "bounce",
             "tries": 1, "at": NOW} for n in numbers
        ])  # fmt: skip
