"""The Message-ID of an answer of ours, and what it says when a report comes back about it.

Source: RFC 5322 section 3.6.4; RFC 3464 section 2; own decision 0053.
"""

import re
from dataclasses import dataclass
from typing import Final

_FORM: Final = re.compile(
    r"<?reply-(\d{1,18})\.([0-9a-f-]{1,12})@postlotse\.invalid>?", re.ASCII | re.IGNORECASE
)
_KEY_CHARACTERS: Final = 12


@dataclass(frozen=True, slots=True)
class SentId:
    """Which outgoing row, and the end of its key.

    Row numbers come again after a restore of the database, keys don't.
    """

    outgoing_id: int
    key_end: str


def of(outgoing_id: int, idempotency_key: str) -> str:
    """The Message-ID without angle brackets. Source: RFC 5322 section 3.6.4; own decision 0053."""
    return f"reply-{outgoing_id}.{idempotency_key[-_KEY_CHARACTERS:]}@postlotse.invalid"


def read(message_id: str) -> SentId | None:
    """What one of ours says; None for any other. Source: own decision 0053."""
    found = _FORM.fullmatch(message_id.strip())
    return SentId(int(found[1]), found[2].lower()) if found else None


def fits(found: SentId, idempotency_key: str) -> bool:
    """Whether the id belongs to the row of that key. Source: own decision 0053."""
    return idempotency_key.lower().endswith(found.key_end)
