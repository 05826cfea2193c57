"""Acts on postboxes that were given up because the server refused them, and how one stands again.

Needs no lease of the postbox: the lock of the message keeps it apart from the worker, as in
wishes.py. Source: own decisions 0004, 0036.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from rules.errors import Refused
from rules.ledger import OpState, op_step
from store.acts import ops
from store.database import rows
from store.database.engine import Tx
from store.database.statements import spelled
from store.mails import ledger
from store.places import sightings
from store.tables.ledger import SightingState, sighting
from store.tables.ledger import op as table


@dataclass(frozen=True, slots=True)
class RefusedAct:
    """A mail that should lie in `dst_folder`, does not, and why: the server's last word.

    `created_at` is when it was wished, aware UTC.
    """

    id: int
    message_id: int
    postbox: str
    dst_folder: str
    error_code: str
    tries: int
    created_at: datetime


_COLUMNS = rows.columns(RefusedAct, table)


def listing(
    tx: Tx, postboxes: Collection[str], *, code: str = "", after: int = 0, limit: int
) -> tuple[RefusedAct, ...]:
    """Those that would still be something to do, oldest first, above that id; of one code or all.

    Not where a person moved the mail or took it out since, or it got a newer wish.
    """
    statement = (
        sa.select(*_COLUMNS)
        .where(_stands(postboxes), table.c.id > after)
        .order_by(table.c.id)
        .limit(limit)
    )
    if code:
        statement = statement.where(table.c.error_code == code)
    return rows.all_as(tx, RefusedAct, statement)


def reasons(tx: Tx, postboxes: Collection[str]) -> tuple[tuple[str, int], ...]:
    """How many of them by code, most first."""
    number = sa.func.count()
    statement = (
        sa.select(table.c.error_code, number)
        .where(_stands(postboxes))
        .group_by(table.c.error_code)
        .order_by(number.desc(), table.c.error_code)
    )
    return tuple((code, count) for code, count in tx.run(statement))


def get(tx: Tx, postboxes: Collection[str], act_id: int) -> RefusedAct:
    """The act of that number in one of these postboxes, whatever became of it.

    Raises: Refused: `filing.unknown`.
    """
    statement = sa.select(*_COLUMNS).where(
        table.c.id == act_id, table.c.postbox.in_(sorted(postboxes))
    )
    found = rows.one_as(tx, RefusedAct, statement)
    if found is None:
        raise Refused("filing.unknown", f"There is no move {act_id}.", id=act_id)
    return found


def again(tx: Tx, act: RefusedAct, *, now: datetime) -> bool:
    """The wish stands again, under the mail's number of now, with all its tries; False if it can't.

    Somebody may have wished something else, or moved the mail, since it was read.
    """
    ledger.locked(tx, act.message_id)
    acts = [one for one in ops.of_message(tx, act.message_id) if one.id >= act.id]
    places = sightings.of_messages(tx, [act.message_id]).get(act.message_id, ())
    lies = next((seen for seen in places if seen.state is SightingState.LIVE), None)
    if [one.id for one in acts] != [act.id] or acts[0].state is not OpState.REFUSED:
        return False
    if lies is None or lies.folder != acts[0].src_folder:
        return False
    tx.run(
        sa.update(table)
        .where(table.c.id == act.id)
        .values(
            state=op_step(acts[0].state, OpState.NEW),
            src_epoch=lies.epoch,
            src_uid=lies.uid,
            tries=0,
            next_try_at=now,
            error_code="",
        )
    )
    return True


def _stands(postboxes: Collection[str]) -> sa.ColumnElement[bool]:
    """Given up in one of these postboxes, the mail's newest wish, and it lies there still."""
    newer = table.alias("newer")
    is_newest = ~sa.exists().where(
        newer.c.message_id == table.c.message_id,
        newer.c.kind == table.c.kind,
        newer.c.id > table.c.id,
    )
    lies_there_still = sa.exists().where(
        sighting.c.message_id == table.c.message_id,
        sighting.c.postbox == table.c.postbox,
        sighting.c.state == SightingState.LIVE,
        sighting.c.folder == table.c.src_folder,
    )
    return sa.and_(
        spelled(table.c.state, OpState.REFUSED),
        table.c.postbox.in_(sorted(postboxes)),
        is_newest,
        lies_there_still,
    )
