"""Header fields as strangers write them: unfolded, decoded, and never a reason to fail.

Source: RFC 5322 sections 2.2 and 3.6; RFC 2047; RFC 2231; own decision 0007 (tolerance).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote_to_bytes

from ingest import charset, transfer

MAX_FIELDS = 1_000
"""Fields of one header that are read. Source: own decision 0007 (a busy list mail has about 80)."""

MAX_VALUE_CHARS = 2_000
"""Longest shown value of one field. Source: own decision 0007 (twice the line of RFC 5322)."""

MAX_STRUCTURED_BYTES = 20_000
"""Bytes of a Content-Type or Content-Disposition that are read. Source: own decision 0007."""

MAX_REMEMBERED_BYTES = 100
"""Longer fields name files and boundaries, which don't come again. Source: own decision 0035."""

MAX_REFERENCES = 200
"""Message ids kept of one field. Source: own decision 0007."""

# Possessive: what was taken is never given back, which no field needs.
_FIELD = re.compile(rb"^([!-9;-~]{1,200}+)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)
_FOLD = re.compile(rb"\r?\n[ \t]+")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,300}>")
_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_SPACES = re.compile(r"\s+")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_PARAM = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;"]*))', re.DOTALL)
_COMMENT = re.compile(r"^\s*\([^()]{0,200}\)")
_CONTINUED = re.compile(r"(.*?)(?:\*(\d{1,3}))?(\*)?")
_ADDRESS = re.compile(
    r"[^\s<>()\[\],;:\"@\\\x00-\x1f\x7f-\x9f]{1,128}@[^\s<>(),;:\"@\\\x00-\x1f\x7f-\x9f]{1,190}"
)
_COMMA = ","
_AROUND_AT = re.compile(r"\s{1,5}@\s{0,5}|@\s{1,5}")
_QUOTED_LOCAL = re.compile(r'"((?:[^"\\]|\\.){0,128})"@([^\s<>,;"]{1,190})')
# Every alternative takes an unclosed token too, so that the scan is linear on any input.
_TOKEN = re.compile(
    r'"(?:[^"\\]|\\.)*"?|<[^<>]*>?|\([^()]*\)?|=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*\?=|[^",;<>()=]+|.',
    re.DOTALL,
)
# What nearly every From says, in one go: words, encoded words, one address, and nothing else.
_NAMED = re.compile(r"((?:[^\",;<>()=]++|=\?[^?\s]{1,60}\?[bBqQ]\?[^?\"<>]*+\?=)*+)<([^<>]*+)>\s*+")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address of a header: bare, in lower case, and the display name beside it."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Structured:
    """A field of the shape `value; name=value`, such as Content-Type. Names are in lower case."""

    value: str
    params: dict[str, str]


def fields(block: bytes, *, passed: frozenset[bytes] = frozenset()) -> Iterator[tuple[str, bytes]]:
    """Name in lower case and raw unfolded value of each field, in order, at most `MAX_FIELDS`.

    Those named in `passed`, in lower case, count and are left out.
    """
    for match in islice(_FIELD.finditer(block), MAX_FIELDS):
        raw, value = match.groups()
        name = raw.lower()
        if name not in passed:
            value = value.strip()
            yield name.decode("ascii"), _FOLD.sub(b" ", value) if b"\n" in value else value


def text(raw: bytes) -> str:
    """The readable value: encoded words decoded, raw 8-bit guessed, white space squeezed."""
    if raw.isascii() and b"=?" not in raw:
        plain = raw.decode("ascii")
        if plain.isprintable():
            return " ".join(plain.split())[:MAX_VALUE_CHARS]
    value = charset.decode(raw).text
    for _ in range(2):  # some programs encode what is encoded
        if "=?" in value:
            value = _decode_words(value)
    return _squeezed(charset.repair(value).text)[:MAX_VALUE_CHARS]


def mailboxes(raw: bytes) -> tuple[Mailbox, ...]:
    """All addresses of a From, To or Cc field, groups and comments included, in order.

    What has no address is left out. An address in the display name is never taken for the address.
    """
    return tuple(
        Mailbox(address, text(name.encode("utf-8", "replace")).strip(" '(),"))
        for address, name in _found_boxes(raw)
    )


def addresses(raw: bytes) -> tuple[str, ...]:
    """The addresses of `mailboxes` without the work on the names."""
    return tuple(address for address, _ in _found_boxes(raw))


def structured(raw: bytes) -> Structured:
    """A Content-Type or Content-Disposition field with its parameters, RFC 2231 put together.

    The value is shared by all mails that say the same: nobody changes its parameters.
    """
    return _remembered(raw) if len(raw) <= MAX_REMEMBERED_BYTES else _structured(raw)


@lru_cache(maxsize=1_024)
def _remembered(raw: bytes) -> Structured:
    """Most parts of most mails say one of a few dozen things."""
    return _structured(raw)


def _structured(raw: bytes) -> Structured:
    if not raw:
        return Structured("", {})
    value = _COMMENT.sub("", charset.decode(raw[:MAX_STRUCTURED_BYTES]).text)
    head, semicolon, tail = value.partition(";")
    params = _params(semicolon + tail) if tail else {}
    return Structured(head.split()[0].lower() if head.split() else "", params)


