"""The folder tree of a regional postbox: one folder an agency, made where missing."""

from dataclasses import dataclass

import structlog

from rules import routing
from rules.errors import Refused, TryLater
from triage.filing import steps
from triage.house import House
from triage.ports import Postbox

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class FolderCheck:
    """What became of the wanted folders: how many were made, and which can't be had, by code."""

    created: int
    refused: tuple[tuple[str, str], ...]


def wanted(house: House, *, region: str) -> frozenset[str]:
    """The folders that a postbox of the region needs: its agencies', and the clearing folder.

    Source: Weisung 202404002 no. 3 (subfolder of the agency).
    """
    agencies = house.directory.by_region(region)
    named = {routing.folder_level(f"{agency.code} {agency.name}") for agency in agencies}
    return frozenset(named | {routing.CLEARING_FOLDER})


def ensure_agency_folders(house: House, box: Postbox, *, region: str) -> FolderCheck:
    """Create the missing folders of all active agencies of the region, and the clearing folder.

    Idempotent. A folder that can't be created is named in the log and left out; the others go
    on. Called now and then, where the configuration allows it (`worker.create_folders`).
    Source: Weisung 202404002 no. 3 (subfolder of the agency).
    """
    missing = sorted(wanted(house, region=region) - set(box.folders()))
    created = 0
    refused: list[tuple[str, str]] = []
    for folder in missing:
        try:
            created += int(box.ensure_folder(folder))
        except (Refused, TryLater) as exc:
            if isinstance(exc, TryLater):
                steps.require_of_folder(exc)
            # Of a disk that takes nothing at all one line is enough.
            if exc.code != steps.DISK or exc.code not in (code for _, code in refused):
                log.warning("folder.refused", postbox=box.name, folder=folder, code=exc.code)
            refused.append((folder, exc.code))
    if created:
        log.info("folders.created", postbox=box.name, folders=created)
    return FolderCheck(created, tuple(refused))
