"""One paper of a receiver, from its bytes: a receipt as JSON, or an XDOMEA answer.

Total: bytes that nobody can read give None. The same for folder, WebDAV and HTTP.
Source: own decisions 0058, 0065.
"""

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

from outbox import xdomea_answer
from rules.handover import Paper, Receipt

PAPER_BYTES: Final = 65_536
"""Largest paper that is read; a real one has about 300 bytes, an XDOMEA answer about 3,000.

Source: house rule."""

SUFFIXES: Final = (".json", ".xml")
"""Files that are papers; whatever else lies there is still in the writing."""


def read(data: bytes) -> Paper | None:
    """The paper, or None where it is too large, neither JSON nor XML, or lacks something."""
    if len(data) > PAPER_BYTES:
        return None
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return xdomea_answer.paper(data)
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return of_object(raw)


def of_element(raw: object) -> Paper | None:
    """One element of a list of papers: a JSON receipt, or an XDOMEA answer as a string."""
    if isinstance(raw, str):
        return read(raw.encode("utf-8", "replace"))
    return of_object(raw)


def of_object(raw: object) -> Receipt | None:
    """The receipt in a decoded JSON value, or None where it is none."""
    return _receipt(raw) if isinstance(raw, dict) else None


def written_at(paper: Paper, *, or_else: datetime) -> datetime:
    """When the receiver received it; where it writes no such time, `or_else` (aware)."""
    try:
        told = datetime.fromisoformat(paper.received_at)
    except ValueError:
        return or_else
    return told if told.tzinfo else or_else


def answers_to(
    keys: Iterable[str], papers_of: Callable[[str], Iterable[Paper | None]]
) -> tuple[Receipt, ...]:
    """What was said to these hand-overs: each time an acceptance, else the last rejection."""
    found = (_answer_to(key, papers_of(key)) for key in keys)
    return tuple(one for one in found if one is not None)


def _answer_to(key: str, papers: Iterable[Paper | None]) -> Receipt | None:
    told = [one for one in papers if isinstance(one, Receipt) and one.key == key]
    return next((one for one in told if one.accepted), told[-1] if told else None)


def _receipt(raw: dict[str, Any]) -> Receipt | None:
    names = ("key", "reference", "sha256", "received_at", "reason")
    words = [word for name in names if isinstance(word := raw.get(name, ""), str)]
    accepted, number = raw.get("accepted"), raw.get("kundennummer")
    complete = len(words) == len(names) and {"reference", "sha256", "received_at"} <= raw.keys()
    if not complete or not words[0] or not isinstance(accepted, bool):
        return None
    if not isinstance(number, str | None):
        return None
    key, reference, digest, received_at, reason = words
    return Receipt(key, accepted, reference, digest, received_at, reason, number or None)
