"""The daily match: what was handed over in a day beside what the eAkte has receipted.

Source: F50; own decisions 0058, 0066.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from rules import access
from rules.access import Caller, Permission
from rules.handover_match import Match, Sent, match
from rules.local_day import day_bounds
from rules.rights.distribution_csv import write_rows
from store.database.engine import Tx
from store.mails import ledger
from store.sending import outgoing_watch
from store.sending.outgoing_watch import HandedOver
from store.tables.ledger import OutgoingState
from triage.house import House
from triage.ports import FileOutlet

HEAPS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "missing_there": (
            "fehlt dort",
            "Bei der eAkte nachfragen; das Paket liegt im Übergabeordner oder ging hinaus.",
        ),
        "missing_here": (
            "fehlt hier",
            "Läuft der Worker? Sonst kennt der Postlotse diese Übergabe nicht: eAkte fragen.",
        ),
        "different": (
            "abweichend",
            "Beide Seiten vergleichen: andere Bytes, andere Akte oder anderes Ergebnis.",
        ),
        "rejected": ("abgelehnt", "Der Grund steht am Vorgang; dort wird entschieden."),
        "correct": ("stimmt überein", ""),
    }
)
"""What each heap is called, and what to do; what needs somebody comes first."""

_ANSWERS: Final = {OutgoingState.RECEIPTED: True, OutgoingState.REJECTED: False}

KEYS_AT_ONCE: Final = 200
"""Keys looked up in one statement. Own decision 0058."""

_HEADS: Final = ("Tag", "Befund", "Schlüssel", "Vorgang", "Region", "Was nun")


@dataclass(frozen=True, slots=True)
class Line:
    """One hand-over of the day. `item_id` and `region` None where the house knows none."""

    heap: str
    key: str
    item_id: int | None
    region: str | None


@dataclass(frozen=True, slots=True)
class DayMatch:
    """A local day; `lines` in the order of `HEAPS`, then by key."""

    day: date
    lines: tuple[Line, ...]

    @property
    def numbers(self) -> dict[str, int]:
        """How many by heap, all heaps."""
        counted = Counter(line.heap for line in self.lines)
        return {heap: counted[heap] for heap in HEAPS}

    @property
    def closes(self) -> bool:
        """Whether all that left is there, and all that is there is known here."""
        return not any(
            self.numbers[heap] for heap in ("missing_there", "missing_here", "different")
        )

    @property
    def odd(self) -> tuple[Line, ...]:
        """All but what is correct."""
        return tuple(line for line in self.lines if line.heap != "correct")


def of_day(house: House, outlet: FileOutlet, caller: Caller, *, day: date) -> Match:
    """Hand-overs of one local day beside the receipts that the eAkte wrote that day.

    Raises: Refused: `access.denied`. TryLater: `store.away`, and as the outlet.
    """
    access.require(caller, Permission.READ_FIGURES)
    since, until = day_bounds(day)
    told = outlet.received_between(since, until)
    with house.db.read() as tx:
        rows = outgoing_watch.handed_over(tx, since=since, until=until)
        known = {row.key for row in rows}
        strangers = tuple(one.key for one in told if one.key not in known)
        sent = [*rows, *_of_keys(tx, strangers)]
        return match((_sent(tx, row) for row in sent), told)


def report(house: House, outlet: FileOutlet, caller: Caller, *, day: date) -> DayMatch:
    """The day's match in the caller's regions; what no item is known of, for who has no bounds.

    Asks the outlet: seconds, not milliseconds. Raises: Refused: `access.denied`. TryLater, and
    Unreadable: as the outlet.
    """
    found = of_day(house, outlet, caller, day=day)
    heap_of = {key: heap for heap in HEAPS for key in getattr(found, heap)}
    with house.db.read() as tx:
        rows = {row.key: row for row in _of_keys(tx, tuple(sorted(heap_of)))}
    lines = []
    for key, heap in heap_of.items():
        row = rows.get(key)
        region = row.region if row else None
        # A hand-over that no row is known of could be anybody's.
        if (row is None and caller.whole_regions is None) or (
            row is not None and access.may_see_region(caller, region)
        ):
            lines.append(Line(heap, key, row.item_id if row else None, region))
    return DayMatch(day, tuple(lines))


def export(matched: DayMatch) -> str:
    """The whole day as a table: text/csv, semicolons, German heads; also what is correct."""
    rows = []
    for line in matched.lines:
        word, remedy = HEAPS[line.heap]
        item = "" if line.item_id is None else str(line.item_id)
        rows.append((f"{matched.day:%d.%m.%Y}", word, line.key, item, line.region or "", remedy))
    return write_rows(_HEADS, rows)


def _of_keys(tx: Tx, keys: tuple[str, ...]) -> Iterator[HandedOver]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield from outgoing_watch.of_keys(tx, keys[start : start + KEYS_AT_ONCE])


def _sent(tx: Tx, row: HandedOver) -> Sent:
    digest = ledger.message(tx, row.message_id).sha256 if row.message_id is not None else ""
    return Sent(row.key, digest, _ANSWERS.get(row.state))
