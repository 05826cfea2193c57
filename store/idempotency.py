"""Answers already given, so that a repeated request gets the same one and does nothing twice.

Source: the `Idempotency-Key` of `POST /v1/mails`; own decision 0007.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.engine import Tx


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: HTTP status and JSON body."""

    status: int
    body: Any


def look(tx: Tx, caller: str, *, key: str, request_hash: str) -> Answer | None:
    """The answer given before to this request, or None.

    Raises: Conflict: `idempotency.other_request`: the key was used with another content.
    """
    raise NotImplementedError


def remember(
    tx: Tx, caller: str, *, key: str, request_hash: str, answer: Answer, now: datetime
) -> None:
    """Keep the answer, in the transaction of the deed, which is undone if another was faster.

    Raises: Conflict: `idempotency.in_use`.
    """
    raise NotImplementedError


def forget(tx: Tx, *, before: datetime) -> int:
    """Drop answers older than that; how many."""
    raise NotImplementedError
