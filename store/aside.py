"""Mail beside the way: where it stopped and why. Never a deletion; always with a way back."""

from dataclasses import dataclass
from datetime import datetime

from store.engine import Tx


@dataclass(frozen=True, slots=True)
class SetAside:
    """One mail beside the way, with what a person recognises it by. `detail` holds no content."""

    id: int
    message_id: int
    step: str
    reason_code: str
    detail: str
    tries: int
    at: datetime
    resolved_at: datetime | None
    resolution: str | None
    postbox: str | None
    sender: str
    subject: str
    received_at: datetime
    size_bytes: int


def put(tx: Tx, message_id: int, *, step: str, reason_code: str, detail: str, now: datetime) -> int:
    """Set a mail aside; the row's id. If it lies aside already: one try more, with the new reason."""
    raise NotImplementedError


def open_of(tx: Tx, message_id: int) -> SetAside | None:
    """Why this mail lies aside now, or None."""
    raise NotImplementedError


def listing(tx: Tx, *, limit: int, after: int | None = None) -> tuple[SetAside, ...]:
    """What lies aside now, newest first. `after` is the row id of the last one before."""
    raise NotImplementedError


def resolve(tx: Tx, message_id: int, *, resolution: str, now: datetime) -> None:
    """It goes on: `resolution` is a code (`replayed`, `taken_in`). Nothing happens if it does not lie aside."""
    raise NotImplementedError


def count(tx: Tx) -> int:
    """How many mails lie aside now."""
    raise NotImplementedError
