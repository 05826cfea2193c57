"""The audit trail: entries without content, each chained to the one before by its hash.

Whoever changes, drops or swaps an entry breaks the chain from there on.
Source: F52, N20; BSI Mindeststandard Protokollierung und Detektion v2.1; own decision 0019.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from rules.errors import Refused

GENESIS: Final = "0" * 64
"""The hash before the first entry. Source: own decision 0019."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what, when. `seq` counts from 1 without gaps; `at` is aware.

    `actor` is a pseudonymous id or a station ("system:sort"), `action` a dotted name
    ("item.closed"), `subject` an id. `details` is JSON-able: ids, codes, numbers, never content.
    """

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """Where the chain stops fitting: `seq` of the entry, and `gap` (a number missing) or `hash`."""

    seq: int
    kind: str
    expected: str
    found: str


def canonical(entry: AuditEntry) -> bytes:
    """The bytes that are hashed: JSON, keys sorted, no blanks, UTF-8, UTC with microseconds.

    Raises: Refused: `at` without a time zone (`audit.time_naive`). Source: own decision 0019.
    """
    if entry.at.tzinfo is None:
        raise Refused(
            "audit.time_naive",
            f"Entry {entry.seq} has no time zone; pass an aware time.",
            seq=entry.seq,
        )
    body = {
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "details": dict(entry.details),
    }
    text = json.dumps(
        body, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return text.encode()


def chain_hash(prev_hash: str, entry: AuditEntry) -> str:
    """The hash of an entry: SHA-256 over the previous hash, a line feed, and the canonical bytes.

    Raises: Refused: `audit.time_naive`. Source: own decision 0019.
    """
    return hashlib.sha256(prev_hash.encode() + b"\n" + canonical(entry)).hexdigest()


def verify(
    entries: Iterable[tuple[AuditEntry, str]], *, start: str = GENESIS, first_seq: int = 1
) -> ChainBreak | None:
    """The first place where the chain breaks, or None if it holds.

    `entries` come with their stored hashes, by `seq`; to check a later stretch pass the hash
    before it and its first number. Reads one entry at a time. Source: F52; own decision 0019.
    """
    prev = start
    for number, (entry, stored) in enumerate(entries, start=first_seq):
        if entry.seq != number:
            return ChainBreak(entry.seq, "gap", str(number), str(entry.seq))
        expected = chain_hash(prev, entry)
        if expected != stored:
            return ChainBreak(entry.seq, "hash", expected, stored)
        prev = expected
    return None
