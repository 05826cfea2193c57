"""The Agenturen für Arbeit, their districts by PLZ and place, and the Service Center regions.

Texts in, values out: reading the three files of domain/ is the caller's. Names change over
time (four mergers on 1 January 2026), so everything is data; a merged agency leads on to its
successor. Source: SOURCES sections 2, 3 and 6 (domain/SOURCES.md).
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from rules.errors import Refused


@dataclass(frozen=True, slots=True)
class Agency:
    """One Agentur für Arbeit, a row of domain/agencies.csv.

    `land` is as in the file, the seat's Land first ("Bremen/Niedersachsen");
    `branch_places` are the largest Gemeinde of each Geschäftsstelle district.
    `merged_into` is the code of the successor where `active` is False.
    """

    code: str
    name: str
    regionaldirektion: str
    land: str
    region: str
    seat_place: str
    seat_plz: str
    branch_places: tuple[str, ...] = ()
    active: bool = True
    merged_into: str | None = None
    former_name: str | None = None


@dataclass(frozen=True, slots=True)
class PlzRow:
    """One PLZ × Gemeinde, a row of domain/plz_agency.csv.

    `agency_code` None means that the source could not decide: ask, don't guess. The file's
    `primary`, the likeliest agency of a PLZ, is a guess and isn't read.
    """

    plz: str
    place: str
    agency_code: str | None


@dataclass(frozen=True, slots=True)
class RegionRow:
    """The Service Center region of a Regionaldirektion, a row of domain/sc_regions.csv."""

    region: str
    regionaldirektion: str


def parse_agencies(csv_text: str) -> tuple[Agency, ...]:
    """All agencies, merged ones included, in the order of the file.

    Raises: Refused: column missing, code not three digits, doubled code, or a successor that
    is no active agency (`agencies.bad_row`, `agencies.columns`). Source: SOURCES section 2.
    """
    name = "agencies.csv"
    found: dict[str, Agency] = {}
    columns = ("code", "name", "regionaldirektion", "land", "sc_region", "seat_place", "status")
    for line, row in _rows(csv_text, name, columns):
        agency = _agency(row)
        if not _is_code(agency.code):
            _bad_row(name, line, f"code {agency.code!r}", "write three digits")
        if agency.code in found:
            _bad_row(name, line, f"code {agency.code} again", "keep one row per agency")
        found[agency.code] = agency
    for agency in found.values():
        heir = found.get(agency.merged_into or "")
        if not agency.active and (heir is None or not heir.active):
            raise Refused(
                "agencies.bad_row",
                f"agencies.csv: {agency.code} is merged into {agency.merged_into!r}, "
                "which is no active agency; write the code of the successor into merged_into.",
            )
    return tuple(found.values())


def parse_plz(csv_text: str) -> tuple[PlzRow, ...]:
    """All rows PLZ × Gemeinde in the order of the file.

    Raises: Refused: column missing, PLZ not five digits, code not three digits
    (`agencies.bad_row`, `agencies.columns`). Source: SOURCES section 3.
    """
    name = "plz_agency.csv"
    rows: list[PlzRow] = []
    for line, row in _rows(csv_text, name, ("plz", "place", "agency_code")):
        plz, code = row["plz"], row["agency_code"]
        if len(plz) != 5 or not (plz.isascii() and plz.isdigit()):
            _bad_row(name, line, f"PLZ {plz!r}", "write five digits")
        if code and not _is_code(code):
            _bad_row(name, line, f"agency_code {code!r}", "write three digits or leave it empty")
        rows.append(PlzRow(plz, row["place"], code or None))
    return tuple(rows)


def parse_regions(csv_text: str) -> tuple[RegionRow, ...]:
    """The Regionaldirektionen of each Service Center region; an assumption, so configuration.

    Raises: Refused: column missing, or a Regionaldirektion twice. Source: SOURCES section 6.
    """
    name = "sc_regions.csv"
    rows: dict[str, RegionRow] = {}
    for line, row in _rows(csv_text, name, ("sc_region", "regionaldirektion")):
        direction = row["regionaldirektion"]
        if direction in rows:
            _bad_row(name, line, f"{direction!r} again", "a Regionaldirektion has one region")
        rows[direction] = RegionRow(row["sc_region"], direction)
    return tuple(rows.values())


def _agency(row: dict[str, str]) -> Agency:
    return Agency(
        code=row["code"],
        name=row["name"],
        regionaldirektion=row["regionaldirektion"],
        land=row["land"],
        region=row["sc_region"],
        seat_place=row["seat_place"],
        seat_plz=row.get("seat_plz", ""),
        branch_places=tuple(
            place.strip() for place in row.get("branch_area_places", "").split(";") if place.strip()
        ),
        active=row["status"] != "merged",
        merged_into=row.get("merged_into") or None,
        former_name=row.get("former_name") or None,
    )


def _rows(
    csv_text: str, name: str, columns: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.reader(csv_text.removeprefix("\ufeff").splitlines())
    names = next(reader, [])
    missing = [column for column in columns if column not in names]
    if missing:
        raise Refused(
            "agencies.columns",
            f"{name}: line 1 lacks {', '.join(missing)}; name the columns as in domain/{name}.",
            columns=missing,
        )
    for row in reader:
        if row:
            if len(row) != len(names):
                _bad_row(name, reader.line_num, "number of cells", f"write {len(names)} cells")
            yield reader.line_num, dict(zip(names, map(str.strip, row), strict=True))


def _is_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isdigit()


def _bad_row(name: str, line: int, what: str, remedy: str) -> None:
    raise Refused("agencies.bad_row", f"{name}, line {line}: {what}; {remedy}.", line=line)
