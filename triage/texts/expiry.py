"""Texts that end soon and which nothing follows: told once in log and trail, shown until mended.

Source: F42; Weisung 202003006 no. 2.1, 2.2 (work aids end, and are removed without notice); own
decision 0052.
"""

import structlog

from store.approved import text_versions
from store.approved.text_versions import TextVersion
from store.database.engine import Tx
from store.trail import audit
from triage.house import House
from triage.texts import view

log = structlog.get_logger()


def look(house: House) -> tuple[TextVersion, ...]:
    """Those that end within the days of the house. Raises: TryLater: `store.away`."""
    with house.db.read() as tx:
        return view.ending(house, tx)


def note(house: House, tx: Tx, seen: tuple[TextVersion, ...]) -> tuple[TextVersion, ...]:
    """Those not told yet, noted in the caller's transaction, who holds the lease of order.

    `seen` was read before, without the write lock; only where it names one is it read again.
    """
    if all(one.warned_at is not None for one in seen):
        return ()
    now = house.clock()
    fresh = tuple(one for one in view.ending(house, tx) if one.warned_at is None)
    if fresh:
        text_versions.warned(tx, [one.id for one in fresh], now=now)
    for one in fresh:
        audit.add(
            tx,
            "worker",
            action="text.ends_soon",
            subject=f"text:{one.text_id}.{one.version}",
            details={"last_day": one.valid_to.isoformat()},
            at=now,
        )
    return fresh


def tell(fresh: tuple[TextVersion, ...]) -> None:
    """Log what was noted, after its commit."""
    for one in fresh:
        last_day = one.valid_to.isoformat()
        log.warning("text.ends_soon", text=one.text_id, version=one.version, last_day=last_day)
