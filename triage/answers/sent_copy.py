"""A copy of each sent answer in the postbox's folder of sent mail, as people expect it in Outlook.

A wish of the commit that noted the sending, carried out by who holds the postbox. The mark of the
folder is durable before the command; a command whose outcome is unknown is looked for by the
Message-ID, after the lease and the grace time, and repeated only where the copy is not there.
Source: own decisions 0004, 0053.
"""

from datetime import timedelta
from typing import Final

import structlog

from ingest import parse
from rules import sent_id
from rules.errors import HouseError, Refused, TryLater, Unreadable
from rules.ledger import LedgerState
from rules.outgoing import OutgoingKind
from rules.postbox import Fetched
from store.acts import sent_copies
from store.acts.sent_copies import SentCopy
from store.database.engine import Tx
from store.mails import ledger
from store.processes import halts, leases
from store.processes.leases import Lease
from store.sending import outgoing
from store.sending.outgoing import Outgoing
from triage.answers import reply
from triage.filing import filing, steps
from triage.house import House
from triage.ports import Postbox

BATCH = 20
"""Copies laid in one round, so that new mail is not kept waiting. As sending.turns.BATCH."""

_DELETED: Final = "mail.deleted"

log = structlog.get_logger()


def order(house: House, tx: Tx, row: Outgoing) -> None:
    """Wish for the copy of an answer that has just left, in the caller's transaction.

    None where no folder is set, or no postbox of its region may be written to.
    """
    if row.kind != OutgoingKind.REPLY or row.message_id is None or not house.policy.sent_folder:
        return
    message = ledger.message(tx, row.message_id)
    if message.state is LedgerState.DELETED:
        return
    postbox = _postbox(house, message.postbox, message.region)
    if postbox:
        folder = house.policy.sent_folder
        sent_copies.want(tx, row.id, postbox=postbox, folder=folder, now=house.clock())


def lay_due(house: House, box: Postbox, lease: Lease) -> int:
    """Lay the copies that are due in this postbox, under its lease; the number laid.

    Raises: TryLater: the postbox is away. Conflict: `lease.lost`.
    """
    with house.db.read() as tx:
        if not halts.may_write(tx, box.name):
            return 0
        due = sent_copies.due(tx, box.name, now=house.clock(), limit=BATCH)
    laid = 0
    for copy in due:
        try:
            _lay(house, box, lease, copy)
        except (Refused, Unreadable, TryLater) as exc:
            if isinstance(exc, TryLater):
                steps.require_of_folder(exc)
            _put_off(house, lease, copy, exc)
            continue
        laid += 1
    return laid


def _lay(house: House, box: Postbox, lease: Lease, copy: SentCopy) -> None:
    with house.db.read() as tx:
        row = outgoing.get(tx, copy.outgoing_id)
    if copy.mark is None or not _lies(box, copy, row):
        letter = reply.sent_letter(house, row)
        mark = filing.mark(house, box, copy.folder)
        policy, now = house.policy, house.clock()
        wait = timedelta(seconds=policy.postbox_lease_seconds + policy.grace_seconds)
        with house.db.write() as tx:
            _require_here(tx, row)
            sent_copies.begun(tx, copy, mark=mark, again_at=now + wait, lease=lease, now=now)
        leases.require_time(lease, now=house.clock())
        box.append(copy.folder, letter.data, row.sent_at)
    with house.db.write() as tx:
        sent_copies.done(tx, copy, lease=lease, now=house.clock())


def _require_here(tx: Tx, row: Outgoing) -> None:
    """Lock the mail, so that a deletion run either sees this copy as begun or has come first.

    Raises: Refused: `mail.deleted`.
    """
    if row.message_id is None:
        return
    if ledger.locked(tx, row.message_id).state is LedgerState.DELETED:
        raise Refused(_DELETED, f"The mail of answer {row.id} was deleted; no copy is laid.")


def _lies(box: Postbox, copy: SentCopy, row: Outgoing) -> bool:
    """Whether a mail with our Message-ID came into the folder since the mark."""
    view = box.view(copy.folder)
    mark = copy.mark
    uids = box.since(mark) if mark and view.follows(mark) else view.uids
    wanted = f"<{sent_id.of(row.id, row.idempotency_key)}>"
    return any(
        parse.parse(found.data if isinstance(found, Fetched) else found.head).message_id == wanted
        for found in box.fetch(copy.folder, view.epoch, uids)
    )


def _put_off(house: House, lease: Lease, copy: SentCopy, exc: HouseError) -> None:
    wait = None if exc.code == _DELETED else steps.pause(house, copy.tries + 1, exc)
    now = house.clock()
    log.warning("copy.refused", outgoing=copy.outgoing_id, code=exc.code, again=wait is not None)
    again = None if wait is None else now + timedelta(seconds=wait)
    with house.db.write() as tx:
        sent_copies.put_off(tx, copy, error_code=exc.code, again_at=again, lease=lease, now=now)


def _postbox(house: House, postbox: str | None, region: str | None) -> str:
    """The mail's own postbox, else the first of its region; never one that is only observed."""
    free = [box for box in house.policy.postboxes if not box.is_observed]
    own = [box.name for box in free if box.name == postbox]
    near = [box.name for box in free if region and box.region == region and not postbox]
    return next(iter([*own, *near]), "")
