"""Marks of mail that no person wrote: bounces, absence notes, receipts, newsletters.

Headers are what the standards say; words are for mail whose headers were lost on the way.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from classify import lexicon
from rules.mail import ParsedMail

SURE: frozenset[str] = frozenset({"auto_submitted", "null_sender", "report", "autoreply", "list"})
"""Marks in headers that settle it: nobody waits for an answer. The others only speak for it.

Source: RFC 3834 section 5 (Auto-Submitted), RFC 3464 (multipart/report), RFC 2919 (List-Id).
"""

_PHRASES = lexicon.phrases("machine")
_ROBOT_SENDER = "robot_sender"
_SAYINGS = tuple((name, f"machine.{name}") for name in _PHRASES if name != _ROBOT_SENDER)
_Headers = Mapping[str, str]


def marks_of_headers(mail: ParsedMail) -> Iterator[str]:
    """Those that stand in headers, and the sender's; all of `SURE` are among them."""
    # From the last to the first, so that the first of several counts.
    headers = dict(reversed(mail.headers))
    for name, is_marked in _HEADERS.items():
        if is_marked(headers):
            yield name
    if _PHRASES[_ROBOT_SENDER].match(mail.sender):
        yield _ROBOT_SENDER


def marks_of_words(said: frozenset[str]) -> list[str]:
    """Those that stand in what is said in the text."""
    return [name for name, saying in _SAYINGS if saying in said]


def _auto_submitted(headers: _Headers) -> bool:
    """RFC 3834 section 5: everything but `no`. eServices may be marked so; the form goes first."""
    said = headers.get("auto-submitted", "").lower()
    # Parameters and comments may follow the word: "no; owner=…", "no (by hand)".
    return said.replace(";", " ").replace("(", " ").split()[:1] not in ([], ["no"])


def _null_sender(headers: _Headers) -> bool:
    """RFC 5321 section 4.5.5: notifications have an empty return path."""
    return headers.get("return-path", "").strip() == "<>"


def _report(headers: _Headers) -> bool:
    return headers.get("content-type", "").strip().lower().startswith("multipart/report")


def _autoreply(headers: _Headers) -> bool:
    return bool(headers.get("x-autoreply", "") or headers.get("x-autorespond", ""))


def _list(headers: _Headers) -> bool:
    return bool(headers.get("list-id", "") or headers.get("list-unsubscribe", ""))


def _bulk(headers: _Headers) -> bool:
    return headers.get("precedence", "").strip().lower() in {"bulk", "junk", "list", "auto_reply"}


_HEADERS: MappingProxyType[str, Callable[[_Headers], bool]] = MappingProxyType(
    {
        "auto_submitted": _auto_submitted,
        "null_sender": _null_sender,
        "report": _report,
        "autoreply": _autoreply,
        "list": _list,
        "bulk": _bulk,
    }
)
