"""The hand-overs of one mail to several records: which belong together, and how far they are.

What a person named at one time is one choice; the newest one counts. Source: own decision 0153.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules import records
from rules.item import Event
from rules.outgoing import OutgoingKind
from store.sending.outgoing import ENDED_BADLY, Outgoing
from store.tables.ledger import OutgoingState

NUMBER, CHOICE = "kundennummer", "choice"
"""Keys of the payload of a hand-over whose record a person has named."""
LEFT_OUT = "left_out"
"""The same: why she left other numbers of the mail out; on the first row of a choice."""


@dataclass(frozen=True, slots=True)
class RecordShown:
    """One of several records, for page and API. `kundennummer` None: without a number.

    `state` is that of the outgoing row.
    """

    kundennummer: str | None
    state: OutgoingState


def newest(rows: Iterable[Outgoing]) -> tuple[Outgoing, ...]:
    """The hand-overs of an item that count: those of the newest choice, else the newest one."""
    handed = [row for row in rows if row.kind == OutgoingKind.EAKTE]
    if not handed:
        return ()
    last = handed[-1]
    choice = _choice(last)
    return tuple(row for row in handed if _choice(row) == choice) if choice else (last,)


def joint(counting: Sequence[Outgoing], event: Event) -> Event | None:
    """What the event at one of these means for the item; None: nothing yet."""
    if len(counting) == 1:
        return event
    states = [row.state for row in counting]
    return records.joint(
        event,
        ended_badly=not ENDED_BADLY.isdisjoint(states),
        all_received=set(states) == {OutgoingState.RECEIPTED},
    )


def shown(rows: Iterable[Outgoing]) -> tuple[RecordShown, ...]:
    """The records that were named, in their order; empty where the mail went into its one."""
    return tuple(
        RecordShown(row.payload[NUMBER], row.state) for row in newest(rows) if _choice(row)
    )


def why_left_out(rows: Iterable[Outgoing]) -> str:
    """Why numbers of the mail were left out by the newest choice; empty where nobody said."""
    told = (str(row.payload.get(LEFT_OUT, "")) for row in newest(rows))
    return next(filter(None, told), "")


def numbers(counting: Iterable[Outgoing]) -> tuple[str | None, ...]:
    """The numbers of hand-overs whose records a person has named."""
    return tuple(row.payload[NUMBER] for row in counting)


def is_named(row: Outgoing) -> bool:
    """Whether a person has named its record when she ordered it."""
    return bool(_choice(row))


def _choice(row: Outgoing) -> tuple[int | None, str] | None:
    choice = row.payload.get(CHOICE)
    return (row.payload.get("verdict_id"), choice) if choice else None
