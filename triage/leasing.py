"""A lease for as long as a block runs: one owner at a time, over all machines."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from store.processes import leases
from store.processes.leases import Lease
from triage.house import House


@contextmanager
def taken(house: House, name: str, owner: str, *, seconds: int) -> Iterator[Lease | None]:
    """The lease, or None where somebody else, or this very owner, has it.

    Given back at the end of the block, also where that raises; `seconds` are not prolonged by
    themselves (`renewed`). Raises: TryLater: `store.away`.
    """
    with house.db.write() as tx:
        lease = leases.take(tx, name, owner=owner, now=house.clock(), seconds=seconds)
    try:
        yield lease
    finally:
        if lease is not None:
            with house.db.write() as tx:
                leases.release(tx, lease, now=house.clock())


def renewed(house: House, lease: Lease, *, seconds: int) -> Lease:
    """The lease, prolonged to `seconds` from now in a transaction of its own.

    Raises: Conflict: `lease.lost`. TryLater: `store.away`.
    """
    with house.db.write() as tx:
        return leases.renew(tx, lease, now=house.clock(), seconds=seconds)


def in_time(house: House, lease: Lease) -> Lease:
    """A postbox's lease; prolonged where less than half of a postbox's time is left of it.

    For work of many steps, none of which may take as long: with 700 folders on a slow line no look
    would ever end within the lease it began with. Raises: as `renewed`.
    """
    seconds = house.policy.postbox_lease_seconds
    is_fresh = lease.until - house.clock() >= timedelta(seconds=seconds / 2)
    return lease if is_fresh else renewed(house, lease, seconds=seconds)
