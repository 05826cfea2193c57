"""Lists as the agencies report them, and the round in which they do.

Source: Weisung 202404002 no. 3 (reports by agency, Regionaldirektion, Service Center region); F57;
own decision 0040.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rules import access
from rules.access import Caller, Permission
from rules.errors import Refused
from rules.rights.distribution import DistributionList, Member
from rules.rights.distribution_csv import parse_lists, write_lists
from rules.rights.reporting_chain import Link, Mark, Round, Step, chain, require_step
from store.database.engine import Tx
from store.rights import lists as rights_lists
from store.rights.lists import Reported
from store.trail import audit as trail
from triage.house import House

EXPANDED: str = "ExpandDL"
_DEEPEST = 20
"""Lists in lists deeper than that are left as they are. Source: own decision 0040."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import brought: lists, members, and agencies of the region without a list."""

    lists: int
    members: int
    without: tuple[str, ...]


def import_lists(
    house: House, caller: Caller, region: str, *, data: bytes, source: str
) -> Imported:
    """Take a CSV as the lists of a region, all or nothing.

    Raises: Refused: `access.denied`, `region.unknown`, `rights.csv` with every line.
    """
    _require_region(house, caller, region)
    lists = parse_lists(data, directory=house.directory, region=region)
    return _put(house, caller, region, lists, source=source, data=data)


def expand(
    house: House,
    caller: Caller,
    region: str,
    *,
    members: Callable[[str], tuple[Member, ...] | None],
) -> Imported:
    """Ask the mail server for the members of the reported lists, groups in groups too.

    `members` is asked once for each list; a list that it doesn't know keeps what was reported.
    Raises: Refused: `access.denied`, `rights.no_lists`. TryLater: as the server.
    """
    found = reported(house, caller, region)
    if found is None:
        raise Refused("rights.no_lists", f"No list is reported for {region} yet.", region=region)
    return take_over(house, caller, region, expanded(found.lists, members), source=EXPANDED)


def expanded(
    lists: Sequence[DistributionList], members: Callable[[str], tuple[Member, ...] | None]
) -> tuple[DistributionList, ...]:
    """These lists with the members that the mail server names, and the lists within them."""
    known: dict[str, tuple[Member, ...] | None] = {}
    waiting = [one.address for one in lists]
    for _ in range(_DEEPEST):
        asked = [address for address in dict.fromkeys(waiting) if address not in known]
        known |= {address: members(address) for address in asked}
        waiting = [
            one.address for address in asked for one in known[address] or () if _is_group(one)
        ]
    own = [_with(one, known.get(one.address)) for one in lists]
    named_lists = {one.address for one in own}
    inner = [
        DistributionList(address, members=found)
        for address, found in known.items()
        if address not in named_lists and found
    ]
    return (*own, *inner)


def take_over(
    house: House,
    caller: Caller,
    region: str,
    lists: Iterable[DistributionList],
    *,
    source: str,
) -> Imported:
    """Replace the lists of a region by these, whole. Raises: Refused: as `import_lists`."""
    _require_region(house, caller, region)
    every = tuple(lists)
    data = write_lists(every).encode("utf-8")
    return _put(house, caller, region, every, source=source, data=data)


def start_round(house: House, caller: Caller, asked: Round) -> int:
    """Start a round of review in a region; the one before ends with it. The round's number.

    Repeated with the same days it is the round that runs, with its marks.
    Raises: Refused: `access.denied`, `region.unknown`.
    """
    _require_region(house, caller, asked.region)
    now = house.clock()
    with house.db.write() as tx:
        running = rights_lists.running_round(tx, asked.region)
        if running is not None and running.asked == asked:
            return running.id
        round_id = rights_lists.start_round(tx, asked, actor=caller.name, now=now)
        trail.add(
            tx,
            caller.name,
            action="rights.round_started",
            subject=f"rights_round:{round_id}",
            details={"region": asked.region, "region_due": asked.region_due.isoformat()},
            at=now,
        )
    return round_id


