"""A made-up region with chosen defects, and what an audit of it must find: no more, no less.

The same world is laid into the pure model, the Exchange simulator, Dovecot and a Maildir tree.
"""

from dataclasses import dataclass, field

from rules.agencies import Agency
from rules.directory import Directory
from rules.rights.distribution import DistributionList, ListBook, Member, MemberKind
from rules.rights.folder_acl import DEFAULT, Entry, FolderAcl, Naming, account, list_key, person_key
from rules.rights.folder_findings import Code
from rules.rights.folder_levels import NOTHING, RIGHTS_OF, Level
from rules.rights.folder_rights import Should

REGION = "Südwest"
SC = "sc-suedwest@dienst.example"
EDITOR = RIGHTS_OF[Level.EDITOR]
READER = RIGHTS_OF[Level.REVIEWER]
SID = "S-1-5-21-4711-{}"
AGENCIES = tuple(str(code) for code in range(101, 109))
IN_FOLDERS = (
    Code.MISSING, Code.TOO_LOW, Code.TOO_HIGH, Code.SURPLUS, Code.DIRECT, Code.LEFT_LIST,
    Code.ORPHAN, Code.OPEN_TO_ALL, Code.INHERITED, Code.NOT_READABLE, Code.UNKNOWN_LEVEL,
)  # fmt: skip
OF_AGENCIES = (Code.AGENCY_WITHOUT_LIST, Code.LIST_WITHOUT_FOLDER)
OF_LISTS = (Code.SHARED_LIST, Code.MEMBER_WITHOUT_ADDRESS, Code.CIRCULAR, Code.NESTED)
OF_THE_POSTBOX = (Code.FOLDER_WITHOUT_AGENCY, Code.MERGED_AGENCY)

Expected = set[tuple[Code, str, str]]


def agency(code: str, *, region: str = REGION, heir: str = "") -> Agency:
    name = f"Ort{code}"
    return Agency(
        code, name, "Hessen", "Hessen", region, name, "34117",
        active=not heir, merged_into=heir or None,
    )  # fmt: skip


def directory() -> Directory:
    here = [agency(code) for code in AGENCIES]
    return Directory((*here, agency("199", heir="101"), agency("301", region="Nord")), ())


def ez(code: str) -> str:
    return f"ez-{code}@dienst.example"


def person(code: str, number: int = 1) -> str:
    return f"k{code}{number}@dienst.example"


@dataclass
class World:
    """`defects` are (code, agency, whether in the subfolder). Built once by `build`."""

    naming: Naming
    defects: set[tuple[Code, str, bool]]
    lists: dict[str, DistributionList] = field(default_factory=dict)
    extra: list[DistributionList] = field(default_factory=list)
    acls: dict[str, dict[str, Entry]] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    unknown: dict[str, str] = field(default_factory=dict)
    expected: Expected = field(default_factory=set)

    def has(self, code: Code, agency: str, *, below: bool = False) -> bool:
        return (code, agency, below) in self.defects

    def list_key(self, address: str) -> str:
        return list_key(address, self.naming)

    def person_key(self, address: str) -> str:
        return person_key(address, self.naming)

    def should(self) -> Should:
        former = {ez(code): frozenset({person(code, 9)}) for code in AGENCIES}
        book = ListBook((*self.lists.values(), *self.extra), former)
        return Should(REGION, directory(), book, self.naming, exempt=frozenset({"dienst"}))

    def folder_acls(self) -> tuple[FolderAcl, ...]:
        return tuple(
            FolderAcl(folder, (), "postbox.no_right")
            if folder in self.unreadable
            else FolderAcl(folder, tuple(entries.values()))
            for folder, entries in sorted(self.acls.items())
        )

    def put(self, folder: str, key: str, rights: frozenset) -> None:
        who = DEFAULT if key == "default" else account(key)
        self.acls[folder][key] = Entry(who, rights)


def build(naming: Naming, defects: set[tuple[Code, str, bool]]) -> World:
    world = World(naming, defects)
    for code in AGENCIES:
        _agency(world, code)
    world.lists["sc"] = DistributionList(SC, region=REGION)
    world.acls["INBOX"] = {}
    world.put("INBOX", world.list_key(SC), EDITOR)
    if world.has(Code.FOLDER_WITHOUT_AGENCY, "101"):
        world.acls["Alte Ablage"] = {}
        world.expected.add((Code.FOLDER_WITHOUT_AGENCY, "Alte Ablage", "Alte Ablage"))
    if world.has(Code.MERGED_AGENCY, "101"):
        world.acls["199 Ort199"] = {}
        world.expected.add((Code.MERGED_AGENCY, "199 Ort199", "199"))
    return world


