"""A mail of which only the head is here: what may still be said of it, and what nobody knows.

Its body stays in the postbox, unread. So it always is an item for a person, its money is open at
least, and nothing that needs the body is taken for told. Source: F7; own decision 0108.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from rules import machine_mail, payment
from rules.codes import Channel, Concern, PaymentRelevant
from rules.errors import Refused
from rules.machine_mail import Machine
from rules.mail import ParsedMail
from rules.postbox import MIME_BROKEN, TOO_LARGE
from rules.verdict import ConcernFound, Judgement

CODES: Final = (TOO_LARGE, MIME_BROKEN)
"""Why only the head is here; reason of review and defect of the verdict. Own decision 0108."""

UNREAD: Final = "message: only_head"
"""Payment reason: the body, which may move money, was not read. Own decision 0108."""

_OF_THE_BODY: Final = frozenset(
    {"mime", "text", "body", "html", "base64", "tnef", "smime", "attachment"}
)
"""Defects, by their first word, that a body which is not here seems to have. Decision 0108."""

_HEARD_IN_THE_HEAD: Final = frozenset({"danger"})
"""Doubts of the judge that hold without a body. Own decision 0108."""


def why(codes: Iterable[str], *, size_bytes: int, kept_bytes: int) -> str:
    """One of `CODES`, or "" for a whole mail.

    `codes` are those that stand at the mail; without one of ours its size tells, which is that of
    the whole mail: rows of older versions bear no code. Source: own decision 0108.
    """
    found = next(filter(None, map(named, codes)), "")
    return found or (TOO_LARGE if kept_bytes < size_bytes else "")


def named(code: str) -> str:
    """The code, if it is one of `CODES`; else "". Source: own decision 0108."""
    return code if code in CODES else ""


def mail_of(mail: ParsedMail) -> ParsedMail:
    """The mail without what its missing body only seems to have. Own decision 0108."""
    defects = tuple(code for code in mail.defects if code.partition(".")[0] not in _OF_THE_BODY)
    return replace(mail, attachments=(), defects=defects)


def judgement_of(judgement: Judgement, mail: ParsedMail, reason: str) -> Judgement:
    """The judgement on a head: for review, its money open at least.

    A machine wrote it only if the head says so, and no form was read: a text that is not here
    sounds like nobody's. Nor is its concern none, or an announced attachment missing: both may lie
    where the body does.
    Source: Weisung 202001001 no. 2.4 a 5 (what moves money goes to the eAkte); decision 0108.
    """
    is_marked = machine_mail.kind(mail) is not Machine.OTHER
    is_machine = judgement.channel is Channel.MASCHINELL and is_marked
    heard = tuple(code for code in judgement.review_because if code in _HEARD_IN_THE_HEAD)
    unread = judgement.payment_relevant is PaymentRelevant.NO
    return replace(
        judgement,
        channel=Channel.MASCHINELL if is_machine else Channel.FREIE_EMAIL,
        concerns=judgement.concerns if is_machine else tuple(map(_known, judgement.concerns)),
        payment_relevant=payment.higher(judgement.payment_relevant, PaymentRelevant.OPEN),
        payment_because=(UNREAD,) if unread else judgement.payment_because,
        facts=replace(judgement.facts, attachment_announced=False),
        review=True,
        review_because=(reason, *heard),
    )


def _known(found: ConcernFound) -> ConcernFound:
    """That there is no concern takes a text that somebody read."""
    is_none = found.code is Concern.KEIN_ANLIEGEN
    return replace(found, code=Concern.SONSTIGES) if is_none else found


def refused(message_id: int, reason: str) -> Refused:
    """What needs the whole mail is refused. Source: own decision 0108."""
    return Refused(
        "mail.head_only",
        f"Only the head of message {message_id} is here ({reason}). Open the mail in its postbox"
        " and pass it on from there by hand; a written reason then stands for the receipt.",
        message_id=message_id,
        reason=reason,
    )
