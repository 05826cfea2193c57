"""The rule sets in force, compiled once a version and kept in memory; asked for each mail.

What is in force is read again after two seconds, and at once after a change in this process.
Source: F13, F17; own decision 0037.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from rules.rulesets.force import READ_AGAIN, Activation, in_force
from rules.rulesets.match import CompiledSet, compile_set
from rules.rulesets.text import read_rules
from store.approved import rulesets
from store.approved.rulesets import OffRule, Version
from store.database.engine import Database, Tx

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class InForce:
    """A compiled set, and the rules of it that are switched off in the region asked for."""

    compiled: CompiledSet
    off: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Known:
    """All that was read of the database at a moment."""

    read_at: datetime
    activations: tuple[Activation, ...]
    compiled: dict[int, CompiledSet]
    off: tuple[OffRule, ...]


@dataclass(slots=True)
class RuleBook:
    """Safe to share between threads; one for each house. Holds as many sets as are in force."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: _Known | None = None

    def at(
        self, db: Database, *, region: str, moment: datetime, local: datetime, now: datetime
    ) -> InForce | None:
        """The set for a mail of that region received at `moment`, or None: built-in alone.

        `local` is the same moment in legal time, `now` the clock. Raises: TryLater: `store.away`.
        """
        known = self._read(db, now)
        for part in dict.fromkeys((region, "")):
            found = in_force(known.activations, region=part, at=moment)
            compiled = known.compiled.get(found.ruleset_id or 0) if found else None
            if found is not None and compiled is not None and compiled.valid_on(local.date()):
                return InForce(compiled, _off(known.off, found.ruleset_id, region))
        return None

    def forget(self) -> None:
        """Read again at the next mail: something was changed here."""
        with self._lock:
            self._known = None

    def _read(self, db: Database, now: datetime) -> _Known:
        with self._lock:
            known = self._known
            if known is None or not known.read_at <= now < known.read_at + READ_AGAIN:
                with db.read() as tx:
                    known = self._known = _load(tx, now, known.compiled if known else {})
            return known


def compiled_of(version: Version) -> CompiledSet | None:
    """The version ready for mail, or None where this program can't read it any more."""
    rules = read_rules(version.text).rules
    return None if rules is None else compile_set(rules, version.version)


def _load(tx: Tx, now: datetime, before: dict[int, CompiledSet]) -> _Known:
    found = rulesets.activations(tx)
    wanted = {one.ruleset_id for one in found if one.ruleset_id and one.withdrawn_at is None}
    compiled = {one: before[one] for one in wanted & before.keys()}
    for ruleset_id, version in rulesets.by_ids(tx, wanted - before.keys()).items():
        made = compiled_of(version)
        if made is None:
            log.error("ruleset.unreadable", ruleset=version.set_id, version=version.version)
        else:
            compiled[ruleset_id] = made
    return _Known(now, found, compiled, rulesets.off_rules(tx) if compiled else ())


def _off(off: Iterable[OffRule], ruleset_id: int | None, region: str) -> frozenset[str]:
    return frozenset(
        one.rule_id for one in off if one.ruleset_id == ruleset_id and one.region in {"", region}
    )
