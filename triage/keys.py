"""Keys of machines: made, listed, revoked by command; looked up at the door at each request.

Source: own decision 0057.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import structlog

from rules import access
from rules.access import Caller, Permission
from rules.errors import Refused, TryLater
from store.doors import api_keys
from store.doors.api_keys import KeyRow
from store.trail import audit
from triage.house import House

log = structlog.get_logger()

WARN_DAYS: Final = 30
"""How many days before its end a key is warned of. Source: own decision 0057."""

LONGEST_DAYS: Final = 730
"""No key lasts longer. Source: own decision 0057."""


@dataclass(frozen=True, slots=True)
class Held:
    """A key and how it stands: `ok`, `expiring`, `expired` or `revoked`."""

    row: KeyRow
    state: str
    days_left: int


def create(house: House, by: Caller, caller: Caller, *, hashed: str, days: int) -> date:
    """Keep the hash of a new key; the last day on which it opens the door.

    Raises: Refused: `access.denied`, `key.days`, `key.region`, `key.agency`. Conflict:
    `key.exists`.
    """
    access.require(by, Permission.MANAGE_KEYS)
    _check(house, caller, days)
    until = house.today() + timedelta(days=days)
    row = KeyRow(caller, hashed, house.clock(), by.name, until)
    with house.db.write() as tx:
        api_keys.add(tx, row)
        audit.add(
            tx,
            by.name,
            action="key.created",
            subject=f"key:{caller.name}",
            details={"role": caller.role.value, "until": until.isoformat()},
            at=house.clock(),
        )
    return until


def revoke(house: House, by: Caller, name: str) -> None:
    """Let a key open nothing from the next request on.

    Raises: Refused: `access.denied`, `key.unknown`.
    """
    access.require(by, Permission.MANAGE_KEYS)
    now = house.clock()
    with house.db.write() as tx:
        if not api_keys.revoke(tx, name, now=now):
            raise Refused("key.unknown", f"There is no key {name!r} that holds.", name=name)
        audit.add(tx, by.name, action="key.revoked", subject=f"key:{name}", details={}, at=now)


def listing(house: House, by: Caller) -> tuple[Held, ...]:
    """All keys ever made, and how each stands today. Raises: Refused: `access.denied`."""
    access.require(by, Permission.MANAGE_KEYS)
    today = house.today()
    with house.db.read() as tx:
        rows = api_keys.all_keys(tx)
    return tuple(Held(row, state_of(row, today), (row.expires_on - today).days) for row in rows)


def holding(house: House, name: str) -> KeyRow | None:
    """The key of that name, if it opens the door now. Raises: TryLater: `store.away`."""
    return holding_each(house, [name])[0]


def holding_each(house: House, names: Sequence[str]) -> list[KeyRow | None]:
    """As `holding`, for many names at once, in their order. Raises: TryLater: `store.away`."""
    with house.db.read() as tx:
        rows = api_keys.find_each(tx, names)
    today = house.today()
    holds = {
        name: row
        for name, row in rows.items()
        if state_of(row, today) not in {"revoked", "expired"}
    }
    return [holds.get(name) for name in names]


def note_use(house: House, row: KeyRow) -> None:
    """Keep the day on which a key was used last; once a day and key.

    On that occasion the log tells of a key that ends soon: whoever runs the house hears of it while
    the machine still works.
    """
    today = house.today()
    if row.last_used_on == today:
        return
    if state_of(row, today) == "expiring":
        log.warning("key.expiring", key=row.caller.name, days=(row.expires_on - today).days)
    try:
        with house.db.write() as tx:
            api_keys.used(tx, row.caller.name, day=today)
    except TryLater:
        # The next request notes it.
        return


def state_of(row: KeyRow, today: date) -> str:
    """How a key stands on a local day."""
    if row.revoked_at is not None:
        return "revoked"
    if row.expires_on < today:
        return "expired"
    return "expiring" if (row.expires_on - today).days <= WARN_DAYS else "ok"


def _check(house: House, caller: Caller, days: int) -> None:
    """Raises: Refused: `key.days`, `key.region`, `key.agency`."""
    if not 1 <= days <= LONGEST_DAYS:
        raise Refused("key.days", f"A key lasts 1 to {LONGEST_DAYS} days.", days=days)
    known = house.directory.region_names()
    for region in sorted(caller.regions or ()):
        if region not in known:
            raise Refused("key.region", f"There is no region {region!r}.", region=region)
    for code in sorted(caller.agencies or ()):
        if house.directory.agency(code) is None:
            raise Refused("key.agency", f"There is no agency {code!r}.", agency=code)
