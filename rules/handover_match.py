"""The daily match: what we handed over beside what the eAkte says it received.

Pure. Each hand-over of the day falls into one of five heaps, as in the protocol of a scan office:
correct, rejected, missing there, missing here, different.
Source: F50; VV-ZBR BHO no. 4.7 (complete and traceable); own decision 0058.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rules.handover import Receipt


@dataclass(frozen=True, slots=True)
class Sent:
    """One hand-over that left: its key, and what our row says came back.

    `sha256` is of the original. `accepted` is None where no receipt is in our database.
    """

    key: str
    sha256: str
    accepted: bool | None


@dataclass(frozen=True, slots=True)
class Match:
    """The keys of one day by heap, each sorted.

    `missing_there`: left here, never received there. `missing_here`: received there, and our
    database has no such hand-over, or not its receipt. `different`: both have it, with other
    bytes, or one says accepted and the other not.
    """

    correct: tuple[str, ...]
    rejected: tuple[str, ...]
    missing_there: tuple[str, ...]
    missing_here: tuple[str, ...]
    different: tuple[str, ...]

    @property
    def closes(self) -> bool:
        """Whether everything that left is there, and everything there is known here."""
        return not (self.missing_there or self.missing_here or self.different)


def match(sent: Iterable[Sent], received: Iterable[Receipt]) -> Match:
    """Both sides beside each other. `sent` names also those that left on another day.

    Source: F50; own decision 0058.
    """
    ours = {one.key: one for one in sent}
    theirs = {one.key: one for one in received}
    heaps: dict[str, list[str]] = {
        name: [] for name in ("correct", "rejected", "missing_there", "missing_here", "different")
    }
    for key in sorted({*ours, *theirs}):
        heaps[_heap(key, ours, theirs)].append(key)
    return Match(**{name: tuple(keys) for name, keys in heaps.items()})


def _heap(key: str, ours: Mapping[str, Sent], theirs: Mapping[str, Receipt]) -> str:
    mine, told = ours.get(key), theirs.get(key)
    if mine is None or (told is not None and mine.accepted is None):
        return "missing_here"
    if mine.accepted is None:
        return "missing_there"
    if told is not None and _differs(mine, told):
        return "different"
    return "correct" if mine.accepted else "rejected"


def _differs(mine: Sent, told: Receipt) -> bool:
    other_bytes = told.sha256 not in {"", mine.sha256}
    return other_bytes or told.accepted is not mine.accepted
