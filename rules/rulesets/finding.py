"""What is wrong with a rule set: stable code, line, what, and what to do. German, for admins."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """An error keeps a rule set from being activated, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault. `line` counts from 1; 0 is the rule set as a whole. `rule` may be empty."""

    code: str
    line: int
    message: str
    remedy: str
    rule: str = ""
    level: Level = Level.ERROR


def has_errors(findings: Iterable[Finding]) -> bool:
    """Whether one of them keeps the rule set from being activated. Own decision 0037."""
    return any(found.level is Level.ERROR for found in findings)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By line, then code. Own decision 0037."""
    return tuple(sorted(findings, key=lambda found: (found.line, found.code, found.rule)))
