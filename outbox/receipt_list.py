"""A list of receipts by HTTP: an array that may be too long, or come in pages.

Of an array that is too long the elements at its beginning are read: they are confirmed, and then
the others come. Source: RFC 8259; RFC 8288 (Link, rel="next"); own decision 0143.
"""

import json
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin

from outbox.line import Answer
from rules.errors import Unreadable

_NEXT: Final = re.compile(r'<([^<>]*)>\s*;[^<]*\brel="?next"?(?=[\s;,]|$)', re.IGNORECASE)
_END: Final = re.compile(r"\s*([,\]])\s*")


def elements(answer: Answer) -> list[object]:
    """What stands in the array, as far as it is here. Raises: Unreadable: `eakte.answer`."""
    if not answer.is_whole:
        return _begun(answer.body)
    try:
        raw = json.loads(answer.body)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("eakte.answer", "the eAkte's list of receipts is not JSON") from exc
    if not isinstance(raw, list):
        raise Unreadable("eakte.answer", "the eAkte's list of receipts is no array")
    return raw


def next_page(answer: Answer, url: str, *, base: str) -> str | None:
    """The path, below `base`, of the page behind that of `url`; None behind the last one.

    Raises: Unreadable: `eakte.answer`: it leads elsewhere, and nobody is followed there.
    """
    found = _NEXT.search(answer.headers.get("link", ""))
    if found is None:
        return None
    there, below = urljoin(url, str(found[1])), f"{base.rstrip('/')}/"
    if not there.startswith(below) or "/.." in there or not there.isascii() or " " in there:
        raise Unreadable("eakte.answer", "the next page of the eAkte's receipts lies elsewhere")
    path, _, _ = there.removeprefix(below).partition("#")
    return path


def _begun(body: bytes) -> list[object]:
    """The elements of an array whose end is missing. One that is cut is none."""
    found = list(_each(body.decode("utf-8-sig", "ignore")))
    if not found:
        raise Unreadable("eakte.answer", "of the eAkte's list of receipts none can be read")
    return found


def _each(text: str) -> Iterator[object]:
    decoder, begin = json.JSONDecoder(), re.match(r"\s*\[\s*", text)
    at = begin.end() if begin else len(text)
    while at < len(text):
        try:
            one, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        behind = _END.match(text, end)
        if behind is None:
            return
        yield one
        at = behind.end() if behind[1] == "," else len(text)
