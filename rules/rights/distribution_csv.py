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
_ERRORS_SHOWN: Final = 20
_LINE_END: Final = re.compile(r"(?<=\n)")
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
"""Begin a formula in a spreadsheet. Source: OWASP, "CSV Injection"."""


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong in a line of the file, and what to do, in German."""

    line: int
    what: str


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
        reader.errors.append(LineError(2, "Kein Verteiler in der Datei; je Zeile einen nennen."))
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
        raise _refused([LineError(0, "Die Datei ist größer als 5 MB; je Region eine Datei geben.")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        what = "Weder UTF-8 noch Windows-1252; die Datei als „CSV UTF-8“ speichern."
        raise _refused([LineError(line, what)]) from exc


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Cells with the number of their line. Raises: Refused: `rights.csv`."""
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(_LINE_END.split(text), delimiter=delimiter, strict=True)
    found: list[tuple[int, list[str]]] = []
    try:
        found.extend((reader.line_num, row) for row in reader)
    except csv.Error as exc:
        what = "Anführungszeichen gehen nicht auf; die Zeile berichtigen."
        raise _refused([LineError(reader.line_num, what)]) from exc
    return found or [(1, [])]


def _header(rows: list[tuple[int, list[str]]]) -> list[str]:
    names = [name.strip().casefold() for name in rows[0][1]]
    header = [_ALSO.get(name, name) for name in names]
    if "verteiler" not in header:
        what = f"Überschrift fehlt; die erste Zeile nennt die Spalten {', '.join(COLUMNS)}."
        raise _refused([LineError(1, what)])
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
        self.errors.extend(LineError(line, what) for what in self._wrong(row))
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
            what = f"{address} hat weiter oben eine andere Stufe; eine davon streichen."
            self.errors.append(LineError(line, what))
        member = _member(row)
        members = self.members.setdefault(key, [])
        if member is not None and member not in members:
            members.append(member)

    def _wrong(self, row: dict[str, str]) -> Iterator[str]:
        address, member = row["verteiler"], row.get("mitglied", "")
        if not _ADDRESS.fullmatch(address):
            yield f"Verteiler {address!r} ist keine Adresse; die Mailadresse des Verteilers nennen."
        if member and not _ADDRESS.fullmatch(member):
            yield f"Mitglied {member!r} ist keine Adresse; die Mailadresse nennen."
        if row.get("art", "").casefold() not in _KINDS:
            yield f"Art {row['art']!r} gibt es nicht; „person“ oder „gruppe“ schreiben."
        if row.get("stufe"):
            try:
                level_named(row["stufe"])
            except Refused as exc:
                yield exc.message
        yield from self._wrong_home(row.get("agentur", ""), row.get("region", ""))

    def _wrong_home(self, agency: str, region: str) -> Iterator[str]:
        if region and fold(region) != fold(self.region):
            yield f"Region {region!r} ist nicht {self.region}; in die Datei jener Region schreiben."
        if agency and region:
            yield "Agentur und Region zugleich; nur eines von beiden nennen."
        if not agency:
            return
        found = self.directory.agency(agency)
        if found is None:
            yield f"Agentur {agency!r} gibt es nicht; die dreistellige Nummer nennen."
        elif found.region != self.region:
            yield (
                f"Agentur {agency} gehört zur Region {found.region}, nicht zu {self.region};"
                " in die Datei jener Region schreiben."
            )


def _member(row: dict[str, str]) -> Member | None:
    """The member of a row; a name or kind without address is a member without address."""
    address = row.get("mitglied", "").lower()
    if not address and not row.get("art") and not row.get("name"):
        return None
    return Member(address, _KINDS[row.get("art", "").casefold()])


def _refused(errors: list[LineError]) -> Refused:
    shown = [f"Zeile {one.line}: {one.what}" for one in errors[:_ERRORS_SHOWN]]
    if len(errors) > _ERRORS_SHOWN:
        shown.append(f"und {len(errors) - _ERRORS_SHOWN} weitere")
    return Refused(
        "rights.csv",
        "Die Datei wurde nicht übernommen:\n" + "\n".join(shown),
        errors=[{"line": one.line, "what": one.what} for one in errors],
    )
