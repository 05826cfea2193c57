"""Folder permissions of the demo: reported lists, and what the pandemic left behind.

About a third of the agencies has something to find; all names are invented.
"""

from collections.abc import Iterable
from typing import Final

from ingest.maildir.postbox import MaildirPostbox
from ingest.maildir.rights import MaildirRights
from rules.access import Caller
from rules.agencies import Agency
from rules.codes import Role
from rules.placename import fold
from rules.rights.distribution import DistributionList, Member
from rules.rights.distribution_csv import write_lists
from rules.rights.folder_acl import DEFAULT, Principal, account
from rules.rights.folder_levels import RIGHTS_OF, Level, Rights
from rules.routing import folder_level
from store.rights import lists as rights_lists
from triage.house import House
from triage.rights import decisions as rights
from triage.rights import reporting as rights_reporting
from triage.settings import Settings
from triage.settings.postbox import MaildirSettings

_SEEDER: Final = Caller("demo", Role.ADMIN, agencies=None)
_EDITOR: Final = RIGHTS_OF[Level.EDITOR]
_EVERY: Final = 23
_TOPIC: Final = "AU"


def seed(house: House, settings: Settings) -> None:
    """Lists and permissions for each postbox that has none yet; then a look is ordered."""
    for box in settings.postboxes:
        if not isinstance(box, MaildirSettings):
            continue
        with house.db.read() as tx:
            known = rights_lists.newest(tx, box.region) is not None
        if not known:
            agencies = house.directory.by_region(box.region)
            _lay_out(box, agencies)
            data = write_lists(_lists(box.region, agencies)).encode("utf-8")
            rights_reporting.import_lists(
                house, _SEEDER, box.region, data=data, source="vorfuehrung.csv"
            )
            rights.order(house, _SEEDER, box.name, "audit")


def _lists(region: str, agencies: Iterable[Agency]) -> list[DistributionList]:
    found = [DistributionList(_sc(region), region=region)]
    for place, agency in enumerate(agencies):
        if place % _EVERY == 9:
            continue  # has not reported
        people = tuple(Member(f"k-{agency.code}{number}@dienst.example") for number in range(1, 6))
        found.append(DistributionList(_ez(agency), agency=agency.code, members=people))
    return found


def _lay_out(box: MaildirSettings, agencies: Iterable[Agency]) -> None:
    postbox, desk = MaildirPostbox(box.name, box.root), MaildirRights(box.name, box.root)
    sc = account(f"${_local(_sc(box.region))}")
    desk.write("INBOX", {sc: _EDITOR})
    for place, agency in enumerate(agencies):
        top = folder_level(f"{agency.code} {agency.name}")
        own = account(f"${_local(_ez(agency))}")
        wanted: dict[Principal, Rights] = {own: _EDITOR, sc: _EDITOR}
        odd = _oddity(place % _EVERY, agency, own, sc)
        for folder in (top, f"{top}/{_TOPIC}"):
            postbox.ensure_folder(folder)
            both = folder == top or place % _EVERY in {1, 6}
            desk.write(folder, wanted | odd if both else wanted)


def _oddity(place: int, agency: Agency, own: Principal, sc: Principal) -> dict[Principal, Rights]:
    """What differs from the lists, by the place of the agency in its region."""
    found: dict[int, tuple[Principal, Rights]] = {
        1: (account(f"k-9{agency.code}"), _EDITOR),
        2: (account(f"k-{agency.code}1"), _EDITOR),
        3: (own, frozenset()),
        4: (sc, RIGHTS_OF[Level.OWNER]),
        6: (DEFAULT, RIGHTS_OF[Level.REVIEWER]),
        7: (account(f"S-1-5-21-4711-{agency.code}"), _EDITOR),
    }
    return dict([found[place]]) if place in found else {}


def _ez(agency: Agency) -> str:
    return f"ez-{agency.code}@dienst.example"


def _sc(region: str) -> str:
    return f"sc-{fold(region)}@dienst.example"


def _local(address: str) -> str:
    return address.partition("@")[0]
