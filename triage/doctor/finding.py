"""One finding of the doctor, and how a failure becomes one."""

from dataclasses import dataclass
from enum import StrEnum

from rules.errors import HouseError
from triage.watch.remedies import REMEDIES


class Grade(StrEnum):
    """How grave, in this order: `bad` stops work or breaks a promise, `warn` will do so."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """A stable name ("postboxes:SC-West"), and in German what is and what to do."""

    name: str
    grade: Grade
    message: str
    remedy: str = ""


def good(name: str, message: str) -> Finding:
    """All is well there."""
    return Finding(name, Grade.GOOD, message)


def warn(name: str, message: str, remedy: str) -> Finding:
    """It still works."""
    return Finding(name, Grade.WARN, message, remedy)


def bad(name: str, message: str, remedy: str) -> Finding:
    """It doesn't work."""
    return Finding(name, Grade.BAD, message, remedy)


def of_error(name: str, error: HouseError) -> Finding:
    """A failure of the house: its code, its words, and the German remedy where there is one."""
    remedy = REMEDIES.get(error.code, "Siehe docs/operations.md unter diesem Code.")
    return bad(name, f"{error.message} [{error.code}]", remedy)
