"""Distribution lists as CSV, as the agencies' lists come from the Regionaldirektion.

    verteiler;agentur;region;stufe;mitglied;art
    ez-435@dienst.example;435;;Bearbeiter;;
    ez-435@dienst.example;435;;Bearbeiter;a.muster@dienst.example;person
    sc-suedwest@dienst.example;;Südwest;Bearbeiter;;

One row a member, or one for the list alone. UTF-8 or Windows-1252, semicolons, commas or tabs.
All or nothing: the errors are told together, each with its line and what to do.
Source: Weisung 202404002 no. 3; RFC 4180; own decision 0040.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rules.directory import Directory
from rules.errors import Refused
from rules.placename import fold
from rules.rights.csv_faults import LineError, Wrong, in_english
from rules.rights.distribution import DistributionList, Member, MemberKind
from rules.rights.folder_levels import GERMAN, Level, level_named

COLUMNS: Final = ("verteiler", "agentur", "region", "stufe", "mitglied", "art")
_ALSO: Final = {
    "list": "verteiler",
    "liste": "verteiler",
    "agency": "agentur",
    "aa": "agentur",
    "level": "stufe",
    "recht": "stufe",
    "member": "mitglied",
    "adresse": "mitglied",
    "kind": "art",
    "typ": "art",
}
_ADDRESS: Final = re.compile(r"[^\s@;,<>\"]+@[^\s@;,<>\"]+\.[^\s@;,<>\"]+")
_KINDS: Final = {
    "": MemberKind.PERSON,
    "person": MemberKind.PERSON,
    "gruppe": MemberKind.GROUP,
    "verteiler": MemberKind.GROUP,
    "group": MemberKind.GROUP,
}
LONGEST_BYTES: Final = 5_000_000
"""Longer files are refused: 5,000 clerks on 200 lists are 400 kB. Source: own decision 0040."""
_LINE_END: Final = re.compile(r"(?<=\n)")
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""Begin a formula in a spreadsheet. Source: OWASP, "CSV Injection"."""


def parse_lists(data: bytes, *, directory: Directory, region: str) -> tuple[DistributionList, ...]:
    """The lists in the order of the file, members in theirs, each once.

    Raises: Refused: `rights.csv`, with all errors in `details["errors"]`; nothing is taken then.
    Source: own decision 0040.
    """
    rows = _rows(_text(data))
    header = _header(rows)
    reader = _Reader(directory, region, {}, {}, [])
    for line, cells in rows[1:]:
        if any(cell.strip() for cell in cells):
            reader.take(line, _named(header, cells))
    if not reader.lists and not reader.errors:
        reader.errors.append(LineError(2, Wrong.NO_LIST))
    if reader.errors:
        raise _refused(reader.errors)
    return tuple(
        DistributionList(one.address, one.agency, one.region, one.level, tuple(members))
        for one, members in ((one, reader.members[key]) for key, one in reader.lists.items())
    )


def write_lists(lists: Iterable[DistributionList]) -> str:
    """The lists as CSV with semicolons, readable by `parse_lists`. Source: own decision 0040."""
    rows: list[tuple[str, ...]] = []
    for one in lists:
        own = (one.address, one.agency or "", one.region or "", GERMAN[one.level])
        rows.append((*own, "", ""))
        rows += [(*own, member.address, member.kind.value) for member in one.members]
    return write_rows(COLUMNS, rows)


