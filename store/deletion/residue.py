"""The read-back after a deletion: is there a column left that holds anything of these messages?

Asked of the database itself, not of what the run believes to have done. Source: N10; own decision
0054.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from rules.ledger import LedgerState
from store.database.engine import Tx
from store.database.statements import parts
from store.tables.ledger import aside, item, message, original, outgoing, verdict
from store.tables.mark import mark_seen
from store.tables.thread import mail_thread

KINDS = ("original", "message", "verdict", "outgoing", "item", "aside", "mark", "thread")
"""Where content can stand, in the order of the proof."""


def left(tx: Tx, message_ids: Iterable[int]) -> dict[str, int]:
    """How many rows of each kind still hold content of these messages; all kinds are keys."""
    found = dict.fromkeys(KINDS, 0)
    for part in parts(sorted(set(message_ids))):
        for kind, statement in _questions(part).items():
            found[kind] += tx.run(statement).scalar_one()
    return found


def shared(tx: Tx, message_ids: Iterable[int]) -> int:
    """How many of these have bytes that stay, because a message of equal bytes still needs them."""
    other = message.alias("other")
    needed = sa.exists().where(
        other.c.sha256 == message.c.sha256, other.c.state != LedgerState.DELETED
    )
    number = 0
    for part in parts(sorted(set(message_ids))):
        statement = (
            sa.select(sa.func.count())
            .select_from(message)
            .where(message.c.id.in_(part), message.c.state == LedgerState.DELETED, needed)
        )
        number += tx.run(statement).scalar_one()
    return number


def _questions(ids: list[int]) -> dict[str, sa.Select[Any]]:
    count = sa.func.count()
    other = message.alias("other")
    needed = sa.exists().where(
        other.c.sha256 == message.c.sha256,
        other.c.state != LedgerState.DELETED,
    )
    # JSON is compared as text: on PostgreSQL the type knows no equality.
    empty = "{}"
    return {
        "original": sa.select(count)
        .select_from(message.join(original))
        .where(message.c.id.in_(ids), original.c.data.is_not(None), ~needed),
        "message": sa.select(count)
        .select_from(message)
        .where(
            message.c.id.in_(ids),
            sa.or_(
                message.c.sender != "",
                message.c.subject != "",
                message.c.message_id != "",
                message.c.state != LedgerState.DELETED,
            ),
        ),
        "verdict": sa.select(count)
        .select_from(verdict)
        .where(verdict.c.message_id.in_(ids), sa.cast(verdict.c.body, sa.Text) != empty),
        "outgoing": sa.select(count)
        .select_from(outgoing)
        .where(
            outgoing.c.message_id.in_(ids),
            sa.or_(sa.cast(outgoing.c.payload, sa.Text) != empty, outgoing.c.answer.is_not(None)),
        ),
        "item": sa.select(count)
        .select_from(item)
        .where(item.c.message_id.in_(ids), sa.or_(item.c.note != "", item.c.waiver != "")),
        "aside": sa.select(count)
        .select_from(aside)
        .where(aside.c.message_id.in_(ids), aside.c.resolved_at.is_(None)),
        # Names that the configuration knows stay for the figures.
        "mark": sa.select(count)
        .select_from(mark_seen)
        .where(mark_seen.c.message_id.in_(ids), mark_seen.c.effect == "", mark_seen.c.mark != ""),
        "thread": sa.select(count)
        .select_from(mail_thread)
        .where(mail_thread.c.message_id.in_(ids)),
    }
