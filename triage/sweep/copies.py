"""Copies of sent answers that have to leave a postbox: known by our Message-ID, removed by hash.

A copy was laid right behind the mark of its folder, so a few mails from there on are looked at
and no archive is walked. What people moved elsewhere is not found, and the proof names it.
Source: own decisions 0053, 0054, 0066; promise 9 (observed postboxes are never written to).
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from ingest import parse
from rules import sent_id
from rules.errors import Conflict, Refused
from rules.postbox import Fetched, Place
from store.acts import sent_copies
from store.acts.sent_copies import SentCopy
from store.deletion.sweep_removals import COPY, Removal
from store.processes import leases
from store.processes.leases import Lease
from store.sending import outgoing
from triage.house import House
from triage.known import set_back
from triage.ports import Postbox
from triage.sweep import outside

LOOK_MAILS: Final = 200
"""How many mails behind the mark are looked at for one copy. Own decision 0066."""

_PAGE_MAILS: Final = 20
_NO_FOLDER: Final = "postbox.folder_missing"


def from_postbox(house: House, box: Postbox, lease: Lease) -> int:
    """Remove the copies that are due in this postbox, under its lease; how many were looked for.

    Raises: TryLater: the postbox is away; it is tried again. Conflict: `lease.lost`.
    """
    due = outside.due_in(house, box, COPY)
    for one in due:
        state, code = _take_out(house, box, lease, one)
        outside.write_down(house, one, state, code, lease=lease)
    return len(due)


def _take_out(house: House, box: Postbox, lease: Lease, one: Removal) -> tuple[str, str]:
    """The state it has now with a code; no state: it may lie there still, tried again later."""
    with house.db.read() as tx:
        row = outgoing.get(tx, int(one.name))
        copy = sent_copies.of_row(tx, row.id)
    if copy is None:
        return "missing", "copy.not_found"
    try:
        for place, data in _look(box, copy, f"<{sent_id.of(row.id, row.idempotency_key)}>"):
            # The server asks for no fence, so whose time is over gives no command.
            leases.require_time(lease, now=house.clock())
            if box.remove(place, sha256(data).hexdigest()):
                return "done", ""
            # Somebody just touched it: it lies there.
            return "", set_back.UNREAD
    except (Conflict, Refused) as exc:
        if exc.code == "lease.lost":
            raise
        return ("missing" if exc.code == _NO_FOLDER else ""), exc.code
    return "missing", "copy.not_found"


def _look(box: Postbox, copy: SentCopy, wanted: str) -> Iterator[tuple[Place, bytes]]:
    """The mails with that Message-ID behind the mark; after new numbers, from the first on."""
    view, mark = box.view(copy.folder), copy.mark
    uids = box.since(mark) if mark and view.follows(mark) else view.uids
    for start in range(0, min(len(uids), LOOK_MAILS), _PAGE_MAILS):
        page = uids[start : start + _PAGE_MAILS]
        for found in box.fetch(copy.folder, view.epoch, page):
            if isinstance(found, Fetched) and parse.parse(found.data).message_id == wanted:
                yield found.place, found.data
