"""Is the house fit to work? For /health/ready and the log."""

from dataclasses import dataclass
from typing import Final

from rules.errors import HouseError
from rules.freshness import Alarm
from rules.pause import is_silent
from store.database.engine import Tx
from store.processes import heartbeats
from store.processes.heartbeats import Beat
from store.upkeep import postbox_names
from triage import halting
from triage.house import House
from triage.rulesets import switched_off as rules_off
from triage.watch import freshness, outgoing_alarms, remedies, standing_alarms, wandering
from triage.watch.freshness import Freshness
from triage.watch.standing_alarms import Trouble

FOLDERS = "folders:"
"""Begins the names of the checks that tell which folders of a postbox can't be had."""

LISTS = "lists:"
"""Begins the names of the checks that tell whether the lists of a region follow their source."""

FILING = "filing:"
"""Begins the names of the checks that tell into which folders of a postbox nothing can be filed."""

QUIET = "quiet:"
"""Begins the names of the checks that tell until when a server wants to hear nothing."""

NO_LOOPS = (FOLDERS, LISTS, FILING, QUIET)
"""They are told now and then; their silence means nothing."""

FRESH = "fresh:"
"""Begins the names of the checks that tell how long the oldest unsorted mail has waited."""

BEGIN = "begin:"
"""Begins the names of the checks that tell which postboxes wait for `begin-writing`."""

BEGIN_UNSAID = "postbox.begin_unsaid"
"""A postbox was only observed until now, and nobody has said from when on it is written into."""

NAME: Final = "name:"
"""Begins the names of the checks that tell which postboxes have another name by now."""

OLD_NAME: Final = "postbox.old_name"
"""This process was started before its configuration had the new name."""


@dataclass(frozen=True, slots=True)
class Check:
    """One neighbour: a stable name, whether it answers, and a German remedy where not.

    `needed` False means: the house goes on without it (one postbox away of five).
    """

    name: str
    ok: bool
    needed: bool
    message: str
    remedy: str = ""


def ready(house: House) -> tuple[Check, ...]:
    """The database, each loop of the workers as it last went, and each way in. Never raises."""
    try:
        house.db.ping()
        with house.db.read() as tx:
            loops = [
                b for b in heartbeats.all_beats(tx) if not b.name.startswith(_passed_over(house))
            ]
            off = (*_rules_off(house, tx), *_begin_unsaid(house, tx), *_old_names(house, tx))
        ways, troubles = freshness.look(house), outgoing_alarms.WATCH.look(house)
        wanderers = wandering.WATCH.look(house)
    except HouseError as exc:
        remedy = remedies.of(exc.code)
        return (Check("database", ok=False, needed=True, message=exc.code, remedy=remedy),)
    now = house.clock()
    database = Check("database", ok=True, needed=True, message=house.db.dialect)
    return (
        database,
        *(_of_loop(beat, silent=is_silent(beat.at, now=now)) for beat in loops),
        *(_of_way(way) for way in ways),
        *(_of_trouble(one) for one in troubles),
        *(_of_trouble(one) for one in wanderers if one.stands),
        *off,
    )


def _passed_over(house: House) -> tuple[str, ...]:
    """Beginnings of names that are no loop's, or one's that is switched off and beats no more."""
    switched_off = () if house.policy.rights.follow_minutes else (LISTS,)
    return (*standing_alarms.PREFIXES, *switched_off)


def _rules_off(house: House, tx: Tx) -> tuple[Check, ...]:
    """Rules of sets in force that are passed over, because their target is gone."""
    return tuple(
        Check(
            name,
            ok=False,
            needed=False,
            message=f"{row.code} {row.target}",
            remedy=remedies.of(row.code),
        )
        for name, row in rules_off.passed_over(house, tx).items()
    )


def _begin_unsaid(house: House, tx: Tx) -> tuple[Check, ...]:
    remedy = remedies.of(BEGIN_UNSAID)
    return tuple(
        Check(f"{BEGIN}{name}", ok=False, needed=False, message=BEGIN_UNSAID, remedy=remedy)
        for name in halting.unsaid(house, tx)
    )


def _old_names(house: House, tx: Tx) -> tuple[Check, ...]:
    """Postboxes that this process knows by a name that was given away."""
    remedy = remedies.of(OLD_NAME)
    told = ((box.name, postbox_names.given_away(tx, box.name)) for box in house.policy.postboxes)
    return tuple(
        Check(f"{NAME}{old}", ok=False, needed=False, message=f"{OLD_NAME} {new}", remedy=remedy)
        for old, new in told
        if new is not None
    )


def _of_loop(beat: Beat, *, silent: bool) -> Check:
    if silent and not beat.name.startswith(NO_LOOPS):
        return Check(
            beat.name,
            ok=False,
            needed=False,
            message="silent",
            remedy="Läuft der Worker? Starten mit `postlotse work`.",
        )
    if not beat.code:
        return Check(beat.name, ok=True, needed=False, message="ok")
    # The doors tell codes, no hosts or paths; names of folders and lists are what admins need.
    named = f" {beat.message}" if beat.name.startswith(NO_LOOPS) else ""
    remedy = remedies.of(beat.code)
    return Check(
        beat.name, ok=False, needed=False, message=f"{beat.code}{named}".rstrip(), remedy=remedy
    )


def _of_way(way: Freshness) -> Check:
    """From a look just now, not from a beat: so it is true where no worker runs, too."""
    name, minutes = f"{FRESH}{way.way}", way.age_seconds // 60
    if not way.is_overdue:
        return Check(name, ok=True, needed=False, message="ok")
    code = Alarm.OVERDUE.value
    message = f"{code} {minutes} min"
    return Check(name, ok=False, needed=False, message=message, remedy=remedies.of(code))


def _of_trouble(trouble: Trouble) -> Check:
    """What is on its way out; looked up now, as above."""
    message = str(trouble.number) if trouble.stands else "ok"
    kind = wandering.NAME if trouble.name.startswith(wandering.NAME) else trouble.name
    remedy = remedies.of(kind) if trouble.stands else ""
    return Check(trouble.name, ok=not trouble.stands, needed=False, message=message, remedy=remedy)
