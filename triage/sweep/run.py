"""A deletion run: batch by batch, each in one commit, killable at any point, resumed where it was.

A batch asks the rules once more, under lock: what a hold or a clerk has changed since the plan is
kept, with its code. Our copy and the intents against copies outside go in one commit; those are
carried out afterwards (sweep/outside.py). Source: N10; own decision 0054.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import structlog

from rules.errors import Conflict, TryLater
from rules.retention import Keep, Period, RetentionRules
from store.database.engine import Tx
from store.deletion import retention as ended_mail
from store.deletion import scrub, sweep_plans, sweep_removals
from store.deletion.retention import Ended
from store.deletion.sweep_plans import PlanState, StoredPlan
from store.deletion.sweep_removals import Copy
from store.desk import items
from store.doors import idempotency
from store.mails import ledger
from store.processes import halts, leases
from store.processes.leases import Lease
from store.trail import audit
from store.trail.audit import Note
from triage import halting, leasing
from triage.house import House
from triage.send import Outlets
from triage.sweep import holds, orders, outside, preview
from triage.sweep import proof as sweep_proof
from triage.sweep.proof import Proof

LEASE_SECONDS = 300
"""Longer than one batch takes, also beside a busy writer. Source: own decision 0054."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of one batch."""

    erased: int
    kept: int

    @property
    def looked_at(self) -> int:
        """How many messages of the plan are settled by it."""
        return self.erased + self.kept


def run(house: House, outlets: Outlets, worker: str, plan_id: int) -> None:
    """Carry out an ordered plan to its end, or go on with one that was cut off.

    Copies in postboxes are removed by the worker that holds their lease.
    Raises: Refused: `sweep.unknown`. Conflict: `sweep.busy`: another run is under way;
    `sweep.state`: it waits for approval, or has ended. TryLater: `store.away`, `sweep.not_clean`.
    """
    with alone(house, worker) as lease:
        if lease is None:
            raise Conflict(
                "sweep.busy",
                "A deletion run is under way just now, or was killed less than five minutes ago;"
                " repeat it later.",
            )
        with house.db.read() as tx:
            plan = sweep_plans.get(tx, plan_id)
        _require_ordered(plan)
        held = lease
        while batch(house, held, plan).looked_at:
            held = leasing.renewed(house, held, seconds=LEASE_SECONDS)
        while outside.from_outlets(house, outlets, held):
            held = leasing.renewed(house, held, seconds=LEASE_SECONDS)
        finish(house, held, plan)


def one_round(house: House, outlets: Outlets, worker: str) -> int:
    """What the worker's loop does: one batch of the oldest ordered plan, or its end; how many.

    Makes the plan of the day where an hour is configured and has come. One worker at a time.
    Raises: TryLater: `store.away`, `sweep.not_clean`.
    """
    if not _has_work(house):
        return 0
    with alone(house, worker) as lease:
        if lease is None:
            return 0
        _plan_of_the_day(house)
        with house.db.read() as tx:
            plan = sweep_plans.oldest_ordered(tx)
        gone = outside.from_outlets(house, outlets, lease)
        if plan is None:
            return gone
        done = batch(house, lease, plan)
        if not done.looked_at:
            finish(house, lease, plan)
        return gone + done.looked_at


def alone(house: House, worker: str) -> AbstractContextManager[Lease | None]:
    """The lease of deletion while the block runs; None where somebody else has it."""
    return leasing.taken(house, holds.LEASE, worker, seconds=LEASE_SECONDS)


def batch(house: House, lease: Lease, plan: StoredPlan) -> Batch:
    """Settle the next messages of the plan in one commit; nothing looked at: there are no more.

    Raises: Conflict: `lease.lost`, `writing.stopped`. TryLater: `store.away`.
    """
    now, today = house.clock(), house.today()
    with house.db.write() as tx:
        halting.require_running(tx)
        leases.hold(tx, lease, now=now)
        ids = sweep_plans.planned(tx, plan.id, limit=house.policy.sweep.batch_mails)
        items.wait_for(tx, *ids)
        ledger.lock_many(tx, ids)
        found = ended_mail.of_ids(tx, ids)
        if plan.kind != "retention":
            found = tuple(preview.named(found))
        answers = preview.decided(tx, found, today, rules=rules_of(plan))
        going = [one for one, answer in answers if answer.may_go]
        # Deleted already: by another plan. It is no failure, and not this plan's deed.
        ended = {one.message_id: _code(answer.keep) for one, answer in answers}
        _erase(house, tx, plan, going)
        sweep_plans.end_rows(tx, plan.id, ended, now=now)
    done = Batch(len(going), len(ended) - len(going))
    if done.looked_at:
        log.info("sweep.batch", plan=plan.id, erased=done.erased, kept=done.kept)
    return done


