"""What the judge asks about places; `rules` knows them, a test may know three."""

from typing import Protocol


class Places(Protocol):
    """Names and postcodes of Germany. Filled from domain/plz_agency.csv by wiring."""

    def places_of(self, plz: str) -> tuple[str, ...]:
        """The places with this postcode, main place first; empty if there is no such postcode."""
        ...

    def is_place(self, name: str) -> bool:
        """Is this the name of a place, letter case and umlaut spelling apart?"""
        ...
