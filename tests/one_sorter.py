"""All that waits is sorted by one sorter, who needs no turn."""

from store.mails import ledger
from triage import rounds
from triage.house import House
from triage.rounds import SORT_BATCH, SORT_BATCH_BYTES, Permit

_FREE = Permit(before_each=lambda: None, in_commit=lambda _: None)


def sort_pending(house: House, *, limit: int = SORT_BATCH) -> int:
    """Sort what is kept and not yet sorted, oldest first; the number that left that state."""
    with house.db.read() as tx:
        pending = ledger.unsorted(tx, limit=limit, limit_bytes=SORT_BATCH_BYTES)
    return rounds.sort_batch(house, pending, permit=_FREE)