def finish(house: House, lease: Lease, plan: StoredPlan) -> None:
    """No message is left to look at: repeatable answers, old pages, read-back, end.

    Raises: Conflict: `lease.lost`. TryLater: `store.away`; `sweep.not_clean`: somebody reads old
    pages of the database, tried again.
    """
    _forget_answers(house, plan)
    scrubbed = _clean(house, plan)
    # VACUUM of large tables takes longer than a lease; who took it meanwhile ends the run.
    lease = leasing.renewed(house, lease, seconds=LEASE_SECONDS)
    proof = sweep_proof.read_back(house, plan)
    _end(house, lease, plan, proof, engine=scrubbed.engine)
    log.info("sweep.ended", plan=plan.id, erased=proof.erased, kept=sum(proof.kept.values()))
    if proof.residue_total:
        log.error("sweep.residue", plan=plan.id, rows=proof.residue_total)


def _clean(house: House, plan: StoredPlan) -> scrub.Scrubbed:
    scrubbed = scrub.scrub(house.db)
    if not scrubbed.is_clean:
        log.warning("sweep.not_clean", plan=plan.id, code=scrubbed.code)
        raise TryLater(
            "sweep.not_clean",
            "Old pages of the database are being read; the run ends as soon as that is over.",
        )
    return scrubbed


def _end(house: House, lease: Lease, plan: StoredPlan, proof: Proof, *, engine: str) -> None:
    """The plan's end and its trail entry, in one commit under the lease."""
    now = house.clock()
    with house.db.write() as tx:
        leases.hold(tx, lease, now=now)
        sweep_plans.advance(
            tx, plan.id, PlanState.DONE, before=PlanState.ORDERED, more={"ended_at": now}
        )
        audit.add(
            tx,
            "worker",
            action="sweep.ended",
            subject=f"sweep:{plan.id}",
            details={
                "hash": plan.hash,
                "erased": proof.erased,
                "kept": dict(proof.kept),
                "residue": proof.residue_total,
                "engine": engine,
            },
            at=now,
        )


def rules_of(plan: StoredPlan) -> RetentionRules:
    """The periods under which the plan was made."""
    periods = {name: Period(int(days), str(why)) for name, (days, why) in plan.rules.items()}
    return RetentionRules(**periods)


def _require_ordered(plan: StoredPlan) -> None:
    if plan.state is not PlanState.ORDERED:
        raise Conflict(
            "sweep.state",
            f"Run {plan.id} is {plan.state.value}; only what is ordered is carried out.",
            plan=plan.id,
            state=plan.state.value,
        )


def _has_work(house: House) -> bool:
    """Whether anything is to be done at all; idle workers write nothing."""
    kinds = (sweep_removals.EAKTE, sweep_removals.SENT, sweep_removals.TASK)
    with house.db.read() as tx:
        if halts.standing(tx) is not None:
            return False
        return (
            sweep_plans.oldest_ordered(tx) is not None
            or bool(sweep_removals.due(tx, kinds, now=house.clock(), limit=1))
            or _is_hour(house, tx)
        )


def _is_hour(house: House, tx: Tx) -> bool:
    """Whether the worker's own run of the local day is due: once, from the configured hour on."""
    now, hour = house.local_now(), house.policy.sweep.hour
    return hour is not None and now.hour >= hour and not sweep_plans.scheduled_on(tx, now.date())


def _plan_of_the_day(house: House) -> None:
    """The worker's own plan, under the lease."""
    with house.db.read() as tx:
        if not _is_hour(house, tx):
            return
    found = preview.foreseen(house, None)
    orders.put(house, found, actor="worker", regions=None)


def _erase(house: House, tx: Tx, plan: StoredPlan, going: Sequence[Ended]) -> None:
    """Contents, intents against copies outside, and the trail, in the caller's transaction."""
    now = house.clock()
    ids = [one.message_id for one in going]
    swept = {box.name for box in house.policy.postboxes if box.is_swept and not box.is_observed}
    in_postboxes = [
        Copy(one.message_id, sweep_removals.POSTBOX, one.postbox, "", one.sha256)
        for one in going
        if one.postbox in swept
    ]
    laid = (one for one in sweep_removals.copies_laid(tx, ids) if one.place in swept)
    copies = [*sweep_removals.copies_sent(tx, ids), *in_postboxes, *laid]
    sweep_removals.wish(tx, plan.id, copies, now=now)
    reason = "retention" if plan.kind == "retention" else "order"
    for message_id in ids:
        ended_mail.erase(tx, message_id, now=now, reason=reason)
    notes = [
        Note("mail.deleted", f"message:{one}", {"sweep": plan.id, "reason": plan.kind})
        for one in ids
    ]
    audit.add_many(tx, "worker", notes, at=now)


def _code(keep: Keep) -> str:
    return "" if keep is Keep.NOT else keep.value


def _forget_answers(house: House, plan: StoredPlan) -> None:
    """Answers that are kept for repeated requests, and speak of what was deleted."""
    messages: set[int] = set()
    numbers: set[int] = set()
    with house.db.read() as tx:
        for page in sweep_proof.erased_pages(tx, plan.id):
            messages.update(page)
            numbers.update(items.ids_of_messages(tx, page))
    with house.db.write() as tx:
        idempotency.forget_about(tx, messages=messages, items=numbers)
