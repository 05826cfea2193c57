"""Mail that is handed in (HTTP; later SMTP) instead of being fetched, and mail that is only judged."""

from dataclasses import dataclass
from typing import Any

from rules.access import Caller
from triage.house import House


@dataclass(frozen=True, slots=True)
class MailView:
    """Where a message stands, for automation. `verdict` is the public JSON, or None before it."""

    message_id: int
    sha256: str
    state: str
    state_reason: str
    item_id: int | None
    verdict: dict[str, Any] | None


def judge(house: House, data: bytes, *, mailbox: str = "") -> dict[str, Any]:
    """The verdict on these bytes as public JSON; stores nothing."""
    raise NotImplementedError


def hand_in(house: House, caller: Caller, data: bytes, *, mailbox: str) -> MailView:
    """Keep these bytes as a new message and sort it at once. Durable when it returns."""
    raise NotImplementedError


def mail(house: House, caller: Caller, message_id: int) -> MailView:
    """Where a message stands. Raises: Refused: `mail.unknown`."""
    raise NotImplementedError


def original(house: House, caller: Caller, message_id: int) -> bytes:
    """The original bytes; the read is audited. Raises: Refused: `mail.unknown`, `mail.deleted`."""
    raise NotImplementedError
