"""What kind of machine wrote a mail, by its headers: why it is set aside, and never answered.

Whether a machine wrote it at all is for the judge to say; a mail of our own that comes back is
one whatever the judge says. Source: F9, F10.
"""

from enum import StrEnum
from typing import Final

from rules.mail import ParsedMail

LOOP_HEADER: Final = "X-Postlotse-Loop"
"""Marks our own mail: where it comes back, nobody answers it. Source: RFC 3834 section 2."""


class Machine(StrEnum):
    """The reason for setting a machine's mail aside, as a code."""

    LOOP = "mail.loop"
    BOUNCE = "mail.bounce"
    RECEIPT = "mail.receipt"
    AUTOREPLY = "mail.autoreply"
    NEWSLETTER = "mail.newsletter"
    OTHER = "mail.machine"


def is_loop(mail: ParsedMail) -> bool:
    """Whether it is our own mail come back. Source: RFC 3834 section 2; F10.

    A bounce carries our mark in the returned mail only, not among its own headers.
    """
    return bool(mail.header(LOOP_HEADER))


def kind(mail: ParsedMail) -> Machine:
    """The most telling kind; for a mail whose headers say nothing, `OTHER`.

    Source: RFC 3464 section 2 (delivery status), RFC 8098 section 3.2 (receipts), RFC 3834
    section 5 (auto-replied), RFC 2919 and RFC 2369 (lists).
    """
    if is_loop(mail):
        return Machine.LOOP
    content_type = mail.header("content-type").lower().replace('"', "")
    if "report-type=disposition-notification" in content_type:
        return Machine.RECEIPT
    is_report = content_type.strip().startswith("multipart/report")
    if is_report or (mail.header("return-path").strip() == "<>" and not _is_auto_replied(mail)):
        return Machine.BOUNCE
    if mail.header("x-failed-recipients"):
        return Machine.BOUNCE
    if _is_auto_replied(mail):
        return Machine.AUTOREPLY
    if mail.header("list-id") or mail.header("list-unsubscribe"):
        return Machine.NEWSLETTER
    return Machine.OTHER


def _is_auto_replied(mail: ParsedMail) -> bool:
    submitted = mail.header("auto-submitted").strip().lower()
    said = mail.header("x-autoreply") or mail.header("x-autorespond")
    precedence = mail.header("precedence").strip().lower()
    return submitted.startswith("auto-replied") or bool(said) or precedence == "auto_reply"
