"""The ledger words: one state for every mail ever seen, one for every wish to move it.

The sum of the states must equal what was seen; a difference is a lost or doubled mail.
Source: promises 2 and 3 (docs/way.md); F12, N2; own decision 0004.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from rules.errors import Conflict


class LedgerState(StrEnum):
    """Where a mail ended up so far.

    `kept`: original and row are durable, not sorted yet. `sorted`: judged, an item is open.
    `aside`: machine mail, unreadable or failed, with a reason. `done`: worked off.
    `gone`: taken out of the postbox by hand; our copy stays. `deleted`: only the tombstone is left.
    """

    KEPT = "kept"
    SORTED = "sorted"
    ASIDE = "aside"
    DONE = "done"
    GONE = "gone"
    DELETED = "deleted"


class OpState(StrEnum):
    """How far one change in the postbox is.

    `new`: wished. `sent`: the watermark of the target is durable, the command may be out.
    `done`: the new place is proven. `lost`: neither in the source nor in the target, a person
    looks. `refused`: the server will never do it.
    """

    NEW = "new"
    SENT = "sent"
    DONE = "done"
    LOST = "lost"
    REFUSED = "refused"


LEDGER_STEPS: Final[Mapping[LedgerState, frozenset[LedgerState]]] = MappingProxyType(
    {
        LedgerState.KEPT: frozenset({LedgerState.SORTED, LedgerState.ASIDE}),
        LedgerState.SORTED: frozenset({LedgerState.DONE, LedgerState.ASIDE, LedgerState.GONE}),
        # Replay brings it back to the start; a clerk may also fetch it straight into the queue.
        LedgerState.ASIDE: frozenset(
            {LedgerState.KEPT, LedgerState.SORTED, LedgerState.GONE, LedgerState.DELETED}
        ),
        LedgerState.DONE: frozenset({LedgerState.SORTED, LedgerState.DELETED}),
        # Put back by hand: it is found again by its hash and goes on where it was.
        LedgerState.GONE: frozenset(
            {
                LedgerState.KEPT,
                LedgerState.SORTED,
                LedgerState.ASIDE,
                LedgerState.DONE,
                LedgerState.DELETED,
            }
        ),
        LedgerState.DELETED: frozenset(),
    }
)

TAKEN_OUT_OF: Final = frozenset({LedgerState.SORTED, LedgerState.ASIDE})
"""In which states a mail becomes `gone` when a person takes it out of the postbox.

One that is not sorted yet is sorted first, and one that is done stays done. Source: own
decision 0030.
"""

OP_STEPS: Final[Mapping[OpState, frozenset[OpState]]] = MappingProxyType(
    {
        OpState.NEW: frozenset({OpState.SENT, OpState.REFUSED, OpState.LOST}),
        # Sent again keeps the state, and the first watermark.
        OpState.SENT: frozenset({OpState.SENT, OpState.DONE, OpState.LOST, OpState.REFUSED}),
        OpState.LOST: frozenset({OpState.DONE}),
        OpState.REFUSED: frozenset({OpState.NEW}),
        OpState.DONE: frozenset(),
    }
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many mails of one postbox and period were seen, and in which state they are now."""

    seen: int
    kept: int = 0
    sorted: int = 0
    done: int = 0
    aside: int = 0
    gone: int = 0
    deleted: int = 0


@dataclass(frozen=True, slots=True)
class Sum:
    """The daily sum. `difference` above zero: mails are missing; below: counted twice.

    `open` is what still waits for somebody or something (kept and sorted).
    """

    seen: int
    open: int
    done: int
    aside: int
    gone: int
    deleted: int

    @property
    def difference(self) -> int:
        """Seen minus everything accounted for. Source: F12; own decision 0004."""
        return self.seen - self.open - self.done - self.aside - self.gone - self.deleted

    @property
    def closes(self) -> bool:
        """Whether every mail seen is accounted for exactly once. Source: F12; own decision 0004."""
        return self.difference == 0


def ledger_step(current: LedgerState, target: LedgerState) -> LedgerState:
    """The target, if a mail may go there; the same state again is no step, but allowed.

    Raises: Conflict: no such way (`ledger.step`). Source: own decision 0004.
    """
    if target is not current and target not in LEDGER_STEPS[current]:
        raise Conflict(
            "ledger.step",
            f"A mail that is {current.value} can't become {target.value}; load the row again.",
            current=current.value,
            target=target.value,
        )
    return target


def op_step(current: OpState, target: OpState) -> OpState:
    """The target, if a wish may go there. A proven or lost one is never sent again.

    Raises: Conflict: no such way (`op.step`). Source: own decision 0004.
    """
    if target not in OP_STEPS[current]:
        raise Conflict(
            "op.step",
            f"A filing that is {current.value} can't become {target.value}; load the row again.",
            current=current.value,
            target=target.value,
        )
    return target


def completeness(counts: Counts) -> Sum:
    """The Vollzähligkeitsnachweis: seen = open + done + aside + gone + deleted.

    Source: F12, N2; promise 2; own decision 0004.
    """
    return Sum(
        seen=counts.seen,
        open=counts.kept + counts.sorted,
        done=counts.done,
        aside=counts.aside,
        gone=counts.gone,
        deleted=counts.deleted,
    )
