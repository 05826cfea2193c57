"""Mails that their postbox would not let us file, until somebody has removed the cause.

A quota, a right, a folder's name: after some tries a move is given up, and the mail stays where it
lies, its item in the line all the same. Source: F5, F58; own decision 0036.
"""

from rules.access import Caller, Permission, may_see_region, require
from store import audit, refused_acts
from store.refused_acts import RefusedAct
from triage.house import House

BATCH = 100
"""In one commit, as aside.BATCH."""


def listing(
    house: House, caller: Caller, *, code: str = "", limit: int = 1000
) -> tuple[RefusedAct, ...]:
    """What was given up in the caller's postboxes, oldest first, for one reason or all.

    Raises: Refused: `access.denied`.
    """
    require(caller, Permission.REPLAY)
    with house.db.read() as tx:
        return refused_acts.listing(tx, _postboxes(house, caller), code=code, limit=limit)


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
