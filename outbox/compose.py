"""From an approved, rendered text to the bytes of a mail.

The reply joins the customer's thread by message ids only: it quotes nothing and repeats no
subject. Every byte is 7 bit (quoted-printable, encoded words), so any server takes it unchanged.

A clerk chooses each answer, so it is no automatic response and carries no Auto-Submitted
field: RFC 3834 section 5 forbids that on mail which a person sent. What must not happen is
that a machine on the other side answers it, hence X-Auto-Response-Suppress (Exchange) and the
loop mark.
Source: RFC 5322 section 3.6; RFC 2045 section 6.7; RFC 3834 sections 2, 5; § 35 SGB I.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from rules.errors import Refused
from rules.local_day import BERLIN
from rules.machine_mail import LOOP_HEADER, is_loop
from rules.mail import ParsedMail
from rules.texts.approved import Rendered

_REFERENCES_CHARACTERS: Final = 900
"""Room for References on one unfolded line: Python's folding writes encoded words into ids over
78 characters, which breaks threads, so nothing is folded. Source: RFC 5322 section 2.1.1 (998)."""
_WHOLE_LINES: Final = SMTP.clone(max_line_length=998)
_QUOTED_LINES: Final = SMTP.clone(max_line_length=76)
"""For the body: the SMTP policy alone makes lines of 78. Source: RFC 2045 section 6.7 (76)."""

_MESSAGE_ID: Final = re.compile(r"<?([!-;=?A-~]{1,200}@[!-;=?A-~]{1,200})>?", re.ASCII)
# Python reads what looks like an encoded word as one, wherever it stands: a line break hidden in
# it would become a line of ours, and what follows it our text.
_ENCODED: Final = "=?"
# Dot-atoms only, and a domain that a name server can know.
_ADDRESS: Final = re.compile(
    r"([a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])",
    re.ASCII | re.IGNORECASE,
)
# Local parts that nobody reads: RFC 2142, RFC 5230 section 4.6, and the habits of shops.
_MACHINE: Final = re.compile(
    r"(?i)(?:mailer-?daemon|postmaster|bounces?|no-?_?\.?reply|do-?_?not-?_?reply|nicht-?antworten"
    r"|listserv|majordomo)(?:[-+=._].*)?|owner-.*|.*-owner|.*[-+.](?:bounces?|no-?reply)"
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name and a bare address, as in a From line."""

    name: str
    address: str


def reply(
    rendered: Rendered,
    *,
    original: ParsedMail,
    recipient: str,
    sender: Mailbox,
    date: datetime,
    message_id: str,
) -> bytes:
    """The finished mail (RFC 5322, CRLF); the same arguments give the same bytes.

    `message_id` ("<…@…>") is made by the caller once and kept with the outgoing row, so that a
    mail sent twice after a broken connection is known as one. `date` is aware.

    Raises:
        Refused: `reply.recipient` (no usable address, or a machine's), `reply.loop` (the
            original is our own mail come back, or goes to ourselves), `reply.sender`,
            `reply.message_id`.
    """
    to = usable_recipient(recipient)
    if _ADDRESS.fullmatch(sender.address) is None or _has_control(sender.name):
        raise Refused(
            "reply.sender", "The answer's own sender address is none; correct the settings."
        )
    if is_loop(original) or to.lower() == sender.address.lower():
        raise Refused("reply.loop", "The mail is of this house itself: it gets no answer.")
    own_id = _bare_id(message_id)
    if own_id is None:
        raise Refused("reply.message_id", "message_id must look like <left@right>")

    mail = EmailMessage(policy=_QUOTED_LINES)
    mail["From"] = Address(sender.name, addr_spec=sender.address)
    mail["To"] = Address(addr_spec=to)
    mail["Subject"] = _one_line(rendered.subject)
    mail["Date"] = format_datetime(date.astimezone(BERLIN))
    mail["Message-ID"] = f"<{own_id}>"
    _join_thread(mail, original)
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail[LOOP_HEADER] = f"{rendered.text_id}/{rendered.version}"
    mail.set_content(rendered.body, charset="utf-8", cte="quoted-printable")
    # Only now: setting the content takes all headers of content away.
    mail["Content-Language"] = rendered.languages
    return mail.as_bytes(policy=_WHOLE_LINES)


def usable_recipient(recipient: str) -> str:
    """The address if an answer can and may go there.

    Only plain ASCII addresses: SMTPUTF8 can't be relied on hop by hop (RFC 6531 section 3.2).

    Raises:
        Refused: `reply.recipient`, with `because` "empty", "malformed" or "machine".
    """
    address = recipient.strip()
    found = _ADDRESS.fullmatch(address)
    if address in {"", "<>"}:
        because = "empty"
    elif found is None or _ENCODED in address or len(found[1]) > 64 or len(address) > 254:
        because = "malformed"
    elif _MACHINE.fullmatch(found[1]):
        because = "machine"
    else:
        return address
    raise Refused(
        "reply.recipient",
        f"No answer can go to this sender's address ({because}); use another way.",
        because=because,
    )


def _join_thread(mail: EmailMessage, original: ParsedMail) -> None:
    """In-Reply-To and References after RFC 5322 section 3.6.4, without malformed ids."""
    parent = _bare_id(original.message_id)
    if parent is None:
        return
    known = original.references or (original.in_reply_to,)
    ancestors = [found for one in known if (found := _bare_id(one)) and found != parent]
    mail["In-Reply-To"] = f"<{parent}>"
    mail["References"] = " ".join(f"<{one}>" for one in _that_fit([*ancestors, parent]))


def _that_fit(ids: list[str]) -> list[str]:
    """The first id (root of the thread) and as many of the last as fit on one line."""
    root, rest = ids[0], ids[1:]
    room = _REFERENCES_CHARACTERS - len(root) - 2
    kept: list[str] = []
    for one in reversed(rest):
        room -= len(one) + 3
        if room < 0:
            break
        kept.insert(0, one)
    return [root, *kept]


def _bare_id(raw: str) -> str | None:
    found = _MESSAGE_ID.fullmatch(raw.strip())
    return found[1] if found and _ENCODED not in raw else None


def _one_line(subject: str) -> str:
    if _has_control(subject):
        raise Refused("reply.subject", "the subject has a line break or control character")
    return subject


def _has_control(text: str) -> bool:
    return re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text) is not None
