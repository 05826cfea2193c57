"""Who may see and write what: asked by every station before it reads or writes for a caller.

What a caller may not see does not exist for him: the answer is `item.unknown`, not a refusal
that would tell that there is something. Source: R4, F58.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final

from rules import access
from rules.access import Caller, Permission
from rules.errors import Conflict
from store.database.engine import Tx
from store.desk import claims, items
from store.desk.items import Item
from triage.house import House

CLEARING: Final = "klaerung"
"""Stands for "no agency known" where a path needs a code; no agency has it."""


def require_agency(
    house: House, caller: Caller, agency_code: str | None, permission: Permission
) -> None:
    """The caller may do that for this agency (None: the clearing folder).

    Raises: Refused: `access.denied`.
    """
    agency = house.directory.agency(agency_code)
    # The clearing folder belongs to every region: its mail has told none.
    region = agency.region if agency else next(iter(caller.regions or ()), None)
    access.require_agency(caller, permission, agency_code=agency_code, region=region)


def visible_item(caller: Caller, tx: Tx, item_id: int, permission: Permission) -> Item:
    """The item, if the caller may do that with it.

    Raises: Refused: `access.denied` by role, `item.unknown` out of scope.
    """
    access.require(caller, permission)
    item = items.get(tx, item_id)
    require_scope(caller, item)
    return item


def require_scope(caller: Caller, item: Item) -> None:
    """The item is one of the caller's agencies and regions. Raises: Refused: `item.unknown`."""
    if not access.may_work_agency(caller, item.agency_code, item.region):
        raise items.unknown(item.id)


def workable_item(caller: Caller, tx: Tx, item_id: int, *, token: str, now: datetime) -> Item:
    """The item, if the caller may work on it and holds it now: the start of every write.

    Raises: Refused: `access.denied`, `item.unknown`. Conflict: `item.precondition`,
    `item.lease_stale`.
    """
    require_seen(caller, visible_item(caller, tx, item_id, Permission.WORK_ITEM))
    item = claims.held(tx, item_id, token=token, now=now)
    # What held the row until now may have written on it, under the same token.
    require_seen(caller, item)
    return item


def require_seen(caller: Caller, item: Item) -> None:
    """The item is the one that the caller has read, in that version, where one was named.

    Raises: Conflict: `item.precondition`. Source: RFC 9110 section 13.1.1.
    """
    is_another = caller.seen_birth not in {"", birth_of(item)}
    if is_another or (caller.seen is not None and caller.seen != item.version):
        raise Conflict(
            "item.precondition",
            f"item {item.id} has gone on since version {caller.seen}; read it again",
            item_id=item.id,
            version=item.version,
        )


def birth_of(item: Item) -> str:
    """What tells the item from one that gets its number after a restore; 8 hex digits."""
    born = f"{item.message_id}/{item.received_at.isoformat()}/{item.created_at.isoformat()}"
    return sha256(born.encode()).hexdigest()[:8]


def visible_agencies(house: House, caller: Caller) -> frozenset[str | None] | None:
    """The agency codes whose items the caller may see; None means all."""
    if caller.agencies is None and caller.regions is None:
        return None
    return frozenset(
        agency.code
        for agency in house.directory.active()
        if access.may_work_agency(caller, agency.code, agency.region)
    )
