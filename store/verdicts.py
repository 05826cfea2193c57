"""Verdicts on a message, by machine and by clerk. None is overwritten; the newest counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.engine import Tx


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """A verdict to be kept. `source` is "machine" or "clerk"; `by` the model id or the clerk.

    `body` is the public JSON of rules/verdict.py.
    """

    message_id: int
    source: str
    by: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredVerdict:
    """A verdict as it was kept. `at` is aware UTC."""

    id: int
    message_id: int
    at: datetime
    source: str
    by: str
    model: str
    rules: str
    body: dict[str, Any]
    payment: str
    first_concern: str
    review: bool


def add(tx: Tx, new: NewVerdict, *, now: datetime) -> int:
    """Keep a verdict beside the earlier ones; its id."""
    raise NotImplementedError


def latest(tx: Tx, message_id: int) -> StoredVerdict | None:
    """The verdict that counts, or None before the first."""
    raise NotImplementedError


def latest_by(tx: Tx, message_id: int, *, source: str) -> StoredVerdict | None:
    """The newest verdict of the machine, or of clerks; or None."""
    raise NotImplementedError


def history(tx: Tx, message_id: int) -> tuple[StoredVerdict, ...]:
    """All verdicts on a message, oldest first."""
    raise NotImplementedError
