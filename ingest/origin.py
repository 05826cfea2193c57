"""Where a mail says that it comes from: senders, Reply-To, and what servers found out about it.

Read when a person looks, from the original, and not by `ingest.parse`: so no station before the
clerk can lean on it, and sorting pays nothing for it. Total: any bytes give an `Origin`.
Source: RFC 8601 (Authentication-Results); own decision 0082.
"""

import re
from collections.abc import Iterator
from typing import Final

from ingest import charset, headers, mime
from rules.authentication import Claim, Method, Stamp
from rules.sender_hints import Origin

MAX_STAMPS: Final = 50
"""Authentication-Results fields that are read, from the top. Source: own decision 0082."""

MAX_FIELD_BYTES: Final = 8_000
"""A longer field is left out: half a field could say the opposite. Source: own decision 0082."""

MAX_STAMP_BYTES: Final = 64_000
"""Bytes of Authentication-Results that are read in all, from the top: what a hostile mail can cost
a page. A chain of ten servers writes about 10 kB. Source: own decision 0082."""

MAX_ADDRESSES: Final = 20
"""Addresses of From and of Reply-To that are kept. Source: own decision 0082."""

_DOMAINS: Final = {
    Method.SPF: ("smtp.mailfrom", "smtp.helo"),
    Method.DKIM: ("header.d", "header.i"),
    Method.DMARC: ("header.from",),
}
"""Which property names the domain that was checked. Source: RFC 8601 section 2.7."""

_DOMAIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LINK: Final = re.compile(r"(?:(?<!\s)\s+)?([./])\s*")
_PLAIN: Final = re.compile(r"[^\s\"();=]+")
_VALUE: Final = re.compile(r"[^\s\"();]+")  # an address may hold "=", as bounces do


Token = tuple[str, str]
"""("word", its text), ("=", "=") or (";", ";")."""


def read(data: bytes) -> Origin:
    """All that the head of a mail says of its origin. Never raises; linear in the head's size."""
    senders: dict[str, None] = {}
    replies: dict[str, None] = {}
    stamps: list[Stamp] = []
    hop, budget = 0, MAX_STAMP_BYTES
    for name, raw in headers.fields(mime.head(data)):
        if name == "received":
            hop += 1
        elif name == "from":
            senders |= dict.fromkeys(headers.addresses(raw))
        elif name == "reply-to":
            replies |= dict.fromkeys(headers.addresses(raw))
        elif name == "authentication-results" and len(stamps) < MAX_STAMPS:
            budget -= len(raw)
            stamp = _stamp(raw, hop) if budget >= 0 else None
            stamps += [stamp] if stamp else []
    return Origin(tuple(senders)[:MAX_ADDRESSES], tuple(replies)[:MAX_ADDRESSES], tuple(stamps))


def _stamp(raw: bytes, hop: int) -> Stamp | None:
    """One field; None if it is too long, of another version, or names no server."""
    if len(raw) > MAX_FIELD_BYTES:
        return None
    server, *results = _parts(charset.decode(raw).text)
    words = [word for kind, word in server if kind == "word"]
    if not words or any(kind == "=" for kind, _ in server) or words[1:] not in ([], ["1"]):
        return None
    claims = tuple(claim for part in results if (claim := _claim(part)))
    return Stamp(words[0].lower().rstrip("."), hop, claims)


def _parts(text: str) -> list[list[Token]]:
    """The field cut at its semicolons; comments are gone, quotations are words.

    What is never closed takes the rest of the field with it: nothing after it is believed.
    """
    parts: list[list[Token]] = [[]]
    for kind, word in _tokens(text):
        if kind == ";":
            parts.append([])
        else:
            parts[-1].append((kind, word))
    return parts


def _tokens(text: str) -> Iterator[Token]:
    """Words, "=" and ";" of a field. Source: RFC 5322 section 3.2 (comments, quotations)."""
    at, after_equals = 0, False
    while at < len(text):
        letter = text[at]
        if letter == "(":
            at = _behind_comment(text, at)
        elif letter in "=;":
            yield letter, letter
            at, after_equals = at + 1, letter == "="
        elif letter.isspace() or letter == ")":
            at += 1
        else:
            word, at = _word(text, at, _VALUE if after_equals else _PLAIN)
            yield "word", word
            after_equals = False


def _word(text: str, at: int, plain: re.Pattern[str]) -> tuple[str, int]:
    """One word from `at` on, made of plain pieces and quotations that touch ("a b"@c)."""
    pieces = []
    while at < len(text):
        if text[at] == '"':
            piece, at = _quotation(text, at)
        elif found := plain.match(text, at):
            piece, at = found[0], found.end()
        else:
            break
        pieces.append(piece)
    return "".join(pieces), at


def _quotation(text: str, at: int) -> tuple[str, int]:
    letters, at = [], at + 1
    while at < len(text) and text[at] != '"':
        at += text[at] == "\\"
        letters.append(text[at : at + 1])
        at += 1
    return "".join(letters), at + 1


def _behind_comment(text: str, at: int) -> int:
    depth = 0
    while at < len(text):
        letter = text[at]
        depth += (letter == "(") - (letter == ")")
        at += 2 if letter == "\\" else 1
        if depth == 0:
            break
    return at


def _claim(part: list[Token]) -> Claim | None:
    """One result with the domain it is about; None for other methods and for what says nothing."""
    pairs = _pairs(part)
    if not pairs:
        return None
    (method, result), properties = pairs[0], dict(pairs[:0:-1])
    name, _, version = method.partition("/")
    if name not in set(Method) or version not in ("", "1") or not _WORD.fullmatch(result):
        return None
    known = Method(name)
    said = (properties[key] for key in _DOMAINS[known] if properties.get(key))
    return Claim(known, result.lower(), _domain(next(said, "")))


def _pairs(part: list[Token]) -> list[tuple[str, str]]:
    """`key = value` in order; of words before a key only the last belongs to it."""
    pairs: list[tuple[str, str]] = []
    waiting: list[str] = []
    words = iter(part)
    for kind, word in words:
        if kind == "word":
            waiting.append(word)
            continue
        key = _LINK.sub(r"\1", " ".join(waiting)).split(" ")[-1].lower()
        follows, value = next(words, ("", ""))
        if follows == "word":
            pairs.append((key, value))
        waiting = []
    return pairs


def _domain(value: str) -> str:
    """The domain of a property's value, an address or a bare one; empty if it is neither."""
    found = value.rpartition("@")[2].lower().rstrip(".")
    return found if _DOMAIN.fullmatch(found) else ""
