"""What is to reach somebody outside: ordered in the deed's own transaction, delivered later.

new -> claimed -> sent -> receipted or rejected; dead after the last try. Delivery is at least
once: a worker that died after delivering delivers again, under the same idempotency key. Every
write of a worker carries the fence of its claim. Source: own decision 0005.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.engine import Tx
from store.tables import OutgoingState


@dataclass(frozen=True, slots=True)
class NewOutgoing:
    """One thing to be sent. `kind` is "eakte", "reply", …; `payload` is what the outlet needs.

    `idempotency_key` names the deed: the same key twice is one sending.
    """

    kind: str
    idempotency_key: str
    payload: Mapping[str, Any]
    item_id: int | None = None
    message_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An outgoing row as it is now. `fence` belongs to its last claim."""

    id: int
    kind: str
    item_id: int | None
    message_id: int | None
    idempotency_key: str
    payload: dict[str, Any]
    state: OutgoingState
    tries: int
    next_try_at: datetime
    claimed_by: str | None
    claimed_until: datetime | None
    fence: int
    answer: str | None
    receipt: dict[str, Any] | None
    created_at: datetime
    sent_at: datetime | None
    done_at: datetime | None
    error_code: str


def order(tx: Tx, new: NewOutgoing, *, now: datetime) -> int:
    """Put it into the outgoing rows; the id, also of the row that has the key already."""
    raise NotImplementedError


def get(tx: Tx, outgoing_id: int) -> Outgoing:
    """The row. Raises: Refused: `outgoing.unknown`."""
    raise NotImplementedError


def of_key(tx: Tx, idempotency_key: str) -> Outgoing | None:
    """The row of a deed, or None."""
    raise NotImplementedError


def claim(
    tx: Tx,
    *,
    kinds: Collection[str],
    worker: str,
    now: datetime,
    limit: int,
    lease_seconds: int,
) -> tuple[Outgoing, ...]:
    """Take up to `limit` rows that are due, longest due first; also those of dead workers."""
    raise NotImplementedError


def sent(tx: Tx, outgoing_id: int, *, fence: int, answer: str, now: datetime) -> None:
    """Delivered; `answer` is the server's last line. Raises: Conflict: `outgoing.claim_lost`."""
    raise NotImplementedError


def later(tx: Tx, outgoing_id: int, *, fence: int, error_code: str, next_try_at: datetime) -> None:
    """Not delivered, try again then. Raises: Conflict: `outgoing.claim_lost`."""
    raise NotImplementedError


def dead(tx: Tx, outgoing_id: int, *, fence: int, error_code: str, now: datetime) -> None:
    """Refused for good or tried too often; for people. Raises: Conflict: `outgoing.claim_lost`."""
    raise NotImplementedError


def receipted(
    tx: Tx, idempotency_key: str, *, receipt: Mapping[str, Any], now: datetime
) -> Outgoing:
    """The other side has it. In any state: the receipt may overtake our own note of the sending.

    Idempotent; the first receipt stays. Raises: Refused: `outgoing.unknown`.
    """
    raise NotImplementedError


def rejected(
    tx: Tx, idempotency_key: str, *, receipt: Mapping[str, Any], now: datetime
) -> Outgoing:
    """The other side does not take it, with its reason in `receipt`. Otherwise as `receipted`."""
    raise NotImplementedError


def replay(tx: Tx, outgoing_id: int, *, now: datetime) -> Outgoing:
    """Send a dead or rejected row again, under the same key.

    Raises: Refused: `outgoing.unknown`. Conflict: `outgoing.not_dead`.
    """
    raise NotImplementedError


def of_item(tx: Tx, item_id: int) -> tuple[Outgoing, ...]:
    """All rows of an item, oldest first."""
    raise NotImplementedError


def counts(tx: Tx) -> dict[tuple[str, OutgoingState], int]:
    """How many rows by kind and state; pairs without any are left out."""
    raise NotImplementedError


def listing(
    tx: Tx,
    *,
    states: Collection[OutgoingState],
    kinds: Collection[str] | None = None,
    limit: int,
    after: int | None = None,
) -> tuple[Outgoing, ...]:
    """Rows in these states, newest first. `after` is the id of the last row of the page before."""
    raise NotImplementedError
