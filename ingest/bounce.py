"""A delivery report about an answer of ours: which one, whether it failed, and the status.

Total, like the parser: what is no such report gives None. Only the codes of a report are read; its
words name addresses. Source: RFC 3464 section 2; RFC 6522; own decision 0053.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ingest import headers, mime
from ingest.mime import Leaf
from rules import sent_id
from rules.sent_id import SentId

_OURS: Final = b"@postlotse.invalid"
_STATUS_PARTS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED: Final = frozenset(
    {
        "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global",
        "message/global-headers",
    }
)  # fmt: skip
_CODE: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_MAX_STATUS_BYTES: Final = 64_000
"""Of a report's own part; one recipient has about 300 bytes. Source: own decision 0053."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a report says of one of our answers. `status` like "5.1.1", or empty.

    `has_failed`: given up for good; else only delayed, relayed or delivered.
    """

    about: SentId
    has_failed: bool
    status: str


def read(data: bytes) -> Bounce | None:
    """The report, or None. Cheap for all mail that doesn't name our Message-IDs. Never raises."""
    if _OURS not in data:
        return None
    tree = mime.scan(data)
    report = next((leaf for leaf in tree.leaves if leaf.content_type in _STATUS_PARTS), None)
    if report is None:
        return None
    about = next(_named(tree.fields, tree.leaves), None)
    if about is None:
        return None
    told = list(headers.fields(report.content().data[:_MAX_STATUS_BYTES].replace(b"\r\n", b"\n")))
    actions = {headers.text(value).strip().lower() for name, value in told if name == "action"}
    codes = (_CODE.search(headers.text(value)) for name, value in told if name == "status")
    status = next((found[0] for found in codes if found), "")
    return Bounce(about, "failed" in actions, status)


def _named(fields: tuple[tuple[str, bytes], ...], leaves: tuple[Leaf, ...]) -> Iterator[SentId]:
    """Our ids: of the returned mail first, then of what the report says that it answers."""
    for leaf in leaves:
        if leaf.content_type in _RETURNED:
            inner = mime.scan(leaf.content().data).fields
            yield from _ids(inner, {"message-id"})
    yield from _ids(fields, {"in-reply-to", "references"})


def _ids(fields: tuple[tuple[str, bytes], ...], names: set[str]) -> Iterator[SentId]:
    for name, value in fields:
        if name in names:
            found = map(sent_id.read, headers.message_ids(value))
            yield from (one for one in found if one is not None)
