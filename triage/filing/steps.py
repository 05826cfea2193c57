"""What filing does with one act, new or in doubt: the command, the proof, or another try later.

Whether there is anything to do is filing.py's and filing/unproven.py's.
Source: imap protocol, steps 7 and 8 (docs/reliability.md).
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from rules.backoff import next_try
from rules.errors import Conflict, HouseError, Refused, TryLater
from rules.postbox import EPOCH_CHANGED, Place
from store.acts import op_steps
from store.acts.ops import Op
from store.processes import leases
from store.processes.leases import Lease
from triage.house import House
from triage.known import same_mail
from triage.ports import Postbox

DISK: Final = "postbox.disk"
"""A folder of a Maildir takes nothing: full, over quota, read-only."""

DISK_CAP_SECONDS: Final = 900.0
"""When there is room again, mail waits no longer than that. Own decision 0120."""

log = structlog.get_logger()


def move(house: House, box: Postbox, lease: Lease, op: Op) -> Place | None:
    """Give the move command, if the lease has time left: the server knows nothing of fences.

    Raises: Conflict: `lease.lost`. TryLater, Refused: as `Postbox.move`.
    """
    leases.require_time(lease, now=house.clock())
    return box.move(op.src, op.dst_folder)


def require_of_mail(exc: Refused | Conflict) -> None:
    """Raises: Conflict: all but a folder with new numbers, which stops the mails in it only."""
    if isinstance(exc, Conflict) and exc.code != EPOCH_CHANGED:
        raise exc


def require_of_folder(exc: TryLater) -> None:
    """Raises: TryLater: all but a disk, which may take nothing in this folder only."""
    if exc.code != DISK:
        raise exc


def remove(house: House, box: Postbox, at: Place, sha256: str) -> bool:
    """Remove what is left of a mail, bytes compared; False, too, where the server does not do it.

    Raises: TryLater, Refused, Conflict: as `same_mail.remove`, but `postbox.busy`.
    """
    try:
        return same_mail.remove(house, box, at, sha256)
    except TryLater as exc:
        if exc.code != "postbox.busy":
            raise
        return False


def settle(house: House, lease: Lease, places: list[tuple[Op, Place]]) -> None:
    """All proofs in one commit; where one of them is not taken, each by itself.

    Raises: Conflict: `lease.lost`; `place.taken`, `op.step`, after all others were written.
    """
    if not places:
        return
    try:
        with house.db.write() as tx:
            op_steps.done_many(tx, places, lease=lease, now=house.clock())
    except (Conflict, Refused) as exc:
        if len(places) == 1 or exc.code == "lease.lost":
            raise
        log.warning("op.proofs_again", mails=len(places), code=exc.code)
    else:
        return
    _settle_each(house, lease, places)


def _settle_each(house: House, lease: Lease, places: list[tuple[Op, Place]]) -> None:
    failure: HouseError | None = None
    for one in places:
        try:
            settle(house, lease, [one])
        except (Conflict, Refused) as exc:
            failure = exc
    if failure is not None:
        raise failure


def put_off(house: House, lease: Lease, group: list[Op], exc: HouseError) -> None:
    """A target or a move that can't be had: try again later, then give up with the reason.

    Where a disk takes nothing, nothing is given up.
    """
    log.warning("op.refused", folder=group[0].dst_folder, code=exc.code, mails=len(group))
    now = house.clock()
    with house.db.write() as tx:
        for op in group:
            wait = pause(house, op.tries + 1, exc)
            if wait is None:
                op_steps.refused(tx, op.id, error_code=exc.code, lease=lease, now=now)
                continue
            at = now + timedelta(seconds=wait)
            op_steps.later(tx, op.id, error_code=exc.code, next_try_at=at, lease=lease, now=now)


def put_off_folder(
    house: House, box: Postbox, lease: Lease, group: list[Op], exc: HouseError
) -> None:
    """As `put_off`, of a target: what else is due into it waits as long."""
    put_off(house, lease, group, exc)
    wait = pause(house, max(op.tries for op in group) + 1, exc)
    if wait is None:
        return
    now, folder = house.clock(), group[0].dst_folder
    at = now + timedelta(seconds=wait)
    with house.db.write() as tx:
        op_steps.wait_for_folder(tx, box.name, folder, next_try_at=at, lease=lease, now=now)


def pause(house: House, tries: int, exc: HouseError) -> float | None:
    """Seconds until the next try after so many; None: given up."""
    rule = house.backoff
    if exc.code == DISK:
        cap = min(rule.cap_seconds, DISK_CAP_SECONDS)
        rule = replace(rule, cap_seconds=cap, max_tries=tries + 1)
    return next_try(tries, rule)
