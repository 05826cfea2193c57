"""Rules that people keep in a postbox, read by a worker when an admin asks on the page.

The doors hold no passwords, so they order. What comes out is a text to be looked at; nothing is
changed in the postbox, and nothing takes effect. Source: F19, N16; own decisions 0041, 0085.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

import structlog

from rules.access import Caller, Permission, require
from rules.codes import Role
from rules.errors import HouseError, Refused
from rules.rulesets.taken_over import Remark, TakenOver
from store.approved import rule_readings
from store.approved.rule_readings import Came, Reading, Wanted
from triage import leasing
from triage.house import House, PostboxPlan
from triage.rulesets import importing

LEASE_SECONDS: Final = 300
"""One reading at a time in the house; it takes seconds, a server that hangs a minute.

Source: own decision 0085.
"""

_LEASE: Final = "ruleset_readings"

Reader = Callable[[str], TakenOver]
"""Reads the rules of one postbox; the name of a script, or "". Raises: HouseError."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Place:
    """A postbox of the caller's regions, and the newest reading of its rules, if there is one."""

    postbox: str
    region: str
    reading: Reading | None

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """What is to be known about the rules that were read."""
        found = self.reading.remarks if self.reading else None
        return tuple(Remark(**one) for one in found or ())

    @property
    def left_out(self) -> int:
        """How many old rules are not among the new ones."""
        return sum(not remark.is_taken for remark in self.remarks)


def places(house: House, caller: Caller) -> tuple[Place, ...]:
    """All postboxes of the caller's regions, as configured. Raises: Refused: `access.denied`."""
    boxes = _boxes(house, caller)
    with house.db.read() as tx:
        known = rule_readings.of_postboxes(tx, [box.name for box in boxes])
    return tuple(Place(box.name, box.region, known.get(box.name)) for box in boxes)


def place(house: House, caller: Caller, postbox: str) -> Place:
    """One of them. Raises: Refused: `access.denied`, `postbox.unknown`."""
    yours = places(house, caller)
    found = next((one for one in yours if one.postbox == postbox), None)
    if found is None:
        names = ", ".join(one.postbox for one in yours)
        raise Refused(
            "postbox.unknown", f"There is no postbox {postbox!r} in your regions; yours: {names}."
        )
    return found


def order(house: House, caller: Caller, postbox: str, *, script: str = "") -> int:
    """Ask a worker to read the rules of a postbox; the order's number. Over the one before.

    Raises: Refused: `access.denied`, `postbox.unknown`.
    """
    found = place(house, caller, postbox)
    wanted = Wanted(found.postbox, found.region, script.strip(), caller.name)
    with house.db.write() as tx:
        return rule_readings.order(tx, wanted, now=house.clock())


def one_round(house: House, worker: str, readers: Mapping[str, Reader | None]) -> int:
    """Do the oldest order for one of these postboxes; 1 if one was done.

    A postbox whose kind keeps no rules has None. Raises: TryLater: `store.away`.
    """
    if not readers:
        return 0
    with house.db.read() as tx:
        found = rule_readings.oldest_open(tx, readers.keys())
    if found is None:
        return 0
    with leasing.taken(house, _LEASE, worker, seconds=LEASE_SECONDS) as lease:
        if lease is None:
            return 0
        _do(house, found, readers[found.postbox])
    return 1


def _do(house: House, found: Reading, reader: Reader | None) -> None:
    """Whatever becomes of it, the order is tried once."""
    came = Came(error_code="bug")
    try:
        came = _read(house, found, reader)
    finally:
        with house.db.write() as tx:
            rule_readings.end(tx, found, came, now=house.clock())


def _read(house: House, found: Reading, reader: Reader | None) -> Came:
    """What came out, or a code."""
    asker = Caller(found.actor, Role.ADMIN, agencies=None, regions=frozenset({found.region}))
    try:
        if reader is None:
            raise Refused("postbox.no_rules", f"{found.postbox} is of a kind without rules.")
        taken = reader(found.script)
        done = importing.imported(house, asker, taken, region=found.region)
    except HouseError as exc:
        log.warning("ruleset.reading_failed", postbox=found.postbox, code=exc.code)
        return Came(error_code=exc.code)
    log.info("ruleset.rules_read", postbox=found.postbox, rules=done.rules)
    return Came(done.rules, done.text, tuple(asdict(one) for one in done.remarks))


def _boxes(house: House, caller: Caller) -> tuple[PostboxPlan, ...]:
    require(caller, Permission.CHANGE_RULES)
    return tuple(
        box
        for box in house.policy.postboxes
        if caller.whole_regions is None or box.region in caller.whole_regions
    )
