"""Numbers that a mail server gave a second time, within one UIDVALIDITY, after it was set back.

A place belongs to one message for good as long as its bytes lie there. What the number named
before is known under an epoch that no server can have: missing, and followed as after a new
epoch (epochs.py). Called under the lease of the postbox, inside the caller's transaction.
Source: own decision 0107; RFC 3501 section 2.3.1.1, which forbids it.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from rules.ledger import OpState
from store.database.engine import Tx
from store.database.statements import parts, spelled
from store.tables.ledger import SightingState, op, sighting

_NO_SERVERS = "~"
"""Stands in no epoch that a server has: a UIDVALIDITY is a number. Source: RFC 3501, 2.3.1.1."""

_SET_ASIDE = sighting.c.epoch + _NO_SERVERS + sa.cast(sighting.c.id, sa.Text)
"""Its own for each place, so that one number can be given any number of times."""


def is_let_go(epoch: str) -> bool:
    """Whether a place of that epoch is a number that named another mail when it was read."""
    return _NO_SERVERS in epoch


def set_aside(tx: Tx, sighting_ids: Iterable[int]) -> None:
    """These places name nothing any more; acts out of them wait until their mail is found again."""
    for part in parts(sighting_ids):
        chosen = sighting.c.id.in_(part)
        of_act = sa.and_(
            sighting.c.message_id == op.c.message_id,
            sighting.c.folder == op.c.src_folder,
            sighting.c.epoch == op.c.src_epoch,
            sighting.c.uid == op.c.src_uid,
            chosen,
        )
        tx.run(
            sa.update(op)
            .where(
                op.c.message_id.in_(sa.select(sighting.c.message_id).where(chosen)),
                spelled(op.c.state, OpState.NEW, OpState.SENT),
                sa.exists().where(of_act),
            )
            .values(src_epoch=sa.select(_SET_ASIDE).where(of_act).scalar_subquery())
        )
        tx.run(sa.update(sighting).where(chosen).values(epoch=_SET_ASIDE))


def let_go(tx: Tx, postbox: str, *, folder: str, epoch: str, uids: Iterable[str]) -> int:
    """Forget what these numbers named, and watermarks read before them; how many mails lay there.

    A move in doubt into that folder is looked for in all of it from then on.
    """
    live: list[int] = []
    for part in parts(sorted(uids)):
        statement = sa.select(sighting.c.id).where(
            sighting.c.postbox == postbox,
            sighting.c.folder == folder,
            sighting.c.epoch == epoch,
            sighting.c.uid.in_(part),
            spelled(sighting.c.state, SightingState.LIVE),
        )
        live += tx.run(statement).scalars()
    set_aside(tx, live)
    tx.run(
        sa.update(op)
        .where(
            op.c.postbox == postbox,
            op.c.dst_folder == folder,
            op.c.mark_epoch == epoch,
            spelled(op.c.state, OpState.SENT),
        )
        .values(mark_epoch=op.c.mark_epoch + _NO_SERVERS)
    )
    return len(live)
