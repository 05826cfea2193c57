"""`If-Match` on writes to an item: nothing is done to a version that the caller has not seen.

The lease keeps other people away; this keeps a program from writing over what came meanwhile
without it: a receipt, a mark from Outlook, its own second thread.
"""

import re
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Final

from fastapi import Depends, Header

from api.auth import MayFreeItems, MayWorkItems
from rules.access import Caller
from rules.errors import Refused
from triage.desk.item_view import ItemView
from triage.doorkeeper import birth_of

_ETAG: Final = re.compile(r'(?:W/)?"([0-9]{1,9})(?:-[0-9a-f]{12})?(?:-([0-9a-f]{8}))?"')

IfMatch = Annotated[
    str | None, Header(description="The item's `ETag`; if it has gone on: 412, nothing is done.")
]


def etag_of(view: ItemView) -> str:
    """The item's version, what is told beside it that goes on without another version, its birth.

    An answer that comes back, a task, a mark, a draft. Weak: the story, of which each look is a
    part, and the sender's other items don't count.
    """
    drafts = [(one.folder, one.code, one.text_id, one.places) for one in view.drafts]
    told = (view.gates, view.handover_error, view.reply_trouble, view.tasks, view.marks, drafts)
    beside = repr((*told, sorted(view.checks)))
    digest = sha256(beside.encode()).hexdigest()[:12]
    return f'W/"{view.item.version}-{digest}-{birth_of(view.item)}"'


def seen_in(etag: str | None) -> tuple[int, str] | None:
    """The item's version and birth in an `ETag`, or None where none was sent.

    One of the version before names no birth. Raises: Refused: `etag.bad`.
    """
    if etag is None or etag.strip() == "*":
        return None
    found = _ETAG.fullmatch(etag.strip())
    if found is None:
        raise Refused("etag.bad", "If-Match holds one ETag, as GET /v1/items/{id} gives it")
    return int(found[1]), found[2] or ""


async def _works_on_seen(caller: MayWorkItems, if_match: IfMatch = None) -> Caller:
    return _having_seen(caller, if_match)


async def _frees_seen(caller: MayFreeItems, if_match: IfMatch = None) -> Caller:
    return _having_seen(caller, if_match)


def _having_seen(caller: Caller, if_match: str | None) -> Caller:
    """The caller with the version it names; the deed's own transaction asks for that one.

    Source: RFC 9110 section 13.1.1. Weak tags count here. Raises: Refused: `etag.bad`.
    """
    seen = seen_in(if_match)
    return caller if seen is None else replace(caller, seen=seen[0], seen_birth=seen[1])


WorksOnSeen = Annotated[Caller, Depends(_works_on_seen)]
"""Who works on an item, in the version that `If-Match` names: 412 where it has gone on."""
FreesSeen = Annotated[Caller, Depends(_frees_seen)]
"""As `WorksOnSeen`, for who puts an item back into the line."""
