"""The members of reported lists follow the directory or server that the lists came from.

Which lists there are, whose and with what level, a person has seen and decided; who stands on them
changes by itself, so that access follows within 15 minutes. Lists that came as a file follow
nothing. Source: Weisung 202404002 no. 3; F58; own decision 0099.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import structlog

from rules.access import Caller
from rules.codes import Role
from rules.errors import HouseError
from rules.rights.distribution import DistributionList
from rules.rights.list_difference import difference, followed
from store.processes import heartbeats, leases
from store.rights import lists as rights_lists
from store.rights.lists import Reported
from store.trail import audit
from triage.house import House
from triage.ports import Groups, ListServer
from triage.rights import directory as rights_directory
from triage.rights import reporting
from triage.rights.directory import GroupNames
from triage.watch import health

WAITING: Final = "rights.lists_waiting"
"""Some lists differ so that a person must look."""

LOGIN_REFUSED: Final = frozenset({"ldap.login", "postbox.login_refused"})
REFUSED_SECONDS: Final = 900
"""So long no refused login is tried again, so that the account is not locked. Decision 0004."""

_TURN: Final = "lists_follow"
_FOLLOWER: Final = Caller("lists", Role.ADMIN, agencies=None)

log = structlog.get_logger()

Directory = Callable[[], tuple[Groups, GroupNames]]
"""Opens the directory."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where lists come from: the directory, and by region the way to its mail server."""

    directory: Directory | None = None
    servers: Mapping[str, Callable[[], ListServer]] = field(default_factory=dict)


def round_(house: House, sources: Sources, worker: str) -> None:
    """Let the lists of all regions follow, as often as the house says, by one worker.

    What fails is told to `ready`, and holds up no other region; but a refused login ends the round,
    and nobody tries again for 15 minutes. Raises: TryLater: the database is away.
    """
    minutes = house.policy.rights.follow_minutes
    if not minutes or not (sources.directory or sources.servers):
        return
    with house.db.write() as tx:
        # Not given back: it is the pause until the next round, whoever goes it.
        # By its length, so that another setting holds at once and not after the old pause.
        name = f"{_TURN}:{minutes}"
        turn = leases.take(tx, name, owner=worker, now=house.clock(), seconds=minutes * 60)
    if turn is None:
        return
    for region in sorted({box.region for box in house.policy.postboxes}):
        if _one(house, region, sources) in LOGIN_REFUSED:
            with house.db.write() as tx:
                pause = max(minutes * 60, REFUSED_SECONDS)
                leases.renew(tx, turn, now=house.clock(), seconds=pause)
            return


def follows(house: House, reported: Reported | None) -> int:
    """Every how many minutes these lists follow what they came from; 0 where they don't."""
    sources = (rights_directory.SOURCE, reporting.EXPANDED)
    follow = reported is not None and reported.source in sources
    return house.policy.rights.follow_minutes if follow else 0


def hindrance(house: House, reported: Reported | None) -> tuple[str, str]:
    """The code of what stood in the way last time, and the agencies that wait; or empty texts.

    What was told of lists that hold no more is over.
    """
    if reported is None:
        return "", ""
    with house.db.read() as tx:
        told = heartbeats.one(tx, f"{health.LISTS}{reported.region}")
    return (told.code, told.message) if told and told.at >= reported.at else ("", "")


def _has_source(standing: Reported, sources: Sources) -> bool:
    if standing.source == rights_directory.SOURCE:
        return sources.directory is not None
    return standing.source == reporting.EXPANDED and standing.region in sources.servers


def _one(house: House, region: str, sources: Sources) -> str:
    """The code of what stands in the way of one region, told to `ready`; empty for nothing."""
    with house.db.read() as tx:
        standing = rights_lists.newest(tx, region)
        told = heartbeats.one(tx, f"{health.LISTS}{region}")
    if standing is None or not _has_source(standing, sources):
        if told and told.code:
            _tell(house, region, code="", message="")
        return ""
    code = message = ""
    try:
        waiting = _follow(house, standing, _asked(house, standing, sources))
    except HouseError as exc:
        code = exc.code
        log.warning("rights.lists_not_followed", region=region, code=code)
    else:
        if waiting:
            code, message = WAITING, ", ".join(waiting[:5])
            log.warning("rights.lists_waiting", region=region, lists=len(waiting))
    _tell(house, region, code=code, message=message)
    return code


def _tell(house: House, region: str, *, code: str, message: str) -> None:
    with house.db.write() as tx:
        heartbeats.beat(
            tx, f"{health.LISTS}{region}", code=code, message=message, now=house.clock()
        )


def _asked(house: House, standing: Reported, sources: Sources) -> tuple[DistributionList, ...]:
    """What the source says of the lists now. Raises: as the source."""
    if standing.source == rights_directory.SOURCE and sources.directory is not None:
        groups, names = sources.directory()
        try:
            found = rights_directory.fetch(house, _FOLLOWER, standing.region, groups, names=names)
        finally:
            groups.close()
        return found.lists
    rights = sources.servers[standing.region]()
    try:
        return reporting.expanded(standing.lists, rights.members)
    finally:
        rights.close()


def _follow(
    house: House, standing: Reported, after: tuple[DistributionList, ...]
) -> tuple[str, ...]:
    """Put in the members that follow by themselves; the lists that wait for a person."""
    result = followed(standing.lists, after, few=house.policy.rights.follow_few)
    changes = difference(standing.lists, result.lists)
    if not changes:
        return result.waiting
    now = house.clock()
    with house.db.write() as tx:
        if not rights_lists.follow(tx, standing, result.lists, actor=_FOLLOWER.name, now=now):
            return ()
        details = {
            "region": standing.region,
            "lists": len(changes),
            "joined": sum(one.joined for one in changes),
            "left": sum(one.left for one in changes),
        }
        audit.add(
            tx,
            _FOLLOWER.name,
            action="rights.lists_followed",
            subject=f"region:{standing.region}",
            details=details,
            at=now,
        )
    log.info("rights.lists_followed", **details)
    return result.waiting