def message_ids(raw: bytes) -> tuple[str, ...]:
    """The ids of a Message-ID, In-Reply-To or References field with their angle brackets."""
    if not raw:
        return ()
    return tuple(dict.fromkeys(_MESSAGE_ID.findall(text(raw))))[:MAX_REFERENCES]


def _decode_words(value: str) -> str:
    """Encoded words decoded; neighbours of one charset are joined first, as mailers cut letters.

    Source: RFC 2047 sections 4 to 6.
    """
    out: list[str] = []
    waiting, label, end = bytearray(), "", 0
    for match in _WORD.finditer(value):
        between = value[end : match.start()]
        if waiting and (between.strip() or match[1].lower() != label):
            out.append(charset.decode(bytes(waiting), label).text)
            waiting = bytearray()
        if between.strip() or not end:
            out.append(between)
        waiting += _word_bytes(match[2], match[3])
        label, end = match[1].lower(), match.end()
    out.append(charset.decode(bytes(waiting), label).text)
    return "".join(out) + value[end:]


def _word_bytes(encoding: str, content: str) -> bytes:
    data = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return _QUOTED_BYTE.sub(lambda m: bytes([int(m[1], 16)]), data.replace(b"_", b" "))
    return transfer.base64(data).data


def _found_boxes(raw: bytes) -> Iterator[tuple[str, str]]:
    """As `_boxes`; of a field without an address, those inside its encoded words.

    Some form mailers encode the whole field, address and all (RFC 2047 section 5 forbids it).
    """
    found = list(_boxes(raw))
    if not found and b"=?" in raw:
        found = list(_boxes(text(raw).encode("utf-8", "replace")))
    yield from found


def _boxes(raw: bytes) -> Iterator[tuple[str, str]]:
    """Address and undecoded display name of each entry that has an address."""
    value = charset.decode(raw).text
    if '"@' in value:
        value = _QUOTED_LOCAL.sub(_plain_local, value)
    one = _NAMED.fullmatch(value)
    if one:
        bare = _address(one[2].strip("<> "))
        if bare:
            yield bare, one[1]
        return
    name, address = "", ""
    for token in [*_TOKEN.findall(value), _COMMA]:
        if token in {_COMMA, ";"}:
            bare = _address(address or name)
            if bare:
                yield bare, name if address else _ADDRESS.sub("", name, count=1)
            is_surname = not bare and not address and len(name.split()) == 1
            # "Kern, Mia <mia@…>" without its quotes.
            name = f"{name.strip()}, " if is_surname and token == _COMMA else ""
            address = ""
        elif token.startswith("<"):
            address = token.strip("<> ") or "<>"
        else:
            name += _unquoted(token)


def _address(value: str) -> str:
    """In lower case, without the dot of the root; RFC 5322 section 4.4 lets blanks stand around @.

    Empty where there is none.
    """
    if "@" not in value:
        return ""
    found = _ADDRESS.search(value) or _ADDRESS.search(_AROUND_AT.sub("@", value))
    return found[0].lower().rstrip("." if "@[" in found[0] else ".]") if found else ""


def _plain_local(found: re.Match[str]) -> str:
    """A quoted local part without need is the same unquoted; a part of another is nobody's."""
    plain = f"{found[1]}@{found[2]}"
    return plain if _ADDRESS.fullmatch(plain) else ""


def _unquoted(token: str) -> str:
    if token.startswith('"'):
        return _ESCAPE.sub(r"\1", token[1 : len(token) - token.endswith('"', 1)])
    return f" {token[1:-1]} " if token.startswith("(") else token


def _params(tail: str) -> dict[str, str]:
    """Parameters by name; the pieces and encodings of RFC 2231 win over the plain form."""
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAM.finditer(tail):
        value = match[2].replace('\\"', '"') if match[2] is not None else match[3].strip()
        base, number, encoded = _CONTINUED.fullmatch(match[1]).groups()  # type: ignore[union-attr]  # matches any text
        if number or encoded:
            pieces.setdefault(base.lower(), []).append((int(number or 0), bool(encoded), value))
        else:
            plain.setdefault(base.lower(), text(value.encode("utf-8", "replace")))
    return plain | {name: _joined(parts) for name, parts in pieces.items()}


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    """The value of one RFC 2231 parameter from its numbered pieces."""
    label, data = "", b""
    for index, (_, encoded, value) in enumerate(sorted(parts, key=lambda part: part[0])):
        if encoded and index == 0 and value.count("'") >= 2:
            label, _, value = value.split("'", 2)  # noqa: PLW2901 - the charset prefix is peeled off
        data += unquote_to_bytes(value) if encoded else value.encode("utf-8", "replace")
    value = charset.decode(data, label).text
    return text(value.encode("utf-8", "replace")) if "=?" in value else _squeezed(value)


def _squeezed(value: str) -> str:
    if value.isprintable():  # then it holds no control characters, and no space but the plain one
        return " ".join(value.split())
    return _SPACES.sub(" ", charset.visible(_CONTROLS.sub("", value))).strip()