def write_rows(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A CSV with semicolons and CRLF that no spreadsheet takes for formulas.

    Source: RFC 4180; OWASP, "CSV Injection".
    """
    lines = (header, *rows)
    return "".join(";".join(_cell(cell) for cell in row) + "\r\n" for row in lines)


def _cell(cell: str) -> str:
    harmless = f"'{cell}" if cell.startswith(_DANGEROUS) else cell
    if not any(char in harmless for char in ';"\r\n'):
        return harmless
    doubled = harmless.replace('"', '""')
    return f'"{doubled}"'


def _text(data: bytes) -> str:
    if len(data) > LONGEST_BYTES:
        raise _refused([LineError(0, Wrong.TOO_LARGE)])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise _refused([LineError(line, Wrong.ENCODING)]) from exc


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Cells with the number of their line. Raises: Refused: `rights.csv`."""
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(_LINE_END.split(text), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        found.extend((reader.line_num, row) for row in reader)
    except csv.Error as exc:
        raise _refused([LineError(reader.line_num, Wrong.QUOTES)]) from exc
    return found or [(1, [])]


def _header(rows: list[tuple[int, list[str]]]) -> list[str]:
    names = [name.strip().casefold() for name in rows[0][1]]
    header = [_ALSO.get(name, name) for name in names]
    if "verteiler" not in header:
        raise _refused([LineError(1, Wrong.HEADER, known=", ".join(COLUMNS))])
    return header


def _named(header: list[str], cells: list[str]) -> dict[str, str]:
    return {
        name: cells[at].strip() if at < len(cells) else "" for at, name in enumerate(header) if name
    }


@dataclass(frozen=True, slots=True)
class _Reader:
    """Collects lists, members and errors; `lists` and `members` by address, agency and region."""

    directory: Directory
    region: str
    lists: dict[tuple[str, str, str], DistributionList]
    members: dict[tuple[str, str, str], list[Member]]
    errors: list[LineError]

    def take(self, line: int, row: dict[str, str]) -> None:
        """One row of the file."""
        before = len(self.errors)
        self.errors.extend(self._wrong(line, row))
        if len(self.errors) > before:
            return
        address, agency = row["verteiler"].lower(), row.get("agentur", "")
        region = self.region if row.get("region") else ""
        key = (address, agency, region)
        level = level_named(row["stufe"]) if row.get("stufe") else Level.EDITOR
        known = self.lists.setdefault(
            key, DistributionList(address, agency or None, region or None, level)
        )
        if known.level is not level:
            self.errors.append(LineError(line, Wrong.OTHER_LEVEL, address))
        member = _member(row)
        members = self.members.setdefault(key, [])
        if member is not None and member not in members:
            members.append(member)

    def _wrong(self, line: int, row: dict[str, str]) -> Iterator[LineError]:
        address, member = row["verteiler"], row.get("mitglied", "")
        if not _ADDRESS.fullmatch(address):
            yield LineError(line, Wrong.LIST, address)
        if member and not _ADDRESS.fullmatch(member):
            yield LineError(line, Wrong.MEMBER, member)
        if row.get("art", "").casefold() not in _KINDS:
            yield LineError(line, Wrong.KIND, row["art"])
        if row.get("stufe"):
            try:
                level_named(row["stufe"])
            except Refused:
                yield LineError(line, Wrong.LEVEL, row["stufe"], GERMAN[Level.EDITOR])
        yield from self._wrong_home(line, row.get("agentur", ""), row.get("region", ""))

    def _wrong_home(self, line: int, agency: str, region: str) -> Iterator[LineError]:
        if region and fold(region) != fold(self.region):
            yield LineError(line, Wrong.REGION, region, self.region)
        if agency and region:
            yield LineError(line, Wrong.TWO_HOMES)
        if not agency:
            return
        found = self.directory.agency(agency)
        if found is None:
            yield LineError(line, Wrong.AGENCY, agency)
        elif found.region != self.region:
            yield LineError(line, Wrong.AGENCY_REGION, agency, found.region)


def _member(row: dict[str, str]) -> Member | None:
    """The member of a row; a name or kind without address is a member without address."""
    address = row.get("mitglied", "").lower()
    if not address and not row.get("art") and not row.get("name"):
        return None
    return Member(address, _KINDS[row.get("art", "").casefold()])


def _refused(errors: list[LineError]) -> Refused:
    return Refused(
        "rights.csv",
        f"The file was not taken over. {in_english(errors)}",
        errors=[one.as_details() for one in errors],
    )
