"""Is the house fit to work? For /health/ready and the log."""

from dataclasses import dataclass
from datetime import timedelta

from rules.errors import HouseError
from rules.freshness import Alarm
from store import beats
from store.beats import Beat
from triage import freshness
from triage.freshness import Freshness
from triage.house import House

SILENT_AFTER = timedelta(minutes=5)
"""A loop that said nothing for so long is stuck or not running. own decision 0024."""

FOLDERS = "folders:"
"""Begins the names of the checks that tell which folders of a postbox can't be had."""

FRESH = "fresh:"
"""Begins the names of the checks that tell how long the oldest unsorted mail has waited."""

REMEDIES = {
    "mail.overdue": "Rückstau ansehen: Läuft der Worker, und was meldet die Schleife `sort`?",
    "postbox.no_right": "Dem Konto im Postfach das Recht geben, Ordner anzulegen.",
    "postbox.name_taken": "Im Postfach liegt etwas unter dem Namen des Ordners; umbenennen.",
    "postbox.away": "Erreichbarkeit des Postfachs prüfen; der Lotse versucht es weiter.",
    "postbox.login_refused": "Zugangsdaten des Postfachs prüfen und den Dienst neu starten.",
    "store.away": "Datenbank prüfen; der Lotse wartet und macht dann weiter.",
    "door.port": "Port der Tür für Mailserver freimachen oder in der Konfiguration ändern.",
    "door.certificate": "Zertifikat und Schlüssel der Tür für Mailserver prüfen.",
    "eakte.drop_missing": "Übergabeordner der eAkte einhängen.",
    "bug": "Protokoll ansehen und den Hersteller benachrichtigen.",
}


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
            loops = [b for b in beats.all_beats(tx) if not b.name.startswith(freshness.STANDING)]
        ways = freshness.look(house)
    except HouseError as exc:
        remedy = REMEDIES.get(exc.code, "")
        return (Check("database", ok=False, needed=True, message=exc.code, remedy=remedy),)
    now = house.clock()
    database = Check("database", ok=True, needed=True, message=house.db.dialect)
    return (
        database,
        *(_of_loop(beat, silent=now - beat.at > SILENT_AFTER) for beat in loops),
        *(_of_way(way) for way in ways),
    )


def _of_loop(beat: Beat, *, silent: bool) -> Check:
    if silent and not beat.name.startswith(FOLDERS):
        return Check(
            beat.name,
            ok=False,
            needed=False,
            message="silent",
            remedy="Läuft der Worker? Starten mit `postlotse work`.",
        )
    if not beat.code:
        return Check(beat.name, ok=True, needed=False, message="ok")
    # The doors tell codes, never hosts or paths; the names of folders are what an admin needs.
    named = f" {beat.message}" if beat.name.startswith(FOLDERS) else ""
    remedy = REMEDIES.get(beat.code, "")
    return Check(beat.name, ok=False, needed=False, message=f"{beat.code}{named}", remedy=remedy)


def _of_way(way: Freshness) -> Check:
    """Looked up now, not as last told: also where no worker runs that could tell."""
    name, minutes = f"{FRESH}{way.way}", way.age_seconds // 60
    if not way.is_overdue:
        return Check(name, ok=True, needed=False, message="ok")
    code = Alarm.OVERDUE.value
    message = f"{code} {minutes} min"
    return Check(name, ok=False, needed=False, message=message, remedy=REMEDIES[code])
