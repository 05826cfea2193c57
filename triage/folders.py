"""The folder tree of a regional postbox: one folder an agency, made where missing."""

import structlog

from rules import routing
from rules.errors import Refused
from triage.house import House
from triage.ports import Postbox

log = structlog.get_logger()


def ensure_agency_folders(house: House, box: Postbox, *, region: str) -> int:
    """Create the folders of all active agencies of the region, and the clearing folder.

    Idempotent; the number created. A folder that can't be created is named in the log and
    left out. Called when a postbox is opened, by configuration (`worker.create_folders`).
    Source: Weisung 202404002 no. 3 (subfolder of the agency).
    """
    agencies = house.directory.by_region(region)
    wanted = [routing.folder_level(f"{agency.code} {agency.name}") for agency in agencies]
    created = sum(_ensure(box, folder) for folder in (*wanted, routing.CLEARING_FOLDER))
    if created:
        log.info("folders.created", postbox=box.name, folders=created)
    return created


def _ensure(box: Postbox, folder: str) -> int:
    try:
        return int(box.ensure_folder(folder))
    except Refused as exc:
        log.warning("folder.refused", postbox=box.name, folder=folder, code=exc.code)
        return 0
