"""What is wrong with the reported lists themselves, whatever stands in the folders.

Source: Weisung 202404002 no. 3 (each agency reports its lists); F56; own decision 0038.
"""

from collections.abc import Iterator
from typing import Final

from rules.directory import Directory
from rules.rights.distribution import DistributionList, ListBook
from rules.rights.folder_findings import Code, Finding

NO_FOLDER: Final = "kein Ordner"
"""Said of an agency that has no folder in the postbox either."""


def of_lists(
    book: ListBook, directory: Directory, region: str, present: set[str]
) -> Iterator[Finding]:
    """Findings without a folder. `present` are the codes of agencies that have a folder.

    Source: Weisung 202404002 no. 3; own decision 0038.
    """
    if not book.of_region(region):
        yield Finding(Code.REGION_WITHOUT_LIST, "", "", region)
    for agency in directory.by_region(region):
        lists = book.of_agency(agency.code)
        if not lists:
            about = "" if agency.code in present else NO_FOLDER
            yield Finding(Code.AGENCY_WITHOUT_LIST, "", agency.code, agency.code, about=about)
        elif agency.code not in present:
            for one in lists:
                yield Finding(Code.LIST_WITHOUT_FOLDER, "", agency.code, one.address)
    for address, reported in sorted(book.by_address.items()):
        yield from _of_address(address, reported, book)
        yield from _merged(reported, directory)


def _of_address(
    address: str, reported: tuple[DistributionList, ...], book: ListBook
) -> Iterator[Finding]:
    agencies = sorted({one.agency for one in reported if one.agency})
    first = agencies[0] if agencies else ""
    if len(agencies) > 1:
        yield Finding(Code.SHARED_LIST, "", first, address, about=", ".join(agencies))
    if any(not member.address for member in book.direct(address)):
        yield Finding(Code.MEMBER_WITHOUT_ADDRESS, "", first, address)
    if book.is_circular(address):
        yield Finding(Code.CIRCULAR, "", first, address)
    if strange := _strange_groups(address, reported, book):
        yield Finding(Code.NESTED, "", first, address, about=", ".join(strange))


def _strange_groups(
    address: str, reported: tuple[DistributionList, ...], book: ListBook
) -> list[str]:
    """Groups on a list that were not reported, or only for somebody else."""
    if not any(one.agency or one.region for one in reported):
        return []
    homes = {(one.agency, one.region) for one in reported}
    groups = book.members(address)[1] - {address}
    return sorted(
        group
        for group in groups
        if not any(
            (one.agency, one.region) in homes or not (one.agency or one.region)
            for one in book.by_address.get(group, ())
        )
    )


def _merged(reported: tuple[DistributionList, ...], directory: Directory) -> Iterator[Finding]:
    gone = {agency.code: agency for agency in directory.agencies if not agency.active}
    for one in reported:
        if one.agency in gone:
            heir = directory.agency(one.agency)
            about = f"{heir.code} {heir.name}" if heir else "unbekannt"
            yield Finding(Code.MERGED_AGENCY, "", one.agency, one.address, about=about)
