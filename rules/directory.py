"""The agencies made searchable: by code, region, PLZ, place and postbox address.

Built once at start (about 0.2 s for 10,800 PLZ), then only dictionary look-ups; immutable.
Source: SOURCES sections 2, 3; facts section 5; own decision 0014.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Final

from rules.agencies import Agency, PlzRow, RegionRow
from rules.errors import Refused
from rules.placename import base_name, bracketed, fold, parts, place_key

_UNIT_WORDS: Final = frozenset({"sc", "servicecenter", "service"})

_POSTBOX_NAMES: Final = 4_096
"""Names of postboxes whose agencies are remembered. Source: own decision 0036."""
_PLACES_KEPT: Final = 4_096
_LONGEST_PLACE_CHARS: Final = 80

Codes = tuple[str, ...]
Index = Mapping[str, Codes]


@dataclass(frozen=True, slots=True)
class PostboxHint:
    """What a postbox address tells: its agencies (one, several, or none) and its region.

    `agencies` are active, sorted by code. "SC-Ost@…" has a region and no agency.
    """

    agencies: tuple[Agency, ...] = ()
    region: str | None = None

    @property
    def agency(self) -> Agency | None:
        """The agency, if the address tells exactly one. Source: own decision 0014."""
        return self.agencies[0] if len(self.agencies) == 1 else None


@dataclass(frozen=True, eq=False)
class Directory:
    """All agencies with their districts.

    `regions`, where given, overrides the region in `agencies`. `house_domains` are the domain
    labels of our own addresses; a stranger's "Essen@…" in the copy line tells nothing.

    Raises: Refused: a PLZ row names an agency that doesn't exist (`agencies.unknown_code`).
    """

    agencies: tuple[Agency, ...]
    plz_rows: tuple[PlzRow, ...]
    regions: tuple[RegionRow, ...] = ()
    house_domains: frozenset[str] = frozenset({"arbeitsagentur"})

    def __post_init__(self) -> None:
        for row in self.plz_rows:
            if row.agency_code is not None and row.agency_code not in self._by_code:
                raise Refused(
                    "agencies.unknown_code",
                    f"plz_agency.csv: {row.plz} {row.place} names agency {row.agency_code}, "
                    "which agencies.csv doesn't know; add it there or correct the code.",
                )
        # All look-ups are made now, before threads share them.
        _ = self._rows_by_plz, self._postbox_tiers

    def agency(self, code: str | None) -> Agency | None:
        """The active agency of a code; a merged one leads to its successor; None if unknown.

        Source: SOURCES section 2 (mergers of 1 January 2026).
        """
        found = self._by_code.get(code or "")
        while found is not None and not found.active:
            found = self._by_code.get(found.merged_into or "")
        return found

    def active(self) -> tuple[Agency, ...]:
        """All active agencies by code. Source: SOURCES section 2."""
        return self._active

    def by_region(self, region: str) -> tuple[Agency, ...]:
        """The active agencies of a Service Center region ("Süd", "sued"), by code; may be empty.

        Source: Weisung 202404002 "Regelungen" (five regions); SOURCES section 6.
        """
        wanted = fold(region)
        return tuple(agency for agency in self._active if fold(agency.region) == wanted)

    def region_names(self) -> tuple[str, ...]:
        """The Service Center regions in alphabetical order. Source: SOURCES section 6."""
        return tuple(sorted(self._region_keys.values()))

    def by_plz(self, plz: str | None) -> tuple[PlzRow, ...]:
        """All rows of a PLZ, empty if it isn't in the table. Source: SOURCES section 3."""
        return self._rows_by_plz.get(plz or "", ())

    def agencies_of_plz(self, plz: str | None) -> tuple[Agency, ...]:
        """The active agencies that a PLZ touches, by code. Source: SOURCES section 3 (112 PLZ)."""
        return self._resolve(row.agency_code or "" for row in self.by_plz(plz))

    def by_place(self, place: str | None) -> tuple[Agency, ...]:
        """The active agencies with a place of that name, by code; 387 names have several.

        "Halle" finds all of that name, "Halle (Saale)" or "Halle/Saale" only the one; half of a
        double name ("Dessau") counts where no place bears it alone. Source: SOURCES section 3;
        own decision 0014.
        """
        key = place_key(place or "")
        codes = self._places.get(key) or self._place_parts.get(key, ())
        return self._resolve(codes)

    def is_place(self, name: str) -> bool:
        """Whether `by_place` finds any; answers are kept, some thousand. Source: decision 0043."""
        return len(name) <= _LONGEST_PLACE_CHARS and self._is_place(name)

    def by_mailbox(self, address: str | None) -> PostboxHint:
        """What the addressed postbox tells; nothing if the address is none of ours.

        A text without "@" is taken as the local part (the name of a postbox).
        "Wetzlar@…", "BadHersfeld@…", "Oldenburg-Wilhelmshaven@…", umlauts spelled out or not, a
        former name, a branch, "SC.Ulm@…" or "Hannover.Insolvenzgeld@…". The nearest kind of name
        wins: agency, seat and former name, parts of these, branch, any place of its district.
        Source: facts section 5 (addresses); own decision 0014.
        """
        local, at, domain = fold(address or "").partition("@")
        if at and self.house_domains.isdisjoint(domain.split(".")):
            return PostboxHint()
        local = local.replace("_", ".")
        words = tuple(word for word in local.split(".") if word)
        unit, _, rest = local.replace(".", "-").partition("-")
        if unit in _UNIT_WORDS:
            if rest in self._region_keys:
                return PostboxHint(region=self._region_keys[rest])
            words = (rest, *words)
        for name in (local, *words):
            agencies = self._by_postbox_name(name)
            if agencies:
                regions = {agency.region for agency in agencies}
                return PostboxHint(agencies, regions.pop() if len(regions) == 1 else None)
        return PostboxHint()

    def places(self) -> tuple[str, ...]:
        """All names of places in the table, once each, sorted. Source: SOURCES section 3."""
        return tuple(sorted({row.place for row in self.plz_rows}))

    @cached_property
    def _by_code(self) -> Mapping[str, Agency]:
        region_of = {row.regionaldirektion: row.region for row in self.regions}
        return MappingProxyType(
            {
                agency.code: replace(
                    agency, region=region_of.get(agency.regionaldirektion, agency.region)
                )
                for agency in self.agencies
            }
        )

    @cached_property
    def _is_place(self) -> Callable[[str], bool]:
        return lru_cache(_PLACES_KEPT)(lambda name: bool(self.by_place(name)))

    @cached_property
    def _active(self) -> tuple[Agency, ...]:
        return tuple(agency for _, agency in sorted(self._by_code.items()) if agency.active)

    @cached_property
    def _region_keys(self) -> Mapping[str, str]:
        return {fold(agency.region): agency.region for agency in self._active}

    @cached_property
    def _rows_by_plz(self) -> Mapping[str, tuple[PlzRow, ...]]:
        rows: defaultdict[str, list[PlzRow]] = defaultdict(list)
        for row in self.plz_rows:
            rows[row.plz].append(row)
        return {plz: tuple(found) for plz, found in rows.items()}

    @cached_property
    def _named_places(self) -> tuple[tuple[str, str], ...]:
        pairs = {(row.place, row.agency_code) for row in self.plz_rows if row.agency_code}
        for agency in self._by_code.values():
            pairs |= {(place, agency.code) for place in (agency.seat_place, *agency.branch_places)}
        return tuple(sorted(pairs))

    @cached_property
    def _places(self) -> Index:
        return _index(self._named_places, lambda place: (place, base_name(place)))

    @cached_property
    def _place_parts(self) -> Index:
        return _index(self._named_places, parts)

    @cached_property
    def _postbox_tiers(self) -> tuple[Index, ...]:
        """From the nearest kind of name to the farthest; the first that knows the name decides.

        A bare "Frankfurt" is Frankfurt am Main, not Frankfurt (Oder): an agency that carries its
        qualifier in brackets carries it in its address too (own decision 0014).
        """
        names = [
            (name, agency.code)
            for agency in self._by_code.values()
            for name in (agency.name, agency.former_name)
            if name
        ]
        seats = [(agency.seat_place, agency.code) for agency in self._by_code.values()]
        branches = [
            (place, agency.code)
            for agency in self._by_code.values()
            for place in agency.branch_places
        ]
        double = [(name, code) for name, code in names if place_key(name) not in self._places]
        return (
            _index(names, lambda name: (name,)),
            _index(names, lambda name: () if bracketed(name) else (base_name(name),)),
            _index([*names, *seats], lambda name: (name, base_name(name))),
            _index(double, parts),
            _index(branches, lambda name: (name, base_name(name))),
            # Only the first half: "Aue" is Aue-Bad Schlema, "Buchholz" isn't Annaberg-Buchholz.
            _index(branches, lambda name: parts(name)[:1]),
            self._places,
            self._place_parts,
        )

    @cached_property
    def _by_postbox_name(self) -> Callable[[str], tuple[Agency, ...]]:
        """Postboxes are few and come with every mail; `_POSTBOX_NAMES` of them are remembered."""
        return lru_cache(maxsize=_POSTBOX_NAMES)(self._look_up_postbox)

    def _look_up_postbox(self, name: str) -> tuple[Agency, ...]:
        key = place_key(name)
        for tier in self._postbox_tiers:
            agencies = self._resolve(tier.get(key, ()))
            if agencies:
                return agencies
        return ()

    def _resolve(self, codes: Iterable[str]) -> tuple[Agency, ...]:
        found = {agency.code: agency for agency in map(self.agency, codes) if agency is not None}
        return tuple(found[code] for code in sorted(found))


def _index(named: Iterable[tuple[str, str]], spellings: Callable[[str], tuple[str, ...]]) -> Index:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for name, code in named:
        # Most names are spelled one way; forming a key is what loading spends its time on.
        for spelling in dict.fromkeys(spellings(name)):
            key = place_key(spelling)
            if key:
                found[key][code] = None
    return {key: tuple(codes) for key, codes in found.items()}
