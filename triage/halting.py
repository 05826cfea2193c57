"""The kill switch, and the first step of a postbox that was only observed.

While writing is stopped nothing moves and nothing leaves: no filing, mark, folder, copy, answer,
hand-over, task, permission, deletion. Reading, keeping, judging and the desk go on. Every pass of
every worker asks the database, so that an order holds everywhere at once, without a restart.
Source: issue of the offices' operators; own decisions 0068, 0069.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from rules.access import Caller, Permission, may, require
from rules.errors import Conflict, Refused, TryLater
from rules.reasons import SHORTEST, is_too_short
from store.acts import wishes
from store.database.engine import Database, Tx
from store.processes import halts
from store.processes.halts import Halt
from store.trail import audit
from triage.house import House, PostboxPlan

REASON_LONGEST: Final = 200
"""Letters of a reason: one line on every page. Own decision 0068."""

ABOUT: Final = "writing:stopped"
"""The alarm and the check of health that stand as long."""

_WORKER: Final = "worker"

log = structlog.get_logger()


class Begin(StrEnum):
    """From when on a postbox is written into that was only observed until now."""

    NOW = "now"
    ALL = "all"


def stop_writing(db: Database, caller: Caller, *, reason: str, now: datetime) -> None:
    """Stop all writing, in all processes, within one pass of each; the first order stands.

    What was begun (one set of moves, one delivery) is finished and proven.
    Raises: Refused: `access.denied`, `halt.reason`. Conflict: `halt.stands`. TryLater:
    `store.away`.
    """
    require_order(caller)
    told = _told(reason)
    with db.write() as tx:
        if not halts.place(tx, Halt(halts.WRITING, now, caller.name, told)):
            raise Conflict("halt.stands", "Writing is stopped already.")
        _note(tx, caller, "writing.stopped", {"reason": told}, now)
    log.error("writing.stopped")


def resume(db: Database, caller: Caller, *, now: datetime, reason: str | None = None) -> None:
    """Let writing go on where it was; a reason that is given stands in the trail.

    Raises: as `stop_writing`; Conflict: `halt.none`.
    """
    require_order(caller)
    details: dict[str, object] = {} if reason is None else {"reason": _told(reason)}
    with db.write() as tx:
        if not halts.lift(tx):
            raise Conflict("halt.none", "Writing is not stopped.")
        _note(tx, caller, "writing.resumed", details, now)
    log.info("writing.resumed")


def look(house: House) -> Halt | None:
    """The stop that stands now, or None. Raises: TryLater: `store.away`."""
    with house.db.read() as tx:
        return halts.standing(tx)


def shown(house: House) -> Halt | None:
    """As `look`, for a page that must not fail with the database."""
    try:
        return look(house)
    except TryLater:
        return None


def require_running(tx: Tx) -> None:
    """In the transaction of a deed. Raises: Conflict: `writing.stopped`."""
    if halts.standing(tx) is not None:
        raise Conflict(
            "writing.stopped",
            "Writing is stopped (`postlotse stop-writing`). Go on with `postlotse resume`.",
        )


def may_write(house: House, postbox: str, *, mode_allows: bool) -> bool:
    """Whether this pass of a worker may write into the postbox.

    An observed one is noted as such, so that nothing that piled up is filed unasked on the day
    its mode changes. Raises: TryLater: `store.away`.
    """
    with house.db.read() as tx:
        is_free = halts.may_write(tx, postbox)
    if mode_allows:
        return is_free
    if is_free:
        name = halts.of_postbox(postbox)
        with house.db.write() as tx:
            halts.place(tx, Halt(name, house.clock(), _WORKER, "observed"))
    return False


def unsaid(house: House, tx: Tx) -> tuple[str, ...]:
    """Postboxes that may be written into, were observed before, and wait for `begin`."""
    held = halts.of_postboxes(tx)
    return tuple(
        box.name for box in house.policy.postboxes if box.name in held and not box.is_observed
    )


def begin(db: Database, caller: Caller, box: PostboxPlan, *, since: Begin, now: datetime) -> int:
    """Write into a postbox that was observed; how many wishes were withdrawn.

    `now` withdraws the wishes to file that piled up: those mails stay where people have them.
    `all` carries them out. Raises: Refused: `access.denied`, `postbox.observed`.
    Conflict: `postbox.begun`. TryLater: `store.away`.
    """
    require(caller, Permission.MANAGE_POSTBOXES)
    if box.is_observed:
        raise Refused(
            "postbox.observed",
            f'{box.name} is observed. Remedy: set mode = "sort" or "full", restart, then again.',
        )
    with db.write() as tx:
        if not halts.lift(tx, halts.of_postbox(box.name)):
            raise Conflict("postbox.begun", f"{box.name} is written into already.")
        withdrawn = wishes.withdraw_all(tx, box.name) if since is Begin.NOW else 0
        audit.add(
            tx,
            caller.name,
            action="postbox.begun",
            subject=f"postbox:{box.name}",
            details={"from": since.value, "withdrawn": withdrawn},
            at=now,
        )
    log.info("postbox.begun", postbox=box.name, withdrawn=withdrawn)
    return withdrawn


def may_order(caller: Caller) -> bool:
    """Whether this person may stop the house: it stands still whole, so no region's admin may."""
    return caller.whole_regions is None and may(caller, Permission.MANAGE_POSTBOXES)


def require_order(caller: Caller) -> None:
    """Pass, or refuse. Raises: Refused: `access.denied`."""
    require(caller, Permission.MANAGE_POSTBOXES)
    if not may_order(caller):
        raise Refused("access.denied", "Only an admin of the whole house may stop it.")


def _told(reason: str) -> str:
    """The reason as it stands in the trail. Raises: Refused: `halt.reason`."""
    told = " ".join(reason.split())
    if is_too_short(told) or len(told) > REASON_LONGEST:
        raise Refused(
            "halt.reason",
            f"A reason has {SHORTEST} to {REASON_LONGEST} letters; it stands on every page,"
            " so it names no person and nothing of a mail.",
        )
    return told


def _note(tx: Tx, caller: Caller, action: str, details: dict[str, object], now: datetime) -> None:
    audit.add(tx, caller.name, action=action, subject="house", details=details, at=now)
