"""Small made-up rows for store tests; every default is overridable by keyword."""

import itertools
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from rules.codes import PaymentRelevant, Team
from rules.item import EakteState
from rules.ledger import OpState
from rules.postbox import Place
from store.database.engine import Database, Tx
from store.desk import items
from store.desk.claim_batches import Want, claim_each
from store.desk.claims import Claimed, Line
from store.desk.items import NewItem
from store.mails import keeping, ledger
from store.mails.keeping import Arrival, Kept
from store.processes import leases
from store.processes.leases import Lease
from store.tables.ledger import op

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
POSTBOX = "nord"
INBOX = "INBOX"


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def place(uid: str, *, folder: str = INBOX, epoch: str = "1") -> Place:
    return Place(folder, epoch, uid)


def arrival(uid: str, data: bytes | None = None, **changes: object) -> Arrival:
    made = Arrival(
        data=data if data is not None else f"Subject: {uid}\r\n\r\nGuten Tag".encode(),
        received_at=NOW,
        source="postbox",
        postbox=POSTBOX,
        region="Nord",
        place=place(uid),
    )
    return replace(made, **changes)


def keep(db: Database, uid: str, data: bytes | None = None, **changes: object) -> Kept:
    with db.write() as tx:
        return keeping.keep(tx, arrival(uid, data, **changes), now=NOW)


def describe(tx: Tx, message_id: int, *, sender: str = "kundin@kunde.example") -> None:
    ledger.describe(
        tx,
        message_id,
        sender=sender,
        subject="Krankmeldung",
        message_id_header="<1@kunde.example>",
        defects=(),
    )


def new_item(message_id: int, **changes: object) -> NewItem:
    made = NewItem(
        message_id=message_id,
        agency_code="435",
        region="Nord",
        team=Team.EZ,
        folder="435 Kassel/AU",
        channel="freie_email",
        first_concern="au",
        payment=PaymentRelevant.YES,
        eakte=EakteState.OWED,
        review=False,
        due_on=date(2026, 3, 4),
        received_at=NOW,
    )
    return replace(made, **changes)


def queue(db: Database, uid: str, **changes: object) -> int:
    """Keep a message and put it into the queue; the item's id."""
    kept = keep(db, uid)
    with db.write() as tx:
        return items.create(tx, new_item(kept.message_id, **changes), now=NOW)


def claim_next(
    tx: Tx, line: Line, *, holder: str, now: datetime = NOW, lease_seconds: int = 60
) -> Claimed | None:
    """As a clerk who asks alone."""
    handed = claim_each(tx, [Want(line, holder, lease_seconds)], now=now)[0]
    return handed and Claimed(items.get(tx, handed.item_id), handed.token)


def sqlite_steps(tx: Tx, call: Callable[[], Sequence[object]]) -> int:
    """How many instructions of SQLite's machine a call takes that finds something."""
    driver = tx.connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    steps = itertools.count()
    driver.set_progress_handler(lambda: next(steps) < 0, 1)
    assert call()
    driver.set_progress_handler(None, 0)
    return next(steps)


def take_lease(db: Database, *, owner: str = "w1", now: datetime = NOW, seconds: int = 60) -> Lease:
    with db.write() as tx:
        lease = leases.take(tx, POSTBOX, owner=owner, now=now, seconds=seconds)
    assert lease is not None
    return lease


def act_counts(tx: Tx) -> dict[OpState, int]:
    """How many acts in each state; all states are keys."""
    statement = sa.select(op.c.state, sa.func.count()).group_by(op.c.state)
    found: dict[OpState, int] = dict(tx.run(statement).all())
    return {state: found.get(state, 0) for state in OpState}
