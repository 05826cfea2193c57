"""The wish that a mail lie in another folder: written by who sorts or works, carried out later.

Needs no lease of the postbox; the lock of the message keeps it apart from the worker who is just
writing what he did. What becomes of a wish is in ops.py. Source: own decision 0004.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.ledger import OpState
from store.acts import ops
from store.acts.ops import Op
from store.database.engine import Tx
from store.mails import ledger
from store.places import sightings
from store.places.sightings import Sighting
from store.tables.ledger import SightingState
from store.tables.ledger import op as table


def want(tx: Tx, message_id: int, *, dst_folder: str, now: datetime) -> int | None:
    """Wish that the message be filed into `dst_folder`; the id of the act. See `want_many`.

    None where nothing is to be done: it lies in no postbox, or in that folder already.
    """
    return want_many(tx, {message_id: dst_folder}, now=now).get(message_id)


def want_many(tx: Tx, targets: Mapping[int, str], *, now: datetime) -> dict[int, int]:
    """Wish that each message be filed into its target; the ids of the acts by message.

    Left out where nothing is to be done. A wish that was not sent yet gets the
    new target, or is withdrawn; one that was sent comes first. Waits for a worker who is just
    writing what he did with one of the messages. Raises: Refused: `mail.unknown`.
    """
    known = ledger.lock_many(tx, targets)
    places = sightings.of_messages(tx, targets)
    acts = ops.of_messages(tx, targets)
    found: dict[int, int] = {}
    new: list[dict[str, Any]] = []
    for message_id, folder in targets.items():
        if message_id not in known:
            raise ledger.unknown(message_id)
        lies = next(iter(places.get(message_id, ())), None)
        if lies is None or lies.state is SightingState.GONE:
            continue
        under_way = _first_in(OpState.SENT, acts.get(message_id, ()))
        wish = _first_in(OpState.NEW, acts.get(message_id, ()))
        if folder == (under_way.dst_folder if under_way else lies.folder):
            _withdraw(tx, wish)
            found |= {message_id: under_way.id} if under_way else {}
        elif wish:
            _aim(tx, wish, folder)
            found[message_id] = wish.id
        else:
            new.append(_row(lies, dst_folder=folder, now=now))
    return found | _insert(tx, new)


def withdraw_all(tx: Tx, postbox: str) -> int:
    """Withdraw every wish of the postbox that was not sent yet; how many. For `begin --from now`.

    What was sent stays: its outcome is looked for. Idempotent.
    """
    mine = sa.and_(table.c.postbox == postbox, table.c.state == OpState.NEW)
    return tx.run(sa.delete(table).where(mine)).rowcount


def _first_in(state: OpState, acts: tuple[Op, ...]) -> Op | None:
    return next((act for act in acts if act.state is state), None)


def _aim(tx: Tx, wish: Op, folder: str) -> None:
    tx.run(sa.update(table).where(table.c.id == wish.id).values(dst_folder=folder))


def _withdraw(tx: Tx, wish: Op | None) -> None:
    """A wish that never left the house may vanish; its reason stands in the audit."""
    if wish is not None:
        tx.run(sa.delete(table).where(table.c.id == wish.id, table.c.state == OpState.NEW))


def _row(lies: Sighting, *, dst_folder: str, now: datetime) -> dict[str, Any]:
    return {
        "message_id": lies.message_id,
        "postbox": lies.postbox,
        "kind": ops.FILE,
        "src_folder": lies.folder,
        "src_epoch": lies.epoch,
        "src_uid": lies.uid,
        "dst_folder": dst_folder,
        "state": OpState.NEW,
        "created_at": now,
        "next_try_at": now,
    }


def _insert(tx: Tx, new: list[dict[str, Any]]) -> dict[int, int]:
    if not new:
        return {}
    statement = sa.insert(table).returning(table.c.message_id, table.c.id)
    return {row.message_id: row.id for row in tx.run(statement, new)}
