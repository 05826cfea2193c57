"""Alarms that stand: told once when they begin and once when they are over.

Whether one stands is kept in the database, so that neither a restart nor a second worker repeats
it. Looked at before the write lock of keeping order, noted in it, told after its commit.
Source: F12, F48, F60; own decisions 0031, 0058, 0066.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from store.database.engine import Tx
from store.processes import heartbeats
from store.trail import audit
from triage.house import House
from triage.watch import alarms

OVERDUE: Final = "overdue:"
"""Begins the names of alarms about mail that waits too long (freshness.py)."""

OUTGOING: Final = "alarm:"
"""Begins the names of alarms about what is on its way out (outgoing_alarms.py)."""

WANDERING: Final = "wandering:"
"""Begins the names of alarms about items that are handed on and on (wandering.py)."""

RULES: Final = "rule_off:"
"""Begins the names of alarms about rules that are switched off (rulesets/switched_off.py)."""

PREFIXES: Final = (OVERDUE, OUTGOING, WANDERING, RULES)
"""Beats that begin so are no loops."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is watched: its stable name, and how many rows are in it now."""

    name: str
    number: int

    @property
    def stands(self) -> bool:
        """Whether somebody must look."""
        return self.number > 0


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm `about` something begins (`code` says which) or ends (`code` empty).

    `told_as` and `number` are what receivers of alarms are told; `action` and `subject` are for
    the trail; `details` hold ids and numbers only.
    """

    about: str
    told_as: str
    number: int
    code: str
    action: str
    subject: str
    details: Mapping[str, object]


def names(tx: Tx, prefix: str) -> frozenset[str]:
    """What the alarms of this prefix that stand now are about."""
    return frozenset(
        one.name.removeprefix(prefix)
        for one in heartbeats.all_beats(tx)
        if one.name.startswith(prefix) and one.code
    )


def note(house: House, tx: Tx, prefix: str, change: Change) -> None:
    """Write one change, in the transaction of who holds the lease of keeping order."""
    now = house.clock()
    heartbeats.beat(tx, f"{prefix}{change.about}", code=change.code, message="", now=now)
    audit.add(
        tx,
        "worker",
        action=change.action,
        subject=change.subject,
        details=dict(change.details),
        at=now,
    )
    alarms.order(house, tx, change.told_as, stands=bool(change.code), number=change.number)


@dataclass(frozen=True, slots=True)
class Watch:
    """Troubles of one kind, and who is told of them.

    `prefix` begins the names of the beats that keep what stands; `action` is for the trail, with
    `_over` where it ends. `read` gives all that is watched now; `tell` logs what was noted, after
    its commit.
    """

    prefix: str
    action: str
    read: Callable[[House, Tx], tuple[Trouble, ...]]
    tell: Callable[[tuple[Trouble, ...]], None]

    def look(self, house: House) -> tuple[Trouble, ...]:
        """All that is watched now. Raises: TryLater: `store.away`."""
        with house.db.read() as tx:
            return self.read(house, tx)

    def note(self, house: House, tx: Tx, seen: tuple[Trouble, ...]) -> tuple[Trouble, ...]:
        """What began or ended since the last time, noted in the caller's transaction.

        The caller holds the lease of keeping order and tells it after the commit. `seen` was read
        before, without the write lock; only where it changes something is it read again.
        """
        before = names(tx, self.prefix)
        changed = _changed(seen, before)
        if changed:
            changed = _changed(self.read(house, tx), before)
        for one in changed:
            change = Change(
                about=one.name,
                told_as=one.name,
                number=one.number,
                code=self.action if one.stands else "",
                action=self.action if one.stands else f"{self.action}_over",
                subject=one.name,
                details={"number": one.number},
            )
            note(house, tx, self.prefix, change)
        return changed


def _changed(seen: tuple[Trouble, ...], before: frozenset[str]) -> tuple[Trouble, ...]:
    # What is watched no more (a setting changed) is over.
    silent = before - {one.name for one in seen}
    ended = (Trouble(name, 0) for name in sorted(silent))
    return tuple(one for one in (*seen, *ended) if one.stands is not (one.name in before))
