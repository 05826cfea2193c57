"""A postbox gets another name: all that is known of it goes there in one transaction, or nothing.

Source: own decision 0141.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog

from rules.access import Caller, Permission, require
from rules.errors import Conflict, Refused
from store.database.engine import Database, Tx
from store.upkeep import postbox_names

LONGEST: Final = 100
"""Letters of a name; it stands in every list. Source: own decision 0141."""

log = structlog.get_logger()


def rename(
    db: Database, caller: Caller, old: str, new: str, *, now: datetime, grace: timedelta
) -> int:
    """Bring the postbox to its new name; how many rows, 0 if it was done before.

    `grace`: how long a command of a dead worker may still be on its way. Killed at any moment, it
    is done or it never was. Raises: Refused: `access.denied`, `postbox.name`, `postbox.unknown`.
    Conflict: `postbox.name_used`, `postbox.in_use`, `postbox.in_doubt`. TryLater: `store.away`.
    """
    require(caller, Permission.MANAGE_POSTBOXES)
    if caller.whole_regions is not None:
        raise Refused("access.denied", "Only an admin of the whole house may rename a postbox.")
    _require_name(old, new)
    with db.write() as tx:
        _require_unused(tx, old, new, now=now, grace=grace)
        if not postbox_names.is_known(tx, old):
            if postbox_names.given_away(tx, old) == new:
                return 0
            raise Refused(
                "postbox.unknown",
                f"Nothing is known of a postbox {old!r}. Look how it is spelled (`postlotse doctor`"
                " names those with mail); one without mail is renamed in the configuration alone.",
            )
        _require_free(tx, old, new)
        _require_proven(tx, old)
        done = postbox_names.rename(tx, old, new, actor=caller.name, now=now)
    log.info("postbox.renamed", postbox=new, before=old, rows=done)
    return done


def require_kept(tx: Tx, name: str) -> None:
    """Before a worker serves the name: it was not given away meanwhile.

    Raises: Refused: `postbox.renamed`.
    """
    new = postbox_names.given_away(tx, name)
    if new is not None:
        raise Refused(
            "postbox.renamed",
            f"Postbox {name!r} was renamed, and all its mail is known under {new!r}. Name it so in"
            f" the configuration, or take the name back: postlotse postbox rename {new!r} {name!r}",
            postbox=name,
            other=new,
        )


def _require_name(old: str, new: str) -> None:
    if new == old or new != " ".join(new.split()) or not 0 < len(new) <= LONGEST:
        raise Refused(
            "postbox.name",
            f"A new name differs from the old one, has up to {LONGEST} letters, and no blank at its"
            " ends.",
        )


def _require_unused(tx: Tx, old: str, new: str, *, now: datetime, grace: timedelta) -> None:
    for name in (old, new):
        dead = postbox_names.died_after(tx, name, moment=now - grace)
        if postbox_names.held(tx, name, now=now, seconds=_seconds(grace)) or dead:
            raise Conflict(
                "postbox.in_use",
                f"{name} is served by a worker, its permissions are being looked at, or a worker"
                " ended there a moment ago without giving it back. Stop all workers, wait a"
                " minute, and repeat it.",
                postbox=name,
            )


def _require_free(tx: Tx, old: str, new: str) -> None:
    if postbox_names.is_known(tx, new):
        raise Conflict(
            "postbox.name_used",
            f"There is mail or another note under {new!r} already; two postboxes are never joined."
            f" Take another name for {old!r}.",
            postbox=new,
        )


def _require_proven(tx: Tx, old: str) -> None:
    doubts = postbox_names.in_doubt(tx, old)
    if doubts:
        told = ", ".join(f"{kind} {number}" for kind, number in doubts.items())
        raise Conflict(
            "postbox.in_doubt",
            f"Something was begun in {old!r} and is not proven yet ({told}). Let a worker run under"
            " the old name until it is; end or reject deletions that are proposed or ordered.",
            postbox=old,
            **doubts,
        )


def _seconds(grace: timedelta) -> int:
    return max(1, int(grace.total_seconds()))
