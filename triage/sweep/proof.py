"""The proof of a deletion run: what went, what stayed and why, and that nothing is left.

Read from the database each time it is asked for, not remembered: tombstones, codes, leftovers.
It holds numbers, fingerprints and codes, and no content. Source: N10; own decision 0054.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rules import ledger as ledger_rules
from rules.access import Caller
from store.counts import ledger_counts
from store.database.engine import Tx
from store.deletion import residue, sweep_plans, sweep_removals
from store.deletion.sweep_plans import PlanState, StoredPlan
from store.mails import arrivals
from triage.house import House
from triage.sweep import orders

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Outside:
    """Copies of one kind and place: `new` is still to be removed, `missing` was not there."""

    kind: str
    place: str
    state: str
    code: str
    number: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What the database says of a plan now.

    `residue`: rows that still hold content of erased messages, by kind; all must be 0. `shared`:
    bytes that stay for a message of equal bytes that is not deleted. `in_postboxes`: erased here,
    and left alone in their postbox by its configuration. `difference`: of the sum over all mails
    ever seen.
    """

    plan: StoredPlan
    erased: int
    waiting: int
    kept: Mapping[str, int]
    residue: Mapping[str, int]
    shared: int
    outside: tuple[Outside, ...]
    in_postboxes: Mapping[str, int]
    seen: int
    deleted: int
    difference: int

    @property
    def residue_total(self) -> int:
        """Rows of any kind that still hold content."""
        return sum(self.residue.values())

    @property
    def is_complete(self) -> bool:
        """Ended, nothing left anywhere, and the sum of all mails closes."""
        open_outside = any(one.state == "new" for one in self.outside)
        is_clean = not (self.waiting or self.residue_total or self.difference or open_outside)
        return is_clean and self.plan.state is PlanState.DONE


def proof(house: House, caller: Caller, plan_id: int) -> Proof:
    """The proof of a plan that the caller may see.

    Raises: Refused: `access.denied`, `sweep.unknown`.
    """
    return read_back(house, orders.plan_of(house, caller, plan_id))


def read_back(house: House, plan: StoredPlan) -> Proof:
    """As `proof`, without asking who wants it."""
    with house.db.read() as tx:
        outcome = sweep_plans.outcome(tx, plan.id)
        left, shared = Counter[str](), 0
        for page in erased_pages(tx, plan.id):
            left.update(residue.left(tx, page))
            shared += residue.shared(tx, page)
        counted = ledger_counts.counts(tx)
        seen = arrivals.seen_ever(tx)
        in_postboxes = sweep_removals.left_in_postboxes(tx, plan.id)
        outside = tuple(Outside(*row) for row in sweep_removals.counts(tx, plan.id))
    states = {state.value: number for state, number in counted.items()}
    closed = ledger_rules.completeness(ledger_rules.Counts(seen=seen, **states))
    return Proof(
        plan=plan,
        erased=outcome.get(("erased", ""), 0),
        waiting=outcome.get(("planned", ""), 0),
        kept={code: number for (state, code), number in outcome.items() if state == "kept"},
        residue={kind: left[kind] for kind in residue.KINDS},
        shared=shared,
        outside=outside,
        in_postboxes=in_postboxes,
        seen=seen,
        deleted=closed.deleted,
        difference=closed.difference,
    )


def waiting(house: House) -> tuple[int, dict[str, int]]:
    """Mails of ordered runs still to be looked at, and copies outside by kind. For metrics."""
    with house.db.read() as tx:
        return sweep_plans.waiting(tx), sweep_removals.waiting(tx)


def erased_pages(tx: Tx, plan_id: int) -> Iterator[tuple[int, ...]]:
    """The messages that the plan erased, page by page."""
    after = 0
    while page := sweep_plans.erased_ids(tx, plan_id, after=after, limit=PAGE):
        yield page
        after = page[-1]


def as_json(found: Proof) -> dict[str, Any]:
    """The proof as plain values, with its own SHA-256 over all the others."""
    plan = found.plan
    told: dict[str, Any] = {
        "plan": plan.id,
        "kind": plan.kind,
        "state": plan.state.value,
        "plan_sha256": plan.hash,
        "day": plan.day.isoformat(),
        "periods": plan.rules,
        "reference": plan.reference,
        "made_by": plan.made_by,
        "made_at": plan.made_at.isoformat(),
        "approved_by": plan.approved_by,
        "ended_at": plan.ended_at.isoformat() if plan.ended_at else None,
        "preview": plan.counts,
        "erased": found.erased,
        "waiting": found.waiting,
        "kept": dict(found.kept),
        "residue": dict(found.residue),
        "shared": found.shared,
        "outside": [
            {"kind": o.kind, "place": o.place, "state": o.state, "code": o.code, "number": o.number}
            for o in found.outside
        ],
        "in_postboxes": dict(found.in_postboxes),
        "sum": {"seen": found.seen, "deleted": found.deleted, "difference": found.difference},
        "complete": found.is_complete,
    }
    line = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return told | {"sha256": hashlib.sha256(line.encode()).hexdigest()}
