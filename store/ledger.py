"""The ledger: every message seen has one row here and ends in one state; the originals beside it.

Keeping comes first: bytes, row, place and audit entry in one commit, and only then is the
source confirmed. A place already known is the same message; equal bytes at another place are
a twin, kept as a message of its own. Source: own decision 0004; imap guide, protocol step 4.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from rules.ledger import LedgerState

from rules.postbox import Place
from store.engine import Tx
from store.leases import Lease


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message to be kept. `source` is "postbox", "api" or "smtp".

    `received_at` is when the postbox took it in (aware UTC). `place` is None where it lies in
    no postbox. `size_bytes` differs from the data's where only the head was fetched.
    """

    data: bytes
    received_at: datetime
    source: str
    postbox: str | None = None
    region: str | None = None
    place: Place | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an arrival. `twin_ids` are earlier messages of equal bytes, oldest first."""

    message_id: int
    sha256: str
    is_new: bool
    twin_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the ledger. `message_id` is the header, evidence and never a key; `id` is the key."""

    id: int
    sha256: str
    source: str
    postbox: str | None
    region: str | None
    message_id: str
    sender: str
    subject: str
    received_at: datetime
    kept_at: datetime
    state: LedgerState
    state_reason: str
    state_at: datetime
    defects: list[str]
    size_bytes: int


def fingerprint(data: bytes) -> str:
    """The SHA-256 of the bytes, in hexadecimal; the house's name for an original."""
    raise NotImplementedError


def keep(tx: Tx, arrival: Arrival, *, now: datetime, lease: Lease | None = None) -> Kept:
    """Keep one arrival, or find it by its place. State `kept` afterwards. See `keep_many`."""
    raise NotImplementedError


def keep_many(
    tx: Tx, arrivals: Sequence[Arrival], *, now: datetime, lease: Lease | None = None
) -> tuple[Kept, ...]:
    """Keep a batch, answers in its order. One commit pays for all.

    Idempotent by place. A place whose message had gone is live again. Under a postbox the
    caller passes its `lease`. Raises: Conflict: `lease.lost`, and nothing is kept.
    """
    raise NotImplementedError


def describe(
    tx: Tx,
    message_id: int,
    *,
    sender: str,
    subject: str,
    message_id_header: str,
    defects: Iterable[str],
) -> None:
    """Write what the parser read into the row, for lists and search. Raises: Refused: `mail.unknown`."""
    raise NotImplementedError


def message(tx: Tx, message_id: int) -> Message:
    """The row. Raises: Refused: `mail.unknown`."""
    raise NotImplementedError


def messages(tx: Tx, message_ids: Iterable[int]) -> dict[int, Message]:
    """The rows of many, by id; unknown ids are left out."""
    raise NotImplementedError


def original(tx: Tx, message_id: int) -> bytes:
    """The bytes as they came.

    Raises: Refused: `mail.unknown`; `mail.deleted` after the retention period. Unreadable:
    `mail.damaged`: the stored bytes are not those of their fingerprint.
    """
    raise NotImplementedError


def set_state(tx: Tx, message_id: int, state: LedgerState, *, reason: str, now: datetime) -> None:
    """Move a message on its way. The state it has already is no move and no error.

    Raises: Refused: `mail.unknown`. Conflict: `mail.state`: rules/ledger.py allows no such move.
    """
    raise NotImplementedError


def unsorted(tx: Tx, *, limit: int) -> tuple[int, ...]:
    """Ids of messages in state `kept`, oldest first."""
    raise NotImplementedError


def counts(
    tx: Tx, *, postbox: str | None = None, day: date | None = None
) -> dict[LedgerState, int]:
    """How many messages in each state; all states are keys.

    `day` is the local day (Europe/Berlin) on which they were kept. Without it the whole
    archive is counted, which is slow: for reports only.
    """
    raise NotImplementedError


def freshness(tx: Tx, postbox: str) -> datetime | None:
    """When the oldest message of the postbox that is still unsorted was received; None if none."""
    raise NotImplementedError


def of_sender(tx: Tx, sender: str, *, limit: int) -> tuple[Message, ...]:
    """The newest messages of one address, newest first."""
    raise NotImplementedError
