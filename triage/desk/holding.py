"""How long a clerk holds an item, how many at a time, and how items come back into the line.

A lease runs in the working time of the agency's Land; a supervisor may free what is held, parked
or waits for a receipt. Everything that happens stands in the trail. Own decision 0049.
"""

from datetime import date, datetime, timedelta

from rules.access import Caller, Permission, may_work_agency
from rules.errors import Conflict
from rules.item import Freed, ItemState, apply
from rules.worktime import WorkingHours, back_on, lease_end
from store.database.engine import Tx
from store.desk import claims, item_lists, items, undo
from store.desk.item_lists import Spot
from store.desk.items import Back, Item, case_of, change_to
from store.trail import audit
from store.trail.audit import Note
from triage.desk import transitions
from triage.doorkeeper import CLEARING, require_agency, require_seen, visible_agencies, visible_item
from triage.house import House
from triage.marks import marking

STUCK = (ItemState.HELD, ItemState.PARKED, ItemState.PENDING)
"""What a supervisor can free. Source: F33; rules/item.py."""


def lease_seconds(house: House, agency_code: str | None, *, now: datetime) -> int:
    """Seconds by the clock from now to the end of a lease that begins now.

    Of the clearing folder (None) only holidays of all Germany count.
    """
    seconds, hours = house.policy.lease_seconds, house.policy.working_hours
    if hours is None:
        return seconds
    agency = house.directory.agency(agency_code)
    until = lease_end(now, seconds, land=agency.land if agency else None, hours=hours)
    return round((until - now).total_seconds())


def longest_lease(house: House, *, now: datetime) -> timedelta:
    """From now to the end of the longest lease of any agency, or of the clearing folder."""
    codes = {agency.land: agency.code for agency in house.directory.active()}
    return timedelta(
        seconds=max(lease_seconds(house, code, now=now) for code in (None, *codes.values()))
    )


def park_day(house: House, agency_code: str | None, wanted: date | int) -> date:
    """The Arbeitstag of the agency's Land on which an item comes back. Own decision 0103.

    `wanted` is a local day, or so many Arbeitstage ahead.
    """
    agency = house.directory.agency(agency_code)
    return back_on(
        wanted,
        today=house.today(),
        land=agency.land if agency else None,
        hours=house.policy.working_hours or WorkingHours(),
    )


def require_room(
    house: House, tx: Tx, caller: Caller, *, now: datetime, besides: int | None = None
) -> None:
    """Pass, unless the clerk holds as many items as one may; `besides` is the one to be taken.

    Raises: Conflict: `item.open_claim`, with the item that is open in `item_id`.
    """
    refusal = lack_of_room(house, tx, caller, now=now, besides=besides)
    if refusal is not None:
        raise refusal


def lack_of_room(
    house: House, tx: Tx, caller: Caller, *, now: datetime, besides: int | None = None
) -> Conflict | None:
    """The refusal of `require_room`, or None where the clerk may take one."""
    limit = house.policy.open_claims
    if limit is None:
        return None
    claimed = claims.open_claims(tx, caller.name, now=now)
    held = [one for one in claimed if not let_go_if_lost(tx, caller, one, now=now)]
    return None if besides in held or len(held) < limit else no_room(held[0], limit)


def no_room(item_id: int, limit: int) -> Conflict:
    """A clerk who holds that item may take no other."""
    return Conflict(
        "item.open_claim",
        f"You hold item {item_id} still. Finish it or put it back, then take the next one;"
        f" POST /v1/items/{item_id}/lease goes on with it in another browser.",
        item_id=item_id,
        limit=limit,
    )


def let_go_if_lost(tx: Tx, caller: Caller, item_id: int, *, now: datetime) -> bool:
    """Put back what this clerk holds of an agency that is hers no more; whether that was so.

    She could neither work on it nor return it, and it would keep her from the next. In the
    caller's transaction. Raises: Refused: `item.unknown`. Source: F58; own decision 0049.
    """
    item = items.get(tx, item_id)
    is_held = item.state is ItemState.HELD and item.holder == caller.name
    if not is_held or may_work_agency(caller, item.agency_code, item.region):
        return False
    change = change_to(apply(case_of(item), Freed()))
    saved = items.save_unheld(tx, item_id, version=item.version, change=change, now=now)
    transitions.note(tx, caller, saved, action="item.agency_lost", now=now, details={})
    marking.show(tx, saved, now=now)
    return True


def back_to_the_line(house: House, tx: Tx, *, now: datetime) -> int:
    """Leases that are over and parked items whose day has come; how many leases.

    In the caller's transaction, with a trail entry for each.
    """
    expired = claims.expire(tx, now)
    unparked = items.unpark(tx, house.today())
    _note(tx, "item.lease_expired", expired, now)
    _note(tx, "item.unparked", unparked, now)
    marking.show_each(tx, [one.item_id for one in (*expired, *unparked)], now=now)
    undo.sweep(tx, now=now)
    return len(expired)


def free(house: House, caller: Caller, item_id: int, *, version: int | None = None) -> None:
    """A supervisor puts an item back into the line, whoever has it; that token is stale then.

    `version`, where given, is the one that was looked at. Raises: Refused: `access.denied`,
    `item.unknown`. Conflict: `item.state`: it waits already or is closed; `item.changed`,
    `item.precondition`.
    """
    now = house.clock()
    with house.db.write() as tx:
        items.wait_for(tx, visible_item(caller, tx, item_id, Permission.FREE_ITEM).message_id)
        # Read again under the lock: it may lie in another region by now.
        item = visible_item(caller, tx, item_id, Permission.FREE_ITEM)
        require_seen(caller, item)
        change = change_to(apply(case_of(item), Freed()))
        saved = items.save_unheld(
            tx, item_id, version=version or item.version, change=change, now=now
        )
        transitions.note(
            tx, caller, saved, action="item.freed", now=now, details={"was": item.state.value}
        )
        marking.show(tx, saved, now=now)


def stuck(
    house: House,
    caller: Caller,
    *,
    agency_code: str | None = None,
    limit: int = 100,
    after: Spot | int | None = None,
) -> tuple[Item, ...]:
    """What could be freed, of one agency or of all that the caller may see; without mail content.

    In the order of hand-out, `after` as in `item_lists.listing`. `agency_code` may be `CLEARING`,
    the clearing folder. Raises: Refused: `access.denied`.
    """
    codes = visible_agencies(house, caller)
    if agency_code is not None:
        code = None if agency_code == CLEARING else agency_code
        require_agency(house, caller, code, Permission.FREE_ITEM)
        codes = frozenset({code})
    with house.db.read() as tx:
        listed = item_lists.listing(tx, agency_codes=codes, states=STUCK, limit=limit, after=after)
    return tuple(row.item for row in listed)


def _note(tx: Tx, action: str, backs: tuple[Back, ...], now: datetime) -> None:
    notes = [Note(action, f"message:{one.message_id}", {"item": one.item_id}) for one in backs]
    audit.add_many(tx, "worker", notes, at=now)