def _agency(world: World, code: str) -> None:
    members = [Member(person(code, 1)), Member(person(code, 2))]
    if world.has(Code.MEMBER_WITHOUT_ADDRESS, code):
        members.append(Member(""))
        world.expected.add((Code.MEMBER_WITHOUT_ADDRESS, "", ez(code)))
    if world.has(Code.NESTED, code):
        members.append(Member(f"fremd-{code}@dienst.example", MemberKind.GROUP))
        world.expected.add((Code.NESTED, "", ez(code)))
    if world.has(Code.CIRCULAR, code):
        inner = f"kreis-{code}@dienst.example"
        members.append(Member(inner, MemberKind.GROUP))
        back = (Member(ez(code), MemberKind.GROUP),)
        world.extra.append(DistributionList(inner, members=back))
        world.expected |= {(Code.CIRCULAR, "", ez(code)), (Code.CIRCULAR, "", inner)}
    without = world.has(Code.AGENCY_WITHOUT_LIST, code)
    if without:
        world.expected.add((Code.AGENCY_WITHOUT_LIST, "", code))
        world.expected = {found for found in world.expected if found[2] != ez(code)}
        world.expected.discard((Code.CIRCULAR, "", f"kreis-{code}@dienst.example"))
    else:
        world.lists[code] = DistributionList(ez(code), agency=code, members=tuple(members))
    if world.has(Code.LIST_WITHOUT_FOLDER, code):
        if not without:
            world.expected.add((Code.LIST_WITHOUT_FOLDER, "", ez(code)))
        return
    top = f"{code} Ort{code}"
    for folder, below in ((top, False), (f"{top}/AU", True)):
        _folder(world, code, folder, below=below, knows_lists=not without)
    if world.has(Code.SHARED_LIST, code) and not without:
        other = f"2-{ez(code)}"
        world.extra += [
            DistributionList(other, agency=code),
            DistributionList(other, agency="199"),
        ]
        world.expected |= {(Code.SHARED_LIST, "", other), (Code.MERGED_AGENCY, "", other)}
        for folder in (top, f"{top}/AU"):
            world.put(folder, world.list_key(other), EDITOR)


def _folder(world: World, code: str, folder: str, *, below: bool, knows_lists: bool) -> None:
    world.acls[folder] = {}
    found: Expected = set()
    own, sc = world.list_key(ez(code)), world.list_key(SC)
    world.put(folder, "default", NOTHING)
    world.put(folder, own, EDITOR)
    world.put(folder, sc, EDITOR)

    def has(kind: Code) -> bool:
        return world.has(kind, code, below=below)

    def inherited(kind: Code) -> Code:
        above = below and world.has(kind, code) and not world.has(Code.NOT_READABLE, code)
        return Code.INHERITED if above else kind

    if knows_lists and has(Code.MISSING):
        del world.acls[folder][own]
        found.add((Code.MISSING, folder, own))
    if has(Code.TOO_HIGH):
        world.put(folder, sc, RIGHTS_OF[Level.OWNER])
        found.add((inherited(Code.TOO_HIGH), folder, sc))
    elif has(Code.TOO_LOW):
        world.put(folder, sc, READER)
        found.add((Code.TOO_LOW, folder, sc))
    if has(Code.OPEN_TO_ALL):
        world.put(folder, "default", READER)
        found.add((inherited(Code.OPEN_TO_ALL), folder, "default"))
    if has(Code.ORPHAN):
        sid = SID.format(f"{code}{int(below)}")
        world.put(folder, sid, EDITOR)
        found.add((Code.ORPHAN, folder, sid))
    if knows_lists:
        _people(world, code, folder, below, found)
    world.expected |= _unjudged(world, code, folder, found, below=below)


def _unjudged(world: World, code: str, folder: str, found: Expected, *, below: bool) -> Expected:
    """What is found where an entry or the whole folder can't be read."""
    if world.has(Code.UNKNOWN_LEVEL, code, below=below):
        world.unknown[folder] = world.person_key(f"raetsel{code}@dienst.example")
        world.acls[folder]["?"] = Entry(account(world.unknown[folder]), None, "Spezial")
        found.add((Code.UNKNOWN_LEVEL, folder, world.unknown[folder]))
    if world.has(Code.NOT_READABLE, code, below=below):
        world.unreadable.add(folder)
        return {(Code.NOT_READABLE, folder, folder)}
    return found


def _people(world: World, code: str, folder: str, below: bool, found: Expected) -> None:
    def give(kind: Code, address: str) -> None:
        if world.has(kind, code, below=below):
            key = world.person_key(address)
            world.put(folder, key, EDITOR)
            found.add((kind, folder, key))

    # Other accounts above and below, so that only what is meant to be is inherited.
    give(Code.SURPLUS, f"fremd{int(below)}.{code}@dienst.example")
    give(Code.DIRECT, person(code, 2 if below else 1))
    if not below:
        give(Code.LEFT_LIST, person(code, 9))
    if world.has(Code.INHERITED, code):
        key = world.person_key(f"erbe{code}@dienst.example")
        world.put(folder, key, READER)
        above_read = world.has(Code.NOT_READABLE, code) is False
        kind = Code.INHERITED if below and above_read else Code.SURPLUS
        found.add((kind, folder, key))
