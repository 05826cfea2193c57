"""When what was put off is due before its time: a way that was shut is open again.

A mail at which the other side hangs each time looks like a shut way, too. Woken with each one that
leaves, it would use up all its tries within minutes and hold up the others with each. So few rows
that fail again, while others leave, are believed to be the cause. Source: own decision 0143.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from rules.outgoing import OutgoingKind
from store.database.engine import Tx
from store.sending import outgoing_claims
from store.sending.outgoing import Outgoing

OF_ONE_ROW: Final = ("smtp.later", "eakte.later")
"""Codes of what is later for this row, or until a time that was named. Own decision 0140."""

OF_ONE_SENDER: Final = ("smtp.sender", "smtp.not_let")
"""Codes of what the mail server forbids us, perhaps for one agency's address only."""

ONE_WAY: Final = (OutgoingKind.EAKTE, OutgoingKind.REPLY)
"""The kinds that have one way out for all rows; tasks have one for each receiver."""

FEW: Final = 3
"""More rows than that are no few: the way was shut. Own decision 0143."""

AT_LEAST: Final = timedelta(hours=1)
"""Then all are tried again in any case: this process may have begun since. Own decision 0143."""


@dataclass(slots=True)
class Seen:
    """What failed since something left, which few were woken already, and when that was."""

    failed: set[int] = field(default_factory=set)
    blamed: set[int] = field(default_factory=set)
    woken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Waking:
    """For the one thread that sends; by kind."""

    seen: dict[str, Seen] = field(default_factory=dict)

    def failed(self, row: Outgoing) -> None:
        """Its way seemed shut."""
        self._of(row).failed.add(row.id)

    def left(self, tx: Tx, row: Outgoing, *, now: datetime) -> Callable[[], None]:
        """Make due what waited for that, in the commit that notes it as sent.

        What comes back is called after that commit.
        """
        seen = self._of(row)
        if row.error_code in OF_ONE_SENDER:
            outgoing_claims.due_again(tx, row.kind, codes=(row.error_code,), now=now)
        wakes = _wakes(seen, now)
        if wakes and row.kind in ONE_WAY:
            put_off = (*OF_ONE_ROW, *OF_ONE_SENDER)
            causes = seen.blamed if len(seen.failed) <= FEW else ()
            outgoing_claims.due_again(tx, row.kind, but_for=put_off, but_for_rows=causes, now=now)

        def noted() -> None:
            if wakes:
                seen.blamed = seen.blamed | seen.failed if len(seen.failed) <= FEW else set()
                seen.woken_at = now
            seen.failed.clear()
            seen.blamed.discard(row.id)

        return noted

    def _of(self, row: Outgoing) -> Seen:
        return self.seen.setdefault(row.kind, Seen())


def _wakes(seen: Seen, now: datetime) -> bool:
    if seen.woken_at is None or now - seen.woken_at >= AT_LEAST:
        return True
    is_few = len(seen.failed) <= FEW and seen.failed <= seen.blamed
    return bool(seen.failed) and not is_few
