"""Which ids tie a mail to a conversation: its own, the one it answers, those before.

Source: RFC 5322 section 3.6.4; own decision 0086.
"""

from hashlib import sha256
from typing import Final

from rules.mail import ParsedMail

LINKS: Final = 12
"""Ids of one mail that are kept: its own, the one it answers, the first and the last of those
before. A sender may write thousands. Own decision 0086."""

ID_CHARACTERS: Final = 400
"""A longer id is none. Source: house rule, as outbox/compose.py reads ids."""

_LINK_CHARACTERS: Final = 32


def links(mail: ParsedMail) -> tuple[str, ...]:
    """Fingerprints of the ids of a mail, its own first; empty where it has none.

    Source: RFC 5322 section 3.6.4; own decision 0086.
    """
    before = mail.references
    ids = (mail.message_id, mail.in_reply_to, *before[:1], *reversed(before[1:]))
    known = dict.fromkeys(found for one in ids if (found := _bare(one)))
    return tuple(link(one) for one in list(known)[:LINKS])


def link(message_id: str) -> str:
    """The fingerprint of one id, with or without angle brackets; as case says, by RFC 5322.

    Source: own decision 0086 (an id names the sender's host: only its fingerprint is kept).
    """
    return sha256(_bare(message_id).encode("utf-8", "replace")).hexdigest()[:_LINK_CHARACTERS]


def _bare(message_id: str) -> str:
    found = message_id.strip().removeprefix("<").removesuffix(">")
    return found if "@" in found and len(found) <= ID_CHARACTERS else ""
