"""The real directory, read once: the tables of domain/ are part of what is tested."""

from pathlib import Path

import pytest

from rules.agencies import parse_agencies, parse_plz, parse_regions
from rules.directory import Directory

DOMAIN = Path(__file__).parents[2] / "domain"


def domain_text(name: str) -> str:
    return (DOMAIN / name).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def directory() -> Directory:
    return Directory(
        agencies=parse_agencies(domain_text("agencies.csv")),
        plz_rows=parse_plz(domain_text("plz_agency.csv")),
        regions=parse_regions(domain_text("sc_regions.csv")),
    )
