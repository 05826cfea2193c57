"""A delivery report about an answer of ours: which one, whether it failed, and the status.

Total, like the parser: what is no such report gives None. Only the codes of a report are kept; its
words name addresses. qmail, Haraka and older Exim write no RFC 3464 report but a letter with the
returned mail in it. Source: RFC 3464 section 2; RFC 6522; own decision 0053.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from ingest import headers, mime
from ingest.mime import Leaf, Tree
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


_ROBOT: Final = re.compile(r"(?:mailer-?daemon|postmaster|mail-?delivery)\b", re.IGNORECASE)
_GAVE_UP: Final = re.compile(
    rb"i'?ve given up|returning (?:your )?message to sender|could not be delivered to (?:one|all)|"
    rb"a message that you sent could not be delivered|wasn't able to deliver your message|"
    rb"(?:nachricht|e-?mail)[^.]{0,80} konnte (?:leider )?nicht zugestellt werden",
    re.IGNORECASE,
)
_GOES_ON: Final = re.compile(
    rb"not yet been delivered|still being retried|will (?:be|continue to be) retried|"
    rb"no action is required on your part|this is a warning message only",
    re.IGNORECASE,
)
_COPIED_ID: Final = re.compile(
    rb"^[> \t]*Message-ID:[ \t]*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE
)
_PERMANENT: Final = re.compile(rb"\b5\.\d{1,3}\.\d{1,3}\b")
"""Source: Haraka issue 568, notqmail; Exim, bounce_message_file and its default text."""


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
        return _in_a_letter(tree)
    told = list(headers.fields(report.content().data[:_MAX_STATUS_BYTES].replace(b"\r\n", b"\n")))
    about = next(_named(tree.fields, tree.leaves), None)
    about = about or next(_ids(tuple(told), {"x-original-message-id"}), None)
    if about is None:
        return None
    actions = {headers.text(value).strip().lower() for name, value in told if name == "action"}
    codes = (_CODE.search(headers.text(value)) for name, value in told if name == "status")
    status = next((found[0] for found in codes if found), "")
    return Bounce(about, "failed" in actions, status)


def _in_a_letter(tree: Tree) -> Bounce | None:
    """What a mail server's letter says: who wrote it, that it gave up, and whose copy is below."""
    fields = dict(reversed(tree.fields))
    is_robot = fields.get("return-path", b"").strip() == b"<>" or any(
        _ROBOT.match(address) for address in headers.addresses(fields.get("from", b""))
    )
    if not is_robot:
        return None
    said = b"\n".join(
        leaf.content().data[:_MAX_STATUS_BYTES]
        for leaf in tree.leaves
        if leaf.content_type == "text/plain"
    )
    has_failed = "x-failed-recipients" in fields or bool(_GAVE_UP.search(said))
    if not has_failed or _GOES_ON.search(said):
        return None
    copied = (("message-id", found[1]) for found in _COPIED_ID.finditer(said))
    returned = tuple(leaf for leaf in tree.leaves if leaf.content_type in _RETURNED)
    about = next(chain(_ids(tuple(copied), {"message-id"}), _named((), returned)), None)
    code = _PERMANENT.search(said)
    return Bounce(about, True, code[0].decode("ascii") if code else "") if about else None


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
