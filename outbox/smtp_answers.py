"""What a mail server's answer means: for this mail, for us, for now or for good.

The server is our own smarthost, so most of what it refuses is not the recipient's fault: it doesn't
know our machine, login or sender, and says so at RCPT TO, where Postfix says everything
(smtpd_delay_reject). Such an answer is no dead letter, or one wrong rule would make them of all.
Source: RFC 5321 sections 4.2, 4.3.2; RFC 3463; RFC 4954 section 6; RFC 7504; own decision 0143.
"""

import re
from enum import StrEnum
from typing import Final

from rules.errors import HouseError, Refused, TryLater

_LOGIN_WANTED: Final = frozenset({530, 534, 535, 538})
"""5xx that speak of our login, not of the mail. Source: RFC 4954 section 6."""

_NOT_UNDERSTOOD: Final = frozenset({500, 502, 503, 504})
"""5xx that speak of our commands. 501 is not among them: it may be the recipient's address."""

_TOO_LARGE: Final = re.compile(rb"5\.(?:2\.3|3\.4)\b")
"""Of a 5xx to the sender: it speaks of this mail all the same. Source: RFC 1870; RFC 3463."""

_SENDER: Final = re.compile(
    rb"5\.1\.[78]\b|.*sender address rejected|.*sender verify", re.IGNORECASE | re.DOTALL
)
"""Our own address, also where it is refused at the recipient. Source: RFC 3463 section 3.2."""

_RIGHT: Final = re.compile(rb"5\.7\.(?!2\b|17\b|18\b|124\b|133\b)\d{1,3}\b")
"""Who may send; but for what is the recipient's: lists, and mailboxes with another owner.
Source: RFC 3463 section 3.8; RFC 7293 section 8; RFC 7372; Exchange's list of 5.7 codes."""

_OURS_BY_WORDS: Final = re.compile(
    rb"relay|authenti|(?:client|helo|host)\b.{0,200}\brejected|too many (?:connections|errors)"
    rb"|blocked using|black ?list|block ?list|rcpthosts",
    re.IGNORECASE | re.DOTALL,
)
"""Of servers that give no such code. Source: words of Exim, qmail, Postfix and Sendmail."""

_RECIPIENT_BY_WORDS: Final = re.compile(rb"recipient address rejected|user unknown", re.IGNORECASE)
_RECIPIENT: Final = re.compile(rb"5\.(?:1\.[1236]|1\.10|2\.\d{1,3}|4\.\d{1,3})\b")
"""Address, mailbox and way of the recipient; believed before any word. Source: RFC 3463."""

_SENT_AS: Final = re.compile(rb"5\.7\.(?:3|54|57|60)\b")
"""Exchange says these of who sends, the last one only after the data; its 5.7.1 may be of a filter
that reads the mail. Source: Exchange Server, "DSNs and NDRs"."""


class Step(StrEnum):
    """Where in the talk an answer was given."""

    SENDER = "MAIL FROM"
    RECIPIENT = "RCPT TO"
    DATA = "DATA"


def require(step: Step, code: int, answer: bytes) -> str:
    """The answer, if it begins with 2: the other digits decide nothing (RFC 5321 section 4.3.2).

    Raises: as `failure`.
    """
    if not 200 <= code < 300:
        raise failure(step, code, answer)
    return f"{code} {answer.decode('ascii', 'replace')}"


def failure(step: Step, code: int, answer: bytes) -> HouseError:
    """By the first digit, and by whom the answer speaks of.

    TryLater: `smtp.later` (4xx), `smtp.login`, `smtp.sender` and `smtp.not_let` (5xx that mean us).
    Refused: `smtp.refused`.
    """
    status = _status(code, answer)
    if code in _LOGIN_WANTED:
        return TryLater("smtp.login", "the mail server wants a login; check user and password")
    if not 500 <= code < 600:
        return TryLater("smtp.later", f"the mail server asks to try later: {status}", status=status)
    if _is_sender(step, code, answer):
        return TryLater(
            "smtp.sender",
            f"the mail server refuses our own address ({status}); check replies.from_address, and"
            " whether user may send under it",
        )
    if _means_us(step, code, answer):
        return TryLater(
            "smtp.not_let",
            f"the mail server lets us not send ({status} to {step.value}); check there whether this"
            " machine, or replies.user, may send to everybody",
        )
    return Refused("smtp.refused", f"the mail server refuses for good: {status}", status=status)


def _is_sender(step: Step, code: int, answer: bytes) -> bool:
    if step is Step.SENDER:
        return code != 552 and not _TOO_LARGE.match(answer)
    return bool(_SENDER.match(answer))


def _means_us(step: Step, code: int, answer: bytes) -> bool:
    if step is Step.DATA:
        return bool(_SENT_AS.match(answer))
    if _RECIPIENT.match(answer) or (
        _RECIPIENT_BY_WORDS.search(answer) and not _OURS_BY_WORDS.search(answer)
    ):
        return False
    by_code = code in _NOT_UNDERSTOOD or bool(_RIGHT.match(answer))
    return by_code or bool(_OURS_BY_WORDS.search(answer))


def _status(code: int, answer: bytes) -> str:
    """Of an answer only its codes are kept: its words name addresses."""
    found = re.match(rb"[245]\.\d{1,3}\.\d{1,3}", answer)
    return f"{code} {found[0].decode('ascii') if found else ''}".strip()
