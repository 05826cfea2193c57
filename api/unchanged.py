"""`If-Match` on writes to an item: nothing is done to a version that the caller has not seen.

The lease keeps other people away; this keeps a program from writing over what came meanwhile
without it: a receipt, a mark from Outlook, its own second thread.
"""

import re
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, Header, Path, Request

from api.auth import HouseHere, identify
from rules.errors import Conflict, Refused
from triage import item_view
from triage.item_view import ItemView

_ETAG: Final = re.compile(r'(?:W/)?"([0-9]{1,9})(?:-[0-9a-f]{12})?"')

IfMatch = Annotated[
    str | None, Header(description="The item's `ETag`; if it has gone on: 412, nothing is done.")
]


def etag_of(view: ItemView) -> str:
    """The item's version, and what is told beside it that goes on without another version.

    An answer that comes back, a task, a mark, a draft. Weak: the story, of which each look is a
    part, and the sender's other items don't count.
    """
    drafts = [(one.folder, one.code, one.text_id, one.places) for one in view.drafts]
    told = (view.gates, view.handover_error, view.reply_trouble, view.tasks, view.marks, drafts)
    beside = repr((*told, sorted(view.checks)))
    return f'W/"{view.item.version}-{sha256(beside.encode()).hexdigest()[:12]}"'


def version_of(etag: str | None) -> int | None:
    """The item's version in an `ETag`, or None where none was sent. Raises: Refused: `etag.bad`."""
    if etag is None or etag.strip() == "*":
        return None
    found = _ETAG.fullmatch(etag.strip())
    if found is None:
        raise Refused("etag.bad", "If-Match holds one ETag, as GET /v1/items/{id} gives it")
    return int(found[1])


def require_seen(
    request: Request,
    house: HouseHere,
    item_id: Annotated[int, Path()],
    if_match: IfMatch = None,
) -> None:
    """Refuse where the item is no longer the one that was read. Source: RFC 9110 section 13.1.1.

    Looked at before the deed: in between only who holds the item, a receipt or a mark can
    write, and each of those is guarded by token and state. Weak tags count here.
    Raises: Conflict: `item.precondition` (412). Refused: `etag.bad`, `item.unknown`.
    """
    seen = version_of(if_match)
    if seen is None:
        return
    now = item_view.version(house, identify(request), item_id)
    if now != seen:
        raise Conflict(
            "item.precondition",
            f"item {item_id} has gone on since version {seen}; read it again",
            item_id=item_id,
            version=now,
        )


IfUnchanged: Final = Depends(require_seen)
"""For the `dependencies` of a write to one item."""
