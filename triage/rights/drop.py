"""Lists that offices lay into a folder: "Nord.csv" or "Nord_2026-12.csv" is taken in as Nord's.

What was taken lies in `eingelesen` afterwards, what was refused in `fehler` with a text beside it
that names every line. Nothing is deleted. Source: own decision 0040.
"""

import errno
import os
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from rules.access import Caller
from rules.codes import Role
from rules.errors import HouseError, Refused, TryLater
from rules.placename import fold
from rules.rights import csv_faults
from rules.rights.distribution_csv import LONGEST_BYTES, parse_lists
from store.rights import lists as rights_lists
from triage.house import House
from triage.rights import reporting

TAKEN: Final = "eingelesen"
REFUSED: Final = "fehler"
SETTLED: Final = timedelta(seconds=10)
"""A file that was written to later than that may still grow. Source: own decision 0040."""

_DROP: Final = Caller("drop", Role.ADMIN, agencies=None)

log = structlog.get_logger()


def take_in(house: House, folder: Path) -> int:
    """Take in what lies in the folder, oldest name first; how many files were dealt with.

    A file is dealt with once, whatever becomes of it. Called by one worker loop.
    Raises: TryLater: `rights.drop_missing`, and as the database.
    """
    if not folder.is_dir():
        raise TryLater(
            "rights.drop_missing", f"{folder} is no folder: mount it, or correct rights.drop."
        )
    done = 0
    for file in sorted(folder.glob("*.csv")):
        age = house.clock().timestamp() - file.stat().st_mtime
        if age >= SETTLED.total_seconds():
            _one(house, file)
            done += 1
    return done


def _one(house: House, file: Path) -> None:
    try:
        _require_room(file.parent)
        _take(house, file)
    except OSError as exc:
        raise TryLater("rights.drop_missing", f"{file.name} can't be read or put away.") from exc


def _require_room(folder: Path) -> None:
    """What can't be put away would be taken in again and again. Raises: OSError."""
    for where in (TAKEN, REFUSED):
        (folder / where).mkdir(exist_ok=True)
        if not os.access(folder / where, os.W_OK):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def _take(house: House, file: Path) -> None:
    try:
        region = _region(house, file)
        with file.open("rb") as handle:
            data = handle.read(LONGEST_BYTES + 1)
        if not _was_taken(house, file, region, data):
            reporting.import_lists(house, _DROP, region, data=data, source=file.name)
    except Refused as exc:
        log.warning("rights.drop_refused", code=exc.code)
        _put_away(house, file, REFUSED).with_suffix(".txt").write_text(
            _why(house, exc) + "\n", encoding="utf-8"
        )
    else:
        log.info("rights.drop_taken", region=region)
        _put_away(house, file, TAKEN)


def _was_taken(house: House, file: Path, region: str, data: bytes) -> bool:
    """Whether a worker took it in and died before it put it away.

    Taken in once more, it would be the report before itself, and who left since the one before
    that would be forgotten. Raises: Refused: as `reporting.import_lists`.
    """
    with house.db.read() as tx:
        standing = rights_lists.newest(tx, region)
        running = rights_lists.running_round(tx, region)
    if standing is None or (standing.actor, standing.source) != (_DROP.name, file.name):
        return False
    if running is not None and running.started_at > standing.at:
        return False
    return standing.lists == parse_lists(data, directory=house.directory, region=region)


def _region(house: House, file: Path) -> str:
    """The region that the file's name begins with. Raises: Refused: `region.unknown`."""
    wanted = fold(file.stem.partition("_")[0])
    found = [name for name in house.directory.region_names() if fold(name) == wanted]
    if not found:
        known = ", ".join(house.directory.region_names())
        raise Refused(
            "region.unknown", f"The file name {file.name!r} names no region; begin it with {known}."
        )
    return found[0]


def _why(house: House, refused: Refused) -> str:
    """For those who laid the file there, so in German."""
    if refused.code == "region.unknown":
        known = ", ".join(house.directory.region_names())
        return f"Der Dateiname nennt keine Region; beginnen Sie ihn mit {known}."
    told = csv_faults.in_german(refused.details.get("errors")) or [f"({refused.code})"]
    return "\n".join(["Die Datei wurde nicht übernommen:", *told])


def _put_away(house: House, file: Path, where: str) -> Path:
    """Move the file into a folder beside it, under a name with the time; the new place."""
    return file.replace(file.parent / where / f"{house.clock():%Y%m%dT%H%M%S}-{file.name}")


def quietly(house: House, folder: Path | None) -> int:
    """As `take_in` where a folder is configured; a missing folder holds up no other work."""
    if folder is None:
        return 0
    try:
        return take_in(house, folder)
    except HouseError as exc:
        log.warning("rights.drop_failed", code=exc.code)
        return 0
