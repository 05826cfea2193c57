"""Marks of mail that no person wrote: bounces, absence notes, receipts, newsletters.

Headers are what the standards say; words are for mail whose headers were lost on the way.
"""

from collections.abc import Callable, Iterator
from types import MappingProxyType

from classify import lexicon
from classify.reading import Reading
from rules.mail import ParsedMail

SURE: frozenset[str] = frozenset({"auto_submitted", "null_sender", "report", "autoreply", "list"})
"""Marks in headers that settle it: nobody waits for an answer. The others only speak for it.

Source: RFC 3834 section 5 (Auto-Submitted), RFC 3464 (multipart/report), RFC 2919 (List-Id).
"""

_PHRASES = lexicon.phrases("machine")
_ROBOT_SENDER = "robot_sender"


def marks(reading: Reading) -> tuple[str, ...]:
    """All marks found, header marks first."""
    return (*marks_of_headers(reading.mail), *_word_marks(reading.said))


def marks_of_headers(mail: ParsedMail) -> Iterator[str]:
    """Those that stand in headers, and the sender's; all of `SURE` are among them."""
    for name, is_marked in _HEADERS.items():
        if is_marked(mail):
            yield name
    if _PHRASES[_ROBOT_SENDER].match(mail.sender):
        yield _ROBOT_SENDER


def _word_marks(said: frozenset[str]) -> Iterator[str]:
    return (name for name in _PHRASES if name != _ROBOT_SENDER and f"machine.{name}" in said)


def _auto_submitted(mail: ParsedMail) -> bool:
    """RFC 3834 section 5: everything but `no`. eServices may be marked so; the form goes first."""
    return mail.header("auto-submitted").strip().lower() not in {"", "no"}


def _null_sender(mail: ParsedMail) -> bool:
    """RFC 5321 section 4.5.5: notifications have an empty return path."""
    return mail.header("return-path").strip() == "<>"


def _report(mail: ParsedMail) -> bool:
    return mail.header("content-type").strip().lower().startswith("multipart/report")


def _autoreply(mail: ParsedMail) -> bool:
    return bool(mail.header("x-autoreply") or mail.header("x-autorespond"))


def _list(mail: ParsedMail) -> bool:
    return bool(mail.header("list-id") or mail.header("list-unsubscribe"))


def _bulk(mail: ParsedMail) -> bool:
    return mail.header("precedence").strip().lower() in {"bulk", "junk", "list", "auto_reply"}


_HEADERS: MappingProxyType[str, Callable[[ParsedMail], bool]] = MappingProxyType(
    {
        "auto_submitted": _auto_submitted,
        "null_sender": _null_sender,
        "report": _report,
        "autoreply": _autoreply,
        "list": _list,
        "bulk": _bulk,
    }
)