def links(house: House, caller: Caller, region: str) -> tuple[Link, ...]:
    """The reporting chain of the region's running round; empty where none was started.

    Raises: Refused: `access.denied`, `region.unknown`.
    """
    _require_region(house, caller, region)
    with house.db.read() as tx:
        return _links(tx, house, region)


def mark(
    house: House, caller: Caller, region: str, step: Step, *, unit: str, note: str = ""
) -> None:
    """Note that a unit did its step today.

    Raises: Refused: `access.denied`, `region.unknown`, `rights.no_round`,
    `unit.unknown`, `rights.chain_incomplete`.
    """
    _require_region(house, caller, region)
    today = house.today()
    with house.db.write() as tx:
        running = rights_lists.running_round(tx, region)
        if running is None:
            raise Refused(
                "rights.no_round", f"No round of review is open in {region}.", region=region
            )
        require_step(_links(tx, house, region), step, unit=unit, note=note)
        rights_lists.mark(tx, running.id, Mark(step, unit, today, caller.name, note.strip()))
        trail.add(
            tx,
            caller.name,
            action="rights.reported",
            subject=f"rights_round:{running.id}",
            details={"step": step.value, "unit": unit},
            at=house.clock(),
        )


def reported(house: House, caller: Caller, region: str) -> Reported | None:
    """The lists that hold in the region. Raises: Refused: `access.denied`."""
    _require_region(house, caller, region)
    with house.db.read() as tx:
        return rights_lists.newest(tx, region)


def somebody_of(house: House, agency_code: str) -> str:
    """The address of a person on the lists of an agency, or an empty text. For the demo's door."""
    agency = house.directory.agency(agency_code)
    if agency is None:
        return ""
    with house.db.read() as tx:
        _, book = rights_lists.book(tx, agency.region)
    people = [
        person for one in book.of_agency(agency.code) for person in book.members(one.address)[0]
    ]
    return min(people, default="")


def _put(
    house: House,
    caller: Caller,
    region: str,
    lists: Iterable[DistributionList],
    *,
    source: str,
    data: bytes,
) -> Imported:
    every, now, today = tuple(lists), house.clock(), house.today()
    with_list = {one.agency for one in every if one.agency}
    without = tuple(
        agency.code for agency in house.directory.by_region(region) if agency.code not in with_list
    )
    members = sum(len(one.members) for one in every)
    with house.db.write() as tx:
        lists_id = rights_lists.put(
            tx,
            region,
            every,
            source=source[:200],
            sha256=hashlib.sha256(data).hexdigest(),
            actor=caller.name,
            now=now,
        )
        _mark_agencies(tx, house, region, caller, today=today, codes=with_list)
        trail.add(
            tx,
            caller.name,
            action="rights.lists_imported",
            subject=f"rights_lists:{lists_id}",
            details={"region": region, "lists": len(every), "without": len(without)},
            at=now,
        )
    return Imported(len(every), members, without)


def _mark_agencies(
    tx: Tx, house: House, region: str, caller: Caller, *, today: date, codes: Iterable[str]
) -> None:
    """An agency whose list has come has reported; who is not of this region's chain is left out."""
    running = rights_lists.running_round(tx, region)
    if running is None:
        return
    here = {agency.code for agency in house.directory.by_region(region)}
    for code in sorted(here.intersection(codes)):
        rights_lists.mark(tx, running.id, Mark(Step.AGENCY, code, today, caller.name))


def _links(tx: Tx, house: House, region: str) -> tuple[Link, ...]:
    running = rights_lists.running_round(tx, region)
    if running is None:
        return ()
    today = house.today()
    return chain(house.directory, running.asked, running.marks, today=today)


def _require_region(house: House, caller: Caller, region: str) -> None:
    access.require(caller, Permission.REVIEW_RIGHTS)
    yours = [one for one in house.directory.region_names() if access.may_see_region(caller, one)]
    if region not in yours:
        raise Refused(
            "region.unknown",
            f"There is no region {region!r} among yours; name one of yours: {', '.join(yours)}.",
        )


def _is_group(member: Member) -> bool:
    return bool(member.address) and member.kind.value == "gruppe"


def _with(one: DistributionList, members: tuple[Member, ...] | None) -> DistributionList:
    return one if members is None else replace(one, members=members)
