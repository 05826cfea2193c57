"""Dry runs that a page orders and a worker does, in pages; the result is kept.

The asker's regions are kept with the order, so that a worker sees no more than she may.
Source: F16, N7; own decision 0064.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from rules.access import Caller, Permission, require
from rules.codes import Role
from rules.errors import Conflict, HouseError
from rules.rulesets.trial import Trial, from_json
from store.approved import rule_trials
from store.approved.rule_trials import OrderedTrial, Wanted
from store.processes import leases
from store.processes.leases import Lease
from triage import leasing
from triage.house import House
from triage.rulesets import drafts
from triage.rulesets import trial as rule_trial
from triage.rulesets.drafts import Shown
from triage.rulesets.trial import Span

LEASE_SECONDS: Final = 60
"""One dry run at a time in the house; renewed with each page. Source: own decision 0064."""

_LEASE: Final = "ruleset_trials"
_NOWHERE: Final = "-"
_OVERTAKEN: Final = "ruleset.trial_overtaken"
_SOMEBODY_ELSES: Final = frozenset({_OVERTAKEN, "lease.lost"})
"""The order is gone, or another worker's by now: nothing is noted."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """The dry run of a version as a page shows it. `trial` None: not done yet, or `error_code`.

    `is_stale`: the draft was changed since.
    """

    span: Span
    at: datetime
    tried: int
    done_at: datetime | None
    error_code: str
    is_stale: bool
    trial: Trial | None


def order(house: House, caller: Caller, set_id: str, version: int, *, span: Span) -> int:
    """Ask a worker to try a version; the order's number. Over the one before.

    Raises: Refused: `access.denied`, `ruleset.unknown`.
    """
    shown = drafts.show(house, caller, set_id, version)
    wanted = Wanted(
        set_id=shown.version.set_id,
        version=shown.version.version,
        scope=_scope(caller),
        text_sha256=_digest(shown),
        days=span.days,
        mails=span.mails,
        actor=caller.name,
    )
    with house.db.write() as tx:
        return rule_trials.order(tx, wanted, now=house.clock())


def kept(house: House, caller: Caller, shown: Shown) -> Kept | None:
    """The newest dry run of a version in the caller's scope. Raises: Refused: `access.denied`."""
    require(caller, Permission.CHANGE_RULES)
    version = shown.version
    with house.db.read() as tx:
        found = rule_trials.newest(tx, version.set_id, version.version, scope=_scope(caller))
    if found is None:
        return None
    return Kept(
        span=Span(found.days, found.mails),
        at=found.at,
        tried=found.tried,
        done_at=found.done_at,
        error_code=found.error_code,
        is_stale=found.text_sha256 != _digest(shown),
        trial=from_json(found.result) if found.result else None,
    )


def one_round(house: House, worker: str) -> int:
    """Do the oldest order, if nobody else in the house is at one; 1 if one was done.

    Raises: TryLater: `store.away`.
    """
    with house.db.read() as tx:
        found = rule_trials.oldest_open(tx)
    if found is None:
        return 0
    with leasing.taken(house, _LEASE, worker, seconds=LEASE_SECONDS) as lease:
        if lease is None:
            return 0
        _do(house, found, lease)
    return 1


def _do(house: House, found: OrderedTrial, lease: Lease) -> None:
    """Whatever becomes of it, the order is tried once."""
    result, code = None, "bug"
    try:
        result, code = _tried(house, found, lease)
    finally:
        if code not in _SOMEBODY_ELSES:
            now = house.clock()
            with house.db.write() as tx:
                rule_trials.end(tx, found, result=result, error_code=code, now=now)


def _tried(house: House, found: OrderedTrial, lease: Lease) -> tuple[dict[str, Any] | None, str]:
    """What came out, or a code."""
    asker = Caller(found.actor, Role.ADMIN, agencies=None, regions=_regions(found.scope))
    try:
        text = drafts.show(house, asker, found.set_id, found.version).version.text
        span = Span(found.days, found.mails)
        progress = _progress(house, found, lease)
        done = rule_trial.trial(house, asker, text, span=span, progress=progress)
    except HouseError as exc:
        log.warning("ruleset.trial_failed", ruleset=found.set_id, code=exc.code)
        return None, exc.code
    log.info("ruleset.tried", ruleset=found.set_id, version=found.version, mails=done.mails)
    return done.as_json(), ""


def _progress(house: House, found: OrderedTrial, lease: Lease) -> Callable[[int], None]:
    """Notes how far it is and keeps the lease, a short commit a page.

    Raises: Conflict: `ruleset.trial_overtaken`: ordered anew; `lease.lost`.
    """

    def note(tried: int) -> None:
        now = house.clock()
        with house.db.write() as tx:
            leases.renew(tx, lease, now=now, seconds=LEASE_SECONDS)
            if not rule_trials.advance(tx, found, tried=tried):
                raise Conflict(_OVERTAKEN, "The dry run was ordered anew; the old one ends.")

    return note


def _digest(shown: Shown) -> str:
    return hashlib.sha256(shown.version.text.encode("utf-8")).hexdigest()


def _scope(caller: Caller) -> str:
    """Empty: all. Who reaches no region gets a word that names none, for "" would be all."""
    if caller.whole_regions is None:
        return ""
    return ",".join(sorted(caller.whole_regions)) or _NOWHERE


def _regions(scope: str) -> frozenset[str] | None:
    return frozenset(scope.split(",")) if scope else None
