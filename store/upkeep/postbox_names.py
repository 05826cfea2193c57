"""Under which name a postbox is known: all rows of one are brought to another name at once.

The trail is sealed and keeps the names of its day. Source: own decision 0141.
"""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from rules.ledger import OpState
from store.database.columns import metadata
from store.database.engine import Tx
from store.deletion.sweep_plans import PlanState
from store.mails import same_mail
from store.processes import halts, leases
from store.tables.halt import halt
from store.tables.ledger import beat, lease, op
from store.tables.rights import rights_order
from store.tables.sweep import sweep_plan, sweep_removal
from store.tables.text import sent_copy
from store.trail import audit

ACTION: Final = "postbox.renamed"

_LEASES: Final = ("postbox", "rights", "rights_orders")
_BEATS: Final = ("postbox", "folders", "filing", "quiet")
_COPIES: Final = ("postbox", "copy")
_PATIENCE: Final = "SET LOCAL statement_timeout = '15min'"


def tables() -> tuple[sa.Table, ...]:
    """All that name a postbox in a column of that name."""
    return tuple(one for one in metadata.sorted_tables if "postbox" in one.c)


def is_known(tx: Tx, name: str) -> bool:
    """Whether anything at all is noted under that name."""
    return any(_has(tx, one, one.c.postbox == name) for one in tables())


def given_away(tx: Tx, name: str) -> str | None:
    """What the postbox of that name is called since it was renamed; None where it is not."""
    told = audit.of_subject(tx, _subject(name), actions={ACTION})
    new: str | None = told[-1].details["to"] if told else None
    return None if new == name else new


def former(tx: Tx, name: str) -> tuple[str, ...]:
    """The names that the postbox had before, the newest first."""
    found = [name]
    while True:
        told = audit.of_subject(tx, _subject(found[-1]), actions={ACTION})
        before = [entry.details["from"] for entry in reversed(told)]
        other = next((one for one in before if one not in found), None)
        if other is None:
            return tuple(found[1:])
        found.append(other)


def held(tx: Tx, name: str, *, now: datetime, seconds: int) -> bool:
    """Whether somebody works on the postbox; if not, nobody can until this transaction ends."""
    names = [f"{kind}:{name}" for kind in _LEASES]
    return leases.pass_through(tx, names, now=now, seconds=seconds) < set(names)


def died_after(tx: Tx, name: str, *, moment: datetime) -> bool:
    """Whether an owner's lease ran out after that moment and was not given back."""
    names = [f"{kind}:{name}" for kind in _LEASES]
    dead = sa.and_(lease.c.name.in_(names), lease.c.owner.is_not(None), lease.c.until > moment)
    return _has(tx, lease, dead)


def in_doubt(tx: Tx, name: str) -> dict[str, int]:
    """What was begun in the postbox and is not proven yet, by kind; kinds without any left out."""
    asked = {
        "moves": (op, sa.and_(op.c.postbox == name, op.c.state == OpState.SENT)),
        "copies": (
            sent_copy,
            sa.and_(
                sent_copy.c.postbox == name,
                sent_copy.c.mark_epoch.is_not(None),
                sent_copy.c.done_at.is_(None),
            ),
        ),
        "orders": (
            rights_order,
            sa.and_(rights_order.c.postbox == name, rights_order.c.done_at.is_(None)),
        ),
        "deletions": (
            sweep_plan,
            sweep_plan.c.state.in_([PlanState.PROPOSED.value, PlanState.ORDERED.value]),
        ),
    }
    counted = {
        kind: tx.run(sa.select(sa.func.count()).select_from(table).where(mine)).scalar_one()
        for kind, (table, mine) in asked.items()
    }
    return {kind: number for kind, number in counted.items() if number}


def rename(tx: Tx, old: str, new: str, *, actor: str, now: datetime) -> int:
    """Bring everything of one name to another that nothing is noted under; how many rows."""
    if tx.dialect == "postgresql":
        tx.run(sa.text(_PATIENCE))
    if same_mail.has_archive(tx, old):
        same_mail.note_archive(tx, new, actor=actor, now=now)
    done = sum(_bring(tx, one, old, new) for one in tables())
    _bring_rest(tx, old, new)
    details = {"from": old, "to": new, "rows": done}
    for name in (old, new):
        audit.add(tx, actor, action=ACTION, subject=_subject(name), details=details, at=now)
    return done


def _bring(tx: Tx, table: sa.Table, old: str, new: str) -> int:
    mine = table.c.postbox == old
    return tx.run(sa.update(table).where(mine).values(postbox=new)).rowcount


def _bring_rest(tx: Tx, old: str, new: str) -> None:
    """What names a postbox in other columns; its loops tell how they are when they next run."""
    places = sa.and_(sweep_removal.c.place == old, sweep_removal.c.kind.in_(_COPIES))
    tx.run(sa.update(sweep_removal).where(places).values(place=new))
    stands = halt.c.name == halts.of_postbox(old)
    tx.run(sa.update(halt).where(stands).values(name=halts.of_postbox(new)))
    tx.run(sa.delete(beat).where(beat.c.name.in_([f"{kind}:{old}" for kind in _BEATS])))
    for kind in _LEASES:  # a fence never falls: rows that were written bear the old ones
        fences = sa.select(sa.func.max(lease.c.fence) + 1)
        both = fences.where(lease.c.name.in_([f"{kind}:{old}", f"{kind}:{new}"]))
        fence = tx.run(both).scalar_one()
        tx.run(sa.update(lease).where(lease.c.name == f"{kind}:{new}").values(fence=fence))


def _has(tx: Tx, table: sa.Table, which: sa.ColumnElement[bool]) -> bool:
    found = tx.run(sa.select(sa.literal(1)).select_from(table).where(which).limit(1))
    return found.first() is not None


def _subject(name: str) -> str:
    return f"postbox_name:{name}"
