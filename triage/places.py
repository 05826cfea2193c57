"""The agency directory as the judge asks for places."""

from dataclasses import dataclass

from rules.directory import Directory


@dataclass(frozen=True, slots=True)
class DirectoryPlaces:
    """Implements classify.places.Places on the PLZ table."""

    directory: Directory

    def places_of(self, plz: str) -> tuple[str, ...]:
        """The places of a PLZ, main place first; empty if there is no such PLZ."""
        rows = sorted(self.directory.by_plz(plz), key=lambda row: not row.primary)
        return tuple(row.place for row in rows)

    def is_place(self, name: str) -> bool:
        """Is this the name of a place, letter case and umlaut spelling apart?"""
        return bool(self.directory.by_place(name))
