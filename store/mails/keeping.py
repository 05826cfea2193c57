"""Keeping comes first: bytes, ledger row, arrival, place and audit entry in one commit.

Only then is the source confirmed. Known bytes at their place are the same message; equal bytes at
another place are a twin, kept as a message of its own.
Source: own decisions 0004, 0107; docs/reliability.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from rules.ledger import LedgerState
from rules.postbox import Place
from store.database.engine import Tx
from store.database.statements import add_rows, parts
from store.mails import arrivals, originals
from store.mails.originals import Packing
from store.places import ownership, sightings
from store.processes import leases
from store.processes.leases import Lease
from store.tables import ledger as tables

_Key = tuple[str, Place] | int

_NO_DEFECTS: tuple[str, ...] = ()
"""Before it was parsed. One object, which a batch writes out once."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message to be kept. `source` is "postbox", "api" or "smtp".

    `received_at` is when the postbox took it in (aware UTC). `place` is None where it lies in
    no postbox. `size_bytes` differs from the data's where only the head was fetched.
    `delivery_key` names a delivery that its sender may repeat, for `arrivals.seen_again_many`.
    `sha256` is the fingerprint of the data, `packed` how it is stored, where somebody has made it
    already. `reason` is why no more of it came than its head, and `size_bytes` that of the whole
    mail then.
    """

    data: bytes
    received_at: datetime
    source: str
    postbox: str | None = None
    region: str | None = None
    place: Place | None = None
    size_bytes: int | None = None
    delivery_key: str | None = None
    sha256: str = ""
    reason: str = ""
    packed: Packing | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an arrival. `twin_ids` are earlier messages of equal bytes, oldest first."""

    message_id: int
    sha256: str
    is_new: bool
    twin_ids: tuple[int, ...] = ()


def keep(tx: Tx, arrival: Arrival, *, now: datetime, lease: Lease | None = None) -> Kept:
    """Keep one arrival, or find it by its place. See `keep_many`."""
    return keep_many(tx, [arrival], now=now, lease=lease)[0]


def keep_many(
    tx: Tx, arrivals: Sequence[Arrival], *, now: datetime, lease: Lease | None = None
) -> tuple[Kept, ...]:
    """Keep a batch in one commit; answers in its order, new messages in state `kept`.

    Idempotent by place, also within the batch. A place whose message had gone is live again.
    Under a postbox the caller passes its `lease`.
    Raises: Conflict: `lease.lost`; `store.conflict`: another process just kept a delivery of
    that key. Nothing is kept then.
    """
    if lease is not None:
        leases.hold(tx, lease, now=now)
    keys = [_key(arrival, index) for index, arrival in enumerate(arrivals)]
    first: dict[_Key, Arrival] = {}
    for key, arrival in zip(keys, arrivals, strict=True):
        first.setdefault(key, arrival)
    hashes = {
        key: arrival.sha256 or originals.fingerprint(arrival.data) for key, arrival in first.items()
    }
    kept = _known(tx, hashes, now=now)
    new = {key: first[key] for key in first if key not in kept}
    kept |= _keep_new(tx, new, hashes={key: hashes[key] for key in new}, now=now)
    return tuple(kept[key] for key in keys)


def _key(arrival: Arrival, index: int) -> _Key:
    """What tells arrivals of a batch apart: the place, or without one the position."""
    if arrival.place is None or arrival.postbox is None:
        return index
    return arrival.postbox, arrival.place


def _known(tx: Tx, hashes: Mapping[_Key, str], *, now: datetime) -> dict[_Key, Kept]:
    """Those whose place has a message of these bytes; the message lies there (again)."""
    found: dict[str, dict[Place, str]] = {}
    for key, sha256 in hashes.items():
        if isinstance(key, tuple):
            found.setdefault(key[0], {})[key[1]] = sha256
    return {
        (postbox, place): Kept(seen.message_id, seen.sha256, is_new=False)
        for postbox, here in found.items()
        for place, seen in ownership.seen_again(tx, postbox, found=here, now=now).items()
    }


def _keep_new(
    tx: Tx, batch: dict[_Key, Arrival], *, hashes: Mapping[_Key, str], now: datetime
) -> dict[_Key, Kept]:
    twins = _twins(tx, set(hashes.values()))
    originals.write(
        tx, {hashes[key]: (arrival.data, arrival.packed) for key, arrival in batch.items()}
    )
    ids = _write_messages(
        tx, [_message_row(arrival, hashes[key], now) for key, arrival in batch.items()]
    )
    places = [
        (message_id, key[0], key[1])
        for message_id, key in zip(ids, batch, strict=True)
        if isinstance(key, tuple)
    ]
    sightings.add_many(tx, places, now=now)
    arrivals.count_in(
        tx,
        [
            arrivals.Counted(message_id, arrival.source, arrival.postbox, arrival.delivery_key)
            for message_id, arrival in zip(ids, batch.values(), strict=True)
        ],
        now=now,
    )
    kept: dict[_Key, Kept] = {}
    for message_id, key in zip(ids, batch, strict=True):
        earlier = twins.setdefault(hashes[key], [])
        kept[key] = Kept(message_id, hashes[key], is_new=True, twin_ids=tuple(earlier))
        earlier.append(message_id)
    return kept


def _twins(tx: Tx, hashes: Iterable[str]) -> dict[str, list[int]]:
    """Earlier messages by fingerprint, oldest first."""
    table = tables.message
    found: dict[str, list[int]] = {}
    for part in parts(sorted(hashes)):
        statement = (
            sa.select(table.c.sha256, table.c.id)
            .where(table.c.sha256.in_(part))
            .order_by(table.c.id)
        )
        for sha256, message_id in tx.run(statement):
            found.setdefault(sha256, []).append(message_id)
    return found


def _message_row(arrival: Arrival, sha256: str, now: datetime) -> dict[str, Any]:
    return {
        "sha256": sha256,
        "source": arrival.source,
        "postbox": arrival.postbox,
        "region": arrival.region,
        "received_at": arrival.received_at,
        "kept_at": now,
        "state": LedgerState.KEPT,
        "state_reason": arrival.reason,
        "state_at": now,
        "defects": _NO_DEFECTS,
        "size_bytes": len(arrival.data) if arrival.size_bytes is None else arrival.size_bytes,
    }


def _write_messages(tx: Tx, values: list[dict[str, Any]]) -> list[int]:
    """New ledger rows; their ids in the order of the values."""
    if not values:
        return []
    table = tables.message
    if tx.dialect == "postgresql":
        statement = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
        return list(tx.run(statement, values).scalars())
    # Nobody else writes until this transaction ends, so the next numbers are ours to give.
    last: int = tx.run(_LAST_ID).scalar_one()
    ids = list(range(last + 1, last + 1 + len(values)))
    add_rows(tx, table, [{"id": id_, **value} for id_, value in zip(ids, values, strict=True)])
    return ids


_LAST_ID = sa.select(sa.func.coalesce(sa.func.max(tables.message.c.id), 0))
