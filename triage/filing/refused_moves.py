"""Mails that their postbox would not let us file, until somebody has removed the cause.

A quota, a right, a folder's name: after some tries a move is given up, and the mail stays where it
lies, its item in the line all the same. Source: F5, F58; own decision 0036.
"""

from rules.access import Caller, Permission, may_see_region, require
from rules.errors import Conflict
from store.acts import refused_acts
from store.acts.refused_acts import RefusedAct
from store.trail import audit
from triage.house import House

BATCH = 100
"""In one commit, as aside.BATCH."""


def listing(
    house: House, caller: Caller, *, code: str = "", after: int | None = None, limit: int = BATCH
) -> tuple[RefusedAct, ...]:
    """What was given up in the caller's postboxes, oldest first, for one reason or all.

    `after` is the id of the last one before. Raises: Refused: `access.denied`.
    """
    require(caller, Permission.REPLAY)
    boxes = _postboxes(house, caller)
    with house.db.read() as tx:
        return refused_acts.listing(tx, boxes, code=code, after=after or 0, limit=limit)


def reasons(house: House, caller: Caller) -> tuple[tuple[str, int], ...]:
    """How many were given up in the caller's postboxes for which reason, most first.

    Raises: Refused: `access.denied`.
    """
    require(caller, Permission.REPLAY)
    with house.db.read() as tx:
        return refused_acts.reasons(tx, _postboxes(house, caller))


def file_one(house: House, caller: Caller, act_id: int) -> None:
    """Let one of them stand again.

    Raises: Refused: `access.denied`, `filing.unknown`, also out of scope. Conflict:
    `filing.changed`: it stands again already, or somebody moved the mail, or wished it elsewhere.
    """
    require(caller, Permission.REPLAY)
    with house.db.write() as tx:
        act, now = refused_acts.get(tx, _postboxes(house, caller), act_id), house.clock()
        if not refused_acts.again(tx, act, now=now):
            raise Conflict(
                "filing.changed",
                f"The move {act_id} is not given up any more, or its mail lies elsewhere by now."
                " Read the list again.",
                id=act_id,
            )
        audit.add_many(tx, caller.name, [_note(act)], at=now)


def file_again(house: House, caller: Caller, *, code: str = "") -> int:
    """Let all of them stand again, for one reason or all; the workers try them soon. Their number.

    In commits of `BATCH`: what was done before a crash stays done, and the next call goes on.
    Raises: Refused: `access.denied`. TryLater: `store.away`.
    """
    require(caller, Permission.REPLAY)
    postboxes = _postboxes(house, caller)
    done, after = 0, 0
    while True:
        with house.db.write() as tx:
            found = refused_acts.listing(tx, postboxes, code=code, after=after, limit=BATCH)
            now = house.clock()
            standing = [act for act in found if refused_acts.again(tx, act, now=now)]
            audit.add_many(tx, caller.name, map(_note, standing), at=now)
        done += len(standing)
        if len(found) < BATCH:
            return done
        after = found[-1].id


def _postboxes(house: House, caller: Caller) -> tuple[str, ...]:
    return tuple(box.name for box in house.policy.postboxes if may_see_region(caller, box.region))


def _note(act: RefusedAct) -> audit.Note:
    details = {"folder": act.dst_folder, "code": act.error_code}
    return audit.Note("mail.filing_again", f"message:{act.message_id}", details)
