"""How the scope of a caller lies in a row: role beside it, agencies, regions, extra rights."""

from typing import Any

from rules.access import Caller, Permission
from rules.codes import Role


def as_json(caller: Caller) -> dict[str, list[str] | None]:
    """What goes into the column `bounds`."""
    return {
        "agencies": None if caller.agencies is None else sorted(caller.agencies),
        "regions": None if caller.regions is None else sorted(caller.regions),
        "extra": sorted(caller.extra),
    }


def caller_of(name: str, role: str, bounds: dict[str, Any]) -> Caller:
    """The caller of a row. Words that this version doesn't know give no right."""
    known = frozenset(Permission)
    return Caller(
        name=name,
        role=Role(role),
        agencies=_bound(bounds["agencies"]),
        regions=_bound(bounds["regions"]),
        extra=frozenset(Permission(word) for word in bounds["extra"] if word in known),
    )


def _bound(codes: list[str] | None) -> frozenset[str] | None:
    return None if codes is None else frozenset(codes)
